//! Small races of a few cores around one run-down object, with counts to check.

use run::Scenario;

mod counter;
mod drain;
mod extra;
mod free;
mod migrate;
mod page;
mod reinitialize;
mod resurrect;
pub mod run;
mod waiters;

/// All scenarios.
pub const ALL: &[Scenario] = &[
    drain::SCENARIO,
    drain::ON_ONE_SLOT,
    migrate::SCENARIO,
    waiters::SCENARIO,
    reinitialize::SCENARIO,
    free::SCENARIO,
    resurrect::SCENARIO,
    extra::SCENARIO,
    counter::SCENARIO,
];
