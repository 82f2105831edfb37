//! Lab 4: a counter of one's own, whose lines travel as often as its author says.

use crate::fix_it::pairs;
use crate::handin::Handin;
use crate::missing::not_done;
use crate::scope::{Counts, Scope};
use runner::exit_error::ExitError;

/// Cores that take turns, in the order of `PREDICTED`.
const CORES: [u32; 3] = [2, 4, 8];
/// Bytes of a line.
const LINE: u32 = 64;
/// One in so many lines may be missing or too many: the first and the last pair are not like the others.
const EDGES: u64 = 100;

/// Judges it: the counter is right and has a name, and as many lines travel as predicted.
pub fn judge(handin: &Handin) -> Result<String, ExitError> {
    let built = handin.build("lab4")?;
    let scope = Scope::new(&handin.root)?;
    let mut done = String::new();
    for cores in CORES {
        let counts = scope.count(&built.image, cores, LINE, "")?;
        let (name, transfers) = verdict(cores, &counts)?;
        done = match done.as_str() {
            "" => format!("{name}: {transfers}"),
            before => format!("{before}, {transfers}"),
        };
    }
    Ok(format!("{done} lines travel on 2, 4 and 8 cores, as predicted"))
}

/// Returns the counter's name, and how many lines have travelled, if that was predicted.
fn verdict(cores: u32, counts: &Counts) -> Result<(&str, u64), ExitError> {
    let pairs = pairs(counts)?;
    let name = counts.fact("counter")?.as_str().unwrap_or_default().trim();
    if name.is_empty() || name == "?" {
        return Err(not_done("the counter has no NAME"));
    }
    let predicted = counts.fact(&cores.to_string())?.as_u64().unwrap_or(0);
    let transfers = counts.phase("pairs", "transfers")?;
    match transfers.abs_diff(predicted) * EDGES <= transfers {
        true => Ok((name, transfers)),
        false => Err(not_done(format!(
            "on {cores} cores {transfers} lines travel for {pairs} pairs, and PREDICTED says {predicted}: \
             find out why, then correct the one or the other"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(name: &str, transfers: u64) -> Result<(String, u64), String> {
        let phase = format!(
            "{{\"record\":\"phase\",\"name\":\"pairs\",\"atomics\":800,\"stores\":0,\"transfers\":{transfers}}}"
        );
        let console = format!(
            "# measure {{\"name\":\"course\",\"pairs\":400,\"counter\":\"{name}\",\"2\":1,\"4\":700,\"8\":9}}\n"
        );
        let counts = Counts::read(&phase, &console).unwrap();
        let verdict = verdict(4, &counts).map_err(|error| error.line);
        verdict.map(|(name, transfers)| (name.to_owned(), transfers))
    }

    #[test]
    fn what_is_counted_must_be_what_was_predicted_for_as_many_cores() {
        for transfers in [700, 706, 694] {
            assert_eq!(judged(" mine ", transfers), Ok(("mine".to_owned(), transfers)));
        }
        assert!(judged("mine", 708).is_err() && judged("mine", 0).is_err());
        let line = judged("mine", 800).unwrap_err();
        assert!(
            line.starts_with("on 4 cores 800 lines travel for 400 pairs, and PREDICTED says 700"),
            "{line}"
        );
    }

    #[test]
    fn a_counter_has_a_name() {
        for name in ["?", "", " "] {
            assert_eq!(judged(name, 700), Err("the counter has no NAME".to_owned()));
        }
    }
}
