//! Arm's own memory model: litmus tests, generated from the compiled functions, decided by machine.
//!
//! `docs/arm.md` explains them. Each scenario is generated from the crate as it is, and once more with each
//! ordering of the protocol weakened in the source, if that changes its instructions.

mod build;
mod deciders;
mod follow;
mod image;
mod instruction;
mod litmus;
mod scenarios;
mod values;

use crate::invariant::python;
use crate::orderings::{self, Weakened};
use crate::parallel;
use crate::project::{PROTOCOL, Project};
use build::{Isa, build};
use scenarios::SCENARIOS;
use std::fs;
use std::path::PathBuf;

/// Whether what a test asks can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Never,
    Sometimes,
}

/// A generated test.
struct Test {
    /// For people.
    title: String,
    expected: Verdict,
    text: String,
    /// What must be possible.
    happens: &'static str,
}

/// The crate as it is, or with one ordering weakened.
struct Variant {
    isa: Isa,
    weakened: Option<Weakened>,
}

/// Generates all tests, decides them, and compares with what is expected.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let python = python(project)?;
    let scripts = project.root.join("crates/prove/arm");
    deciders::controls(&python, &scripts)?;
    let tests = tests(project)?;
    let files = write(project, &tests)?;
    let ours = deciders::z3(&python, &scripts, &files)?;
    let witnesses: Vec<String> = tests.iter().map(|test| test.happens.to_owned()).collect();
    let herds = deciders::herd(&files, &witnesses)?;
    let by = if herds.is_some() { "herd7 and z3" } else { "z3" };
    let mut good = 0;
    for (at, test) in tests.iter().enumerate() {
        let (our, their) = (ours[at], herds.as_ref().map(|decisions| decisions[at]));
        let verdict = our.verdict;
        let what = match their {
            Some(their) if their != our => format!("z3 and herd7 differ: {our:?}, {their:?}"),
            _ if verdict != test.expected => format!("{verdict:?}, NOT {:?}", test.expected),
            _ if !our.happens => "the scenario can't happen at all".to_owned(),
            _ => {
                good += 1;
                format!("{verdict:?}, as expected ({by})")
            }
        };
        println!("  {}: {what}", test.title);
    }
    println!("arm: {} tests, {good} as expected", tests.len());
    Ok(!tests.is_empty() && good == tests.len())
}

/// Generates the tests of the shipped form and of each weakened one.
fn tests(project: &Project) -> Result<Vec<Test>, String> {
    let mut variants = Vec::new();
    for isa in [Isa::Exclusives, Isa::Lse] {
        variants.push(Variant { isa, weakened: None });
        let weakened = orderings::weakened(project)?.into_iter().filter(of_the_protocol);
        variants.extend(weakened.map(|weakened| Variant { isa, weakened: Some(weakened) }));
    }
    let numbered: Vec<(usize, Variant)> = variants.into_iter().enumerate().collect();
    let work = |(number, variant): &(usize, Variant)| generate(project, *number, variant);
    let mut all = Vec::new();
    parallel::each(&numbered, work, |_, tests| all.push(tests));
    let mut all = all.into_iter().collect::<Result<Vec<Vec<Test>>, _>>()?;
    for per_isa in all.chunks_mut(numbered.len() / 2) {
        let (shipped, weakened) = per_isa.split_first_mut().ok_or("nothing to compile")?;
        for tests in weakened {
            // What a weaker ordering leaves as it was has been asked already.
            tests.retain(|test| shipped.iter().all(|other| other.text != test.text));
        }
    }
    for ((_, variant), tests) in numbered.iter().zip(&all) {
        if let (Some(weakened), true) = (&variant.weakened, tests.is_empty()) {
            return Err(format!("{} changes no test: add a scenario", weakened.what));
        }
    }
    Ok(all.into_iter().flatten().collect())
}

fn of_the_protocol(weakened: &Weakened) -> bool {
    weakened.models == PROTOCOL && weakened.file == "crates/rundown/src/protocol.rs"
}

/// Compiles a variant, and generates every scenario.
fn generate(project: &Project, number: usize, variant: &Variant) -> Result<Vec<Test>, String> {
    let image = build(project, &number.to_string(), variant.isa, variant.weakened.as_ref())?;
    SCENARIOS
        .iter()
        .map(|scenario| {
            let mut title = format!("{}, {}", scenario.name, variant.isa.name());
            let mut expected = Verdict::Never;
            if let Some(Weakened { what, function, .. }) = &variant.weakened {
                title += &format!(", {what}");
                if scenario.rests_on.contains(&function.as_str()) {
                    expected = Verdict::Sometimes;
                }
            }
            let text = litmus::test(&image, scenario)?;
            Ok(Test { title, expected, text, happens: scenario.happens })
        })
        .collect()
}

/// Writes the tests down, for the deciders and for people.
fn write(project: &Project, tests: &[Test]) -> Result<Vec<PathBuf>, String> {
    let folder = project.keep.join("arm/tests");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let _ = fs::remove_dir_all(&folder); // there is none the first time
    fs::create_dir_all(&folder).map_err(failed)?;
    tests
        .iter()
        .map(|test| {
            let name: String = test
                .title
                .replace(", ", "-")
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                .collect();
            let file = folder.join(format!("{name}.litmus"));
            fs::write(&file, format!("AArch64 {name}\n{}", test.text)).map_err(failed)?;
            Ok(file)
        })
        .collect()
}
