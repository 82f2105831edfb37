//! One entry of the table: a name, a deadline, and what it does.

use std::time::{Duration, Instant};

use crate::context::Context;

/// How a step went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Checks that passed.
    pub passed: u64,
    /// Checks that failed.
    pub failed: u64,
    /// What the reader wants to see if one failed.
    pub output: String,
}

impl Outcome {
    /// Returns one check, which passed.
    pub fn one() -> Outcome {
        Outcome { passed: 1, ..Outcome::default() }
    }

    /// Returns one check, which failed.
    pub fn failure(output: impl Into<String>) -> Outcome {
        Outcome { passed: 0, failed: 1, output: output.into() }
    }

    /// Adds what came of other checks.
    pub fn add(&mut self, other: Outcome) {
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
pub type Work = Box<dyn Fn(&Context, Instant) -> anyhow::Result<Outcome> + Send + Sync>;

/// One entry of the table.
pub struct Step {
    /// What it is called; patterns on the command line choose by it.
    pub name: String,
    /// How long it may take.
    pub deadline: Duration,
    /// What it does.
    pub work: Work,
}
