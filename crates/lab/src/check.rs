//! What is refused: what no machine measures, and variants that are missing.

use super::data::{Coherence, Data, DrainSlots, Ladder, is_counted};
use ladder::VARIANTS;
use std::fmt::Debug;

/// Returns a line about the first object that cannot be.
pub fn impossible(data: &Data) -> Option<String> {
    first(&data.ladder, ladder)
        .or_else(|| first(&data.coherence, coherence))
        .or_else(|| first(&data.coherence_drain, |this| count(this.slots)))
        .or_else(|| first(&data.drain_slots, drain_slots))
        .or_else(|| first(&data.instructions, |this| positive(this.per_pair)))
        .or_else(|| {
            first(&data.drain_instructions, |this| positive(this.per_drain) && count(this.slots))
        })
}

/// Returns a line about the first variant of the list that was not measured.
pub fn missing(data: &Data) -> Option<String> {
    let [timed, counted] = [data.ladder_cores(), data.coherence_cores()];
    VARIANTS.iter().find_map(|about| {
        let throughput = timed.iter().find(|&&cores| {
            !data.ladder.iter().any(|one| (one.variant, one.cores) == (about, cores))
        });
        let coherence = counted.iter().filter(|&&cores| is_counted(about, cores)).find(|&&cores| {
            !data.coherence.iter().any(|one| (one.variant, one.cores) == (about, cores))
        });
        let length = data.instructions.iter().any(|one| one.variant == about);
        let with = |cores: &u32| format!(" with {cores} cores");
        let (name, what) = match (throughput, coherence, length) {
            (Some(cores), ..) => ("ladder", with(cores)),
            (_, Some(cores), _) => ("coherence", with(cores)),
            (.., false) => ("instructions", String::new()),
            (None, None, true) => return None,
        };
        Some(format!("it holds no {name:?} object of {}{what}", about.name))
    })
}

fn first<T: Debug>(objects: &[T], possible: fn(&T) -> bool) -> Option<String> {
    let found = objects.iter().find(|object| !possible(object))?;
    Some(format!("this cannot be: {found:?}"))
}

fn ladder(this: &Ladder) -> bool {
    ranged(this.lowest, this.relative_to_one, this.highest)
        && positive(this.pairs_per_second)
        && count(this.cores)
}

fn coherence(this: &Coherence) -> bool {
    // The mean has three decimal places; of no pairs there is none.
    let mean = this.transfers as f64 / this.pairs as f64;
    [64, 128].contains(&this.line)
        && count(this.cores)
        && (mean - this.transfers_per_pair).abs() < 0.001
}

fn drain_slots(this: &DrainSlots) -> bool {
    ranged(this.lowest, this.nanoseconds, this.highest) && count(this.slots)
}

fn positive(number: f64) -> bool {
    number > 0.0 && number < 1e15
}

/// A median between its extremes. Below half a thousandth a ratio is written as 0.
fn ranged(lowest: f64, median: f64, highest: f64) -> bool {
    0.0 <= lowest && lowest <= median && median <= highest && highest < 1e15
}

/// Cores and slots, of which the machine has 512 at most.
fn count(number: u32) -> bool {
    (1..=512).contains(&number)
}
