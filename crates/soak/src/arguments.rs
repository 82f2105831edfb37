//! The command line of scripts/soak. A wrong one is one line and exit status 2.

use clap::{ArgGroup, Parser, value_parser};
use runner::exit_error::ExitError;
use std::time::Duration;
use tools::usage;

/// The last lines of the usage text.
const MORE: &str = "\
Each boot has a seed of its own: S, S + 1, and so on. It decides the machine (cores, interrupt controller,
exception level, model, how QEMU runs the cores) and what each round and each core draws. How cores interleave
is up to the host, except where QEMU counts instructions: such a boot is the same each time.
Prints a line a boot, and at the end a summary; Ctrl-C ends it early, with the summary.
Environment: QEMU (qemu-system-aarch64)
Exit status: 0 every boot passed, 1 one failed (and how to replay it is said), 2 wrong usage or set-up,
128 + N stopped by signal N";

/// The longest time: a week.
const MOST_MINUTES: f64 = 7.0 * 24.0 * 60.0;

/// Boots the kernel again and again, with everything at once, and stops at the first failure.
///
/// All cores use one run-down object with few and with many holds, hand holds over, wait for run-downs and take
/// them back; interrupts do the same in the middle of it, and cores go off and come again.
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "scripts/soak", after_help = MORE)]
#[command(group = ArgGroup::new("long").required(true))]
pub struct Arguments {
    /// Begin no boot after so many minutes; parts of one are possible, as in 0.5
    #[arg(long, value_name = "N", group = "long", value_parser = minutes)]
    pub minutes: Option<f64>,
    /// Boot so often
    #[arg(long, value_name = "N", group = "long", value_parser = value_parser!(u64).range(1..))]
    pub boots: Option<u64>,
    /// The seed of the first boot (another one each time)
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Cores of every machine, 1 to 16; up to 8, some have a GICv2 (as the seed says)
    #[arg(long, value_name = "C", value_parser = value_parser!(u32).range(1..=16))]
    pub cores: Option<u32>,
}

impl Arguments {
    /// Reads them. `None`: the usage text was wanted, and is printed.
    pub fn parse(args: &[String]) -> Result<Option<Arguments>, ExitError> {
        usage::parse(args)
    }

    /// Returns whether another boot is to come, after so many and so long.
    pub fn go_on(&self, boots: u64, elapsed: Duration) -> bool {
        let in_time = self.minutes.is_none_or(|most| elapsed.as_secs_f64() < most * 60.0);
        in_time && self.boots.is_none_or(|most| boots < most)
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match text.parse() {
        Ok(minutes) if plain && minutes > 0.0 && minutes <= MOST_MINUTES => Ok(minutes),
        _ => Err(format!("not a number of minutes above 0, and up to {MOST_MINUTES}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        usage::line(line, Arguments::parse)
    }

    #[test]
    fn each_option_is_read() {
        let all = parse("--minutes 0.5 --seed 18446744073709551615 --cores=16").unwrap().unwrap();
        assert_eq!((all.minutes, all.boots), (Some(0.5), None));
        assert_eq!((all.seed, all.cores), (Some(u64::MAX), Some(16)));
        let one = parse("--boots 1").unwrap().unwrap();
        assert_eq!((one.minutes, one.boots, one.seed, one.cores), (None, Some(1), None, None));
        assert_eq!(parse("--help"), Ok(None));
    }

    #[test]
    fn it_ends_after_its_minutes_or_its_boots() {
        let minutes = parse("--minutes 2").unwrap().unwrap();
        assert!(minutes.go_on(1000, Duration::from_secs(119)));
        assert!(!minutes.go_on(0, Duration::from_secs(120)));
        let boots = parse("--boots 2").unwrap().unwrap();
        assert!(boots.go_on(1, Duration::from_secs(1_000_000)));
        assert!(!boots.go_on(2, Duration::ZERO));
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (line, part) in [
            ("", "<--minutes <N>|--boots <N>>"),
            ("--seed 1", "<--minutes <N>|--boots <N>>"),
            ("--minutes 1 --boots 1", "cannot be used with"),
            ("--minutes", "a value is required for '--minutes <N>'"),
            ("--minutes 0", "'0' for '--minutes <N>': not a number of minutes above 0"),
            ("--minutes 0.0", "not a number of minutes"),
            ("--minutes -1", "unexpected argument '-1'"),
            ("--minutes x", "not a number of minutes"),
            ("--minutes NaN", "not a number of minutes"),
            ("--minutes 1e3", "not a number of minutes"),
            ("--minutes 10081", "and up to 10080"),
            ("--boots 0", "0 is not in 1.."),
            ("--boots 1 --cores 0", "0 is not in 1..=16"),
            ("--boots 1 --cores 17", "17 is not in 1..=16"),
            ("--boots 1 --seed x", "invalid value 'x' for '--seed <S>'"),
            ("--boots 1 7", "unexpected argument '7'"),
            ("--bots 1", "unexpected argument '--bots'"),
        ] {
            let wrong = parse(line).expect_err(line);
            assert!(wrong.contains(part) && !wrong.contains('\n'), "{line}: {wrong}");
        }
    }
}
