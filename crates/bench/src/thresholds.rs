//! The thresholds: what two threads must give in relation to one.

use ladder::{Candidate, Spread, Thousandths, Threshold};

/// A variant that has a threshold, and what came out.
type Judged = (&'static str, Threshold, Spread<Thousandths>);

/// Judges the medians of every variant that has a threshold. Returns a line either way; the error is that
/// of a threshold that does not hold, or was not measured.
pub fn judge(candidates: &[Candidate]) -> Result<String, String> {
    let judged = candidates.iter().filter_map(|candidate| {
        let about = candidate.variant.about();
        let two = candidate.measured.iter().find(|measured| measured.cores == 2);
        let found = two.map(|two| candidate.relative_to_one(two));
        about.two_cores.map(|threshold| found.map(|found| (about.name, threshold, found)))
    });
    let judged: Option<Vec<Judged>> = judged.collect();
    match judged {
        Some(judged) if !judged.is_empty() => verdict(&judged),
        _ => Err("nothing was measured with 2 threads".to_owned()),
    }
}

fn verdict(judged: &[Judged]) -> Result<String, String> {
    let holds = judged.iter().all(|(_, threshold, found)| threshold.holds(found.median));
    let each = |(name, threshold, found): &Judged| {
        format!("{} times on {name} ({threshold})", found.median)
    };
    let line = format!(
        "thresholds {}: 2 threads against 1 give {}",
        if holds { "hold" } else { "do not hold" },
        judged.iter().map(each).collect::<Vec<_>>().join(", "),
    );
    if holds { Ok(line) } else { Err(line) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variants;

    /// Candidates that took 1000 ticks on one thread; on two, those with a name in `twice` took twice that.
    fn candidates(threads: &[usize], twice: &[&str]) -> Vec<Candidate> {
        let measured = |variant| {
            let mut candidate = Candidate::new(variant, threads, |_| 1);
            candidate.round(|variant, threads, _| match threads {
                2 if twice.contains(&variant.name()) => 2000,
                _ => 1000,
            });
            candidate
        };
        variants::all(2).into_iter().map(measured).collect()
    }

    #[test]
    fn every_threshold_is_judged() {
        let line = judge(&candidates(&[1, 2], &["shared"])).unwrap_err();
        let wanted = "thresholds do not hold: 2 threads against 1 give 1.000 times on shared \
                      (at most 0.9), 2.000 times on cache_aware (at least 1.7)";
        assert_eq!(line, wanted);
        assert!(judge(&candidates(&[1, 2], &["shared", "cache_aware"])).is_err());
    }

    #[test]
    fn medians_decide() {
        let verdict_of = |shared, cache_aware| {
            let spread = |median| Spread {
                median: Thousandths(median),
                lowest: Thousandths(0),
                highest: Thousandths(9999),
            };
            let [at_most, at_least] = ["shared", "cache_aware"]
                .map(|name| ladder::find(name).and_then(|about| about.two_cores).unwrap());
            verdict(&[
                ("shared", at_most, spread(shared)),
                ("cache_aware", at_least, spread(cache_aware)),
            ])
        };
        assert!(verdict_of(900, 1700).is_ok());
        assert!(verdict_of(901, 1700).is_err());
        let line = verdict_of(640, 1699).unwrap_err();
        assert!(line.starts_with("thresholds do not hold: 2 threads against 1 give 0.640 times"));
    }

    #[test]
    fn nothing_measured_is_no_pass() {
        assert!(judge(&[]).is_err());
        assert!(judge(&candidates(&[1], &[])).is_err());
    }
}
