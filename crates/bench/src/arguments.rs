//! The command line.

/// The usage text.
pub const USAGE: &str = "\
usage: scripts/bench [--quick] [--check] [--write]
  Measures ways to count the users of an object on the threads of this host, from a racy counter
  to the cache-aware run-down object, and what a drain costs. Then everybody on one bench: all
  forms of ours and what others would pick, in relation to what cannot be left out.
  --quick   fewer and shorter rounds: to see that it works, not to quote
  --check   all rounds; exit status 1 if 2 threads against 1 do not give at most 0.9 times the
            throughput on one shared word, and at least 1.7 times on the cache-aware object,
            or if one of the bars does not hold; each has a line
  --write   writes docs/performance.md, of this run; not with --quick
  exit status: 0 measured, 1 a threshold or a bar does not hold or a count is wrong, 2 wrong
  usage or fewer than 2 processors for --check";

/// Rounds whose median counts.
const ROUNDS: usize = 9;
const QUICK_ROUNDS: usize = 3;
/// Pairs a thread in a measurement: with 10 ns each some milliseconds, about as long as a system lets a
/// thread run before it looks for another.
const PAIRS: u64 = 500_000;
const QUICK_PAIRS: u64 = 100_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// How often everything is measured.
    pub rounds: usize,
    /// Pairs a thread in each measurement.
    pub pairs: u64,
    /// Whether a run is to see that it works, not to quote.
    pub quick: bool,
    /// Whether the thresholds and the bars are judged.
    pub check: bool,
    /// Whether docs/performance.md is written.
    pub write: bool,
}

impl Arguments {
    /// Returns what the arguments ask for, or `None` if that is the usage text. The error is a line that
    /// says what to do.
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let (mut quick, mut check, mut write) = (false, false, false);
        for arg in args {
            match arg.as_str() {
                "--quick" => quick = true,
                "--check" => check = true,
                "--write" => write = true,
                "--bench" => {} // from `cargo bench`
                "-h" | "--help" => return Ok(None),
                _ => {
                    return Err(format!(
                        "{arg} is unknown; scripts/bench --help says what there is"
                    ));
                }
            }
        }
        if quick && write {
            return Err("a quick run is not to quote: --write goes without --quick".to_owned());
        }
        let rounds = if quick && !check { QUICK_ROUNDS } else { ROUNDS };
        let pairs = if quick { QUICK_PAIRS } else { PAIRS };
        Ok(Some(Self { rounds, pairs, quick, check, write }))
    }

    /// Refuses what a host with so many processors cannot tell.
    pub fn suit(&self, processors: usize) -> Result<(), String> {
        match (self.check, processors) {
            (true, ..2) => {
                Err("the thresholds compare 2 threads with 1, and this host has 1 processor"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &str) -> Result<Option<Arguments>, String> {
        Arguments::parse(args.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_understood() {
        let plain = Arguments { rounds: 9, pairs: PAIRS, quick: false, check: false, write: false };
        assert_eq!(parse(""), Ok(Some(plain)));
        assert_eq!(parse("--bench"), Ok(Some(plain)));
        assert_eq!(parse("--check"), Ok(Some(Arguments { check: true, ..plain })));
        assert_eq!(parse("--write"), Ok(Some(Arguments { write: true, ..plain })));
        let quick = Arguments { rounds: 3, pairs: QUICK_PAIRS, quick: true, ..plain };
        assert_eq!(parse("--quick"), Ok(Some(quick)));
        let both = Arguments { rounds: 9, check: true, ..quick };
        assert_eq!(parse("--quick --check"), Ok(Some(both)));
        assert_eq!(parse("--check -h"), Ok(None));
        assert!(parse("--quick --write").unwrap_err().starts_with("a quick run is not to quote"));
        assert!(parse("fast").unwrap_err().starts_with("fast is unknown; "));
    }

    #[test]
    fn only_the_thresholds_need_two_processors() {
        let suits = |args, processors| parse(args).unwrap().unwrap().suit(processors).is_ok();
        assert_eq!([suits("", 1), suits("--check", 2), suits("--check", 1)], [true, true, false]);
    }
}
