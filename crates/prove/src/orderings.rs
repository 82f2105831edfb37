//! The orderings that models check, read from the sources: a new one is weakened without anybody listing it.

use crate::project::{HOLDERS, PARKING, POOL, PROTOCOL, Project, crate_in};
use mutants::changes::Change;
use mutants::schemata::Edit;
use std::path::{Path, PathBuf};

/// Every file with atomics that synchronise, and its models: the protocol, the place of `Protected`,
/// the counters beside slots and what stands for their additions, the
/// table of holders, the blocks of a pool, and sleeping cores. (`thread.rs` counts with Relaxed, `blocking.rs` locks.)
const FILES: [(&str, &str); 7] = [
    ("crates/rundown/src/protocol.rs", PROTOCOL),
    ("crates/rundown/src/protected.rs", PROTOCOL),
    ("crates/rundown/src/lines.rs", PROTOCOL),
    ("crates/rundown/src/sections_model.rs", PROTOCOL),
    ("crates/rundown/src/holders.rs", HOLDERS),
    ("crates/rundown/src/pool_list.rs", POOL),
    ("crates/parking/src/lib.rs", PARKING),
];

/// What each ordering is weakened to. Relaxed has nothing below it; SeqCst is not used.
const WEAKER: [(&str, &[&str]); 4] = [
    ("Ordering::Acquire", &["Ordering::Relaxed"]),
    ("Ordering::Release", &["Ordering::Relaxed"]),
    ("Ordering::AcqRel", &["Ordering::Acquire", "Ordering::Release"]),
    ("Ordering::SeqCst", &["Ordering::AcqRel"]),
];

/// One ordering, weakened.
pub struct Weakened {
    /// The file.
    pub file: &'static str,
    /// The models that must notice.
    pub models: &'static str,
    /// The line, the function, and what was done.
    pub what: String,
    /// The function.
    pub function: String,
    /// The change of the project.
    pub change: Change,
}

/// Returns every ordering that can be weaker, once for each way.
pub fn weakened(project: &Project) -> Result<Vec<Weakened>, String> {
    others_are_relaxed(project)?;
    let mut all = Vec::new();
    for (file, models) in FILES {
        let found = weaker(&project.read(Path::new(file))?);
        if found.is_empty() {
            return Err(format!("{file} has no ordering to weaken: has it moved?"));
        }
        for (what, function, edit) in found {
            let change = Change { file: PathBuf::from(file), edit };
            all.push(Weakened { file, models, what, function, change });
        }
    }
    Ok(all)
}

/// Makes sure that no other file of the crate has an ordering to weaken.
fn others_are_relaxed(project: &Project) -> Result<(), String> {
    for file in project.sources("src")? {
        is_relaxed(&file, &project.source(&file)?)?;
    }
    Ok(())
}

/// Makes sure that a file of the crate has no ordering to weaken, unless models are named for it.
fn is_relaxed(file: &str, source: &str) -> Result<(), String> {
    let path = crate_in(Path::new("")).join(file);
    let known = FILES.iter().any(|(known, _)| path == Path::new(known));
    match weaker(source).first() {
        Some((what, ..)) if !known && !file.ends_with("_tests.rs") => {
            Err(format!("{file} {what}: no models are named for this file"))
        }
        _ => Ok(()),
    }
}

/// Returns what was done, in which function, and how.
fn weaker(source: &str) -> Vec<(String, String, Edit)> {
    let mut found = Vec::new();
    let (mut at, mut function) = (0, "?");
    for (number, line) in source.split_inclusive('\n').enumerate() {
        let code = line.split("//").next().unwrap_or("");
        if let Some((_, name)) = code.split_once("fn ") {
            function = name.split(['(', '<']).next().unwrap_or("?");
        }
        for (strong, ways) in WEAKER {
            for (offset, _) in code.match_indices(strong) {
                for weak in ways {
                    let arrow = format!("{} -> {}", &strong[10..], &weak[10..]);
                    let what = format!("line {} in {function}: {arrow}", number + 1);
                    found.push((what, function.to_owned(), Edit::new(at + offset, strong, weak)));
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
    fn an_ordering_in_a_file_without_models_is_refused() {
        let source = "fn a() { x.load(Ordering::Acquire) }\n";
        let refused = |file: &str, source: &str| is_relaxed(file, source).is_err();
        assert!(refused("src/new.rs", source) && !refused("src/new.rs", ""));
        assert!(!refused("src/new_tests.rs", source) && !refused("src/protocol.rs", source));
    }

    #[test]
    fn every_file_of_the_crate_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let project = Project { keep: root.clone(), root, only: String::new() };
        let sources = crate_in(&project.root).join("src");
        std::fs::create_dir_all(&sources).unwrap();
        std::fs::write(sources.join("old.rs"), "fn a() { x.load(Ordering::Relaxed) }\n").unwrap();
        assert_eq!(others_are_relaxed(&project), Ok(()));
        std::fs::write(sources.join("new.rs"), "fn a() { x.load(Ordering::Acquire) }\n").unwrap();
        let error = others_are_relaxed(&project).unwrap_err();
        assert!(error.ends_with(": no models are named for this file"), "{error}");
    }

    #[test]
    fn each_ordering_is_weakened_once_and_comments_are_left_alone() {
        let source = "fn a(x: u8) {\n    // Ordering::Acquire\n    x.load(Ordering::Acquire); y(Ordering::AcqRel)\n}\n\
                      fn b<T>() { z(Ordering::Relaxed, Ordering::Release) }\n";
        let found = weaker(source);
        let whats: Vec<&str> = found.iter().map(|(what, ..)| what.as_str()).collect();
        assert_eq!(
            whats,
            [
                "line 3 in a: Acquire -> Relaxed",
                "line 3 in a: AcqRel -> Acquire",
                "line 3 in a: AcqRel -> Release",
                "line 5 in b: Release -> Relaxed",
            ]
        );
        let text = found[0].2.applied_to(source);
        assert!(text.contains("x.load(Ordering::Relaxed); y(Ordering::AcqRel)"));
        assert!(text.contains("// Ordering::Acquire"));
    }
}
