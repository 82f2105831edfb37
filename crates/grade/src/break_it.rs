//! Lab 3: a known bug, the seed that shows it, and what the trace tells.

use crate::answers::Answers;
use crate::handin::{Built, Handin};
use crate::missing::not_done;
use crate::trace::{self, Story};
use explore::arguments::Tier;
use explore::kernel::Kernel;
use explore::outcome::{self, Run};
use explore::scenario::{Plan, Seeds};
use mutants::mutant::{Explorer, Mutant};
use mutants::{catalogue, changes};
use runner::exit_error::{ExitError, FAILED};
use runner::symbols::Symbols;
use std::fs;

/// The bugs of the sheet, by their names in the catalogue: in each, one access has become two. Any other one that the
/// explorer looks for can be chosen, too; its story is only looked at.
pub const BUGS: [&str; 3] = [
    "an acquire is a load and a store",
    "a release looks at the mark before it subtracts",
    "the mark is set by a load and a store",
];

/// What was found.
#[derive(Debug)]
struct Found {
    bug: &'static Mutant,
    cores: u32,
    seed: u64,
    hash: String,
    story: Story,
}

/// Judges it: with the bug the seed fails, and its steps are as they are told; without, it passes.
pub fn judge(handin: &Handin) -> Result<String, ExitError> {
    let found = Found::read(&Answers::read(handin)?)?;
    let Found { bug, cores, seed, .. } = found;
    let out_of_date = |_| {
        let Mutant { file, .. } = bug;
        not_done(format!(
            "{file} is not as it was: take your bug out again, `git checkout {file}` (the grader puts it in)"
        ))
    };
    let change = changes::of(bug, &handin.root).map_err(out_of_date)?;
    let changed = changes::one(&handin.root, &change).map_err(|why| ExitError::new(FAILED, why))?;
    let built = handin.build_with("scenarios", &changed)?;
    let good = Kernel::build(&handin.root, None, Tier::Plugin)?;
    let bad = good.with_image(built.image.clone());
    let list =
        Seeds { scenario: Plan::new(None, cores).scenario(seed), first: seed, count: 1, apart: 1 };

    let boot = bad.boot(&list, cores, true)?;
    let run = first(outcome::runs(&boot, &list))?;
    if run.why.is_none() {
        return Err(not_done(format!(
            "seed {seed} on {cores} cores passes with this bug (--tier plugin): look for one that fails"
        )));
    }
    found.explains(&run, &boot.text, &built, handin)?;
    let boot = good.boot(&list, cores, false)?;
    if let Some(why) = first(outcome::runs(&boot, &list))?.why {
        return Err(not_done(format!(
            "seed {seed} on {cores} cores fails without the bug, too: {why}"
        )));
    }
    Ok(format!(
        "seed {seed} on {cores} cores fails with the bug, passes without it, and is explained"
    ))
}

fn first(runs: Vec<Run>) -> Result<Run, ExitError> {
    let nothing = || ExitError::new(FAILED, "the kernel says nothing about the seed");
    runs.into_iter().next().ok_or_else(nothing)
}

impl Found {
    /// Reads the answers.
    fn read(answers: &Answers<'_>) -> Result<Found, ExitError> {
        let name = answers.text("bug")?;
        let unknown = || {
            not_done(format!(
                "bug = {name:?} is neither a name of the sheet nor one of crates/mutants/src that the explorer looks for"
            ))
        };
        let looked_for = |bug: &&Mutant| !matches!(bug.explorer, Explorer::LeftOut(_));
        let named = catalogue::all().find(|bug| bug.name == name);
        let bug = named.filter(looked_for).ok_or_else(unknown)?;
        let cores = answers.count("cores")?;
        let cores = u32::try_from(cores).ok().filter(|cores| (2..=8).contains(cores));
        let cores = cores.ok_or_else(|| not_done("cores is to be from 2 to 8"))?;
        let seed = answers.count("seed")?;
        let hash = answers.text("trace")?.to_owned();
        let step = |name: &str| answers.count(&format!("story.{name}"));
        let story = Story { first: step("first")?, between: step("between")?, last: step("last")? };
        answers.text("story.why")?;
        Ok(Found { bug, cores, seed, hash, story })
    }

    /// Checks the hash and the story against the run that was replayed.
    fn explains(
        &self,
        run: &Run,
        output: &str,
        built: &Built,
        handin: &Handin,
    ) -> Result<(), ExitError> {
        if run.hash.as_deref() != Some(self.hash.as_str()) {
            let Found { seed, cores, hash, .. } = self;
            return Err(not_done(format!(
                "trace = {hash:?} is not the hash of seed {seed} on {cores} cores with this bug (--tier plugin)"
            )));
        }
        let mut symbols = Symbols::read(&built.image, built.tree.root())?;
        let steps = trace::read(output, |address| Some(symbols.place(address)?.line));
        if !BUGS.contains(&self.bug.name) {
            return self.story.check_cores(&steps);
        }
        let source = fs::read_to_string(handin.root.join(self.bug.file));
        let source = source.map_err(|error| ExitError::new(FAILED, error.to_string()))?;
        self.story.check(&steps, &place(self.bug, &source))
    }
}

/// Returns the line that a bug changes, as a trace names it.
fn place(bug: &Mutant, source: &str) -> String {
    let before = source.split(bug.from).next().unwrap_or_default();
    format!("{}:{}", bug.file, before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const GOOD: &str = "bug = \"the mark is set by a load and a store\"\ncores = 2\nseed = 7\n\
        trace = \"9b\"\n[story]\nfirst = 1\nbetween = 2\nlast = 3\nwhy = \"w\"\n";

    fn handin(text: &str) -> Handin {
        let text = text.to_owned();
        Handin { root: "/".into(), lab: 3, file: "f.toml", name: "f.toml".to_owned(), text }
    }

    fn read(text: &str) -> Result<Found, String> {
        let handin = handin(text);
        Found::read(&Answers::read(&handin).unwrap()).map_err(|error| error.line)
    }

    #[test]
    fn what_was_found_is_read_and_what_is_missing_is_named() {
        let found = read(GOOD).unwrap();
        assert_eq!((found.bug.name, found.cores, found.seed), (BUGS[2], 2, 7));
        assert_eq!(found.story, Story { first: 1, between: 2, last: 3 });
        let other = GOOD.replacen(BUGS[2], "the sum has the wrong sign", 1);
        assert_eq!(read(&other).unwrap().bug.name, "the sum has the wrong sign");
        for (from, to, part) in [
            (BUGS[2], "an overflow is granted", "nor one of crates/mutants/src that the explorer"),
            (BUGS[2], "the mark", "is neither a name of the sheet nor"),
            ("cores = 2", "cores = 9", "cores is to be from 2 to 8"),
            ("cores = 2", "cores = 1", "cores is to be from 2 to 8"),
            ("seed = 7", "seed = \"?\"", "seed in f.toml is not filled in"),
            ("trace = \"9b\"", "trace = 9", "trace is to be a text"),
            ("last = 3", "", "f.toml has no story.last"),
            ("\"w\"", "\"\"", "story.why in f.toml is not filled in"),
        ] {
            let line = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(line.contains(part), "{to}: {line}");
        }
    }

    #[test]
    fn each_bug_is_in_the_catalogue_and_word_for_word_in_the_sheet() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let sheet = fs::read_to_string(root.join("docs/course/3-break-it.md")).unwrap();
        for name in BUGS {
            let bug = catalogue::all().find(|bug| bug.name == name).expect(name);
            let flat = sheet.split_whitespace().collect::<Vec<_>>().join(" ");
            for text in [bug.name, bug.from, bug.to] {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(flat.contains(&text), "the sheet lacks {text}");
            }
            assert!(!bug.from.contains('\n') && !bug.to.contains('\n'), "{name}: one line");
        }
    }

    #[test]
    fn the_changed_line_is_named_as_in_a_trace() {
        let bug = catalogue::all().find(|bug| bug.name == BUGS[2]).unwrap();
        let source = format!("a\nb\n  {}\nc\n", bug.from);
        assert_eq!(place(bug, &source), format!("{}:3", bug.file));
    }

    #[test]
    fn a_project_whose_sources_have_a_bug_already_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("crates/rundown/src")).unwrap();
        fs::write(folder.path().join("crates/rundown/src/protocol.rs"), "fn f() {}").unwrap();
        let handin = Handin { root: folder.path().to_owned(), ..handin(GOOD) };
        let line = judge(&handin).unwrap_err().line;
        assert!(line.contains("`git checkout crates/rundown/src/protocol.rs`"), "{line}");
    }
}
