//! Compares both ways to choose: how many seeds each needs until a known bug shows.

use super::arguments::Arguments;
use super::hunt;
use super::kernel::Kernel;
use super::schedule::{Choice, Schedule};
use runner::exit_error::ExitError;

/// Where a hunt starts; the one with the middle number of seeds counts.
const STARTS: [u64; 5] = [1, 1_000_001, 2_000_001, 3_000_001, 4_000_001];
/// The columns.
const CHOICES: [Choice; 2] = [Choice::Uniform, Choice::Pct];

/// The first lines of the table.
pub const HEAD: &str = "| known bug | uniform | pct |\n|---|---|---|";

/// Returns a row of the table: for each choice the median of the seeds needed.
pub fn row(name: &str, kernel: &Kernel, arguments: &Arguments) -> Result<String, ExitError> {
    let mut cells = Vec::new();
    for choice in CHOICES {
        let kernel = kernel.clone().with_schedule(Schedule { choice, depth: None });
        let most = arguments.most();
        let needed = median(STARTS, |start| {
            let seeds = start..=start + most - 1;
            let found = hunt::through(&kernel, &arguments.plan(), seeds, false)?;
            Ok(found.failure.map(|failure| failure.run.seed - start + 1))
        })?;
        cells.push(needed.map_or(format!("more than {most}"), |needed| needed.to_string()));
    }
    Ok(format!("| {name} | {} |", cells.join(" | ")))
}

/// Returns the median of what the hunts from these starts need; `None` if most of them find nothing.
fn median<const N: usize>(
    starts: [u64; N],
    mut hunt: impl FnMut(u64) -> Result<Option<u64>, ExitError>,
) -> Result<Option<u64>, ExitError> {
    let (mut needed, mut in_vain) = (Vec::new(), 0);
    for start in starts {
        match hunt(start)? {
            Some(seeds) => needed.push(seeds),
            None => in_vain += 1,
        }
        if in_vain > N / 2 {
            return Ok(None);
        }
    }
    needed.sort_unstable();
    Ok(Some(needed[N / 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(needed: [Option<u64>; 5]) -> Option<u64> {
        let starts = [0, 1, 2, 3, 4];
        median(starts, |start| Ok(needed[start as usize])).unwrap()
    }

    #[test]
    fn the_middle_of_five_counts_and_in_vain_is_more_than_any() {
        assert_eq!(of([Some(9), Some(1), Some(5), Some(2), Some(70)]), Some(5));
        assert_eq!(of([None, Some(1), None, Some(2), Some(70)]), Some(70));
        assert_eq!(of([Some(3), None, Some(1), None, None]), None);
        assert_eq!(of([None; 5]), None);
    }

    #[test]
    fn the_starts_are_far_apart() {
        assert_eq!(STARTS[0], 1);
        assert!(STARTS.windows(2).all(|pair| pair[1] - pair[0] == 1_000_000));
    }
}
