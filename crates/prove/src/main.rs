//! Proves the run-down primitive by machine, one stage after the other.
//!
//! Called by `scripts/prove`, which has the usage text. A stage that finds nothing to check fails:
//! no news is a failure.

mod arm;
mod cargo_mutants;
mod elsewhere;
mod invariant;
mod killed;
mod miri;
mod models;
mod mutants;
mod orderings;
mod parallel;
mod program;
mod project;
mod schemata;
mod verdict;
mod weaken;

use project::Project;
use runner::{process, unread};
use std::process::ExitCode;
use std::time::Instant;

/// Runs one stage; `Ok(false)`: it ran, and something was not proved. `Err`: it could not run.
type Stage = fn(&Project, bool) -> Result<bool, String>;

/// The stages by name, and whether only `--long` includes them.
const STAGES: [(&str, Stage, bool); 7] = [
    ("invariant", invariant::run, false),
    ("arm", arm::run, false),
    ("loom", models::run, false),
    ("weaken", weaken::run, false),
    ("mutants", mutants::run, false),
    ("miri", miri::run, false),
    ("cargo-mutants", cargo_mutants::run, true),
];

fn main() -> ExitCode {
    unread::end_quietly();
    let (options, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let known = |name: &String| STAGES.iter().any(|stage| stage.0 == name);
    let (mut long, mut only, mut unknown) = (false, String::new(), !names.iter().all(known));
    for option in options {
        match option.split_once('=') {
            Some(("--only", word)) if !word.is_empty() => only = word.to_owned(),
            None if option == "--long" => long = true,
            _ => unknown = true,
        }
    }
    if unknown {
        eprintln!("prove: unknown argument; scripts/prove --help lists them");
        return ExitCode::from(2);
    }
    let ready = process::end_with_us().map_err(|error| error.line);
    let project = match ready.and_then(|()| Project::find(only)) {
        Ok(project) => project,
        Err(error) => {
            eprintln!("prove: {error}");
            return ExitCode::from(2);
        }
    };
    let mut status = 0;
    for (name, stage, only_long) in STAGES {
        let wanted =
            if names.is_empty() { long || !only_long } else { names.iter().any(|n| n == name) };
        if !wanted {
            continue;
        }
        let start = Instant::now();
        let verdict = stage(&project, long);
        let seconds = start.elapsed().as_secs();
        match verdict {
            Ok(true) => println!("prove {name}: ok ({seconds} s)"),
            Ok(false) => {
                println!("prove {name}: FAILED ({seconds} s)");
                status = status.max(1);
            }
            Err(error) => {
                println!("prove {name}: could not run: {error}");
                status = 2;
            }
        }
    }
    ExitCode::from(status)
}
