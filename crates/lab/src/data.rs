//! The measurements as structures, which figures and tables are made from.

use ladder::{About, VARIANTS};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// With more cores, the lines of variants whose cores try again are not counted: with n cores a pair then
/// takes up to n * n steps, and a phase longer than the kernel allows.
const MOST_THAT_RETRY: u32 = 128;

/// Returns whether the lines of a variant are counted while so many cores use it.
pub fn is_counted(variant: &About, cores: u32) -> bool {
    cores <= MOST_THAT_RETRY || !variant.retries
}

/// Under which conditions the figures were made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Conditions {
    /// Version of QEMU.
    pub qemu: String,
    /// Processors that the host lets us use.
    pub host_processors: u32,
    /// Its name for them.
    pub host_cpu: String,
    /// `-accel` of what is timed.
    pub accel: String,
    pub cpu: String,
    /// Rounds of what is timed.
    pub rounds: u32,
    /// Whether it was a short run.
    pub quick: bool,
}

/// Throughput of a variant with so many cores.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ladder {
    #[serde(rename = "rung", deserialize_with = "variant")]
    pub variant: &'static About,
    pub cores: u32,
    /// Acquire and release on each core, each round.
    pub pairs_per_core: u64,
    /// Median over the rounds, all cores together.
    pub pairs_per_second: f64,
    /// Median over the rounds of the ratio to one core.
    pub relative_to_one: f64,
    pub lowest: f64,
    pub highest: f64,
    /// How far the final counts were from right, in sum.
    pub off_by: i64,
}

/// What cache lines went through while so many cores used a variant.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Coherence {
    #[serde(rename = "rung", deserialize_with = "variant")]
    pub variant: &'static About,
    pub cores: u32,
    /// Bytes of a line.
    pub line: u32,
    /// Acquire and release, all cores together.
    pub pairs: u64,
    /// Accesses that read.
    pub loads: u64,
    /// Accesses that write.
    pub stores: u64,
    /// Accesses that do both.
    pub atomics: u64,
    /// First uses of a line.
    pub cold: u64,
    /// Lines that came from another core's cache.
    pub transfers: u64,
    /// Writes to a line that others had as well.
    pub upgrades: u64,
    /// Copies that a write has ended.
    pub invalidations: u64,
    /// `transfers` by `pairs`.
    pub transfers_per_pair: f64,
}

/// What the plugin counts, phase by phase; the last four say what became of cache lines.
pub const COUNTS: [&str; 7] =
    ["loads", "stores", "atomics", "cold", "transfers", "upgrades", "invalidations"];

impl Coherence {
    /// Returns the counts, in the order of [`COUNTS`].
    pub fn counts(&self) -> [u64; 7] {
        let Self { loads, stores, atomics, cold, transfers, upgrades, invalidations, .. } = *self;
        [loads, stores, atomics, cold, transfers, upgrades, invalidations]
    }
}

/// What cache lines went through while one core drained an object that others had used.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CoherenceDrain {
    /// Slots of the object, and cores that have used it.
    pub slots: u32,
    /// Lines that came from another core's cache.
    pub transfers: u64,
}

/// How long it takes to begin the run-down of an idle object.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DrainSlots {
    pub slots: u32,
    /// Median over the rounds.
    pub nanoseconds: f64,
    pub lowest: f64,
    pub highest: f64,
}

/// How many instructions one acquire and its release take.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Instructions {
    #[serde(rename = "rung", deserialize_with = "variant")]
    pub variant: &'static About,
    /// On one core.
    pub per_pair: f64,
}

/// How many instructions it takes to begin the run-down of an idle object.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DrainInstructions {
    pub slots: u32,
    /// For all of them.
    pub per_drain: f64,
}

/// Everything that the figures show.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    pub conditions: Conditions,
    pub ladder: Vec<Ladder>,
    pub coherence: Vec<Coherence>,
    /// Coherence counts of a drain, if there are any.
    pub coherence_drain: Vec<CoherenceDrain>,
    pub drain_slots: Vec<DrainSlots>,
    pub instructions: Vec<Instructions>,
    pub drain_instructions: Vec<DrainInstructions>,
}

impl Data {
    /// Returns the core counts of the throughputs, in order.
    pub fn ladder_cores(&self) -> Vec<u32> {
        sorted(self.ladder.iter().map(|this| this.cores))
    }

    /// Returns the core counts of the coherence counts, in order.
    pub fn coherence_cores(&self) -> Vec<u32> {
        sorted(self.coherence.iter().map(|this| this.cores))
    }
}

/// Returns the variants that were found, each once, in the order of the list.
pub fn variants(found: impl Iterator<Item = &'static About>) -> Vec<&'static About> {
    let found: Vec<&About> = found.collect();
    VARIANTS.iter().filter(|about| found.contains(about)).collect()
}

/// Reads the name of a variant. One that is not in the list is an error.
fn variant<'de, D: Deserializer<'de>>(value: D) -> Result<&'static About, D::Error> {
    let name = String::deserialize(value)?;
    ladder::find(&name).ok_or_else(|| D::Error::custom(format!("there is no variant {name:?}")))
}

fn sorted(numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
