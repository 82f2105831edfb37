//! What is printed: lines for tools, tables for people.

use crate::rounds::NANOSECONDS;
use ladder::{Candidate, DrainTime, Thousandths, ratio};

/// Returns the measurements as `# measure {json}` lines, the format that the kernel uses too.
pub fn lines(candidates: &[Candidate], drains: &[DrainTime]) -> String {
    let mut lines = String::new();
    for candidate in candidates {
        for one in &candidate.measured {
            let spread = candidate.relative_to_one(one);
            lines += &format!(
                "# measure {{\"name\":\"bench\",\"rung\":\"{}\",\"threads\":{},\
                 \"pairs_per_thread\":{},\"nanoseconds_per_pair\":{},\"relative_to_one\":{},\
                 \"lowest\":{},\"highest\":{},\"off_by\":{}}}\n",
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
        lines += &format!(
            "# measure {{\"name\":\"bench_drain\",\"slots\":{slots},\"rounds\":{rounds},\
             \"nanoseconds\":{},\"lowest\":{},\"highest\":{}}}\n",
            Thousandths(picoseconds.median),
            Thousandths(picoseconds.lowest),
            Thousandths(picoseconds.highest)
        );
    }
    lines
}

/// Returns them as tables. There are candidates, all of them measured with the same numbers of threads.
pub fn tables(candidates: &[Candidate], drains: &[DrainTime]) -> String {
    let threads: Vec<usize> = candidates[0].measured.iter().map(|one| one.cores).collect();
    let header: String = threads[1..].iter().map(|n| format!(" {n:>7}")).collect();
    let on_most = format!("ns on {}", threads[threads.len() - 1]);
    let mut text = format!(
        "\nacquire and release of one object: throughput of n threads, as a multiple of one's\n\n\
         {:<12} {:>9} {on_most:>9} {header}   lowest to highest\n",
        "rung", "ns on 1"
    );
    text.extend(candidates.iter().map(row));
    text += "\ndrain of an idle, warm object\n\n";
    text += &format!("{:<12} {:>9} {:>9}\n", "slots", "ns", "ns a slot");
    for DrainTime { slots, picoseconds, .. } in drains {
        let each = ratio(picoseconds.median, *slots as u64 * 1000);
        text += &format!("{slots:<12} {:>9.1} {each:>9.1}\n", Thousandths(picoseconds.median));
    }
    text
}

fn row(candidate: &Candidate) -> String {
    let measured = &candidate.measured;
    let [one, last] = [0, measured.len() - 1].map(|index| &measured[index]);
    let ratio = |one| format!(" {:>7.2}", candidate.relative_to_one(one).median);
    let ratios: String = measured[1..].iter().map(ratio).collect();
    let spread = candidate.relative_to_one(last);
    format!(
        "{:<12} {:>9.1} {:>9.1} {ratios}   {:.2} to {:.2}{}\n",
        candidate.variant.name(),
        one.nanoseconds_per_pair(NANOSECONDS),
        last.nanoseconds_per_pair(NANOSECONDS),
        spread.lowest,
        spread.highest,
        if last.off_by > 0 { "   wrong" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variants;

    /// The first two variants with 1 and 4 threads, 10 pairs each: 1000 ns on one thread, and on four 2000 in
    /// one round, 1000 and 4000 in the others.
    fn measured() -> Vec<Candidate> {
        let two = variants::all(4).into_iter().take(2);
        let mut measured: Vec<_> =
            two.map(|variant| Candidate::new(variant, &[1, 4], |_| 10)).collect();
        for candidate in &mut measured {
            for ticks in [2000, 1000, 4000] {
                candidate.round(|_, threads, _| if threads == 1 { 1000 } else { ticks });
            }
        }
        measured[0].measured[1].off_by = 1;
        measured
    }

    fn drains() -> Vec<DrainTime> {
        vec![DrainTime::of(1, &[5_000]), DrainTime::of(4, &[26_060, 24_000, 27_000])]
    }

    #[test]
    fn each_measurement_has_a_line_with_its_numbers() {
        let measure = |more: &str| format!("# measure {{\"name\":\"{more}}}\n");
        let [first, second] = [0, 1].map(|index| ladder::VARIANTS[index].name);
        let one = |rung: &str| {
            measure(&format!(
                "bench\",\"rung\":\"{rung}\",\"threads\":1,\"pairs_per_thread\":10,\
                 \"nanoseconds_per_pair\":100.000,\"relative_to_one\":1.000,\
                 \"lowest\":1.000,\"highest\":1.000,\"off_by\":0"
            ))
        };
        let four = |rung: &str, off_by: u64| {
            measure(&format!(
                "bench\",\"rung\":\"{rung}\",\"threads\":4,\"pairs_per_thread\":10,\
                 \"nanoseconds_per_pair\":200.000,\"relative_to_one\":2.000,\
                 \"lowest\":1.000,\"highest\":4.000,\"off_by\":{off_by}"
            ))
        };
        let drain = |numbers: &str| measure(&format!("bench_drain\",{numbers}"));
        let wanted = [
            one(first),
            four(first, 1),
            one(second),
            four(second, 0),
            drain(
                "\"slots\":1,\"rounds\":1,\"nanoseconds\":5.000,\"lowest\":5.000,\"highest\":5.000",
            ),
            drain(
                "\"slots\":4,\"rounds\":3,\"nanoseconds\":26.060,\"lowest\":24.000,\"highest\":27.000",
            ),
        ];
        assert_eq!(lines(&measured(), &drains()), wanted.concat());
    }

    #[test]
    fn the_tables_have_a_row_for_each() {
        let [first, second] = [0, 1].map(|index| ladder::VARIANTS[index].name);
        let wanted = [
            "",
            "acquire and release of one object: throughput of n threads, as a multiple of one's",
            "",
            "rung           ns on 1   ns on 4        4   lowest to highest",
            &format!("{first:<12}     100.0     200.0     2.00   1.00 to 4.00   wrong"),
            &format!("{second:<12}     100.0     200.0     2.00   1.00 to 4.00"),
            "",
            "drain of an idle, warm object",
            "",
            "slots               ns ns a slot",
            "1                  5.0       5.0",
            "4                 26.1       6.5",
            "",
        ];
        assert_eq!(tables(&measured(), &drains()), wanted.join("\n"));
    }
}
