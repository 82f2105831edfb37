//! The course: its starters are not done, our solutions are, and what is wrong is said in one line.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::context::Context;
use crate::not_run::NotRun;
use crate::step::{Outcome, Step, refused};
use grade::labs::LABS;
use runner::process;

/// Seconds: kernels are built, a few for each lab.
const PATIENCE: u64 = 900;
/// Where files lie that pass: `lab2.rs` and `lab2-NAME.rs` for lab 2. A fork for students may lack them.
const SOLUTIONS: &str = "crates/grade/solutions";
/// What each starter lacks first.
const STARTERS: [&str; 4] = [
    "predicted.shared in course/lab1.toml is not filled in",
    "with lines of 64 bytes 1600 lines travel for 800 pairs, 2 for each; none may",
    "bug in course/lab3.toml is not filled in",
    "there is a panic on core 0: not yet implemented: core 0 acquires a hold (course/lab4.rs:",
];

/// A file that is handed in, made from another one by a change, and what the one line must hold.
struct Wrong {
    lab: usize,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    said: &'static str,
}

const fn wrong(
    lab: usize,
    file: &'static str,
    [from, to]: [&'static str; 2],
    said: &'static str,
) -> Wrong {
    Wrong { lab, file, from, to, said }
}

const LAB1: &str = "crates/grade/solutions/lab1.toml";
const LAB2: &str = "course/lab2.rs";
const FIXED: &str = "crates/grade/solutions/lab2.rs";
const LAB3: &str = "crates/grade/solutions/lab3.toml";
const SWEEPER: &str = "crates/grade/solutions/lab3-sweeper.toml";
const LAB4: &str = "crates/grade/solutions/lab4-shards.rs";
const ADD: &str = "self.words[core].fetch_add(1, Ordering::Acquire);";
/// A load and a store of one word for all.
const RACY: &str = "let seen = self.words[0].load(Ordering::Relaxed); \
                    self.words[0].store(seen + 1, Ordering::Relaxed); let _ = core;";

/// What counts lies beside the counter.
const ELSEWHERE: &str = "
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
pub static COUNTER: Beside = Beside;
pub struct Beside;
static WORD: AtomicUsize = AtomicUsize::new(0);
impl crate::harness::Counter for Beside {
    fn acquire(&self, _core: usize) {
        WORD.fetch_add(1, Relaxed);
    }
    fn release(&self, _core: usize) {
        WORD.fetch_sub(1, Relaxed);
    }
    fn users(&self) -> usize {
        WORD.load(Relaxed)
    }
}
";

/// What students do. An empty `from`: the whole text becomes `to`.
const WRONG: &[Wrong] = &[
    wrong(1, LAB1, ["", ""], "is empty; `git checkout course/lab1.toml` brings back"),
    wrong(1, LAB1, ["plain = 2200", "plain = 2201"], "counted.plain is 2201, and a run counts"),
    wrong(2, LAB2, [ADD, "self.nothing();"], "does not compile, as said above"),
    wrong(
        2,
        LAB2,
        [ADD, "cachescope_guest::end();"],
        "uses cachescope_guest, which is the harness's",
    ),
    wrong(2, LAB2, ["", ELSEWHERE], "COUNTER is never touched, and all that counts must lie in it"),
    wrong(2, LAB2, [ADD, "loop {}"], "a core waits for ever (no step for 5 s in phase 1"),
    wrong(2, LAB2, [ADD, RACY], "users after all have acquired: 8 instead of 36"),
    wrong(2, FIXED, ["align(128)", "align(64)"], "with lines of 128 bytes 1600 lines travel"),
    wrong(3, LAB3, ["seed = ", "seed = 1"], "lab 3 is not done: "),
    wrong(3, LAB3, ["trace = \"", "trace = \"0"], "is not the hash of seed"),
    wrong(3, LAB3, ["between = 6", "between = 5"], "between = 5: that step is not one of"),
    wrong(3, SWEEPER, ["between = 6", "between = 9"], "the three steps are one core's"),
    wrong(4, LAB4, ["PREDICTED: [u64; 3] = [", "PREDICTED: [u64; 3] = [1"], "on 2 cores 0 lines"),
    wrong(4, LAB4, ["NAME: &str = \"", "NAME: &str = \"?\";//"], "has no NAME"),
];

/// The steps.
pub fn steps() -> Vec<Step> {
    vec![
        Step::new("course: wrong usage is one line and status 2", PATIENCE, usage),
        Step::new("course: the starters are not done, and say why", PATIENCE, starters),
        Step::new("course: our solutions are done", PATIENCE, solutions),
        Step::new("course: what is wrong with a file is one line", PATIENCE, mistakes),
    ]
}

fn usage(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for words in ["", "0", "5", "x", "1 2", "1 --nonsense", "1 --file /nonexistent/lab1.toml"] {
        let mut command = context.tool("grade")?;
        sum.add(refused(command.args(words.split_whitespace()), "rundown: ", deadline)?);
    }
    for (name, value) in [("QEMU", "/bin/true"), ("TMPDIR", "/nowhere")] {
        let mut command = context.tool("grade")?;
        let output = process::run(command.arg("2").env(name, value), deadline)?;
        let good = output.status == Some(2) && output.stderr.lines().count() == 1;
        sum.add(Outcome::check(good, || output.report(&command)));
    }
    Ok(sum)
}

fn starters(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    ensure!(LABS.len() == STARTERS.len(), "a lab without a starter");
    let mut sum = Outcome::default();
    for (lab, said) in (1..).zip(STARTERS) {
        sum.add(not_done(context, lab, None, said, deadline)?);
    }
    Ok(sum)
}

fn solutions(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let folder = folder_of_solutions(context)?;
    let mut sum = Outcome::default();
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(&folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for lab in &LABS {
        let start = format!("lab{}", lab.number);
        let of_lab: Vec<_> = names.iter().filter(|name| name.starts_with(&start)).collect();
        ensure!(!of_lab.is_empty(), "{SOLUTIONS} has none for lab {}", lab.number);
        for name in of_lab {
            let mut command = context.tool("grade")?;
            command.arg(lab.number.to_string()).arg("--file").arg(folder.join(name));
            let output = process::run(&mut command, deadline)?;
            let last = output.stdout.lines().last().unwrap_or_default();
            let good =
                output.succeeded() && last.starts_with(&format!("lab {} is done: ", lab.number));
            sum.add(Outcome::check(good, || output.report(&command)));
        }
    }
    Ok(sum)
}

/// Returns the folder of files that pass. The error is [`NotRun`] where there is none.
pub fn folder_of_solutions(context: &Context) -> anyhow::Result<std::path::PathBuf> {
    let folder = context.root().join(SOLUTIONS);
    match folder.is_dir() {
        true => Ok(folder),
        false => Err(NotRun(format!("this checkout has no {SOLUTIONS}")).into()),
    }
}

fn mistakes(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    folder_of_solutions(context)?;
    let scratch = context.scratch("course")?;
    let mut sum = Outcome::default();
    for (number, Wrong { lab, file, from, to, said }) in WRONG.iter().enumerate() {
        let text = fs::read_to_string(context.root().join(file)).context(*file)?;
        ensure!(text.contains(from), "{file} lacks {from:?}");
        let text = if from.is_empty() { (*to).to_owned() } else { text.replacen(from, to, 1) };
        let handin = scratch.join(format!("{number}-of-lab{lab}"));
        fs::write(&handin, text)?;
        sum.add(not_done(context, *lab, Some(&handin), said, deadline)?);
    }
    let image = scratch.join("image");
    fs::write(&image, b"\x7fELF\xff")?;
    sum.add(not_done(context, 2, Some(&image), "is not a text file", deadline)?);
    Ok(sum)
}

/// Has a file judged, the lab's own or another one: status 1, and a last line that holds these words.
fn not_done(
    context: &Context,
    lab: usize,
    file: Option<&Path>,
    said: &str,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = context.tool("grade")?;
    command.arg(lab.to_string());
    if let Some(file) = file {
        command.arg("--file").arg(file);
    }
    let output = process::run(&mut command, deadline)?;
    let last = output.stderr.lines().last().unwrap_or_default();
    let told =
        last.starts_with(&format!("rundown: lab {lab} is not done: ")) && last.contains(said);
    // Only a compiler has more to say.
    let one = output.stderr.lines().count() == 1 || last.contains("does not compile");
    Ok(Outcome::check(output.status == Some(1) && told && one, || {
        format!("{}wanted: status 1, and a line that holds {said:?}\n", output.report(&command))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    /// Runs a step with a grader that ends so, after it has said what each starter lacks.
    fn starters_with(before: &str, end: &str) -> (u64, u64) {
        let fake = Fake::new();
        let lines = STARTERS.map(|said| format!("'rundown: lab '$1' is not done: {said}'"));
        let cases = (1..).zip(lines).map(|(lab, line)| format!("{lab}) echo {line} >&2 ;;\n"));
        let cases = cases.collect::<String>();
        fake.script("built/grade", &format!("{before}\ncase $1 in\n{cases}esac\n{end}"));
        fake.run(&steps()[1])
    }

    #[test]
    fn a_starter_is_refused_with_one_line() {
        assert_eq!(starters_with("echo x", "exit 1"), (4, 0));
        assert_eq!(starters_with("", "exit 0"), (0, 4));
        assert_eq!(starters_with("", "exit 2"), (0, 4));
        assert_eq!(starters_with("echo more >&2", "exit 1"), (0, 4));
        assert_eq!(starters_with("", "echo more >&2; exit 1"), (0, 4));
        let other = "echo \"rundown: lab $1 is not done: x\" >&2; exit 1";
        assert_eq!(starters_with(other, ""), (0, 4), "another reason");
    }

    #[test]
    fn a_fork_without_solutions_can_be_built() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let files = SOLUTIONS.trim_start_matches("crates/");
        let mut folders = vec![crates.join("suite/src"), crates.join("grade/src")];
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                let built_in = |line: &&str| line.contains("include_") && line.contains(files);
                assert_eq!(text.lines().find(built_in), None, "{}", path.display());
                read += 1;
            }
        }
        assert!(read > 20, "{read} files");
    }

    #[test]
    fn every_solution_passes_and_each_lab_has_one() {
        let fake = Fake::new();
        let run = |says: &str| {
            fake.script("built/grade", says);
            fake.outcome(&steps()[2])
        };
        assert!(run("exit 0").not_run, "a fork for students has none");
        for file in ["lab1.toml", "lab2.rs", "lab3.toml", "lab3-other.toml"] {
            fake.file(&format!("{SOLUTIONS}/{file}"), "x");
        }
        let good = "[ -f \"$3\" ] && echo \"lab $1 is done: x\"";
        assert!(run(good).output.contains("none for lab 4"));
        fake.file(&format!("{SOLUTIONS}/lab4.rs"), "x");
        assert_eq!((run(good).passed, run(good).failed), (5, 0));
        let no = run("case $3 in *other*) exit 1 ;; esac; echo \"lab $1 is done: x\"");
        assert_eq!((no.passed, no.failed), (4, 1));
        assert_eq!(run("echo x").failed, 5, "it does not say so");
    }
}
