//! The command line of scripts/lab. A wrong one is one line and exit status 2.

use super::machine::LINE;
use clap::builder::{ArgPredicate, PossibleValuesParser, TypedValueParser};
use clap::{Parser, value_parser};
use runner::exit_error::ExitError;
use runner::settings::MOST_CORES;
use std::path::{Path, PathBuf};
use tools::usage;

/// The last lines of the usage text.
const MORE: &str = "\
Boots the ladder of counters in QEMU, timed and under the plugin cachescope, and writes
DIR/index.html, DIR/replay.html, DIR/measurements.json and DIR/figures/*.svg. Shows its progress on standard error
and a summary at the end. With --count it counts lines only, and prints transfers a pair:
    scripts/lab --count shared,packed,cache_aware
    scripts/lab --count shared,packed --cores 8 --phases --line 128
Environment: QEMU (qemu-system-aarch64)
Exit status: 0 done, 1 an exact count is not what it must be, or a boot failed,
             2 wrong usage or set-up, 124 a boot did not end in time";

/// The most core counts at a time: more could not be told apart in a panel.
const MOST_COUNTS: usize = 12;

/// The core counts, if none are given; and with `--count`.
const CORES: &str = "1,2,4,8,16,32,64";
const FEW_CORES: &str = "2,8";

/// Measures what caches do to shared counters, and draws it.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "scripts/lab", after_help = MORE)]
pub struct Arguments {
    /// Core counts, up to 12, each 1 to 512
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = CORES)]
    #[arg(default_value_if("count", ArgPredicate::IsPresent, FEW_CORES))]
    #[arg(value_parser = value_parser!(u32).range(1..=i64::from(MOST_CORES)))]
    pub cores: Vec<u32>,
    /// Only count the cache lines that travel, of these variants (or: all); on 2 and 8 cores, if none are given
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    #[arg(conflicts_with_all = ["quick", "out", "from"])]
    pub count: Option<Vec<String>>,
    /// With --count: what each phase counts, drains as well, in whole numbers instead of a pair
    #[arg(long)]
    pub phases: bool,
    /// With --count: the pairs of each core, 1 to 10000; together 800, and 100 a core at most, if not given
    #[arg(long, value_name = "NUMBER")]
    #[arg(value_parser = value_parser!(u32).range(1..=10_000))]
    pub pairs: Option<u32>,
    /// With --count: bytes of a line
    #[arg(long, value_name = "BYTES", default_value_t = LINE)]
    #[arg(value_parser = PossibleValuesParser::new(["64", "128"]).try_map(|bytes| bytes.parse::<u32>()))]
    pub line: u32,
    /// Fewer rounds of what is timed; the exact counts are the same
    #[arg(long)]
    pub quick: bool,
    /// Where to (out)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Boot nothing and draw what such a measurements.json holds
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cores", "quick"])]
    pub from: Option<PathBuf>,
    /// Only the replay page, in seconds: three variants step by step, and a still of it beside it (.svg)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cores", "quick", "out", "from"])]
    pub replay: Option<PathBuf>,
    /// What scripts/lab adds: the folder from which the paths on its own command line are meant
    #[arg(long = "in", hide = true)]
    folder: Option<PathBuf>,
}

impl Arguments {
    /// Reads the arguments after the command's name. `None`: the usage text is wanted.
    pub fn parse(args: &[String]) -> Result<Option<Arguments>, ExitError> {
        let Some(mut arguments) = usage::parse::<Arguments>(args)? else { return Ok(None) };
        let Arguments { cores, count, phases, pairs, line, out, from, replay, folder, .. } =
            &mut arguments;
        cores.sort_unstable();
        cores.dedup();
        if cores.len() > MOST_COUNTS {
            let what = format!("--cores has more than {MOST_COUNTS} numbers");
            return Err(usage::wrong("scripts/lab", what));
        }
        // By hand: clap asks nothing of an option that is missing and excludes another one that is there.
        if count.is_none() && (*phases || pairs.is_some() || *line != LINE) {
            let what = "--phases, --pairs and --line go with --count";
            return Err(usage::wrong("scripts/lab", what));
        }
        if replay.as_ref().is_some_and(|file| file.extension() != Some("html".as_ref())) {
            return Err(usage::wrong("scripts/lab", "--replay wants a FILE that ends in .html"));
        }
        if let Some(folder) = folder {
            for path in [out, from, replay].into_iter().flatten() {
                *path = folder.join(&*path);
            }
        }
        Ok(Some(arguments))
    }

    /// Returns where the results go: by default into the project's own folder `out`.
    pub fn out(&self) -> &Path {
        self.out.as_deref().unwrap_or(Path::new("out"))
    }

    /// Returns the highest core count.
    pub fn most(&self) -> u32 {
        self.cores.last().copied().unwrap_or(1)
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
        let none = parse("").unwrap().unwrap();
        assert_eq!(
            (&none.cores[..], none.quick, &none.from),
            (&[1, 2, 4, 8, 16, 32, 64][..], false, &None)
        );
        assert_eq!(none.out(), Path::new("out"));
        let all = parse("--cores 8,2,1,2 --quick --out=x").unwrap().unwrap();
        assert_eq!((all.most(), &all.cores[..], all.quick), (8, &[1, 2, 8][..], true));
        assert_eq!(all.out(), Path::new("x"));
        let twelve = parse("--cores 1,2,3,4,5,6,7,8,9,10,11,512").unwrap().unwrap();
        assert_eq!((twelve.cores.len(), twelve.most()), (12, 512));
        assert_eq!((none.count, all.count), (None, None));
        let count = parse("--count shared,packed").unwrap().unwrap();
        assert_eq!(count.count, Some(vec!["shared".to_owned(), "packed".to_owned()]));
        assert_eq!(count.cores, [2, 8]);
        assert_eq!((count.phases, count.pairs, count.line), (false, None, 64));
        let more = parse("--count all --phases --pairs 7 --line 128").unwrap().unwrap();
        assert_eq!((more.phases, more.pairs, more.line), (true, Some(7), 128));
        assert_eq!(parse("--cores 4 --count all --in /a").unwrap().unwrap().cores, [4]);
        assert_eq!(parse("--from f --out o").unwrap().unwrap().from, Some("f".into()));
        let there = parse("--in /a --from f --out /o").unwrap().unwrap();
        assert_eq!((there.out(), &there.from), (Path::new("/o"), &Some("/a/f".into())));
        let replay = parse("--in /a --replay b/c.html").unwrap().unwrap().replay;
        assert_eq!(replay, Some("/a/b/c.html".into()));
        assert_eq!(parse("--in /a").unwrap().unwrap().out(), Path::new("out"));
        assert_eq!(parse("--in /a --out o").unwrap().unwrap().out(), Path::new("/a/o"));
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (line, part) in [
            ("--cores 0", "'--cores <LIST>': 0 is not in 1..=512"),
            ("--cores x", "invalid value 'x' for '--cores <LIST>'"),
            ("--cores 600", "600 is not in 1..=512"),
            ("--cores 1,,2", "invalid value '' for '--cores <LIST>'"),
            ("--cores 1,2,3,4,5,6,7,8,9,10,11,12,13", "more than 12 numbers"),
            ("--cores=", "invalid value '' for '--cores <LIST>'"),
            ("--cores", "a value is required for '--cores <LIST>'"),
            ("--cores --quick", "a value is required for '--cores <LIST>'"),
            ("--out", "a value is required for '--out <DIR>'"),
            ("--out=", "a value is required for '--out <DIR>'"),
            ("--from f --quick", "'--from <FILE>' cannot be used with '--quick'"),
            ("--cores 1 --from f", "'--cores <LIST>' cannot be used with '--from <FILE>'"),
            ("--count", "a value is required for '--count <LIST>'"),
            ("--count x --quick", "'--count <LIST>' cannot be used with '--quick'"),
            ("--phases", "--phases, --pairs and --line go with --count"),
            ("--line 128", "--phases, --pairs and --line go with --count"),
            ("--pairs 5 --from f", "--phases, --pairs and --line go with --count"),
            ("--count x --line 32", "invalid value '32' for '--line <BYTES>'"),
            ("--count x --pairs 0", "0 is not in 1..=10000"),
            ("--replay x.svg", "--replay wants a FILE that ends in .html"),
            ("--replay x.html --out o", "'--replay <FILE>' cannot be used with '--out <DIR>'"),
            ("--quick=1", "unexpected value '1' for '--quick'"),
            ("1,2", "unexpected argument '1,2'"),
            ("--nonsense", "unexpected argument '--nonsense'"),
        ] {
            let wrong = parse(line).expect_err(line);
            assert!(wrong.contains(part) && !wrong.contains('\n'), "{line}: {wrong}");
        }
    }
}
