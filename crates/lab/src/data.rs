//! The measurements as structures, checked: what follows can draw and divide without a doubt.

mod check;

use serde::Deserialize;
use serde_json::Value;
use tools::measure::Measurement;

/// The rungs of the ladder, in its order, and what each of them is.
pub const RUNGS: [(&str, &str); 10] = [
    ("racy", "a plain counter, load and store: wrong on purpose, it loses counts"),
    ("spin_lock", "a counter behind a spin lock"),
    ("rw_lock", "a read-write lock, held for reading"),
    ("shared_cas", "one word for all cores, compare-exchange in a loop, as NT does it"),
    ("shared", "one word for all cores, one addition"),
    ("plain", "RundownRef: one word for all cores"),
    ("packed", "a word a core, side by side in the same line"),
    ("padded64", "a word a core, 64 bytes apart"),
    ("padded128", "a word a core, 128 bytes apart"),
    ("cache_aware", "CacheAwareRundownRef: a slot a core, each on lines of its own"),
];

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
    /// `-cpu`
    pub cpu: String,
    /// Rounds of what is timed.
    pub rounds: u32,
    /// Whether it was a short run.
    pub quick: bool,
}

/// Throughput of a rung with so many cores.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ladder {
    /// The rung.
    pub rung: String,
    /// How many cores took part.
    pub cores: u32,
    /// Acquire and release on each core, each round.
    pub pairs_per_core: u64,
    /// Median over the rounds, all cores together.
    pub pairs_per_second: f64,
    /// Median over the rounds of the ratio to one core.
    pub relative_to_one: f64,
    /// The lowest ratio.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
    /// How far the final counts were from right, in sum.
    pub off_by: i64,
}

/// What cache lines went through while so many cores used a rung.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Coherence {
    /// The rung.
    pub rung: String,
    /// How many cores took part.
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
    /// Slots of the object.
    pub slots: u32,
    /// Median over the rounds.
    pub nanoseconds: f64,
    /// The shortest.
    pub lowest: f64,
    /// The longest.
    pub highest: f64,
}

/// How many instructions one acquire and its release take.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Instructions {
    /// The rung.
    pub rung: String,
    /// On one core.
    pub per_pair: f64,
}

/// How many instructions it takes to begin the run-down of an idle object.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DrainInstructions {
    /// Slots of the object.
    pub slots: u32,
    /// For all of them.
    pub per_drain: f64,
}

/// Everything that the figures show.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Conditions of the run.
    pub conditions: Conditions,
    /// Throughput.
    pub ladder: Vec<Ladder>,
    /// Coherence counts of the rungs.
    pub coherence: Vec<Coherence>,
    /// Coherence counts of a drain, if there are any.
    pub coherence_drain: Vec<CoherenceDrain>,
    /// Duration of a drain.
    pub drain_slots: Vec<DrainSlots>,
    /// Length of a pair.
    pub instructions: Vec<Instructions>,
    /// Length of a drain.
    pub drain_instructions: Vec<DrainInstructions>,
}

impl Data {
    /// Reads the objects; the error names the first that is wrong, or what is missing.
    pub fn read(objects: &[Measurement]) -> Result<Data, String> {
        let mut conditions = all(objects, "conditions")?;
        let data = Data {
            conditions: conditions.pop().ok_or("it holds no \"conditions\" object")?,
            ladder: some(objects, "ladder")?,
            coherence: some(objects, "coherence")?,
            coherence_drain: all(objects, "coherence_drain")?,
            drain_slots: some(objects, "drain_slots")?,
            instructions: some(objects, "instructions")?,
            drain_instructions: some(objects, "drain_instructions")?,
        };
        if !conditions.is_empty() {
            return Err("it holds more than one \"conditions\" object".to_owned());
        }
        check::impossible(&data).map_or(Ok(data), Err)
    }

    /// The core counts of the ladder, in order.
    pub fn ladder_cores(&self) -> Vec<u32> {
        sorted(self.ladder.iter().map(|this| this.cores))
    }

    /// The core counts of the coherence counts, in order.
    pub fn coherence_cores(&self) -> Vec<u32> {
        sorted(self.coherence.iter().map(|this| this.cores))
    }
}

/// What a rung is, if it is one that we know.
pub fn meaning(rung: &str) -> &'static str {
    RUNGS.iter().find(|(known, _)| *known == rung).map_or("", |(_, meaning)| meaning)
}

/// The names in the order in which they first come.
pub fn rungs<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if !found.contains(&name.as_str()) {
            found.push(name);
        }
    }
    found
}

fn sorted(numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// All objects of this name.
fn all<T: for<'a> Deserialize<'a>>(objects: &[Measurement], name: &str) -> Result<Vec<T>, String> {
    let named = objects.iter().filter(|object| object["name"] == name);
    let read = |object: &Measurement| {
        let value = Value::Object(object.clone());
        serde_json::from_value(value).map_err(|error| format!("an object {name:?}: {error}"))
    };
    named.map(read).collect()
}

/// All objects of this name, of which there must be some.
fn some<T: for<'a> Deserialize<'a>>(objects: &[Measurement], name: &str) -> Result<Vec<T>, String> {
    let found = all(objects, name)?;
    if found.is_empty() { Err(format!("it holds no {name:?} object")) } else { Ok(found) }
}

#[cfg(test)]
mod tests;
