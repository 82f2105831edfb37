//! What is printed: lines for tools, tables for people.

use crate::rounds::NANOSECONDS;
use ladder::{Candidate, DrainTime, Thousandths, ratio};

/// Prints the measurements as `# measure {json}` lines, the format that the kernel uses too.
pub fn measures(candidates: &[Candidate], drains: &[DrainTime]) {
    for candidate in candidates {
        for one in &candidate.measured {
            let spread = candidate.relative_to_one(one);
            println!(
                "# measure {{\"name\":\"bench\",\"rung\":\"{}\",\"threads\":{},\
                 \"pairs_per_thread\":{},\"nanoseconds_per_pair\":{},\"relative_to_one\":{},\
                 \"lowest\":{},\"highest\":{},\"off_by\":{}}}",
                candidate.variant.name(),
                one.cores,
                one.pairs,
                one.nanoseconds_per_pair(NANOSECONDS),
                spread.median,
                spread.lowest,
                spread.highest,
                one.off_by
            );
        }
    }
    for DrainTime { slots, picoseconds, rounds } in drains {
        println!(
            "# measure {{\"name\":\"bench_drain\",\"slots\":{slots},\"rounds\":{rounds},\
             \"nanoseconds\":{},\"lowest\":{},\"highest\":{}}}",
            Thousandths(picoseconds.median),
            Thousandths(picoseconds.lowest),
            Thousandths(picoseconds.highest)
        );
    }
}

/// Prints them as tables.
pub fn tables(candidates: &[Candidate], drains: &[DrainTime]) {
    let Some(first) = candidates.first() else { return };
    let threads: Vec<usize> = first.measured.iter().map(|one| one.cores).collect();
    let most = threads.last().copied().unwrap_or(1);
    println!();
    println!("acquire and release of one object: throughput of n threads, as a multiple of one's");
    println!();
    let header: String = threads[1..].iter().map(|n| format!(" {n:>7}")).collect();
    let on_most = format!("ns on {most}");
    println!("{:<12} {:>9} {on_most:>9} {header}   lowest to highest", "rung", "ns on 1");
    for candidate in candidates {
        let [Some(one), Some(last)] = [candidate.measured.first(), candidate.measured.last()]
        else {
            continue;
        };
        let ratios: String = candidate.measured[1..]
            .iter()
            .map(|one| format!(" {:>7.2}", candidate.relative_to_one(one).median))
            .collect();
        let spread = candidate.relative_to_one(last);
        println!(
            "{:<12} {:>9.1} {:>9.1} {ratios}   {:.2} to {:.2}{}",
            candidate.variant.name(),
            one.nanoseconds_per_pair(NANOSECONDS),
            last.nanoseconds_per_pair(NANOSECONDS),
            spread.lowest,
            spread.highest,
            if last.off_by > 0 { "   wrong" } else { "" }
        );
    }
    println!();
    println!("drain of an idle, warm object");
    println!();
    println!("{:<12} {:>9} {:>9}", "slots", "ns", "ns a slot");
    for DrainTime { slots, picoseconds, .. } in drains {
        let each = ratio(picoseconds.median, *slots as u64 * 1000);
        println!("{slots:<12} {:>9.1} {each:>9.1}", Thousandths(picoseconds.median));
    }
}
