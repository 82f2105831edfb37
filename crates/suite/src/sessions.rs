//! The sessions in docs/schedules.md are real runs, word for word: a seed is the same run everywhere.

use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::context::Context;
use crate::step::{Outcome, Step};
use crate::transcript;
use explore::arguments::{Arguments, Goal};
use explore::hunt;
use explore::kernel::Kernel;
use explore::replay::{self, Report};
use mutants::tree::{Changed, Tree};
use runner::process;

const FILE: &str = "docs/schedules.md";
/// What the reader is told to replace, and where.
const REPLACED: (&str, &str) = (
    "crates/rundown/src/protocol.rs",
    "let old = self.word(slot).fetch_sub(count * ONE, Ordering::Release);",
);

/// The steps.
pub fn steps() -> [Step; 2] {
    let name = |name| format!("the session \"{name}\" in {FILE}");
    [Step::new(name("drain"), 600, drain), Step::new(name("bug"), 600, bug)]
}

/// A session: the words after `$ scripts/explore`, and what follows.
fn session(context: &Context, name: &str) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let block = transcript::read(context, FILE, name)?;
    let mut lines = block.lines();
    let words = lines.next().and_then(|line| line.strip_prefix("$ scripts/explore "));
    let words = words.context("the session does not begin with $ scripts/explore")?;
    let words = words.split_whitespace().map(str::to_owned).collect();
    Ok((words, lines.map(str::to_owned).collect()))
}

/// A replay of one seed under the plugin: the same with every QEMU.
fn drain(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let (words, wanted) = session(context, "drain")?;
    let mut command = context.tool("explore")?;
    let output = process::run(command.args(words), deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    Ok(compare(&wanted, &lines(&output.stdout)))
}

/// The bug that the page has its reader put in, found and told.
fn bug(context: &Context, _: Instant) -> anyhow::Result<Outcome> {
    let (words, wanted) = session(context, "bug")?;
    let arguments: Arguments = Arguments::parse(&words)?.context("help is no session")?;
    let Goal::Seeds(seeds) = arguments.goal() else { anyhow::bail!("a session without --seeds") };
    let edit = transcript::read(context, FILE, "edit")?.replace('\n', "\n        ");

    let built = context.root().join("target/session");
    let (file, replaced) = REPLACED;
    let source = std::fs::read_to_string(context.root().join(file))?;
    ensure!(source.matches(replaced).count() == 1, "{file} has no longer one line {replaced}");
    let changed = Changed::from([(file.into(), source.replacen(replaced, &edit, 1))]);
    let tree = Tree::exact_copy(context.root(), &built.join("session"), &changed);
    let tree = tree.map_err(anyhow::Error::msg)?;
    let kernel = context.at_home(Kernel::build(tree.root(), Some(&built), arguments.tier)?);
    let found = hunt::through(&kernel, &arguments.plan(), 1..=seeds, false)?;
    let failure = found.failure.as_ref().context("the bug was not found")?;
    let Report { text, end } = replay::failure(&kernel, failure)?;
    let end = end.expect_err("it has failed");
    let real = lines(&format!("{found}\n{text}{end}\n"));

    // QEMU 7.2 shares out time among awake cores in another way than later ones: the seed and what
    // goes wrong are the same with each, the last steps and which core ends first are not.
    let exact = kernel.qemu_version()?.starts_with("7.2.");
    let kept = |lines: Vec<String>| -> Vec<String> {
        let of_steps = |line: &str| line.contains(" core ") || line.ends_with(" steps before");
        let differs = |line: &str| line.starts_with("  ") && of_steps(line);
        let kept = |line: &String| exact || !(differs(line) || line.starts_with("trace "));
        let kept = lines.into_iter().filter(kept);
        kept.map(|line| if exact { line } else { any_core(&line) }).collect()
    };
    Ok(compare(&kept(wanted), &kept(real)))
}

/// Returns a line that does not say which of two cores it is about.
fn any_core(line: &str) -> String {
    line.replace(": core 0 ", ": a core ").replace(": core 1 ", ": a core ")
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Compares line by line; only what tells a time may differ.
fn compare(wanted: &[String], real: &[String]) -> Outcome {
    let [wanted, real] = [wanted, real].map(timeless);
    let differ = wanted.iter().zip(&real).position(|(wanted, real)| wanted != real);
    let differ = differ.or((wanted.len() != real.len()).then_some(wanted.len().min(real.len())));
    let Some(at) = differ else { return Outcome::one() };
    let line = |lines: &[String]| lines.get(at).map_or("(nothing)", String::as_str).to_owned();
    let (wanted, now) = (line(&wanted), line(&real));
    let whole = real.join("\n");
    Outcome::failure(format!("{FILE}: {wanted}\na real run: {now}\nthe whole of it:\n{whole}\n"))
}

/// Leaves out the progress, and the time that a hunt took.
fn timeless(lines: &[String]) -> Vec<String> {
    let no_progress = lines.iter().filter(|line| !line.starts_with("seeds "));
    let timeless = no_progress.map(|line| match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" seeds a minute)") => before,
        _ => line,
    });
    timeless.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_core_it_is_may_be_left_out() {
        let of = |core| any_core(&format!("seed 1 fails, x: core {core} waits, core {core} left"));
        assert_eq!(of(0), "seed 1 fails, x: a core waits, core 0 left");
        assert_eq!(of(1), "seed 1 fails, x: a core waits, core 1 left");
    }

    #[test]
    fn only_times_and_progress_may_differ() {
        let compare = |one: &str, other: &str| compare(&lines(one), &lines(other)).failed == 0;
        let session =
            "seeds 1 to 32 of 1000: 1.0 s\n3 seeds, 1.0 s (9 seeds a minute)\n  1 core 0 x";
        assert!(compare(session, "3 seeds, 2.5 s (4 seeds a minute)\n  1 core 0 x"));
        for other in ["3 seeds, 1.0 s (9 seeds a minute)", "3 seeds\n  1 core 0 y", ""] {
            assert!(!compare(session, other), "{other}");
        }
        assert!(!compare(session, &format!("{session}\nmore")));
        assert!(!compare("trace 1", "trace 2"));
        assert!(!compare("a core, 1", "a core, 2"));
    }
}
