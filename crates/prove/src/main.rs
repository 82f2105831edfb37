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

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// Stages; none: all.
    names: Vec<String>,
    long: bool,
    only: String,
}

impl Wanted {
    /// Reads it. `None`: there is something unknown in it.
    fn read(arguments: impl Iterator<Item = String>) -> Option<Wanted> {
        let mut wanted = Wanted::default();
        for argument in arguments {
            match argument.split_once('=') {
                Some(("--only", word)) if !word.is_empty() => wanted.only = word.to_owned(),
                None if argument == "--long" => wanted.long = true,
                None if STAGES.iter().any(|stage| stage.0 == argument) => {
                    wanted.names.push(argument)
                }
                _ => return None,
            }
        }
        Some(wanted)
    }

    /// Returns whether a stage is asked for.
    fn has(&self, (name, _, only_long): &(&str, Stage, bool)) -> bool {
        match self.names.is_empty() {
            true => self.long || !only_long,
            false => self.names.iter().any(|wanted| wanted == name),
        }
    }
}

fn main() -> ExitCode {
    unread::end_quietly();
    let Some(wanted) = Wanted::read(std::env::args().skip(1)) else {
        eprintln!("prove: unknown argument; scripts/prove --help lists them");
        return ExitCode::from(2);
    };
    let ready = process::end_with_us().map_err(|error| error.line);
    let project = match ready.and_then(|()| Project::find(wanted.only.clone())) {
        Ok(project) => project,
        Err(error) => {
            eprintln!("prove: {error}");
            return ExitCode::from(2);
        }
    };
    let mut status = 0;
    for (name, stage, _) in STAGES.iter().filter(|stage| wanted.has(stage)) {
        let start = Instant::now();
        let verdict = stage(&project, wanted.long);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_those_that_are_named_or_all() {
        let stages = |line: &str| {
            let wanted = Wanted::read(line.split_whitespace().map(str::to_owned))?;
            let stages = STAGES.iter().filter(|stage| wanted.has(stage)).map(|stage| stage.0);
            Some((stages.collect::<Vec<_>>().join(" "), wanted.long, wanted.only))
        };
        let short = "invariant arm loom weaken mutants miri";
        let is = |line, names: &str, long, only: &str| {
            assert_eq!(stages(line), Some((names.to_owned(), long, only.to_owned())), "{line}");
        };
        is("", short, false, "");
        is("--long", &format!("{short} cargo-mutants"), true, "");
        is("miri --long", "miri", true, "");
        is("miri arm", "arm miri", false, "");
        is("--only=x cargo-mutants", "cargo-mutants", false, "x");
        for wrong in ["x", "--only", "--only=", "--long=1", "miri=1", "--x"] {
            assert_eq!(stages(wrong), None, "{wrong}");
        }
    }
}
