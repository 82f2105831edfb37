//! Each ordering weakened in turn: loom must object.
//!
//! The orderings are read from the source, so a new one is weakened without anybody listing it.

use crate::tree::{End, HOLDERS, Outcome, PROTOCOL, Tree, must, run as run_tests};
use std::time::Duration;

/// Every file with atomics that synchronise, and its models: the protocol, the place of `Protected`,
/// the table of holders. (`thread.rs` counts with Relaxed, `blocking.rs` locks.)
const FILES: [(&str, &str); 3] =
    [("src/protocol.rs", PROTOCOL), ("src/protected.rs", PROTOCOL), ("src/holders.rs", HOLDERS)];

/// What each ordering is weakened to. Relaxed has nothing below it; SeqCst is not used.
const WEAKER: [(&str, &[&str]); 4] = [
    ("Ordering::Acquire", &["Ordering::Relaxed"]),
    ("Ordering::Release", &["Ordering::Relaxed"]),
    ("Ordering::AcqRel", &["Ordering::Acquire", "Ordering::Release"]),
    ("Ordering::SeqCst", &["Ordering::AcqRel"]),
];

/// One ordering, weakened: the whole file, and what was done to it.
struct Weakened {
    what: String,
    text: String,
}

/// Weakens each ordering in turn.
pub fn run(tree: &Tree, _long: bool) -> Result<bool, String> {
    let (mut count, mut caught) = (0, 0);
    others_are_relaxed(tree)?;
    for models in [PROTOCOL, HOLDERS] {
        // Models that fail anyway would catch everything.
        must(&mut tree.loom(models, &["--no-run"]), models)?;
        let outcome = explore(tree, models, "2")?;
        if outcome.end != End::Passed {
            return Err(format!("{models} does not pass as it is:\n{}", outcome.text));
        }
    }
    for (file, models) in FILES {
        let source = tree.source(file)?;
        for Weakened { what, text } in variants(&source) {
            tree.set(file, &text)?;
            // Must compile, and must fail by a model: a panic of loom's or of the model's.
            must(&mut tree.loom(models, &["--no-run"]), &what)?;
            // A small bound first: it catches nearly everything in a fraction of the time.
            let mut outcome = explore(tree, models, "2")?;
            if outcome.end == End::Passed {
                outcome = explore(tree, models, "3")?;
            }
            let verdict = catchers(&outcome);
            count += 1;
            caught += usize::from(verdict.is_some());
            let verdict = verdict.unwrap_or("NOT caught".to_owned());
            println!("  {file} {what}: {verdict}");
        }
        tree.set(file, &source)?;
    }
    println!("orderings weakened: {count}, caught: {caught}");
    Ok(count > 0 && count == caught)
}

/// Tells which models caught it, if any did: a run that hangs or dies without a failed model is none.
fn catchers(outcome: &Outcome) -> Option<String> {
    let failed = outcome.failed_tests();
    let first = failed.first().filter(|_| outcome.end == End::Failed)?;
    Some(format!("caught by {} models, first {first}", failed.len()))
}

/// Makes sure that no other file of the crate has an ordering to weaken.
fn others_are_relaxed(tree: &Tree) -> Result<(), String> {
    for file in tree.sources("src")? {
        let known = FILES.iter().any(|(known, _)| *known == file) || file.ends_with("_tests.rs");
        let found = variants(&tree.source(&file)?);
        if let (false, Some(one)) = (known, found.first()) {
            return Err(format!("{file} {}: no models are named for this file", one.what));
        }
    }
    Ok(())
}

fn explore(tree: &Tree, models: &str, preemptions: &str) -> Result<Outcome, String> {
    let mut command = tree.loom(models, &[]);
    run_tests(command.env("LOOM_MAX_PREEMPTIONS", preemptions), Duration::from_secs(300))
}

fn variants(source: &str) -> Vec<Weakened> {
    let mut found = Vec::new();
    let (mut at, mut function) = (0, "?");
    for (number, line) in source.split_inclusive('\n').enumerate() {
        let code = line.split("//").next().unwrap_or("");
        if let Some((_, name)) = code.split_once("fn ") {
            function = name.split(['(', '<']).next().unwrap_or("?");
        }
        for (strong, weaker) in WEAKER {
            for (offset, _) in code.match_indices(strong) {
                for weak in weaker {
                    let start = at + offset;
                    let text = [&source[..start], weak, &source[start + strong.len()..]].concat();
                    let arrow = format!("{} -> {}", &strong[10..], &weak[10..]);
                    found.push(Weakened {
                        what: format!("line {} in {function}: {arrow}", number + 1),
                        text,
                    });
                }
            }
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ordering_is_weakened_once_and_comments_are_left_alone() {
        let source = "fn a(x: u8) {\n    // Ordering::Acquire\n    x.load(Ordering::Acquire); y(Ordering::AcqRel)\n}\n\
                      fn b<T>() { z(Ordering::Relaxed, Ordering::Release) }\n";
        let found = variants(source);
        let whats: Vec<&str> = found.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(
            whats,
            [
                "line 3 in a: Acquire -> Relaxed",
                "line 3 in a: AcqRel -> Acquire",
                "line 3 in a: AcqRel -> Release",
                "line 5 in b: Release -> Relaxed",
            ]
        );
        assert!(found[0].text.contains("x.load(Ordering::Relaxed); y(Ordering::AcqRel)"));
        assert!(found[0].text.contains("// Ordering::Acquire"));
    }

    #[test]
    fn only_a_model_that_fails_catches() {
        let text = "\nfailures:\n\nfailures:\n    race::plain\n    race::two_slots\n\ntest result: FAILED.";
        let of = |end, text: &str| catchers(&Outcome { end, text: text.to_owned() });
        let caught = Some("caught by 2 models, first race::plain".to_owned());
        assert_eq!(of(End::Failed, text), caught);
        assert_eq!(of(End::TimedOut, text), None);
        assert_eq!(of(End::Failed, "error: could not compile"), None);
        assert_eq!(of(End::Passed, "test result: ok. 51 passed"), None);
    }
}
