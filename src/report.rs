//! The report that people look at, and the same as `# measure` lines for tools.

use crate::rounds::{Drain, Rounds};
use crate::tally::Counts;
use crate::{cache, cores, gic, println, time};
use alloc::vec::Vec;
use rundown::CACHE_LINE;

/// A round's outcome, kept for the report.
#[derive(Debug)]
pub struct Round {
    counts: Vec<Counts>,
    drain: Drain,
}

impl Round {
    /// Takes down what the last round has left.
    pub fn note(rounds: &Rounds) -> Self {
        Self { counts: rounds.counts(), drain: rounds.drain() }
    }
}

/// Prints what machine this is.
pub fn machine() {
    let machine = cores::machine();
    println!(
        "# machine: {} cores, {}, {:?} conduit, {} MiB, counter at {} Hz",
        machine.core_count,
        gic::name(),
        machine.conduit,
        machine.ram.len() >> 20,
        time::frequency()
    );
    println!("# lines: slots {} bytes apart, the caches ask for {}", CACHE_LINE, cache::granule());
}

/// Prints the lines for tools, then the table: a row a core for the first round, a line a drain.
pub fn table(object: &Rounds, rounds: &[Round]) {
    let Some(first) = rounds.first() else { return };
    for (number, round) in (1..).zip(rounds) {
        measures(object, number, round);
    }
    println!("#");
    println!("# core  slot address           granted    released  refused  migrated");
    for (core, counts) in first.counts.iter().enumerate() {
        let slot = object.object().slot_address(core);
        let Counts { granted, released, refused, received, .. } = *counts;
        println!(
            "# {core:>4}  {slot:#018p}  {granted:>10}  {released:>10}  {refused:>7}  {received:>8}"
        );
    }
    let sum = |part: fn(&Counts) -> u64| first.counts.iter().map(part).sum::<u64>();
    println!(
        "#  sum                      {:>10}  {:>10}  {:>7}  {:>8}",
        sum(|c| c.granted),
        sum(|c| c.released),
        sum(|c| c.refused),
        sum(|c| c.received)
    );
    println!("#");
    for (number, round) in (1..).zip(rounds) {
        println!(
            "# drain of round {number}: {} holders found, the last gone after {} us",
            round.drain.holders_found,
            time::nanoseconds(round.drain.ticks) / 1000
        );
    }
    println!("#");
}

fn measures(object: &Rounds, number: usize, round: &Round) {
    for (core, counts) in round.counts.iter().enumerate() {
        println!(
            "# measure {{\"name\":\"core\",\"round\":{number},\"core\":{core},\"slot\":\"{:p}\",\
             \"granted\":{},\"released\":{},\"refused\":{},\"migrated\":{}}}",
            object.object().slot_address(core),
            counts.granted,
            counts.released,
            counts.refused,
            counts.received
        );
    }
    println!(
        "# measure {{\"name\":\"drain\",\"round\":{number},\"cores\":{},\"holders_found\":{},\
         \"ticks\":{},\"nanoseconds\":{}}}",
        round.counts.len(),
        round.drain.holders_found,
        round.drain.ticks,
        time::nanoseconds(round.drain.ticks)
    );
}
