//! The bars: what two threads must give in relation to one.

use crate::rounds::Candidate;
use ladder::{Spread, Thousandths};

/// At most this, on one shared word.
const SHARED: Thousandths = Thousandths(900);
/// At least this, on the cache-aware object.
const CACHE_AWARE: Thousandths = Thousandths(1700);

/// Judges by the medians. Either way a line.
pub fn judge(candidates: &[Candidate]) -> Result<String, String> {
    let of = |name: &str| {
        let candidate = candidates.iter().find(|candidate| candidate.rung.name() == name)?;
        let two = candidate.measured.iter().find(|measured| measured.threads == 2)?;
        Some(candidate.relative_to_one(two))
    };
    match (of("shared"), of("cache_aware")) {
        (Some(shared), Some(cache_aware)) => verdict(shared, cache_aware),
        _ => Err("nothing was measured with 2 threads".to_owned()),
    }
}

fn verdict(
    shared: Spread<Thousandths>,
    cache_aware: Spread<Thousandths>,
) -> Result<String, String> {
    let holds = shared.median <= SHARED && cache_aware.median >= CACHE_AWARE;
    let line = format!(
        "bars {}: 2 threads against 1 give {} times on shared (at most {SHARED:.1}), \
         {} times on cache_aware (at least {CACHE_AWARE:.1})",
        if holds { "hold" } else { "do not hold" },
        shared.median,
        cache_aware.median,
    );
    if holds { Ok(line) } else { Err(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(thousandths: u64) -> Spread<Thousandths> {
        let (lowest, highest) = (Thousandths(0), Thousandths(9999));
        Spread { median: Thousandths(thousandths), lowest, highest }
    }

    #[test]
    fn medians_decide() {
        assert!(verdict(median(900), median(1700)).is_ok());
        assert!(verdict(median(901), median(1700)).is_err());
        let line = verdict(median(640), median(1699)).unwrap_err();
        assert!(
            line.starts_with("bars do not hold: 2 threads against 1 give 0.640 times"),
            "{line}"
        );
    }

    #[test]
    fn nothing_measured_is_no_pass() {
        assert!(judge(&[]).is_err());
    }
}
