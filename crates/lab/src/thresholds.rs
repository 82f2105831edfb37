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
    pub verdict: Verdict,
    /// Whether it is an exact count, which must hold.
    pub exact: bool,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Holds,
    DoesNotHold,
    /// The host was busy, and what two cores give says nothing: with the evidence.
    NotJudged(String),
}

/// A variant whose cores share nothing, and what two of them do at least on two processors that are free, in
/// thousandths of what one does. On an idle host it is 1.9 and more.
const CONTROL: &str = "padded128";
const FREE: Thousandths = Thousandths(1700);

impl fmt::Display for Judgement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, found, wanted, .. } = self;
        write!(out, "{what}: {found}, threshold {wanted}: {}", self.verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => out.write_str("holds"),
            Self::DoesNotHold => out.write_str("does not hold"),
            Self::NotJudged(evidence) => write!(out, "not judged: busy host ({evidence})"),
        }
    }
}

impl Verdict {
    fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::DoesNotHold }
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
    let of = |name| data.ladder.iter().find(|found| found.variant.name == name && found.cores == 2);
    let found = of(variant.name)?;
    let ratio = found.relative_to_one;
    let verdict = match of(CONTROL).map(|control| control.relative_to_one) {
        _ if threshold.holds(thousandths(ratio)) => Verdict::Holds,
        Some(control) if thousandths(control) < FREE => Verdict::NotJudged(format!(
            "2 cores of {CONTROL}, which share nothing, gave {control:.2}x of one's"
        )),
        _ => Verdict::DoesNotHold,
    };
    Some(Judgement {
        what: format!("{}, 2 cores against 1", variant.name),
        found: format!("{ratio:.2}x ({:.2}-{:.2})", found.lowest, found.highest),
        wanted: format!("{threshold}x"),
        verdict,
        exact: false,
    })
}

fn thousandths(ratio: f64) -> Thousandths {
    Thousandths((ratio * 1000.0).round() as u64)
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
        verdict: Verdict::of(found.iter().all(|found| found.transfers == found.pairs * exactly)),
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
        assert!(judged.iter().all(|one| one.verdict == Verdict::Holds), "{judged:?}");
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
            let wrong: Vec<_> =
                judged.iter().filter(|one| one.verdict == Verdict::DoesNotHold).collect();
            assert!(wrong.len() == 1 && wrong[0].exact && wrong[0].what.starts_with(name));
        }
    }

    /// The sample, with another ratio for all but the control, which has its own.
    fn timed(ratio: f64, control: f64) -> Vec<Judgement> {
        let mut data = sample::data();
        for found in &mut data.ladder {
            let ratio = if found.variant.name == CONTROL { control } else { ratio };
            (found.relative_to_one, found.lowest, found.highest) = (ratio, 1.0, 1.4);
        }
        judge(&data)
    }

    #[test]
    fn a_ratio_beyond_its_threshold_does_not_hold_and_is_not_exact() {
        let judged = timed(1.2, 1.7);
        for start in ["shared, 2", "cache_aware, 2"] {
            let one = of(&judged, start);
            assert!(one.verdict == Verdict::DoesNotHold && !one.exact, "{one}");
            assert!(one.to_string().ends_with(": does not hold"));
        }
    }

    #[test]
    fn where_two_cores_that_share_nothing_are_slow_the_host_is_busy() {
        let judged = timed(1.2, 1.699);
        for start in ["shared, 2", "cache_aware, 2"] {
            let line = of(&judged, start).to_string();
            let verdict = ": not judged: busy host (2 cores of padded128, which share nothing, gave 1.70x of one's)";
            assert!(line.ends_with(verdict), "{line}");
        }
        // What holds, holds.
        assert_eq!(of(&timed(0.7, 1.0), "shared, 2").verdict, Verdict::Holds);
        assert_eq!(of(&timed(1.9, 1.0), "cache_aware, 2").verdict, Verdict::Holds);
    }

    #[test]
    fn a_core_alone_on_its_line_is_not_judged() {
        let mut data = sample::data();
        let found = data.coherence.iter_mut();
        for found in found.filter(|found| found.variant.name == "packed" && found.cores == 8) {
            (found.cores, found.transfers, found.transfers_per_pair) = (9, 1422, 1.778);
        }
        let judged = judge(&data);
        assert!(judged.iter().all(|one| one.verdict == Verdict::Holds), "{judged:?}");
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
