//! The command line of `lab figures`. A wrong one is one line and exit status 2.

use crate::settings::MOST_CORES;
use crate::stop::Stop;
use std::path::PathBuf;

/// What `--help` prints.
pub const USAGE: &str = "\
usage: scripts/lab [--cores LIST] [--quick] [--out DIR]
       scripts/lab --from FILE [--out DIR]
  Measures what caches do to shared counters, and draws it: boots the ladder of counters in QEMU,
  timed and under the plugin cachescope, and writes DIR/index.html, DIR/measurements.json and
  DIR/figures/*.svg. Shows its progress on standard error and a summary at the end.
  --cores LIST   core counts, up to 12, each 1 to 512 (1,2,4,8,16,32,64)
  --quick        fewer rounds of what is timed; the exact counts are the same
  --out DIR      where to (out)
  --from FILE    boots nothing and draws what such a measurements.json holds
  environment: QEMU (qemu-system-aarch64)
  exit status: 0 done, 1 an exact count is not what it must be, or a boot failed,
               2 wrong usage or set-up, 124 a boot did not end in time";

/// The most core counts at a time: more could not be told apart in a panel.
const MOST_COUNTS: usize = 12;

/// The core counts, if none are given.
const CORES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// The command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Core counts, in order, each once.
    pub cores: Vec<u32>,
    /// A short run.
    pub quick: bool,
    /// Where the results go.
    pub out: PathBuf,
    /// Draw these and boot nothing.
    pub from: Option<PathBuf>,
}

impl Arguments {
    /// Reads the words after `lab figures`. `None`: the usage text is wanted.
    pub fn parse(words: &[String]) -> Result<Option<Arguments>, Stop> {
        let (mut cores, mut quick, mut out, mut from) = (None, false, None, None);
        // What scripts/lab adds: the folder from which paths are meant.
        let mut folder = PathBuf::new();
        let mut words = words.iter().map(String::as_str).peekable();
        while let Some(word) = words.next() {
            // `--name value` and `--name=value` alike.
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let mut value = || {
                let value = joined.or_else(|| words.next_if(|next| !next.starts_with("--")));
                let value = value.filter(|value| !value.is_empty());
                value.ok_or_else(|| wrong(format!("{name} wants a value")))
            };
            match name {
                "-h" | "--help" => return Ok(None),
                "--cores" => cores = Some(counts(value()?)?),
                "--in" => folder = PathBuf::from(value()?),
                "--out" => out = Some(folder.join(value()?)),
                "--from" => from = Some(folder.join(value()?)),
                "--quick" if joined.is_none() => quick = true,
                _ => return Err(wrong(format!("{word} is unknown"))),
            }
        }
        if from.is_some() && (quick || cores.is_some()) {
            return Err(wrong("--from boots nothing: no --cores or --quick with it".to_owned()));
        }
        let cores = cores.unwrap_or_else(|| CORES.to_vec());
        let out = out.unwrap_or_else(|| "out".into());
        Ok(Some(Arguments { cores, quick, out, from }))
    }

    /// The most cores.
    pub fn most(&self) -> u32 {
        self.cores.last().copied().unwrap_or(1)
    }
}

/// Reads `1,2,8`.
fn counts(text: &str) -> Result<Vec<u32>, Stop> {
    let mut counts = Vec::new();
    for word in text.split(',') {
        let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let count = word.parse().ok().filter(|count| digits && (1..=MOST_CORES).contains(count));
        counts.push(count.ok_or_else(|| {
            wrong(format!("--cores {text}: {word:?} is not a number from 1 to {MOST_CORES}"))
        })?);
    }
    counts.sort_unstable();
    counts.dedup();
    if counts.len() > MOST_COUNTS {
        return Err(wrong(format!("--cores {text}: that is more than {MOST_COUNTS} numbers")));
    }
    Ok(counts)
}

fn wrong(what: String) -> Stop {
    Stop::setup(what, "scripts/lab --help says more")
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
        let none = parse("").unwrap().unwrap();
        assert_eq!((none.cores, none.quick, none.from), (CORES.to_vec(), false, None));
        assert_eq!(none.out, PathBuf::from("out"));
        let all = parse("--cores 8,2,1,2 --quick --out=x").unwrap().unwrap();
        assert_eq!((all.most(), all.cores, all.quick), (8, vec![1, 2, 8], true));
        assert_eq!(all.out, PathBuf::from("x"));
        assert_eq!(parse("--from f --out o").unwrap().unwrap().from, Some("f".into()));
        let there = parse("--in /a --from f --out /o").unwrap().unwrap();
        assert_eq!((there.out, there.from), ("/o".into(), Some("/a/f".into())));
        assert_eq!(parse("--quick -h").unwrap(), None);
    }

    #[test]
    fn the_script_has_the_same_usage_text() {
        assert!(include_str!("../../../../scripts/lab").contains(USAGE));
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (line, words) in [
            ("--cores 0", "\"0\" is not a number from 1 to 512"),
            ("--cores x", "\"x\" is not a number"),
            ("--cores 600", "\"600\" is not"),
            ("--cores 1,,2", "\"\" is not"),
            ("--cores +1", "\"+1\" is not"),
            ("--cores 1,2,3,4,5,6,7,8,9,10,11,12,13", "more than 12 numbers"),
            ("--cores=", "--cores wants a value"),
            ("--cores", "--cores wants a value"),
            ("--cores --quick", "--cores wants a value"),
            ("--out", "--out wants a value"),
            ("--from f --quick", "--from boots nothing"),
            ("--cores 1 --from f", "--from boots nothing"),
            ("--quick=1", "is unknown"),
            ("1,2", "1,2 is unknown"),
            ("--nonsense", "--nonsense is unknown"),
        ] {
            let said = parse(line).expect_err(line);
            assert!(said.contains(words) && !said.contains('\n'), "{line}: {said}");
        }
    }
}
