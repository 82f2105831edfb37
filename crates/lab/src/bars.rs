//! The bars: what the measurements must show, each judged in one line.

use super::data::{Coherence, Data};
use std::fmt;

/// One bar and how it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What is measured, as a few words.
    pub what: String,
    /// What came out.
    pub found: String,
    /// What is wanted.
    pub wanted: String,
    /// Whether it holds.
    pub holds: bool,
    /// An exact count, which must hold; what is timed may fail on a busy host.
    pub exact: bool,
}

impl fmt::Display for Bar {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bar { what, found, wanted, .. } = self;
        write!(out, "{what}: {found}, bar {wanted}: {}", self.verdict())
    }
}

impl Bar {
    /// One or two words.
    pub fn verdict(&self) -> &'static str {
        if self.holds { "holds" } else { "does not hold" }
    }
}

/// Rungs whose every pair moves the line twice, from two cores on.
const MOVES: [&str; 2] = ["shared", "packed"];
/// Rungs whose lines stay where they are.
const STAYS: [&str; 3] = ["padded64", "padded128", "cache_aware"];

/// Judges everything that there is a bar for.
pub fn judge(data: &Data) -> Vec<Bar> {
    let timed = [("shared", false, 0.9), ("cache_aware", true, 1.7)];
    let mut bars: Vec<Bar> =
        timed.iter().filter_map(|(rung, least, bar)| ratio(data, rung, *least, *bar)).collect();
    bars.extend(MOVES.iter().filter_map(|rung| transfers(data, rung, 2)));
    bars.extend(STAYS.iter().filter_map(|rung| transfers(data, rung, 0)));
    bars
}

/// Two cores against one. `least`: the bar is a least value, otherwise a most.
fn ratio(data: &Data, rung: &str, least: bool, bar: f64) -> Option<Bar> {
    let found = data.ladder.iter().find(|found| found.rung == rung && found.cores == 2)?;
    let ratio = found.relative_to_one;
    Some(Bar {
        what: format!("{rung}, 2 cores against 1"),
        found: format!("{ratio:.2}x ({:.2}-{:.2})", found.lowest, found.highest),
        wanted: format!("at {} {bar}x", if least { "least" } else { "most" }),
        holds: if least { ratio >= bar } else { ratio <= bar },
        exact: false,
    })
}

/// Whether the last core has a line to itself though words lie side by side, 8 bytes each: its pairs
/// then move nothing, and the mean is not that of those who share.
fn is_alone(found: &Coherence) -> bool {
    found.rung == "packed" && found.cores % (found.line / 8) == 1
}

/// Transfers a pair, with each number of cores from two on. Whole numbers: no rounding hides a miss.
fn transfers(data: &Data, rung: &str, bar: u64) -> Option<Bar> {
    let several = |found: &&Coherence| found.cores >= 2 && !is_alone(found);
    let of_rung = data.coherence.iter().filter(|found| found.rung == rung).filter(several);
    let found: Vec<_> = of_rung.collect();
    let cores: Vec<String> = found.iter().map(|found| found.cores.to_string()).collect();
    let mut values: Vec<String> =
        found.iter().map(|found| found.transfers_per_pair.to_string()).collect();
    values.dedup();
    let (last, before) = cores.split_last()?;
    let cores = match before {
        [] => last.clone(),
        _ => format!("{} and {last}", before.join(", ")),
    };
    Some(Bar {
        what: format!("{rung}, transfers a pair with {cores} cores"),
        found: values.join(", "),
        wanted: format!("exactly {bar}"),
        holds: found.iter().all(|found| found.transfers == found.pairs * bar),
        exact: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn of<'a>(bars: &'a [Bar], start: &str) -> &'a Bar {
        bars.iter().find(|bar| bar.what.starts_with(start)).unwrap()
    }

    #[test]
    fn good_figures_hold() {
        let bars = judge(&sample::data());
        assert_eq!(bars.len(), 7);
        assert!(bars.iter().all(|bar| bar.holds), "{bars:?}");
        assert_eq!(
            of(&bars, "shared, 2").to_string(),
            "shared, 2 cores against 1: 0.62x (0.55-0.70), bar at most 0.9x: holds"
        );
        assert_eq!(
            of(&bars, "packed").to_string(),
            "packed, transfers a pair with 2, 8 and 64 cores: 2, bar exactly 2: holds"
        );
    }

    #[test]
    fn one_transfer_more_or_less_does_not_hold() {
        for (rung, cores, step) in [("shared", 64, 1), ("packed", 2, -1), ("cache_aware", 8, 1)] {
            let mut data = sample::data();
            let found = data.coherence.iter_mut();
            let found = found.filter(|found| found.rung == rung && found.cores == cores);
            found.for_each(|found| found.transfers = found.transfers.strict_add_signed(step));
            let bars = judge(&data);
            let wrong: Vec<_> = bars.iter().filter(|bar| !bar.holds).collect();
            assert!(wrong.len() == 1 && wrong[0].exact && wrong[0].what.starts_with(rung));
        }
    }

    #[test]
    fn a_ratio_beyond_its_bar_does_not_hold_and_is_not_exact() {
        let mut data = sample::data();
        for found in &mut data.ladder {
            (found.relative_to_one, found.lowest, found.highest) = (1.2, 1.0, 1.4);
        }
        let bars = judge(&data);
        for start in ["shared, 2", "cache_aware, 2"] {
            let bar = of(&bars, start);
            assert!(!bar.holds && !bar.exact, "{bar}");
            assert!(bar.to_string().ends_with("does not hold"));
        }
    }

    #[test]
    fn a_core_alone_on_its_line_has_no_bar() {
        let mut data = sample::data();
        let found = data.coherence.iter_mut();
        for found in found.filter(|found| found.rung == "packed" && found.cores == 8) {
            (found.cores, found.transfers, found.transfers_per_pair) = (9, 1422, 1.778);
        }
        let bars = judge(&data);
        assert!(bars.iter().all(|bar| bar.holds), "{bars:?}");
        assert!(of(&bars, "packed").what.ends_with("with 2 and 64 cores"));
    }

    #[test]
    fn what_was_not_measured_has_no_bar() {
        let mut data = sample::data();
        data.ladder.retain(|found| found.cores != 2);
        data.coherence.retain(|found| found.cores == 1);
        assert!(judge(&data).is_empty());
    }
}
