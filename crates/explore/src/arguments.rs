//! The command line of scripts/explore. A wrong one is one line and exit status 2.

use super::scenario::{self, Plan, Scenario};
use super::schedule::{Choice, Schedule, USUAL};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Parser, ValueEnum, value_parser};
use runner::exit_error::ExitError;
use std::path::{Path, PathBuf};
use tools::usage;

/// The last lines of the usage text.
const MORE: &str = "\
Environment: QEMU (qemu-system-aarch64)
Exit status: 0 all passed, 1 a seed failed or a mutant was not found, 2 wrong usage or set-up";

/// Who makes the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tier {
    /// The kernel's own timer preempts, at any instruction
    Icount,
    /// The QEMU plugin cachescope chooses a core at every access of the object
    Plugin,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Explore the seeds from 1 to this one.
    Seeds(u64),
    /// Replay this one.
    Seed(u64),
    /// Find every mutant.
    Mutants,
}

/// Runs small races of a few cores around one run-down object; a seed is a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "scripts/explore", after_help = MORE)]
#[command(group = ArgGroup::new("goal").required(true).multiple(true))]
pub struct Arguments {
    /// Run the seeds 1 to N and stop at the first that fails
    #[arg(long, value_name = "N", group = "goal")]
    #[arg(value_parser = value_parser!(u64).range(1..=10_000_000))]
    seeds: Option<u64>,
    /// Replay one: print its steps and `trace HASH`
    #[arg(long, value_name = "K", group = "goal", conflicts_with_all = ["seeds", "mutants"])]
    seed: Option<u64>,
    /// Put known bugs into a copy of the primitive, one at a time, those whose names hold NAME;
    /// each must be found within N seeds (1000)
    #[arg(long, value_name = "NAME", group = "goal")]
    mutants: Option<Option<String>>,
    /// Only some of the known bugs
    #[arg(long, requires = "mutants")]
    pub quick: bool,
    /// A table of how many seeds each schedule needs: the median of five starts
    #[arg(long, requires = "mutants", conflicts_with_all = ["schedule", "depth"])]
    pub compare: bool,
    /// Cores of the machine, 2 to 8
    #[arg(long, value_name = "C", default_value_t = 4, value_parser = value_parser!(u32).range(2..=8))]
    pub cores: u32,
    /// One race; without it all take turns but counter, which is wrong on purpose
    #[arg(long, value_name = "S", value_parser = scenarios())]
    pub scenario: Option<Scenario>,
    /// Who makes the schedule
    #[arg(long, value_enum, default_value_t = Tier::Icount)]
    pub tier: Tier,
    /// How a seed becomes a schedule
    #[arg(long, value_enum, default_value_t = USUAL)]
    schedule: Choice,
    /// With pct: the depth of the bugs to look for, 1 to 8; without it the seed draws 1, 2 or 3
    #[arg(long, value_name = "D", value_parser = value_parser!(u8).range(1..=8))]
    depth: Option<u8>,
    /// With --seed and the plugin: also a page that replays its steps, cache by cache
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// What scripts/explore adds: the folder from which the path on its own command line is meant
    #[arg(long = "in", hide = true)]
    folder: Option<PathBuf>,
}

impl Arguments {
    /// Reads the arguments after the command's name. `None`: the usage text is wanted.
    pub fn parse(args: &[String]) -> Result<Option<Arguments>, ExitError> {
        let Some(mut arguments) = usage::parse::<Arguments>(args)? else { return Ok(None) };
        let replays = arguments.seed.is_some() && arguments.tier == Tier::Plugin;
        if arguments.page.is_some() && !replays {
            return Err(ExitError::setup(
                "--page is for --seed K with --tier plugin, which sees every access",
                "add what is missing, or leave --page out",
            ));
        }
        if let (Some(folder), Some(page)) = (&arguments.folder, &mut arguments.page) {
            *page = folder.join(&*page);
        }
        Ok(Some(arguments))
    }

    /// Returns where the page of the replay is to go, if one is wanted.
    pub fn page(&self) -> Option<&Path> {
        self.page.as_deref()
    }

    /// Returns what to do.
    pub fn goal(&self) -> Goal {
        match (self.seed, &self.mutants) {
            (Some(seed), _) => Goal::Seed(seed),
            (None, Some(_)) => Goal::Mutants,
            (None, None) => Goal::Seeds(self.most()),
        }
    }

    /// Returns the most seeds.
    pub fn most(&self) -> u64 {
        self.seeds.unwrap_or(1000)
    }

    /// Returns a part of the names of the wanted mutants.
    pub fn pattern(&self) -> &str {
        self.mutants.as_ref().and_then(Option::as_deref).unwrap_or_default()
    }

    /// Returns how a seed becomes a schedule.
    pub fn schedule(&self) -> Result<Schedule, ExitError> {
        let Arguments { schedule: choice, depth, .. } = *self;
        match (choice, depth) {
            (Choice::Uniform, Some(_)) => {
                Err(ExitError::setup("--depth is for --schedule pct", "leave it out"))
            }
            _ => Ok(Schedule { choice, depth }),
        }
    }

    /// Returns what to explore.
    pub fn plan(&self) -> Plan {
        Plan::new(self.scenario, self.cores)
    }
}

/// Reads a scenario's name, and lists the names in the usage text.
fn scenarios() -> impl TypedValueParser<Value = Scenario> {
    let names = scenario::ALL.iter().map(|known| known.name);
    PossibleValuesParser::new(names)
        .map(|name| scenario::named(&name).expect("clap has found it among the names"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        usage::line(line, Arguments::parse)
    }

    #[test]
    fn each_option_is_read() {
        let all = parse("--seeds 12 --cores=2 --scenario free --tier plugin").unwrap().unwrap();
        assert_eq!((all.goal(), all.cores, all.tier), (Goal::Seeds(12), 2, Tier::Plugin));
        assert_eq!(all.scenario.unwrap().name, "free");
        let one = parse("--seed 18446744073709551615").unwrap().unwrap();
        assert_eq!((one.goal(), one.cores, one.tier), (Goal::Seed(u64::MAX), 4, Tier::Icount));
        let mutants = parse("--mutants sign --seeds 7").unwrap().unwrap();
        assert_eq!((mutants.goal(), mutants.pattern()), (Goal::Mutants, "sign"));
        assert_eq!((mutants.most(), mutants.quick), (7, false));
        let quick = parse("--mutants --quick").unwrap().unwrap();
        assert_eq!((quick.goal(), quick.pattern(), quick.quick), (Goal::Mutants, "", true));
        assert_eq!(parse("--mutants").unwrap().unwrap().most(), 1000);
        assert!(!quick.compare && parse("--mutants --compare").unwrap().unwrap().compare);
        assert_eq!(quick.schedule().unwrap(), Schedule::default());
        let deep = parse("--seed 1 --schedule pct --depth 8").unwrap().unwrap();
        let schedule = Schedule { choice: Choice::Pct, depth: Some(8) };
        assert_eq!(deep.schedule().unwrap(), schedule);
        let uniform = parse("--seed 1 --schedule uniform").unwrap().unwrap();
        assert_eq!(uniform.schedule().unwrap(), Schedule { choice: Choice::Uniform, depth: None });
        assert_eq!(one.page(), None);
        let page = |line: &str| parse(line).unwrap().unwrap().page().map(Path::to_owned);
        let line = "--seed 1 --tier plugin --page b/c";
        assert_eq!(page(line), Some("b/c".into()));
        assert_eq!(page(&format!("--in /a {line}")), Some("/a/b/c".into()));
        assert_eq!(page("--in /a --seed 1"), None);
        let both = parse("--seed 1 --schedule uniform --depth 1").unwrap().unwrap();
        assert!(both.schedule().unwrap_err().line.contains("--depth is for --schedule pct"));
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (line, part) in [
            ("", "<--seeds <N>|--seed <K>|--mutants [<NAME>]>"),
            ("--seeds 1 --seed 1", "'--seeds <N>' cannot be used with '--seed <K>'"),
            ("--mutants --seed 1", "cannot be used with"),
            ("--seeds 1 --quick", "not provided: --mutants"),
            ("--seeds 1 --compare", "not provided: --mutants"),
            ("--mutants --compare --schedule pct", "cannot be used with"),
            ("--mutants --compare --depth 2", "cannot be used with"),
            ("--mutants --quick=1", "unexpected value '1' for '--quick'"),
            ("--seeds", "a value is required for '--seeds <N>'"),
            ("--seeds --cores 2", "a value is required for '--seeds <N>'"),
            ("--seeds 0", "'--seeds <N>': 0 is not in 1..=10000000"),
            ("--seeds x", "invalid value 'x' for '--seeds <N>'"),
            ("--seed -1", "unexpected argument '-1'"),
            ("--seed 18446744073709551616", "number too large"),
            ("--seeds 1 --cores 1", "1 is not in 2..=8"),
            ("--seeds 1 --cores 9", "9 is not in 2..=8"),
            ("--seeds 1 --scenario x", "'x' for '--scenario <S>' [possible values: drain, plain, "),
            ("--seeds 1 --tier tcg", "'tcg' for '--tier <TIER>' [possible values: icount, plugin]"),
            (
                "--seeds 1 --schedule x",
                "'x' for '--schedule <SCHEDULE>' [possible values: uniform, pct]",
            ),
            ("--seeds 1 --depth 0", "0 is not in 1..=8"),
            ("--seeds 1 --depth 9", "9 is not in 1..=8"),
            ("--seeds 1 --tier plugin --page p", "--page is for --seed K"),
            ("--seed 1 --page p", "--page is for --seed K with --tier plugin"),
            ("--seed 1 --page", "a value is required for '--page <FILE>'"),
            ("--seeds 1 7", "unexpected argument '7'"),
            ("--sedes 1", "unexpected argument '--sedes'"),
        ] {
            let wrong = parse(line).expect_err(line);
            assert!(wrong.contains(part) && !wrong.contains('\n'), "{line}: {wrong}");
        }
    }
}
