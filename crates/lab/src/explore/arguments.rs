//! The command line of `lab explore`. A wrong one is one line and exit status 2.

use super::scenario::{self, Plan, Scenario};
use crate::stop::Stop;

/// What `--help` prints.
pub const USAGE: &str = "\
usage: scripts/explore --seeds N [--cores C] [--scenario S] [--tier icount|plugin]
       scripts/explore --seed K [--cores C] [--scenario S] [--tier icount|plugin]
       scripts/explore --mutants [NAME] [--quick] [--seeds N] [--cores C]
  Runs small races of a few cores around one run-down object; a seed is a schedule.
  --seeds N      runs the seeds 1 to N and stops at the first that fails
  --seed K       replays one, prints its steps and `trace HASH`
  --mutants      puts known bugs into the primitive, one at a time; each must be found
                 within N seeds (1000). NAME: only those whose names hold it;
                 --quick: only some, for the test suite
  --cores C      2 to 8 (4)
  --scenario S   drain, plain, migrate, waiters, reinitialize, free, resurrect, extra, or
                 counter, which is wrong on purpose (all but counter, by turns)
  --tier         icount: seeded preemption at every instruction (the default);
                 plugin: cachescope chooses the core at every access of the object
  environment: QEMU (qemu-system-aarch64)
  exit status: 0 all passed, 1 a seed failed, 2 wrong usage or set-up";

/// Who makes the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// The kernel's own timer, under `-icount`.
    Icount,
    /// The QEMU plugin cachescope.
    Plugin,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Explore the seeds from 1 to this one.
    Seeds(u64),
    /// Replay this one.
    Seed(u64),
    /// Find every mutant.
    Mutants,
}

/// The command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// What to do.
    pub goal: Goal,
    /// Most seeds for a mutant.
    pub most: u64,
    /// Part of the names of the mutants that are wanted.
    pub pattern: String,
    /// Only some mutants.
    pub quick: bool,
    /// Cores of the machine.
    pub cores: u32,
    /// A scenario, if not all.
    pub scenario: Option<Scenario>,
    /// Who makes the schedule.
    pub tier: Tier,
}

impl Arguments {
    /// Reads the words after `lab explore`. `None`: the usage text is wanted.
    pub fn parse(words: &[String]) -> Result<Option<Arguments>, Stop> {
        let (mut seed, mut seeds, mut mutants, mut quick) = (None, None, false, false);
        let (mut pattern, mut cores, mut scenario) = (String::new(), 4, None);
        let mut tier = Tier::Icount;
        let mut words = words.iter().map(String::as_str).peekable();
        while let Some(word) = words.next() {
            // `--name value` and `--name=value` alike.
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let mut value = || {
                let value = joined.or_else(|| words.next_if(|next| !next.starts_with("--")));
                value.ok_or_else(|| wrong(format!("{name} wants a value")))
            };
            match name {
                "-h" | "--help" => return Ok(None),
                "--seeds" => seeds = Some(number(name, value()?, 1..=10_000_000)?),
                "--seed" => seed = Some(number(name, value()?, 0..=u64::MAX)?),
                "--cores" => cores = number(name, value()?, 2..=8)? as u32,
                "--scenario" => {
                    let name = value()?;
                    let unknown = || {
                        let known: Vec<_> = scenario::ALL.iter().map(|known| known.name).collect();
                        wrong(format!("--scenario {name} is none of {}", known.join(", ")))
                    };
                    scenario = Some(scenario::named(name).ok_or_else(unknown)?);
                }
                "--tier" => {
                    tier = match value()? {
                        "icount" => Tier::Icount,
                        "plugin" => Tier::Plugin,
                        other => {
                            return Err(wrong(format!("--tier {other} is not icount or plugin")));
                        }
                    }
                }
                "--mutants" => {
                    mutants = true;
                    pattern = value().unwrap_or_default().to_owned();
                }
                "--quick" if joined.is_none() => quick = true,
                _ => return Err(wrong(format!("{word} is unknown"))),
            }
        }
        if quick && !mutants {
            return Err(wrong("--quick wants --mutants".to_owned()));
        }
        let goal = match (seed, seeds, mutants) {
            (None, _, true) => Goal::Mutants,
            (Some(seed), None, false) => Goal::Seed(seed),
            (None, Some(seeds), false) => Goal::Seeds(seeds),
            _ => return Err(wrong("one of --seeds N, --seed K, --mutants is wanted".to_owned())),
        };
        let most = seeds.unwrap_or(1000);
        Ok(Some(Arguments { goal, most, pattern, quick, cores, scenario, tier }))
    }

    /// What to explore.
    pub fn plan(&self) -> Plan {
        Plan::new(self.scenario, self.cores)
    }
}

fn number(name: &str, text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, Stop> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && range.contains(number));
    number.ok_or_else(|| {
        wrong(format!("{name} {text} is not a number from {} to {}", range.start(), range.end()))
    })
}

fn wrong(what: String) -> Stop {
    Stop::setup(what, "scripts/explore --help says more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&words).map_err(|stop| {
            assert_eq!(stop.status, crate::stop::SETUP);
            stop.line
        })
    }

    #[test]
    fn each_option_is_read() {
        let all = parse("--seeds 12 --cores=2 --scenario free --tier plugin").unwrap().unwrap();
        assert_eq!((all.goal, all.cores, all.tier), (Goal::Seeds(12), 2, Tier::Plugin));
        assert_eq!(all.scenario.unwrap().name, "free");
        let one = parse("--seed 18446744073709551615").unwrap().unwrap();
        assert_eq!((one.goal, one.cores, one.tier), (Goal::Seed(u64::MAX), 4, Tier::Icount));
        let mutants = parse("--mutants sign --seeds 7").unwrap().unwrap();
        assert_eq!((mutants.goal, mutants.pattern.as_str()), (Goal::Mutants, "sign"));
        assert_eq!((mutants.most, mutants.quick), (7, false));
        assert!(parse("--mutants --quick").unwrap().unwrap().quick);
        assert_eq!(parse("--mutants").unwrap().unwrap().most, 1000);
        assert_eq!(parse("--seeds 1 --help").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (line, words) in [
            ("", "one of --seeds N, --seed K, --mutants"),
            ("--seeds 1 --seed 1", "one of"),
            ("--mutants --seed 1", "one of"),
            ("--seeds 1 --quick", "--quick wants --mutants"),
            ("--mutants --quick=1", "is unknown"),
            ("--seeds", "--seeds wants a value"),
            ("--seeds --cores 2", "--seeds wants a value"),
            ("--seeds 0", "--seeds 0 is not a number from 1"),
            ("--seeds +5", "not a number"),
            ("--seed -1", "not a number"),
            ("--seed 18446744073709551616", "not a number"),
            ("--seeds 1 --cores 1", "--cores 1 is not a number from 2 to 8"),
            ("--seeds 1 --cores 9", "from 2 to 8"),
            ("--seeds 1 --scenario x", "none of drain, plain, "),
            ("--seeds 1 --tier tcg", "--tier tcg"),
            ("--seeds 1 7", "7 is unknown"),
            ("--sedes 1", "--sedes is unknown"),
        ] {
            let said = parse(line).expect_err(line);
            assert!(said.contains(words) && !said.contains('\n'), "{line}: {said}");
        }
    }
}
