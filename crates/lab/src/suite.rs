//! `lab test`: every test of the project, one step after the other.
//!
//! The steps stand in `suite/table.rs`; adding one is adding one entry there. A step that fails shows its
//! whole output and the others still run. What counts is what really ran, so a step that ran
//! nothing is a failure, and so is a suite of nothing.

mod bad_setup;
mod bench;
mod boots;
mod browser;
mod commands;
mod context;
mod count;
mod figures;
mod idle_setup;
mod ladder;
mod leftovers;
mod must_fail;
mod newer;
mod page;
mod portable;
pub(crate) mod process;
mod schedules;
mod scope;
mod sessions;
mod table;
mod transcript;

use std::io::Write;
use std::time::{Duration, Instant};

use crate::stop::{FAILED, SETUP, Stop};

use context::Context;

/// How a step went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    passed: u64,
    failed: u64,
    /// What the reader wants to see if it failed.
    output: String,
}

impl Outcome {
    /// One check, which passed.
    fn one() -> Outcome {
        Outcome { passed: 1, ..Outcome::default() }
    }

    /// One check, which failed.
    fn failure(output: impl Into<String>) -> Outcome {
        Outcome { passed: 0, failed: 1, output: output.into() }
    }

    fn add(&mut self, other: Outcome) {
        self.passed += other.passed;
        self.failed += other.failed;
        if other.failed > 0 {
            self.output.push_str(&other.output);
        }
    }
}

impl From<anyhow::Result<Outcome>> for Outcome {
    fn from(result: anyhow::Result<Outcome>) -> Outcome {
        result.unwrap_or_else(|error| Outcome::failure(format!("{error:#}\n")))
    }
}

/// What a step does before its deadline.
type Work = Box<dyn Fn(&Context, Instant) -> anyhow::Result<Outcome>>;

/// One entry of the table.
struct Step {
    name: String,
    deadline: Duration,
    work: Work,
}

/// Lists the steps that the patterns choose.
pub fn list(patterns: &[String]) {
    chosen(patterns).iter().for_each(|step| println!("{}", step.name));
}

/// Runs the steps that the patterns choose; the last line says how many checks passed and failed.
pub fn run(patterns: &[String]) -> Result<(), Stop> {
    process::end_with_us()
        .map_err(|error| Stop::setup(format!("cannot catch signals: {error}"), "report this"))?;
    let context = Context::new()?;
    let steps = chosen(patterns);
    if steps.is_empty() {
        return Err(Stop::new(
            SETUP,
            format!("no step is called {patterns:?}; lab test --list names them"),
        ));
    }
    let width = steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    let (mut passed, mut failed) = (0, 0);
    for step in &steps {
        print!("{:width$}  ", step.name);
        let _ = std::io::stdout().flush();
        let started = Instant::now();
        let mut outcome = Outcome::from((step.work)(&context, started + step.deadline));
        if outcome.passed + outcome.failed == 0 {
            outcome.failed = 1;
            outcome.output.push_str("nothing ran\n");
        }
        let word = if outcome.failed == 0 { "ok    " } else { "FAILED" };
        let checks = outcome.passed + outcome.failed;
        println!("{word}  {checks:5} checks  {:6.1} s", started.elapsed().as_secs_f64());
        if outcome.failed > 0 {
            println!("{}", outcome.output.trim_end());
            println!("--- end of {} ---", step.name);
        }
        passed += outcome.passed;
        failed += outcome.failed;
    }
    if patterns.is_empty() && newer::qemu().is_none() {
        println!("{}", newer::NOT_RUN);
    }
    println!("{passed} passed, {failed} failed");
    match (passed, failed) {
        (1.., 0) => Ok(()),
        // The line above says it all; nothing may come after it.
        _ => Err(Stop::new(FAILED, "")),
    }
}

fn chosen(patterns: &[String]) -> Vec<Step> {
    let mut steps = table::steps();
    steps.retain(|step| {
        patterns.is_empty() || patterns.iter().any(|pattern| step.name.contains(pattern))
    });
    steps
}
