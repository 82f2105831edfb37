//! The thresholds: what the measurements must show, each judged in one line.
//!
//! The thresholds themselves stand with the variants in crates/ladder.

use super::data::{Coherence, Data};
use ladder::{About, Kind, Thousandths, VARIANTS};
use std::fmt;

/// One threshold, and what came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What is measured, as a few words.
    pub what: String,
    pub found: String,
    pub wanted: String,
    pub holds: bool,
    /// Whether it is an exact count, which must hold. What is timed may fail on a busy host.
    pub exact: bool,
}

impl fmt::Display for Judgement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, found, wanted, .. } = self;
        write!(out, "{what}: {found}, threshold {wanted}: {}", self.verdict())
    }
}

impl Judgement {
    /// Returns the verdict in one or a few words.
    pub fn verdict(&self) -> &'static str {
        if self.holds { "holds" } else { "does not hold" }
    }
}

/// Judges everything that a variant has a threshold for.
pub fn judge(data: &Data) -> Vec<Judgement> {
    let timed = VARIANTS.iter().filter_map(|variant| ratio(data, variant));
    timed.chain(VARIANTS.iter().filter_map(|variant| transfers(data, variant))).collect()
}

/// Judges two cores against one.
fn ratio(data: &Data, variant: &About) -> Option<Judgement> {
    let threshold = variant.two_cores?;
    let found = data.ladder.iter().find(|found| found.variant == variant && found.cores == 2)?;
    let ratio = found.relative_to_one;
    Some(Judgement {
        what: format!("{}, 2 cores against 1", variant.name),
        found: format!("{ratio:.2}x ({:.2}-{:.2})", found.lowest, found.highest),
        wanted: format!("{threshold}x"),
        holds: threshold.holds(Thousandths((ratio * 1000.0).round() as u64)),
        exact: false,
    })
}

/// Returns whether the last core has a line to itself although words lie side by side, 8 bytes each. Its
/// pairs then move nothing, and the mean is not that of the cores that share.
fn is_alone(found: &Coherence) -> bool {
    found.variant.kind == Kind::OneLine && found.cores % (found.line / 8) == 1
}

/// Judges the transfers a pair, with each number of cores from two on. It compares whole numbers, so that
/// no rounding hides a miss.
fn transfers(data: &Data, variant: &About) -> Option<Judgement> {
    let exactly = variant.transfers_per_pair?;
    let several = |found: &&Coherence| found.cores >= 2 && !is_alone(found);
    let of_variant = data.coherence.iter().filter(|found| found.variant == variant);
    let found: Vec<_> = of_variant.filter(several).collect();
    let cores: Vec<String> = found.iter().map(|found| found.cores.to_string()).collect();
    let mut values: Vec<String> =
        found.iter().map(|found| found.transfers_per_pair.to_string()).collect();
    values.dedup();
    let (last, before) = cores.split_last()?;
    let cores = match before {
        [] => last.clone(),
        _ => format!("{} and {last}", before.join(", ")),
    };
    Some(Judgement {
        what: format!("{}, transfers a pair with {cores} cores", variant.name),
        found: values.join(", "),
        wanted: format!("exactly {exactly}"),
        holds: found.iter().all(|found| found.transfers == found.pairs * exactly),
        exact: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn of<'a>(judged: &'a [Judgement], start: &str) -> &'a Judgement {
        judged.iter().find(|one| one.what.starts_with(start)).unwrap()
    }

    #[test]
    fn good_figures_hold() {
        let judged = judge(&sample::data());
        let timed = VARIANTS.iter().filter(|about| about.two_cores.is_some()).count();
        let counted = VARIANTS.iter().filter(|about| about.transfers_per_pair.is_some()).count();
        assert_eq!(judged.len(), timed + counted);
        assert!(timed > 0 && counted > 0);
        assert!(judged.iter().all(|one| one.holds), "{judged:?}");
        assert_eq!(
            of(&judged, "shared, 2").to_string(),
            "shared, 2 cores against 1: 0.62x (0.55-0.70), threshold at most 0.9x: holds"
        );
        assert_eq!(
            of(&judged, "packed").to_string(),
            "packed, transfers a pair with 2, 8 and 64 cores: 2, threshold exactly 2: holds"
        );
    }

    #[test]
    fn one_transfer_more_or_less_does_not_hold() {
        for (name, cores, step) in [("shared", 64, 1), ("packed", 2, -1), ("cache_aware", 8, 1)] {
            let mut data = sample::data();
            let found = data.coherence.iter_mut();
            let found = found.filter(|found| found.variant.name == name && found.cores == cores);
            found.for_each(|found| found.transfers = found.transfers.strict_add_signed(step));
            let judged = judge(&data);
            let wrong: Vec<_> = judged.iter().filter(|one| !one.holds).collect();
            assert!(wrong.len() == 1 && wrong[0].exact && wrong[0].what.starts_with(name));
        }
    }

    #[test]
    fn a_ratio_beyond_its_threshold_does_not_hold_and_is_not_exact() {
        let mut data = sample::data();
        for found in &mut data.ladder {
            (found.relative_to_one, found.lowest, found.highest) = (1.2, 1.0, 1.4);
        }
        let judged = judge(&data);
        for start in ["shared, 2", "cache_aware, 2"] {
            let one = of(&judged, start);
            assert!(!one.holds && !one.exact, "{one}");
            assert!(one.to_string().ends_with("does not hold"));
        }
    }

    #[test]
    fn a_core_alone_on_its_line_is_not_judged() {
        let mut data = sample::data();
        let found = data.coherence.iter_mut();
        for found in found.filter(|found| found.variant.name == "packed" && found.cores == 8) {
            (found.cores, found.transfers, found.transfers_per_pair) = (9, 1422, 1.778);
        }
        let judged = judge(&data);
        assert!(judged.iter().all(|one| one.holds), "{judged:?}");
        assert!(of(&judged, "packed").what.ends_with("with 2 and 64 cores"));
        data.coherence.retain(|found| found.cores == 2);
        assert!(of(&judge(&data), "packed").what.ends_with("with 2 cores"));
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let mut data = sample::data();
        data.ladder.retain(|found| found.cores != 2);
        data.coherence.retain(|found| found.cores == 1);
        assert!(judge(&data).is_empty());
    }
}
