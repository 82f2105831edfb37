//! Reads the output of a boot of the scenarios: a verdict and a hash for each seed.

use super::scenario::Ends;

/// What came of one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// The hash of its steps, if the kernel lived long enough to print it.
    pub hash: Option<String>,
    /// What went wrong, if it did.
    pub why: Option<String>,
}

/// Returns the runs in the order of the output. The last one may have ended in a panic, or without a word.
pub fn runs(output: &str, ends: Ends) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut open: Option<(u64, Vec<&str>, Option<String>)> = None;
    for line in output.lines().map(str::trim_end) {
        if let Some(seed) = line.strip_prefix("# seed ").and_then(|text| text.parse().ok()) {
            runs.extend(open.take().map(|(seed, lines, hash)| died(seed, &lines, hash, ends)));
            open = Some((seed, Vec::new(), None));
            continue;
        }
        let Some((seed, lines, hash)) = &mut open else { continue };
        if let Some(text) = line.split_once("trace ").map(|(_, rest)| rest) {
            *hash = text.split(' ').next().map(str::to_owned);
        }
        let test = line.strip_prefix("not ").unwrap_or(line);
        if test.starts_with("ok ") {
            let good = test == line && !matches!(ends, Ends::InPanic(_));
            let why = (!good).then(|| reason(lines));
            runs.push(Run { seed: *seed, hash: hash.take(), why });
            open = None;
        } else if let Some(text) = line.strip_prefix("# ") {
            if !text.starts_with("step ") && !text.starts_with("trace ") {
                lines.push(text);
            }
        } else if line.starts_with("cachescope: ") {
            lines.push(line); // the plugin has ended the run
        }
    }
    runs.extend(open.map(|(seed, lines, hash)| died(seed, &lines, hash, ends)));
    runs
}

/// Returns the run of a seed without a verdict: the kernel has died, or was ended.
fn died(seed: u64, lines: &[&str], hash: Option<String>, ends: Ends) -> Run {
    // What else the kernel has found to be wrong when it died.
    if let Some(wrong) = lines.iter().find_map(|line| line.strip_prefix("but ")) {
        return Run { seed, hash, why: Some(wrong.to_owned()) };
    }
    let as_wanted = match ends {
        Ends::InPanic(message) => {
            lines.iter().any(|line| line.starts_with("panic ") && line.contains(message))
        }
        Ends::Well | Ends::Badly => false,
    };
    Run { seed, hash, why: (!as_wanted).then(|| reason(lines)) }
}

/// Returns the first line: it is what went wrong, and what follows are details.
fn reason(lines: &[&str]) -> String {
    lines.first().map_or("no verdict".to_owned(), |text| (*text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Ends = Ends::InPanic("too many");

    fn one(output: &str, ends: Ends) -> Run {
        let found = runs(output, ends);
        assert_eq!(found.len(), 1, "{output}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn a_verdict_a_seed() {
        let output = "KTAP version 1\r\n1..2\r\n# about\r\n# seed 3\r\nok 1 seed 3 trace 0a steps 2\r\n\
                      # seed 4\n# step 0 core 1 x\n# slot 1 is open\nnot ok 2 seed 4 trace 0b steps 3\n";
        let found = runs(output, Ends::Well);
        let hash = |text: &str| Some(text.to_owned());
        assert_eq!(found[0], Run { seed: 3, hash: hash("0a"), why: None });
        let why = Some("slot 1 is open".to_owned());
        assert_eq!(found[1], Run { seed: 4, hash: hash("0b"), why });
    }

    #[test]
    fn a_panic_fails_unless_it_is_wanted() {
        let output = "# seed 9\n\n# panic on core 1: too many\n# at x.rs:1\n# trace 0c steps 9\n";
        let run = one(output, WANTED);
        assert_eq!((run.why, run.hash.as_deref()), (None, Some("0c")));
        let run = one(output, Ends::Well);
        assert_eq!(run.why.as_deref(), Some("panic on core 1: too many"));
        let other = one("# seed 9\n# panic on core 1: another\n", WANTED);
        assert_eq!(other.why.as_deref(), Some("panic on core 1: another"));
    }

    #[test]
    fn a_wanted_panic_fails_if_something_else_is_wrong() {
        let run = one("# seed 9\n# panic on core 1: too many\n# but a slot is open\n", WANTED);
        assert_eq!(run.why.as_deref(), Some("a slot is open"));
    }

    #[test]
    fn a_wanted_panic_that_does_not_come_is_a_failure() {
        assert!(one("# seed 9\nok 1 seed 9 trace 0 steps 1\n", WANTED).why.is_some());
        assert!(one("# seed 9\n# not a panic: too many\n", WANTED).why.is_some());
    }

    #[test]
    fn the_plugin_says_why_it_ended_a_run() {
        let run = one("# seed 9\ncachescope: stuck\n", Ends::Well);
        assert_eq!(run.why.as_deref(), Some("cachescope: stuck"));
        assert_eq!(one("# seed 9\ncachescope: stuck\n", WANTED).why, run.why);
    }

    #[test]
    fn no_news_is_a_failure() {
        assert_eq!(one("# seed 1\n", Ends::Well).why.as_deref(), Some("no verdict"));
        assert_eq!(runs("KTAP version 1\n1..1\n", Ends::Well), []);
    }
}
