//! Arm's own memory model: litmus tests, generated from the compiled functions, decided by machine.
//!
//! `docs/arm.md` explains them. Each scenario is generated from the crate as it is, and once more with each
//! ordering of the protocol weakened in the source, if that changes its instructions.

mod access;
mod build;
mod compute;
mod deciders;
mod follow;
mod image;
mod instruction;
mod litmus;
mod scenarios;
mod values;
mod writer;

use crate::invariant::python;
use crate::orderings::{self, Weakened};
use crate::parallel;
use crate::project::{PROTOCOL, Project};
use build::{Isa, build};
use deciders::{Decision, Decisions, Formulas, Verdict};
use scenarios::SCENARIOS;
use std::fs;
use std::path::{Path, PathBuf};

/// The program of the model's authors.
const HERD: &str = "herd7";

/// A generated test.
struct Test {
    /// For people.
    title: String,
    expected: Verdict,
    text: String,
    /// Whether it says what must be possible.
    happens: bool,
    /// Whether herd7 decides it at once. For a generated test it takes minutes.
    quick: bool,
}

impl Test {
    /// Returns its name for the deciders and for a file.
    fn name(&self) -> String {
        let plain = self.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' });
        plain.collect::<String>().split_whitespace().collect::<Vec<_>>().join("-")
    }

    /// Returns whether herd7 decides it as well.
    fn is_for_herd(&self, long: bool) -> bool {
        long || self.quick
    }
}

/// The crate as it is, or with one ordering weakened.
struct Variant {
    isa: Isa,
    weakened: Option<Weakened>,
}

/// Generates all tests, decides them, and compares with what is expected.
pub fn run(project: &Project, long: bool) -> Result<bool, String> {
    let scripts = project.root.join("crates/prove/arm");
    let formulas = Formulas { python: python(project)?, scripts };
    formulas.controls()?;
    let mut tests = controls(&formulas.scripts)?;
    tests.extend(generated(project)?);
    let (files, straight) = write(project, &tests)?;
    let has_herd = deciders::has_herd(HERD);
    let (both, only): (Vec<_>, Vec<_>) =
        tests.iter().zip(files).partition(|(test, _)| has_herd && test.is_for_herd(long));
    let files =
        |some: &[(&Test, PathBuf)]| some.iter().map(|(_, file)| file.clone()).collect::<Vec<_>>();
    let mut ours = formulas.decide(&files(&only), None)?;
    ours.extend(formulas.decide(&files(&both), Some(&straight))?);
    let names: Vec<String> = both.iter().map(|(test, _)| test.name()).collect();
    report(&tests, &ours, &deciders::herd(HERD, &names, &straight)?)
}

/// Prints what came of each test. Returns whether all is as expected.
fn report(tests: &[Test], ours: &Decisions, theirs: &Decisions) -> Result<bool, String> {
    let compared = tests.iter().map(|test| {
        let (name, expected) = (test.name(), test.expected);
        let our = ours.get(&name).ok_or(format!("z3 says nothing of {name}"))?;
        let (what, fine) = compare(expected, test.happens, *our, theirs.get(&name).copied());
        println!("  {}: {what}", test.title);
        Ok(fine)
    });
    let compared = compared.collect::<Result<Vec<bool>, String>>()?;
    let good = compared.iter().filter(|fine| **fine).count();
    println!("arm: {} tests, {good} as expected", tests.len());
    Ok(!compared.contains(&false))
}

/// Returns what to say of a test, and whether it is as it should be. `asks`: whether it says what must be possible.
fn compare(
    expected: Verdict,
    asks: bool,
    our: Decision,
    their: Option<Decision>,
) -> (String, bool) {
    let happens = |decision: Decision| !asks || decision.happens;
    match their {
        Some(their) if (their.verdict, happens(their)) != (our.verdict, happens(our)) => {
            (format!("z3 and herd7 differ: {our:?}, {their:?}"), false)
        }
        _ if our.verdict != expected => (format!("{:?}, NOT {expected:?}", our.verdict), false),
        _ if !happens(our) => ("the scenario can't happen at all".to_owned(), false),
        _ => {
            let by = if their.is_some() { "herd7 and z3" } else { "z3" };
            (format!("{:?}, as expected ({by})", our.verdict), true)
        }
    }
}

/// Returns the tests that check the formulas, for herd7 as well.
fn controls(scripts: &Path) -> Result<Vec<Test>, String> {
    let path = scripts.join("controls.litmus");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let controls = text.trim_end().split("\n\n").map(|text| {
        let (first, rest) = text.split_once('\n').unwrap_or_default();
        let name = first.strip_prefix("AArch64 ").ok_or(format!("no litmus test: {first}"))?;
        let expected =
            if rest.starts_with("Verdict=Never") { Verdict::Never } else { Verdict::Sometimes };
        let title = format!("control, {name}");
        Ok(Test { title, expected, text: format!("{rest}\n"), happens: false, quick: true })
    });
    controls.collect()
}

/// Generates the tests of the shipped form and of each weakened one.
fn generated(project: &Project) -> Result<Vec<Test>, String> {
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
    let all = all.into_iter().collect::<Result<Vec<Vec<Test>>, _>>()?;
    let weakened = numbered.into_iter().map(|(_, variant)| variant.weakened.map(|one| one.what));
    without_repeats(weakened.zip(all))
}

/// Leaves out what a weaker ordering leaves as it was, for that has been asked already: of the variant before it
/// that has none. Each comes with what was weakened.
fn without_repeats(
    variants: impl Iterator<Item = (Option<String>, Vec<Test>)>,
) -> Result<Vec<Test>, String> {
    let (mut all, mut shipped, mut weaker) = (Vec::<Test>::new(), 0..0, false);
    for (weakened, mut tests) in variants {
        let Some(what) = weakened else {
            shipped = all.len()..all.len() + tests.len();
            all.append(&mut tests);
            continue;
        };
        let known = &all[shipped.clone()];
        tests.retain(|test| !known.iter().any(|other| other.text.ends_with(&test.text)));
        if tests.is_empty() {
            return Err(format!("{what} changes no test: add a scenario"));
        }
        all.append(&mut tests);
        weaker = true;
    }
    match weaker {
        false => Err("no ordering of the protocol to weaken: has its file moved?".to_owned()),
        true => Ok(all),
    }
}

fn of_the_protocol(weakened: &Weakened) -> bool {
    weakened.models == PROTOCOL && weakened.file.ends_with("/protocol.rs")
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
                if scenario.breaks(variant.isa.name(), function, what) {
                    expected = Verdict::Sometimes;
                }
            }
            // What is weaker can do what the shipped form can; so much is asked of that alone.
            let happens = variant.weakened.is_none();
            let text = litmus::test(&image, scenario, happens)?;
            Ok(Test { title, expected, text, happens, quick: false })
        })
        .collect()
}

/// Writes the tests down, for the deciders and for people. Returns the files, and a folder for what herd7 is asked.
fn write(project: &Project, tests: &[Test]) -> Result<(Vec<PathBuf>, PathBuf), String> {
    let folder = project.keep.join("arm/tests");
    let straight = project.keep.join("arm/straight");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for folder in [&folder, &straight] {
        let _ = fs::remove_dir_all(folder); // there is none the first time
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let files = tests.iter().map(|test| {
        let name = test.name();
        let file = folder.join(format!("{name}.litmus"));
        fs::write(&file, format!("AArch64 {name}\n{}", test.text)).map_err(failed)?;
        Ok(file)
    });
    Ok((files.collect::<Result<_, String>>()?, straight))
}

#[cfg(test)]
#[path = "arm_tests.rs"]
mod tests;
