//! What `mode=time` prints: lines for tools, tables with bars for people, at most 100 columns wide.

use alloc::format;
use alloc::string::String;
use ladder::{Candidate, DrainTime, ratio};
use machine::arch::time;
use machine::board::console::println;
use machine::testing::measure::{self, Text};

/// Columns of a terminal.
const WIDTH: usize = 100;
/// Letters of the longest bar, where there is room.
pub const BAR: usize = 34;

/// Prints the variants, as lines for tools.
pub fn measures(candidates: &[Candidate], rounds: u64) {
    for candidate in candidates {
        for measured in &candidate.measured {
            let ratio = candidate.relative_to_one(measured);
            measure::print(
                "ladder",
                &[
                    ("rung", &Text(candidate.variant.name())),
                    ("cores", &measured.cores),
                    ("pairs_per_core", &measured.pairs),
                    ("rounds", &rounds),
                    ("pairs_per_second", &measured.pairs_per_second(time::frequency())),
                    ("relative_to_one", &ratio.median),
                    ("lowest", &ratio.lowest),
                    ("highest", &ratio.highest),
                    ("off_by", &measured.off_by),
                ],
            );
        }
    }
}

/// Prints the drains, as lines for tools.
pub fn drain_measures(drains: &[DrainTime]) {
    for DrainTime { slots, picoseconds, rounds } in drains {
        measure::print(
            "drain_slots",
            &[
                ("slots", slots),
                ("rounds", rounds),
                ("nanoseconds", &(picoseconds.median / 1000)),
                ("lowest", &(picoseconds.lowest / 1000)),
                ("highest", &(picoseconds.highest / 1000)),
            ],
        );
    }
}

/// Prints the variants, for people: throughput on n cores as a multiple of one core's, a bar for most cores.
pub fn variants(candidates: &[Candidate], rounds: u64, on_their_own: bool) {
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
        let name = format!("{}{}", candidate.variant.name(), if wrong { ", wrong" } else { "" });
        let alone = candidate.measured[0].nanoseconds_per_pair(time::frequency());
        let row = format!("# {name:<12} {alone:>7.1}{ratios}  {bar}");
        println!("{}", row.trim_end());
    }
}

/// Prints the drains, for people.
pub fn drains(drains: &[DrainTime]) {
    println!("#");
    println!("# drain of an idle, warm object: the price of a slot a core");
    println!("#");
    println!("# {:>5} {:>9} {:>12}", "slots", "ns", "ns a slot");
    let longest = drains.iter().map(|one| one.picoseconds.median).max().unwrap_or(0);
    for DrainTime { slots, picoseconds, .. } in drains {
        let each = ratio(picoseconds.median, *slots as u64 * 1000);
        let bar = bar(picoseconds.median, longest, BAR);
        let row = format!("# {slots:>5} {:>9} {each:>12.1}  {bar}", picoseconds.median / 1000);
        println!("{}", row.trim_end());
    }
    println!("#");
}

/// Returns a bar for `part`, where one for `whole` has so many letters.
pub fn bar(part: u64, whole: u64, letters: usize) -> String {
    let letters = (part * letters as u64 + whole / 2) / whole.max(1);
    "#".repeat(letters as usize)
}
