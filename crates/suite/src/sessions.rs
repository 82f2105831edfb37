//! The sessions in docs/guide are real runs, word for word: a seed is the same run everywhere.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use regex::Regex;

use crate::context::Context;
use crate::rewrite;
use crate::step::{Outcome, Step};
use crate::transcript::{self, difference};
use explore::arguments::{Arguments, Goal};
use explore::hunt;
use explore::kernel::Kernel;
use explore::replay::{self, Report};
use mutants::tree::{Changed, Tree};
use runner::process;

/// A block that begins with `$ ` and a command, and goes on with what it prints.
#[derive(Clone, Copy)]
struct Session {
    /// The page that has it.
    file: &'static str,
    /// The name in its mark.
    name: &'static str,
    /// The source that the reader is told to change before: the block NAME edit says how.
    edited: Option<&'static str>,
}

const PROTOCOL: &str = "crates/rundown/src/protocol.rs";
const OPERATIONS: &str = "crates/rundown/src/operations.rs";
const LINKER_SCRIPT: &str = "linker.ld";
const SESSIONS: &[Session] = &[
    Session { file: "docs/guide/device.md", name: "counter", edited: None },
    Session { file: "docs/guide/lines.md", name: "lines", edited: None },
    Session { file: "docs/guide/ladder.md", name: "counted", edited: None },
    Session { file: "docs/guide/acquire.md", name: "drain", edited: None },
    Session { file: "docs/guide/schedules.md", name: "bug", edited: Some(PROTOCOL) },
    Session { file: "docs/guide/waiting.md", name: "asleep", edited: Some(OPERATIONS) },
    Session { file: "docs/guide/free.md", name: "after", edited: Some(OPERATIONS) },
    Session { file: "docs/guide/limits.md", name: "relaxed", edited: Some(PROTOCOL) },
];
/// What is not the same in two images: where the code lies.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| Regex::new("0x[0-9a-f]+").expect("a constant"));

/// The steps.
pub fn steps() -> impl Iterator<Item = Step> {
    SESSIONS.iter().copied().map(Session::step)
}

/// Those that are repeated with another QEMU: one under the plugin, one that counts instructions.
pub fn of_both_tiers() -> impl Iterator<Item = Step> {
    let both = |session: &Session| ["drain", "bug"].contains(&session.name);
    SESSIONS.iter().copied().filter(both).map(Session::step)
}

impl Session {
    fn step(self) -> Step {
        let name = format!("the session \"{}\" in {}", self.name, self.file);
        Step::new(name, 600, move |context, deadline| match self.edited {
            None => self.typed(context, deadline),
            Some(source) => self.hunted(context, source),
        })
    }

    /// Returns the words of its command, and the lines that follow.
    fn read(self, context: &Context) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        let block = transcript::read(context, self.file, self.name)?;
        let mut lines = lines(&block).into_iter();
        let words = lines.next().unwrap_or_default();
        let words = words.strip_prefix("$ scripts/").context("the session has no $ scripts/...")?;
        Ok((words.split_whitespace().map(str::to_owned).collect(), lines.collect()))
    }

    /// Runs the command as it stands there.
    fn typed(self, context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
        let (words, wanted) = self.read(context)?;
        let (tool, args) = words.split_first().context("no command")?;
        let tool = ["explore", "lab"].into_iter().find(|known| known == tool);
        let mut command = context.tool(tool.context("a session of another script")?)?;
        let output = process::run(command.args(args), deadline)?;
        self.judge(context, &wanted, &lines(&output.stdout))
    }

    /// Changes the source as the page says, and looks for a seed that fails.
    fn hunted(self, context: &Context, source: &str) -> anyhow::Result<Outcome> {
        let (words, wanted) = self.read(context)?;
        let arguments: Arguments = Arguments::parse(&words[1..])?.context("help is no session")?;
        let Goal::Seeds(seeds) = arguments.goal() else { anyhow::bail!("no --seeds") };
        let edit = transcript::read(context, self.file, &format!("{} edit", self.name))?;
        let text = std::fs::read_to_string(context.root().join(source))?;
        let text = edited(&text, &edit).with_context(|| format!("{source}, {}", self.file))?;

        let built = context.root().join("target/session");
        let mut changed = Changed::from([(source.into(), text)]);
        let tree = Tree::exact_copy(context.root(), &built.join("session"), &changed);
        let tree = tree.map_err(anyhow::Error::msg)?;
        let build = || -> anyhow::Result<_> {
            Ok(context.at_home(Kernel::build(tree.root(), Some(&built), arguments.tier)?))
        };
        let kernel = build()?;
        let found = hunt::through(&kernel, &arguments.plan(), 1..=seeds, false)?;
        let mut real = found.to_string();
        if let Some(failure) = &found.failure {
            let Report { text, end } = replay::failure(&kernel, failure)?;
            let end = end.expect_err("it has failed").to_string();
            real.push_str(&format!("\n{text}{end}"));

            // On another machine data lies elsewhere: the texts of panics have paths of the machine in them.
            changed.insert(LINKER_SCRIPT.into(), moved(context.root())?);
            tree.change(context.root(), &changed).map_err(anyhow::Error::msg)?;
            let elsewhere = replay::failure(&build()?, failure)?.end;
            let elsewhere = elsewhere.expect_err("so has this").to_string();
            if elsewhere != end {
                return Ok(Outcome::failure(format!("with its data elsewhere: {elsewhere}\n")));
            }
        }

        // QEMU 7.2 shares out time among awake cores in another way than later ones: the seed and what
        // goes wrong are the same with each, the last steps and which core ends first are not.
        let exact = kernel.qemu_version()?.starts_with("7.2.");
        let kept = |lines: Vec<String>| -> Vec<String> {
            let of_steps = |line: &str| line.contains(" core ") || line.ends_with(" steps before");
            let differs = |line: &str| line.starts_with("  ") && of_steps(line);
            let kept = |line: &String| !(differs(line) || line.starts_with("trace "));
            lines.into_iter().filter(kept).map(|line| any_core(&line)).collect()
        };
        let real = lines(&real);
        if exact {
            return self.judge(context, &wanted, &real);
        }
        let differs = differs(&kept(wanted), &kept(real));
        Ok(Outcome::check(differs.is_none(), || {
            let says = differs.unwrap_or_default();
            format!("{}, {says}\nOnly QEMU 7.2 tells the whole of it.\n", self.file)
        }))
    }

    /// Compares the page with a run.
    fn judge(
        self,
        context: &Context,
        wanted: &[String],
        real: &[String],
    ) -> anyhow::Result<Outcome> {
        let Some(first) = differs(wanted, real) else { return Ok(Outcome::one()) };
        let Session { file, name, .. } = self;
        let (whole, says) = (real.join("\n"), rewrite::block(context, file, name, real)?);
        Ok(Outcome::failure(format!("{file}, {first}\nthe whole of it:\n{whole}\n{says}")))
    }
}

/// Compares line by line; only times and addresses may differ.
fn differs(wanted: &[String], real: &[String]) -> Option<String> {
    difference(&comparable(wanted), &comparable(real))
}

/// Returns the linker script with a gap before all data.
fn moved(root: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root.join(LINKER_SCRIPT))?;
    let gap = text.replace(".rodata : { ", ".rodata : { . += 0x1110; ");
    ensure!(gap != text, "{LINKER_SCRIPT} has no line for .rodata");
    Ok(gap)
}

/// Returns a text with a change made in it: the lines with a minus, of which there must be one place, whatever
/// the indentation, become those with a plus.
fn edited(text: &str, edit: &str) -> anyhow::Result<String> {
    let with = |sign: char| edit.lines().filter_map(move |line| line.strip_prefix(sign));
    let (old, new): (Vec<&str>, Vec<&str>) = (with('-').collect(), with('+').collect());
    let indent = |line: &str| line.len() - line.trim_start().len();
    let outer = old.first().map_or(0, |line| indent(line));
    let all: Vec<&str> = text.lines().collect();
    let is_here = |at: &usize| {
        let here = all[*at..].iter().take(old.len());
        here.map(|line| line.trim()).eq(old.iter().map(|line| line.trim()))
    };
    let places: Vec<usize> = (0..all.len()).filter(is_here).collect();
    ensure!(!old.is_empty() && places.len() == 1, "{} places have the lines\n{edit}", places.len());
    let deeper = " ".repeat(indent(all[places[0]]).saturating_sub(outer));
    let new = new.iter().map(|line| format!("{deeper}{line}"));
    let before = all[..places[0]].iter().map(|line| (*line).to_owned());
    let after = all[places[0] + old.len()..].iter().map(|line| (*line).to_owned());
    Ok(before.chain(new).chain(after).collect::<Vec<_>>().join("\n") + "\n")
}

/// Returns whether the lines of a page are among those that a command has printed.
pub fn shown(context: &Context, file: &str, name: &str, printed: &str) -> anyhow::Result<Outcome> {
    let block = transcript::read(context, file, name)?;
    let wanted: Vec<String> = lines(&block).into_iter().skip(1).collect();
    let real = lines(printed);
    let Some(first) = difference(&wanted, &real) else { return Ok(Outcome::one()) };
    Ok(Outcome::failure(format!(
        "{file}, {first}\n{}",
        rewrite::block(context, file, name, &real)?
    )))
}

/// Returns a line that does not say which of two cores it is about.
fn any_core(line: &str) -> String {
    line.replace(": core 0 ", ": a core ").replace(": core 1 ", ": a core ")
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Leaves out the progress, the time that a hunt took, and addresses.
fn comparable(lines: &[String]) -> Vec<String> {
    let no_progress = lines.iter().filter(|line| !rewrite::is_progress(line));
    let timeless = no_progress.map(|line| rewrite::timeless(line));
    timeless.map(|line| ADDRESS.replace_all(line, "X").into_owned()).collect()
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
        let compare = |one: &str, other: &str| differs(&lines(one), &lines(other)).is_none();
        let session =
            "seeds 1 to 32 of 1000: 1.0 s\n3 seeds, 1.0 s (9 seeds a minute)\n  1 core 0 x";
        assert!(compare(session, "3 seeds, 2.5 s (4 seeds a minute)\n  1 core 0 x"));
        for other in ["3 seeds, 1.0 s (9 seeds a minute)", "3 seeds\n  1 core 0 y", ""] {
            assert!(!compare(session, other), "{other}");
        }
        assert!(!compare(session, &format!("{session}\nmore")));
        assert!(!compare("trace 1", "trace 2"));
        assert!(!compare("a core, 1", "a core, 2"));
        assert!(compare("sleeps at 0x40208d10", "sleeps at 0x4020"));
        assert!(compare("a\n...\nz", "a\nb\nc\nz") && !compare("a\n...\nz", "a\nb"));
    }

    #[test]
    fn a_page_says_what_to_change_whatever_the_indentation() {
        let text = "fn f() {\n    if a {\n        b();\n    }\n}\n";
        let changed = edited(text, "-if a {\n-    b();\n+if c {\n+    d();").unwrap();
        assert_eq!(changed, "fn f() {\n    if c {\n        d();\n    }\n}\n");
        assert_eq!(edited(text, "-        b();\n+        c();").unwrap(), text.replace('b', "c"));
        for (text, edit) in [(text, "-x\n+y"), ("a\na\n", "-a\n+b"), (text, "+y")] {
            assert!(edited(text, edit).is_err(), "{edit}");
        }
    }

    /// A mark that no test reads would be a transcript of nothing.
    #[test]
    fn every_transcript_of_the_documents_is_compared_with_a_run() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut known: Vec<(String, String)> = Vec::new();
        let mut know = |file: &str, name: &str| known.push((file.to_owned(), name.to_owned()));
        for Session { file, name, edited } in SESSIONS.iter().copied() {
            know(file, name);
            edited.inspect(|_| know(file, &format!("{name} edit")));
        }
        transcript::all().for_each(|(file, name)| know(file, name));
        know("docs/guide/schedules.md", "seeds"); // choices.rs
        know("docs/guide/limits.md", "weaken"); // table.rs
        know("docs/guide/atomics.md", "lacks"); // instructions.rs
        let guide = std::fs::read_dir(root.join("docs/guide")).unwrap();
        let guide =
            guide.map(|entry| format!("docs/guide/{}", entry.unwrap().file_name().display()));
        let elsewhere = ["README.md", "examples/riscv/README.md"].map(str::to_owned);
        let mut marked: Vec<(String, String)> = Vec::new();
        for file in guide.filter(|file| file.ends_with(".md")).chain(elsewhere) {
            let text = std::fs::read_to_string(root.join(&file)).unwrap();
            let marks = text.lines().filter_map(|line| line.strip_prefix("<!-- transcript: "));
            marked.extend(marks.map(|mark| (file.clone(), mark.replace(" -->", ""))));
        }
        let wrong: Vec<String> = marked
            .iter()
            .filter(|one| !known.contains(one))
            .map(|(file, name)| {
                format!("{file}: no test compares {name:?}; a line in SESSIONS or TRANSCRIPTS does")
            })
            .chain(known.iter().filter(|one| !marked.contains(one)).map(|(file, name)| {
                format!("{file}: a test looks for <!-- transcript: {name} -->")
            }))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(known.len(), marked.len(), "one is there twice: {known:?}, {marked:?}");
    }
}
