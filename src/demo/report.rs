//! The demo's report: a table for people, `# measure` lines for tools.

use crate::demo::counters::Counts;
use crate::demo::memory::{self, Object};
use crate::demo::object::slot_address;
use crate::demo::shared::{Drain, Shared};
use alloc::vec::Vec;
use machine::arch::time;
use machine::board::console::println;
use machine::testing::measure::{self, Text};

/// A round's outcome, kept for the report.
#[derive(Debug)]
pub struct Round {
    counts: Vec<Counts>,
    drain: Drain,
}

impl Round {
    /// Keeps what the last round has left.
    pub fn note(shared: &Shared) -> Self {
        Self { counts: shared.counts(), drain: shared.drain() }
    }
}

/// Prints the lines for tools, then the table: a row a core for the first round, a line a drain.
pub fn print(shared: &Shared, rounds: &[Round]) {
    let Some(first) = rounds.first() else { return };
    for (number, round) in (1..).zip(rounds) {
        measures(&shared.object, number, round);
    }
    println!("#");
    if let Some(told) = memory::TOLD {
        println!("# {told}");
    }
    println!("# every core was to do {} pairs before each drain", shared.pairs);
    println!("#");
    println!("# core  slot address           granted    released  refused  migrated");
    for (core, counts) in first.counts.iter().enumerate() {
        let slot = slot_address(&shared.object, core);
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
    println!(
        "# next: scripts/lab --count shared,cache_aware shows what one counter for all would cost"
    );
    println!("#");
}

fn measures(object: &Object, number: usize, round: &Round) {
    for (core, counts) in round.counts.iter().enumerate() {
        measure::print(
            "core",
            &[
                ("round", &number),
                ("core", &core),
                ("slot", &Text(format_args!("{:p}", slot_address(object, core)))),
                ("granted", &counts.granted),
                ("released", &counts.released),
                ("refused", &counts.refused),
                ("migrated", &counts.received),
            ],
        );
    }
    measure::print(
        "drain",
        &[
            ("round", &number),
            ("cores", &round.counts.len()),
            ("holders_found", &round.drain.holders_found),
            ("ticks", &round.drain.ticks),
            ("nanoseconds", &time::nanoseconds(round.drain.ticks)),
        ],
    );
}
