//! Judges a boot of the scenarios: a verdict and a hash for each seed.
//!
//! No news is a failure, and so is news that does not fit. A seed has ended well only if its own verdict
//! says so, the whole report after it is one that the runner lets pass, and QEMU's exit status agrees.

mod report;

use super::kernel::Boot;
use super::scenario::{Ends, Seeds};
use report::{Ended, Told};
use runner::ktap::Report;

/// What came of one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// The hash of its steps, if the kernel lived long enough to print it.
    pub hash: Option<String>,
    /// How many steps these were, if that was printed.
    pub steps: Option<u64>,
    /// What went wrong, if it did.
    pub why: Option<String>,
}

/// Returns a run for each seed, in their order, up to the first that has failed.
pub fn runs(boot: &Boot, seeds: &Seeds) -> Vec<Run> {
    let mut told = report::read(&boot.text).into_iter();
    let mut runs = Vec::new();
    for seed in seeds.numbers() {
        let run = judge(seed, told.next(), seeds.scenario.ends);
        let failed = run.why.is_some();
        runs.push(run);
        if failed {
            return runs;
        }
    }
    let more = told.next().map(|told| format!("seed {} was not asked for", told.seed));
    if let Some(last) = runs.last_mut() {
        last.why = more.or_else(|| objection(boot, seeds));
    }
    runs
}

/// Judges one seed by what the kernel has told of it.
fn judge(seed: u64, told: Option<Told>, ends: Ends) -> Run {
    let Some(told) = told.filter(|told| told.seed == seed) else {
        let why = Some("the kernel ended before this seed".to_owned());
        return Run { seed, hash: None, steps: None, why };
    };
    let why = match (&told.ended, ends) {
        (Ended::Passed, Ends::Well | Ends::Badly) => None,
        (Ended::Died, Ends::InPanic(message)) if told.has_died_of(message) => None,
        _ => Some(told.reason()),
    };
    let why = why.or_else(|| told.hash.is_none().then(|| "it has no trace hash".to_owned()));
    Run { seed, hash: told.hash, steps: told.steps, why }
}

/// Returns what contradicts a boot each of whose seeds has ended as it must.
fn objection(boot: &Boot, seeds: &Seeds) -> Option<String> {
    let (wanted, wrong) = match seeds.scenario.ends {
        Ends::InPanic(_) => (1, report::after_a_panic(&boot.console)),
        Ends::Well | Ends::Badly => {
            let mut report = Report::default();
            report.feed(boot.console.as_bytes());
            let wrong = match report.verdict() {
                Ok(passed) if passed == seeds.count => None,
                Ok(passed) => Some(format!("{passed} tests for {} seeds", seeds.count)),
                Err(objection) => Some(objection.to_string()),
            };
            (0, wrong)
        }
    };
    let how = || match boot.status {
        Some(status) if status == wanted => None,
        Some(status) => Some(format!("QEMU's exit status is {status}, not {wanted}")),
        None => Some("QEMU did not end in time".to_owned()),
    };
    wrong.or_else(how)
}

#[cfg(test)]
mod tests;
