//! What `-append` says, checked argument by argument.

use crate::platform::ThisKernel;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ladder::{About, VARIANTS, Variant};
use machine::board::device_tree;
use machine::smp::cores;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// How fast n cores are, compared with one.
    Time,
    /// How many instructions a pair takes.
    Instructions,
    /// Which cache lines travel.
    Coherence,
}

const MODES: [(&str, Mode); 3] =
    [("time", Mode::Time), ("instructions", Mode::Instructions), ("coherence", Mode::Coherence)];
const MOST_ROUNDS: u64 = 1000;
/// Pairs of all cores together at a time: a job must end long before its deadline (see `jobs`), also if a
/// pair takes a microsecond.
const MOST_PAIRS: u64 = 16_000_000;

/// The arguments, all of them possible on this machine.
#[derive(Debug)]
pub struct Arguments {
    /// What to measure.
    pub mode: Mode,
    /// Pairs a core and round, if somebody has chosen.
    pub pairs: Option<u64>,
    /// How often everything is measured.
    pub rounds: u64,
    /// Ascending; 1 is among them.
    pub cores: Vec<usize>,
    variants: Vec<&'static About>,
}

impl Arguments {
    /// Reads what was given to QEMU with `-append`. The error is a line that says what to do.
    pub fn read() -> Result<Self, String> {
        let up = cores::count();
        let mut these = Self {
            mode: Mode::Time,
            pairs: None,
            rounds: 9,
            cores: (0..).map(|power| 1 << power).take_while(|&cores| cores < up).collect(),
            variants: VARIANTS.iter().collect(),
        };
        these.cores.push(up);
        for argument in device_tree::machine().arguments().split_ascii_whitespace() {
            let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
            match name {
                "mode" => these.mode = mode(value)?,
                "pairs" => these.pairs = Some(number(argument, value, MOST_PAIRS / up as u64)?),
                "rounds" => these.rounds = number(argument, value, MOST_ROUNDS)?,
                "cores" => these.cores = counts(argument, value, up)?,
                "rungs" => these.variants = variants(value)?,
                _ => {
                    return Err(format!(
                        "{argument} is unknown; there are mode=, pairs=, rounds=, cores= and rungs="
                    ));
                }
            }
        }
        Ok(these)
    }

    /// Makes the variants that were chosen, for all cores.
    pub fn variants(&self) -> Vec<Box<dyn Variant>> {
        let mut variants = ladder::all::<ThisKernel>(cores::count());
        variants.retain(|variant| self.variants.contains(&variant.about()));
        variants
    }

    /// Returns the largest number of cores that was chosen.
    pub fn most_cores(&self) -> usize {
        self.cores.last().copied().unwrap_or(1)
    }
}

fn mode(value: &str) -> Result<Mode, String> {
    let found = MODES.iter().find(|(name, _)| *name == value);
    found.map(|&(_, mode)| mode).ok_or_else(|| {
        format!("mode={value} is unknown; there are time, instructions and coherence")
    })
}

fn number(argument: &str, value: &str, most: u64) -> Result<u64, String> {
    let number = value.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("{argument} cannot be; give a number from 1 to {most}"))
}

fn counts(argument: &str, value: &str, up: usize) -> Result<Vec<usize>, String> {
    let mut counts = Vec::from([1]); // what the others are compared with
    for count in value.split(',') {
        let count = count.parse().ok().filter(|count| (1..=up).contains(count));
        counts.push(count.ok_or_else(|| {
            format!("{argument} cannot be; this machine has {up} cores, see QEMU_SMP")
        })?);
    }
    counts.sort_unstable();
    counts.dedup();
    Ok(counts)
}

fn variants(value: &str) -> Result<Vec<&'static About>, String> {
    let chosen = value.split(',').map(|name| {
        ladder::find(name).ok_or_else(|| {
            let names = VARIANTS.each_ref().map(|about| about.name).join(", ");
            format!("rungs={value}: there is no rung {name}; there are {names}")
        })
    });
    chosen.collect()
}
