//! The plugin's arguments: what follows `-plugin libcachescope.so`.

use crate::policy::Policy;
use pct::DEEPEST;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

/// Steps of a run, if nothing is said of them.
const LENGTH: u64 = 1000;

/// The arguments; the table in the crate's documentation explains each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Whether the cores are serialised.
    pub schedule: bool,
    /// Bytes of a line.
    pub line: u64,
    /// Memory that is watched from the start.
    pub regions: Vec<Range<u64>>,
    /// Names for addresses.
    pub names: Option<PathBuf>,
    /// Where the results are written.
    pub out: Option<PathBuf>,
    /// How the next core is chosen.
    pub policy: Policy,
    /// Cores in a phase whose marker gives no number; 0: such a phase is not scheduled.
    pub cores: usize,
    /// Where the last steps are written.
    pub trace: Option<PathBuf>,
    /// How many steps are written there.
    pub trace_last: usize,
    /// Where all steps are written, for a replay.
    pub steps: Option<PathBuf>,
    /// A schedule without a step for so long is stuck.
    pub deadline: Duration,
    /// A schedule with more steps is ended.
    pub max_steps: u64,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            schedule: false,
            line: 64,
            regions: Vec::new(),
            names: None,
            out: None,
            policy: Policy::RoundRobin,
            cores: 0,
            trace: None,
            trace_last: 1000,
            steps: None,
            deadline: Duration::from_secs(10),
            max_steps: u64::MAX,
        }
    }
}

impl Arguments {
    /// Reads arguments of the form `key=value`. The error is a whole sentence.
    pub fn parse<'a>(args: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut this = Self::default();
        let (mut policy, mut seed, mut depth, mut length) = (None, None, None, None);
        for arg in args {
            let (key, value) =
                arg.split_once('=').ok_or_else(|| format!("`{arg}` is not KEY=VALUE"))?;
            let wrong = |wanted: &str| format!("{key}={value}: wants {wanted}");
            let any_number = || number(value).ok_or_else(|| wrong("a number"));
            match key {
                "mode" => {
                    this.schedule = match value {
                        "count" => false,
                        "schedule" => true,
                        _ => return Err(wrong("count or schedule")),
                    }
                }
                "line" => {
                    this.line = match value {
                        "64" => 64,
                        "128" => 128,
                        _ => return Err(wrong("64 or 128")),
                    }
                }
                "region" => this.regions.push(
                    region(value).ok_or_else(|| wrong("START-END in hexadecimal, END > START"))?,
                ),
                "names" => this.names = Some(value.into()),
                "out" => this.out = Some(value.into()),
                "policy" => {
                    policy = Some(match value {
                        "round-robin" | "random" | "pct" => value,
                        _ => return Err(wrong("round-robin, random or pct")),
                    })
                }
                "seed" => seed = Some(any_number()?),
                "depth" => {
                    let depths = 1..=DEEPEST as u64;
                    let given = number(value).filter(|given| depths.contains(given));
                    let given = given.ok_or_else(|| wrong(&format!("1 to {DEEPEST}")))?;
                    depth = Some(given as usize);
                }
                "length" => {
                    let steps = number(value).filter(|&steps| steps > 0);
                    length = Some(steps.ok_or_else(|| wrong("a number of steps, 1 or more"))?);
                }
                // Whoever says more than there are learns so when a phase begins.
                "cores" => this.cores = usize::try_from(any_number()?).unwrap_or(usize::MAX),
                "trace" => this.trace = Some(value.into()),
                "trace_last" => {
                    this.trace_last = number(value)
                        .and_then(|steps| usize::try_from(steps).ok())
                        .filter(|steps| (1..=10_000_000).contains(steps))
                        .ok_or_else(|| wrong("a number from 1 to 10000000"))?
                }
                "steps" => this.steps = Some(value.into()),
                "deadline" => {
                    let seconds = number(value).filter(|seconds| (1..=86_400).contains(seconds));
                    this.deadline = Duration::from_secs(
                        seconds.ok_or_else(|| wrong("seconds from 1 to 86400"))?,
                    )
                }
                "max_steps" => this.max_steps = any_number()?,
                _ => {
                    return Err(format!(
                        "{key}= is unknown; there are mode, line, region, names, out, policy, seed, \
                         depth, length, cores, trace, trace_last, steps, deadline, max_steps"
                    ));
                }
            }
        }
        let pct_only = depth.is_some() || length.is_some();
        let files = this.trace.is_some() || this.steps.is_some();
        let for_schedules = policy.is_some() || seed.is_some() || pct_only || files;
        if !this.schedule && for_schedules {
            return Err(
                "policy=, seed=, depth=, length=, trace= and steps= want mode=schedule".into()
            );
        }
        if pct_only && policy != Some("pct") {
            return Err("depth= and length= want policy=pct".into());
        }
        this.policy = match (policy, seed) {
            (Some("random"), seed) => Policy::Random(seed.unwrap_or(0)),
            (Some("pct"), seed) => Policy::Pct {
                seed: seed.unwrap_or(0),
                depth: depth.unwrap_or(0),
                length: length.unwrap_or(LENGTH),
            },
            (_, None) => Policy::RoundRobin,
            (_, Some(_)) => return Err("seed= wants policy=random or policy=pct".into()),
        };
        Ok(this)
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn region(text: &str) -> Option<Range<u64>> {
    let (start, end) = text.split_once('-')?;
    let range = hexadecimal(start)?..hexadecimal(end)?;
    (!range.is_empty()).then_some(range)
}

/// Reads an address, with or without 0x.
pub fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all() {
        let args = "mode=schedule line=128 region=0x40200000-40201000 region=1-2 policy=random \
                     seed=0x10 cores=8 out=a trace=b trace_last=5 steps=d names=c deadline=3 max_steps=9";
        let arguments = Arguments::parse(args.split_whitespace());
        assert_eq!(
            arguments.unwrap(),
            Arguments {
                schedule: true,
                line: 128,
                regions: vec![0x4020_0000..0x4020_1000, 1..2],
                names: Some("c".into()),
                out: Some("a".into()),
                policy: Policy::Random(16),
                cores: 8,
                trace: Some("b".into()),
                trace_last: 5,
                steps: Some("d".into()),
                deadline: Duration::from_secs(3),
                max_steps: 9,
            }
        );
    }

    #[test]
    fn each_policy_has_its_defaults() {
        let policy = |args: &str| {
            Arguments::parse(["mode=schedule"].into_iter().chain(args.split_whitespace()))
                .unwrap()
                .policy
        };
        assert_eq!(policy(""), Policy::RoundRobin);
        assert_eq!(policy("policy=round-robin"), Policy::RoundRobin);
        assert_eq!(policy("policy=random"), Policy::Random(0));
        assert_eq!(policy("policy=pct"), Policy::Pct { seed: 0, depth: 0, length: 1000 });
        let all = Policy::Pct { seed: 7, depth: 8, length: 1 };
        assert_eq!(policy("policy=pct seed=7 depth=8 length=1"), all);
        assert_eq!(Arguments::parse([]).unwrap(), Arguments::default());
        assert_eq!(Arguments::parse(["mode=count", "line=64"]).unwrap(), Arguments::default());
        let later = Arguments::parse(["mode=schedule", "line=128", "mode=count", "line=64"]);
        assert_eq!(later.unwrap(), Arguments::default(), "the last one counts");
    }

    #[test]
    fn says_what_is_wrong() {
        for (args, error) in [
            ("mode=fast", "mode=fast: wants count or schedule"),
            ("region=5-5", "region=5-5: wants START-END in hexadecimal, END > START"),
            ("line=on", "line=on: wants 64 or 128"),
            ("seed=1", "policy=, seed=, depth=, length=, trace= and steps= want mode=schedule"),
            ("policy=pct", "policy=, seed=, depth=, length=, trace= and steps= want mode=schedule"),
            ("depth=1", "policy=, seed=, depth=, length=, trace= and steps= want mode=schedule"),
            ("length=1", "policy=, seed=, depth=, length=, trace= and steps= want mode=schedule"),
            ("steps=x", "policy=, seed=, depth=, length=, trace= and steps= want mode=schedule"),
            ("trace=x", "policy=, seed=, depth=, length=, trace= and steps= want mode=schedule"),
            ("mode=schedule seed=1", "seed= wants policy=random or policy=pct"),
            ("mode=schedule policy=round-robin seed=1", "seed= wants policy=random or policy=pct"),
            ("mode=schedule policy=random depth=2", "depth= and length= want policy=pct"),
            ("mode=schedule length=2", "depth= and length= want policy=pct"),
            ("policy=fast", "policy=fast: wants round-robin, random or pct"),
            ("depth=0", "depth=0: wants 1 to 8"),
            ("depth=9", "depth=9: wants 1 to 8"),
            ("length=0", "length=0: wants a number of steps, 1 or more"),
            ("seed=x", "seed=x: wants a number"),
            ("deadline=0", "deadline=0: wants seconds from 1 to 86400"),
            ("deadline=86401", "deadline=86401: wants seconds from 1 to 86400"),
            ("trace_last=10000001", "trace_last=10000001: wants a number from 1 to 10000000"),
            ("nonsense", "`nonsense` is not KEY=VALUE"),
            ("trace_last=0", "trace_last=0: wants a number from 1 to 10000000"),
        ] {
            assert_eq!(Arguments::parse(args.split(' ')).unwrap_err(), error);
        }
        assert!(Arguments::parse(["colour=red"]).unwrap_err().starts_with("colour= is unknown"));
    }
}
