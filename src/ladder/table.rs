//! What `mode=time` prints: lines for tools, tables with bars for people, at most 100 columns wide.

use super::time::{Candidate, DrainTime};
use crate::println;
use alloc::format;
use alloc::string::String;
use ladder::{Thousandths, ratio};

/// Columns of a terminal.
const WIDTH: usize = 100;
/// Letters of the longest bar, where there is room.
pub const BAR: usize = 34;

/// The rungs, as lines for tools.
pub fn measures(candidates: &[Candidate], rounds: u64) {
    for candidate in candidates {
        for measured in &candidate.measured {
            let ratio = candidate.relative_to_one(measured);
            println!(
                "# measure {{\"name\":\"ladder\",\"rung\":\"{}\",\"cores\":{},\"pairs_per_core\":{},\
                 \"rounds\":{rounds},\"pairs_per_second\":{},\"relative_to_one\":{},\"lowest\":{},\
                 \"highest\":{},\"off_by\":{}}}",
                candidate.rung.name(),
                measured.cores,
                measured.pairs,
                measured.pairs_per_second(),
                ratio.median,
                ratio.lowest,
                ratio.highest,
                measured.off_by
            );
        }
    }
}

/// The drains, as lines for tools.
pub fn drain_measures(drains: &[DrainTime], rounds: u64) {
    for DrainTime { slots, nanoseconds } in drains {
        println!(
            "# measure {{\"name\":\"drain_slots\",\"slots\":{slots},\"rounds\":{rounds},\
             \"nanoseconds\":{},\"lowest\":{},\"highest\":{}}}",
            nanoseconds.median, nanoseconds.lowest, nanoseconds.highest
        );
    }
}

/// The rungs, for people: throughput on n cores as a multiple of one core's, and a bar for most cores.
pub fn ladder(candidates: &[Candidate], rounds: u64, on_their_own: bool) {
    let Some(first) = candidates.first() else { return };
    let most = first.measured.last().map_or(1, |measured| measured.cores);
    if !on_their_own && most > 1 {
        println!("# cores take turns here (thread=single or -icount): nobody is in anybody's way");
    }
    println!("#");
    println!(
        "# pairs a second on n cores, as a multiple of one core's (median of {rounds} rounds)"
    );
    println!("#");
    let columns: String =
        first.measured[1..].iter().map(|one| format!(" {:>6}", one.cores)).collect();
    let on_most = if most > 1 { format!("  on {most} cores") } else { String::new() };
    println!("# {:<12} {:>7}{columns}{on_most}", "rung", "ns on 1");
    let last = |candidate: &Candidate| {
        candidate.measured.last().map_or(0, |last| candidate.relative_to_one(last).median.0)
    };
    let longest = candidates.iter().map(last).max().unwrap_or(0);
    let room = WIDTH.saturating_sub(format!("# {:<12} {:>7}{columns}  ", "", "").len()).min(BAR);
    for candidate in candidates {
        let ratios: String = candidate.measured[1..]
            .iter()
            .map(|one| format!(" {:>6.2}", candidate.relative_to_one(one).median))
            .collect();
        let bar = if most > 1 { bar(last(candidate), longest, room) } else { String::new() };
        let wrong = candidate.measured.iter().any(|one| one.off_by > 0);
        let name = format!("{}{}", candidate.rung.name(), if wrong { ", wrong" } else { "" });
        let alone = nanoseconds(candidate.measured[0].pairs_per_second());
        let row = format!("# {name:<12} {alone:>7.1}{ratios}  {bar}");
        println!("{}", row.trim_end());
    }
}

/// Nanoseconds for one of so many a second.
fn nanoseconds(per_second: u64) -> Thousandths {
    ratio(1_000_000_000, per_second)
}

/// The drains, for people.
pub fn drains(drains: &[DrainTime]) {
    println!("#");
    println!("# drain of an idle, warm object: the price of a slot a core");
    println!("#");
    println!("# {:>5} {:>9} {:>12}", "slots", "ns", "ns a slot");
    let longest = drains.iter().map(|one| one.nanoseconds.median).max().unwrap_or(0);
    for DrainTime { slots, nanoseconds } in drains {
        let each = ratio(nanoseconds.median, *slots as u64);
        let bar = bar(nanoseconds.median, longest, BAR);
        let row = format!("# {slots:>5} {:>9} {each:>12.1}  {bar}", nanoseconds.median);
        println!("{}", row.trim_end());
    }
    println!("#");
}

/// A bar of `part`, when one of `whole` has so many letters.
pub fn bar(part: u64, whole: u64, letters: usize) -> String {
    let letters = (part * letters as u64 + whole / 2) / whole.max(1);
    "#".repeat(letters as usize)
}
