//! A page that replays one seed, cache by cache.

use super::plugin::Records;
use replay_page::page::{self, Page, Set};
use replay_page::records;
use replay_page::run::Run;
use runner::exit_error::{ExitError, FAILED};
use runner::symbols::Place;

/// What is told of a seed.
#[derive(Clone, Copy, Debug)]
pub struct Seed<'a> {
    /// Its scenario.
    pub scenario: &'a str,
    /// Cores of the machine.
    pub cores: u32,
    /// The seed.
    pub seed: u64,
    /// The hash of its steps.
    pub hash: &'a str,
    /// How it ends, in words.
    pub ends: &'a str,
}

impl Seed<'_> {
    /// Returns the page. `place` finds an instruction in the sources.
    pub fn page(
        self,
        written: &Records,
        place: &mut dyn FnMut(u64) -> Option<Place>,
    ) -> Result<String, ExitError> {
        let Seed { scenario, cores, seed, hash, ends } = self;
        let wrong = |why: String| ExitError::new(FAILED, format!("the plugin's steps: {why}"));
        let phases = records::phases(&written.steps).map_err(wrong)?;
        let meaning = format!("seed {seed} on {cores} cores: {ends}");
        let run =
            Run::new((scenario, &meaning), &phases, &written.results, place).map_err(wrong)?;
        let about = format!(
            "A race of {cores} cores around one run-down object, step by step, as the plugin cachescope has chosen and \
             seen it in QEMU. The seed says which core goes on after each access; the same seed is the same run, whose \
             steps have the hash {hash}. This one ends so: {ends}."
        );
        let page = Page {
            title: format!("Scenario {scenario}, {cores} cores, seed {seed}"),
            about: vec![about],
            sets: vec![Set { label: cores.to_string(), runs: vec![run] }],
            first: 0,
        };
        Ok(page::html(&page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &str = r#"{"record":"phase","phase":1,"name":"","cores":2}
{"record":"line","line":"0x40","name":"object","copies":"II"}
{"record":"step","core":1,"access":"load","instruction":"LDR","line":"0x40","word":"object","at":"0x10"}
"#;
    const RESULTS: &str = r#"{"record":"phase","phase":1,"loads":1}"#;

    fn page(steps: &str) -> Result<String, ExitError> {
        let seed = Seed { scenario: "drain", cores: 2, seed: 8, hash: "9b", ends: "it passes" };
        let written = Records { results: RESULTS.to_owned(), steps: steps.to_owned() };
        seed.page(&written, &mut |_| None)
    }

    #[test]
    fn a_page_tells_which_run_it_is() {
        let page = page(STEPS).unwrap();
        for part in ["\"Scenario drain, 2 cores, seed 8\"", "the hash 9b.", "[\"object\",0]"] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn a_run_without_steps_has_no_page() {
        for (steps, why) in [("", "drain has no steps"), ("{", "step record 1: ")] {
            let error = page(steps).unwrap_err();
            assert!(error.status == 1 && error.line.contains(why), "{error}");
        }
    }
}
