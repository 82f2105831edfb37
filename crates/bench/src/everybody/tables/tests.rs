//! What the tables and lines of a run say.

use super::*;
use crate::everybody::bars;
use crate::everybody::candidate::{Candidate, Side};
use crate::everybody::others::ARC;
use crate::everybody::ours::BOXED;
use crate::everybody::results::Results;

fn series(candidate: &'static str, what: What, operations: u64, values: &[u64]) -> Series {
    Series { point: Point::new(candidate, what), operations, values: values.to_vec() }
}

/// Three candidates, of whom the last is not installed; the first alone was drained and is many.
fn run() -> Run {
    let candidate = |name| Candidate { name, side: Side::Ours, promise: "None.", make: |_| None };
    let pair = |threads| What::Pair { threads };
    let drain = |slots| What::Drain { slots };
    let results = vec![
        series(LIMIT, pair(1), 10, &[100, 100, 200]),
        series(LIMIT, pair(2), 20, &[100, 100, 100]),
        series(BOXED, pair(1), 10, &[120, 110, 300]),
        series(BOXED, pair(2), 20, &[150, 150, 150]),
        series(LIMIT, What::Refused, 10, &[10]),
        series(BOXED, What::Refused, 10, &[26]),
        series(LIMIT, drain(64), 2, &[1000]),
        series(BOXED, drain(64), 2, &[1100]),
        series(BOXED, What::Many, 10, &[400]),
        series(BOXED, What::Single, 10, &[200]),
        series(LIMIT, What::Memory, 1, &[16]),
        series(BOXED, What::Memory, 1, &[400]),
    ];
    Run {
        candidates: [LIMIT, BOXED, ARC].map(candidate).into(),
        threads: vec![1, 2],
        results: Results(results),
        conditions: vec![("processor", "fast".to_owned())],
    }
}

#[test]
fn a_row_of_pairs_has_costs_throughput_refusals_and_bytes() {
    let table = pairs(&run());
    assert_eq!(table.titles, ["candidate", "1 thread", "2 threads", "2 to 1", "refused", "bytes"]);
    let one = "1.00 (1.00 to 1.00)";
    let rows = [
        [LIMIT, one, one, "2.00", one, "16"],
        [BOXED, "1.20 (1.10 to 1.50)", "1.50 (1.50 to 1.50)", "1.60", "2.60 (2.60 to 2.60)", "400"],
        [ARC, "-", "-", "-", "-", "not installed"],
    ];
    assert_eq!(table.rows, rows);
}

#[test]
fn only_who_was_drained_or_is_many_has_a_row() {
    let run = run();
    let table = drains(&run);
    assert_eq!(
        table.titles,
        ["candidate", "1 slot", "4 slots", "16 slots", "64 slots", "256 slots"]
    );
    let rows = [
        [LIMIT, "-", "-", "-", "1.00 (1.00 to 1.00)", "-"],
        [BOXED, "-", "-", "-", "1.10 (1.10 to 1.10)", "-"],
    ];
    assert_eq!(table.rows, rows);
    assert_eq!(many(&run).rows, [[BOXED, "2.00 (2.00 to 2.00)"]]);
}

#[test]
fn the_conditions_end_with_what_the_limit_takes() {
    let rows = [["processor", "fast"], ["nanoseconds of the limit on 1 thread", "10.0"]];
    assert_eq!(conditions(&run()).rows, rows);
    let nothing = Run { results: Results::default(), ..run() };
    assert_eq!(conditions(&nothing).rows[1][1], "-");
}

#[test]
fn each_bar_has_a_row() {
    let judged = bars::judge(&run().results);
    let table = bars(&judged);
    assert_eq!(table.rows.len(), judged.len());
    assert_eq!(table.rows[0], judged[0].cells());
}

#[test]
fn the_text_has_all_tables() {
    let text = all(&run());
    for line in
        ["\neverybody on one bench: ", "\ndrain of an idle object ", "\npairs on many objects "]
    {
        assert_eq!(text.matches(line).count(), 1, "{line}");
    }
    let rows = text.lines().filter(|line| line.starts_with(BOXED)).count();
    assert_eq!((rows, text.matches("\nprocessor ").count()), (3, 1));
}

#[test]
fn each_measurement_has_a_line_with_its_numbers() {
    let run = run();
    let lines = lines(&run);
    assert_eq!(lines.lines().count(), run.results.0.len());
    let measure = |of: &str, numbers: &str| {
        let line = format!(
            "# measure {{\"name\":\"everybody\",\"candidate\":\"boxed (ThreadSlot)\",\"what\":{of},{numbers}}}\n"
        );
        assert!(lines.contains(&line), "{line}{lines}");
    };
    measure(
        "\"pair\",\"threads\":1",
        "\"operations\":10,\"rounds\":3,\"nanoseconds\":12.000,\"relative\":1.200,\"lowest\":1.100,\"highest\":1.500",
    );
    let one = |unit: &str, each: &str, relative: &str| {
        format!(
            "\"rounds\":1,\"{unit}\":{each},\"relative\":{relative},\"lowest\":{relative},\"highest\":{relative}"
        )
    };
    let ten = |each, relative| format!("\"operations\":10,{}", one("nanoseconds", each, relative));
    measure("\"refused\"", &ten("2.600", "2.600"));
    measure("\"many\"", &ten("40.000", "2.000"));
    measure("\"single\"", &ten("20.000", "1.000"));
    let drain = format!("\"operations\":2,{}", one("nanoseconds", "550.000", "1.100"));
    measure("\"drain\",\"slots\":64", &drain);
    let bytes = format!("\"operations\":1,{}", one("bytes", "400.000", "25.000"));
    measure("\"memory\"", &bytes);
}
