//! What `scripts/test --write` writes: a block of a page, as a real run prints it now.
//!
//! When lines of source move, each trace that names them is old. Where only such numbers differ they are put in place,
//! and lines that a page leaves out (`...`) stay out; where more differs, the whole is written if nothing is left out.

use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use anyhow::Context as _;
use regex::Regex;

use crate::context::Context;
use crate::transcript::{self, ANY};

/// Numbers of lines, and addresses: what moves with the source.
static MOVES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?<file>\.rs(:| line ))[0-9]+|0x[0-9a-f]+").expect("a constant"));

/// Returns whether a line of a session says how far a hunt is, which no run repeats.
pub fn is_progress(line: &str) -> bool {
    line.starts_with("seeds ")
}

/// Returns a line without the time that a hunt took.
pub fn timeless(line: &str) -> &str {
    match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" seeds a minute)") => before,
        _ => line,
    }
}

/// Writes into the block what a run has printed, if that is asked for. Returns a line for the reader: that it is done,
/// or what to do.
pub fn block(context: &Context, file: &str, name: &str, real: &[String]) -> anyhow::Result<String> {
    // Two steps may have blocks on one page.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let old = transcript::read(context, file, name)?;
    let lines: Vec<String> = old.lines().skip(1).map(str::to_owned).collect();
    let says = match now(&lines, real) {
        None => "leaves lines out, and more than numbers of lines differ: change it by hand",
        Some(_) if !context.writes() => {
            "is old; if the run is right, scripts/test --write and a word of this step's name writes it"
        }
        Some(Now { new, only_moved }) => {
            let path = context.root().join(file);
            let text = std::fs::read_to_string(&path).with_context(|| file.to_owned())?;
            let mark = format!("<!-- transcript: {name} -->");
            let (before, after) = text.split_once(&mark).with_context(|| mark.clone())?;
            let command = old.lines().take(1).map(str::to_owned);
            let new = command.chain(new).collect::<Vec<_>>().join("\n");
            let after = after.replacen(&format!("\n{old}\n```"), &format!("\n{new}\n```"), 1);
            std::fs::write(&path, [before, &mark, &after].concat())?;
            if only_moved {
                "is written anew: lines of source have moved, and nothing else"
            } else {
                "is written anew, and more than numbers of lines: does the text around it still hold?"
            }
        }
    };
    Ok(format!("{file}: the block \"{name}\" {says}\n"))
}

/// Copies a file to where the tree holds it, if that is asked for. Returns a line for the reader. `command`: makes it.
pub fn file(context: &Context, new: &Path, stored: &str, command: &str) -> anyhow::Result<String> {
    if !context.writes() {
        return Ok(format!(
            "{stored} is not what this code makes; when that is right, run {command}\n"
        ));
    }
    std::fs::copy(new, context.root().join(stored)).with_context(|| stored.to_owned())?;
    Ok(format!("{stored} is written anew\n"))
}

/// What a block is to be.
struct Now {
    new: Vec<String>,
    /// Only numbers of lines and addresses are others.
    only_moved: bool,
}

/// Returns the lines of a block as they are now, unless only a person can tell.
fn now(old: &[String], real: &[String]) -> Option<Now> {
    let whole = || {
        let progress = old.iter().take_while(|line| is_progress(line));
        Now { new: progress.chain(real).cloned().collect(), only_moved: false }
    };
    let leaves_out = old.iter().any(|line| line == ANY);
    let moved = moved(old, real).map(|new| Now { new, only_moved: true });
    moved.or_else(|| (!leaves_out).then(whole))
}

/// Returns the lines with what has moved put in place, if nothing else has changed.
fn moved(old: &[String], real: &[String]) -> Option<Vec<String>> {
    let Some((line, old)) = old.split_first() else { return real.is_empty().then(Vec::new) };
    let (here, rest) = if line == ANY {
        (line, (0..=real.len()).find_map(|skipped| moved(old, &real[skipped..]))?)
    } else if is_progress(line) {
        (line, moved(old, real)?)
    } else {
        let (now, real) = real.split_first()?;
        let still = |line: &str| MOVES.replace_all(timeless(line), "${file}N").into_owned();
        // Where only a time differs, the page stays as it is.
        let here = if timeless(line) == timeless(now) { line } else { now };
        (here, (still(line) == still(now)).then(|| moved(old, real))??)
    };
    Some([vec![here.clone()], rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn of(old: &str, real: &str) -> Option<String> {
        now(&lines(old), &lines(real)).map(|now| now.new.join("\n"))
    }

    #[test]
    fn numbers_of_lines_and_addresses_are_put_in_place() {
        let new = |old, real| of(old, real).unwrap();
        assert_eq!(new("1 x | a.rs:7 (f)", "1 x | a.rs:8 (f)"), "1 x | a.rs:8 (f)");
        let (old, real) =
            ("...\n  a.rs line 7 in f\n...", "b\n  a.rs line 9 in g\n  a.rs line 8 in f\nc");
        assert_eq!(new(old, real), "...\n  a.rs line 8 in f\n...");
        assert_eq!(new("...\nz at 0x4", "a\nz at 0x5"), "...\nz at 0x5");
        // Time and progress stay.
        let hunt = |time, line| format!("9 seeds, {time} s (7 seeds a minute)\na.rs:{line}");
        let page = format!("seeds 1 to 9: 1 s\n{}", hunt(1, 2));
        assert_eq!(new(&page, &hunt(5, 3)), format!("seeds 1 to 9: 1 s\n{}", hunt(1, 3)));
    }

    #[test]
    fn what_differs_otherwise_is_written_whole_or_by_hand() {
        assert_eq!(of("a\nb", "a\nc\nd").as_deref(), Some("a\nc\nd"));
        assert_eq!(of("seeds 1 to 9\na", "c").as_deref(), Some("seeds 1 to 9\nc"));
        for (old, real) in [("a\n...", "b\nc"), ("...\na.rs:1 x", "a.rs:2 y"), ("...\na", "a\nb")] {
            assert_eq!(of(old, real), None, "{old}");
        }
    }

    #[test]
    fn a_page_is_written_only_if_that_is_asked_for() {
        let fake = Fake::new();
        let block = |name: &str, line: &str| {
            format!("<!-- transcript: {name} -->\n\n```text\n$ scripts/x\n{line}\n```\n\ntext\n")
        };
        let page = block("one", "a.rs:1") + &block("two", "a.rs:1");
        fake.file("page.md", &page);
        let write = |context: &Context| super::block(context, "page.md", "two", &lines("a.rs:2"));
        let text = || std::fs::read_to_string(fake.path("page.md")).unwrap();
        assert!(write(&fake.context).unwrap().contains("scripts/test --write"));
        assert_eq!(text(), page);
        let writing = fake.context.clone().writing(true);
        assert!(write(&writing).unwrap().ends_with("have moved, and nothing else\n"));
        assert_eq!(text(), block("one", "a.rs:1") + &block("two", "a.rs:2"));
        fake.file("page.md", &block("two", "more"));
        assert!(write(&writing).unwrap().ends_with("does the text around it still hold?\n"));
        assert_eq!(text(), block("two", "a.rs:2"));
        // What is new begins as a command alone.
        fake.file("page.md", &block("two", "").replace("x\n\n`", "x\n`"));
        assert!(write(&writing).is_ok());
        assert_eq!(text(), block("two", "a.rs:2"));
        fake.file("page.md", &block("two", "...\nb"));
        assert!(write(&writing).unwrap().contains("by hand"));
        assert_eq!(text(), block("two", "...\nb"));
    }

    #[test]
    fn a_file_is_copied_only_if_that_is_asked_for() {
        let fake = Fake::new();
        fake.file("docs/x", "old");
        fake.file("new", "new");
        let text = || std::fs::read_to_string(fake.path("docs/x")).unwrap();
        let copy = |context: &Context| file(context, &fake.path("new"), "docs/x", "it").unwrap();
        assert!(copy(&fake.context).ends_with("run it\n"));
        assert_eq!(text(), "old");
        assert_eq!(copy(&fake.context.clone().writing(true)), "docs/x is written anew\n");
        assert_eq!(text(), "new");
    }
}
