//! The tables behind the figures, and those about the run.

use crate::data::{self, COUNTS, Data, Ladder};
use crate::plot::numbers::{grouped, short};
use crate::table::Table;

/// The conditions.
pub fn conditions(data: &Data) -> Table {
    let conditions = &data.conditions;
    let mut table = Table::new("Machine and run", ["condition", "value"]).with_texts();
    let processors = conditions.host_processors.to_string();
    table.row(["QEMU", &conditions.qemu]);
    table.row(["-accel, where it is timed", &conditions.accel]);
    table.row(["-cpu", &conditions.cpu]);
    table.row(["host processors", &processors]);
    table.row(["host CPU", &conditions.host_cpu]);
    table.row(["rounds of what is timed", &conditions.rounds.to_string()]);
    let pairs = data.ladder.iter().map(|found| found.pairs_per_core * u64::from(found.cores));
    let (fewest, most) = (pairs.clone().min().unwrap_or(0), pairs.max().unwrap_or(0));
    let pairs = match fewest == most {
        true => grouped(most as f64),
        false => format!("{} to {}", grouped(fewest as f64), grouped(most as f64)),
    };
    table.row(["pairs of all cores, a round", &pairs]);
    table
}

/// What each variant is.
pub fn variants(data: &Data) -> Table {
    let mut table = Table::new("Ways to count users", ["variant", "what it is"]).with_texts();
    for variant in data::variants(data.ladder.iter().map(|found| found.variant)) {
        table.row([variant.name, variant.meaning]);
    }
    table
}

/// Ratios and throughput.
pub fn ladder(data: &Data) -> String {
    let cores = data.ladder_cores();
    let columns = || row("variant", cores.iter().map(u32::to_string));
    let caption = "Throughput as a multiple of one core's, by cores: median, lowest to highest";
    let mut ratios = Table::new(caption, columns());
    let caption = "Pairs a second in thousands, all cores together, by cores: median";
    let mut speeds = Table::new(caption, columns().chain(["off by".to_owned()]));
    for variant in data::variants(data.ladder.iter().map(|found| found.variant)) {
        let of_variant: Vec<&Ladder> =
            data.ladder.iter().filter(|found| found.variant == variant).collect();
        let cells = |text: &dyn Fn(&Ladder) -> String| -> Vec<String> {
            let cell = |cores: &u32| of_variant.iter().find(|found| found.cores == *cores);
            cores
                .iter()
                .map(|cores| cell(cores).map_or(String::new(), |found| text(found)))
                .collect()
        };
        let ratio = |found: &Ladder| match found.cores {
            1 => "1".to_owned(),
            _ => format!("{:.2}\n{:.2}–{:.2}", found.relative_to_one, found.lowest, found.highest),
        };
        let speed = |found: &Ladder| grouped(found.pairs_per_second / 1000.0);
        let lost: i64 = of_variant.iter().map(|found| found.off_by).sum();
        ratios.row(row(variant.name, cells(&ratio)));
        speeds.row(row(variant.name, cells(&speed)).chain([grouped(lost as f64)]));
    }
    ratios.html() + &speeds.html()
}

/// Transfers a pair, and all counts.
pub fn coherence(data: &Data) -> String {
    let cores = data.coherence_cores();
    let columns = row("variant", cores.iter().map(u32::to_string));
    let mut pairs = Table::new("Transfers a pair, by cores", columns);
    let columns = ["variant", "cores", "pairs"].into_iter().chain(COUNTS);
    let mut all = Table::new("All counts of the counted phases", columns);
    for variant in data::variants(data.coherence.iter().map(|found| found.variant)) {
        let of_variant = || data.coherence.iter().filter(|found| found.variant == variant);
        let cell = |cores: &u32| of_variant().find(|found| found.cores == *cores);
        let text =
            |cores| cell(cores).map_or(String::new(), |found| found.transfers_per_pair.to_string());
        pairs.row(row(variant.name, cores.iter().map(text)));
        for found in of_variant() {
            let numbers = [found.cores.into(), found.pairs].into_iter().chain(found.counts());
            all.row(row(variant.name, numbers.map(|number| number.to_string())));
        }
    }
    format!("{}<details>\n<summary>All counts</summary>\n{}</details>\n", pairs.html(), all.html())
}

/// The cells of a row, after the one that says what it is about.
fn row(first: &str, cells: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    std::iter::once(first.to_owned()).chain(cells)
}

/// Duration, length and transfers of a drain.
pub fn drain(data: &Data) -> String {
    let columns = ["slots", "ns, median", "lowest to highest", "instructions", "lines moved"];
    let mut table = Table::new("Beginning the run-down of an idle object", columns);
    let times = data.drain_slots.iter().map(|found| found.slots);
    let mut slots: Vec<u32> =
        times.chain(data.drain_instructions.iter().map(|found| found.slots)).collect();
    slots.sort_unstable();
    slots.dedup();
    for slots in slots {
        let time = data.drain_slots.iter().find(|found| found.slots == slots);
        let length = data.drain_instructions.iter().find(|found| found.slots == slots);
        let lines = data.coherence_drain.iter().find(|found| found.slots == slots);
        let text = |number: Option<f64>| number.map_or(String::new(), short);
        let range = |range: f64, to: f64| format!("{}–{}", short(range), short(to));
        table.row([
            slots.to_string(),
            text(time.map(|found| found.nanoseconds)),
            time.map_or(String::new(), |found| range(found.lowest, found.highest)),
            text(length.map(|found| found.per_drain)),
            text(lines.map(|found| found.transfers as f64)),
        ]);
    }
    table.html()
}

/// Length of a pair.
pub fn instructions(data: &Data) -> String {
    let mut table = Table::new("Instructions of a pair", ["variant", "instructions"]);
    for found in &data.instructions {
        table.row([found.variant.name.to_owned(), found.per_pair.to_string()]);
    }
    table.html()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// The rows of tables: the texts of their cells, a bar after each, and a slash before what is less important.
    fn rows(html: &str) -> Vec<String> {
        let rows = html.lines().filter(|line| line.contains("<tr>")).map(|row| {
            let row = row.replace("<br>", " / ").replace("</th>", "|").replace("</td>", "|");
            let parts =
                row.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
            parts.collect::<String>()
        });
        rows.collect()
    }

    /// Two variants, the second without two cores.
    fn few() -> Data {
        let mut data = sample::data();
        let known = |name: &str, cores| {
            (name == "racy" && [1, 2].contains(&cores)) || (name == "shared" && cores == 1)
        };
        data.ladder.retain(|found| known(found.variant.name, found.cores));
        data.coherence.retain(|found| known(found.variant.name, found.cores));
        for (number, found) in (1..).zip(&mut data.ladder) {
            found.pairs_per_core = number * 10_000;
            found.pairs_per_second = 12_000_000.0 * number as f64;
            (found.lowest, found.relative_to_one, found.highest) =
                (0.5, 0.25 * number as f64, 0.75);
            found.off_by = -2 + 4 * number as i64;
        }
        data
    }

    #[test]
    fn throughput_and_its_ratios_are_in_the_cells_of_their_cores() {
        let wanted = [
            "variant|1|2|",
            "racy|1|0.50 / 0.50–0.75|",
            "shared|1||",
            "variant|1|2|off by|",
            "racy|12\u{202f}000|24\u{202f}000|8|",
            "shared|36\u{202f}000||10|",
        ];
        assert_eq!(rows(&ladder(&few())), wanted);
    }

    #[test]
    fn transfers_and_all_counts_are_in_their_cells() {
        let mut data = few();
        let two = data.coherence.iter_mut().find(|found| found.cores == 2).unwrap();
        (two.pairs, two.loads, two.stores, two.atomics, two.cold) = (2, 3, 4, 5, 6);
        (two.transfers, two.upgrades, two.invalidations, two.transfers_per_pair) = (7, 8, 9, 3.5);
        let html = coherence(&data);
        let wanted = [
            "variant|1|2|",
            "racy|0|3.5|",
            "shared|0||",
            "variant|cores|pairs|loads|stores|atomics|cold|transfers|upgrades|invalidations|",
            "racy|1|100|100|0|200|0|0|0|0|",
            "racy|2|2|3|4|5|6|7|8|9|",
            "shared|1|100|100|0|200|0|0|0|0|",
        ];
        assert_eq!(rows(&html), wanted);
        assert!(html.contains("<details>\n<summary>All counts</summary>\n"), "{html}");
    }

    #[test]
    fn a_drain_has_a_row_for_each_number_of_slots_that_something_is_known_of() {
        let mut data = sample::data();
        data.drain_slots.retain(|found| [1, 64].contains(&found.slots));
        data.drain_instructions.retain(|found| [2, 64].contains(&found.slots));
        let wanted = [
            "slots|ns, median|lowest to highest|instructions|lines moved|",
            "1|235|211–352||0|",
            "2|||60|1|",
            "64|2440|2196–3660|680|63|",
        ]
        .map(str::to_owned);
        assert_eq!(rows(&drain(&data)), wanted);
    }

    #[test]
    fn the_length_of_a_pair_and_what_a_variant_is_are_said() {
        let data = few();
        let said = rows(&instructions(&data));
        assert_eq!(said.len(), 1 + data.instructions.len());
        assert_eq!(said[..3], ["variant|instructions|", "racy|4|", "spin_lock|7.5|"]);
        let said = rows(&variants(&data).html());
        let meaning = |name| ladder::find(name).unwrap().meaning;
        let wanted = ["racy", "shared"].map(|name| format!("{name}|{}|", meaning(name)));
        assert_eq!(said[1..], wanted);
    }

    #[test]
    fn the_conditions_say_how_many_pairs_there_were_at_least_and_at_most() {
        let mut data = few();
        let said = rows(&conditions(&data).html());
        let wanted = [
            "condition|value|",
            "QEMU|7.2.22|",
            "-accel, where it is timed|tcg,thread=multi|",
            "-cpu|max|",
            "host processors|2|",
            "host CPU|Some &lt;CPU&gt; &amp; &quot;more&quot;|",
            "rounds of what is timed|9|",
            "pairs of all cores, a round|10\u{202f}000 to 40\u{202f}000|",
        ];
        assert_eq!(said, wanted);
        data.ladder.truncate(1);
        let said = rows(&conditions(&data).html());
        assert_eq!(said.last().unwrap(), "pairs of all cores, a round|10\u{202f}000|");
    }
}
