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
