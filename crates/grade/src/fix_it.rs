//! Lab 2: a counter whose lines stay where they are.

use crate::handin::Handin;
use crate::missing::not_done;
use crate::scope::{Counts, Scope};
use runner::exit_error::ExitError;

/// Cores that take turns: as many as the counter has words (`CORES` in course/harness.rs).
pub const CORES: u32 = 8;
/// Bytes of a line: what most caches have, and what some have or fetch at a time.
const LINES: [u32; 2] = [64, 128];

/// Judges it: no line travels while the cores acquire and release.
pub fn judge(handin: &Handin) -> Result<String, ExitError> {
    let built = handin.build("lab2")?;
    let scope = Scope::new(&handin.root)?;
    for line in LINES {
        verdict(line, &scope.count(&built.image, CORES, line, "")?)?;
    }
    Ok("no line travels, with lines of 64 bytes and of 128".to_owned())
}

/// Returns an error if a line of so many bytes has travelled.
fn verdict(line: u32, counts: &Counts) -> Result<(), ExitError> {
    let pairs = pairs(counts)?;
    match counts.phase("pairs", "transfers")? {
        0 => Ok(()),
        transfers => {
            let each = transfers as f64 / pairs as f64;
            Err(not_done(format!(
                "with lines of {line} bytes {transfers} lines travel for {pairs} pairs, {each} for each; none may"
            )))
        }
    }
}

/// Returns how many pairs were counted. Each must have written to the counter twice, or what is counted
/// lies elsewhere.
pub fn pairs(counts: &Counts) -> Result<u64, ExitError> {
    let pairs = counts.fact("pairs")?.as_u64().unwrap_or(0);
    let writes = counts.phase("pairs", "atomics")? + counts.phase("pairs", "stores")?;
    match pairs > 0 && writes >= 2 * pairs {
        true => Ok(pairs),
        false => Err(not_done(format!(
            "{pairs} pairs have written {writes} times to COUNTER, and each must twice: all that counts must lie in it"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: u64, atomics: u64, stores: u64, transfers: u64) -> Counts {
        let phase = format!(
            "{{\"record\":\"phase\",\"name\":\"pairs\",\"atomics\":{atomics},\"stores\":{stores},\"transfers\":{transfers}}}"
        );
        let console = format!("# measure {{\"name\":\"course\",\"pairs\":{pairs}}}\n");
        Counts::read(&phase, &console).unwrap()
    }

    #[test]
    fn no_line_may_travel() {
        assert_eq!(verdict(64, &counts(800, 1600, 0, 0)), Ok(()));
        let line = verdict(128, &counts(800, 1600, 0, 1)).unwrap_err().line;
        assert!(line.starts_with("with lines of 128 bytes 1 lines travel for 800 pairs, 0.00125"));
    }

    #[test]
    fn what_is_counted_elsewhere_is_missed() {
        for (atomics, stores) in [(1600, 0), (0, 1600), (800, 800)] {
            assert_eq!(pairs(&counts(800, atomics, stores, 0)), Ok(800));
        }
        for few in [counts(800, 1599, 0, 0), counts(800, 0, 0, 0), counts(0, 0, 0, 0)] {
            let line = verdict(64, &few).unwrap_err().line;
            assert!(line.ends_with("each must twice: all that counts must lie in it"), "{line}");
        }
    }
}
