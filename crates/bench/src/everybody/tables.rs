//! The tables of a run, and its lines for tools.

use crate::everybody::bars::Judged;
use crate::everybody::drains::SLOTS;
use crate::everybody::limits::LIMIT;
use crate::everybody::results::{Point, Series, What};
use crate::everybody::run::Run;
use crate::everybody::table::Table;
use ladder::{Spread, Thousandths};

/// What stands where nothing was measured.
const NOTHING: &str = "-";
const NOT_INSTALLED: &str = "not installed";

/// Returns the measurements as `# measure {json}` lines, the format that the kernel uses too.
pub fn lines(run: &Run) -> String {
    run.results.0.iter().map(|series| line(run, series)).collect()
}

fn line(run: &Run, series: &Series) -> String {
    let point = series.point;
    let (what, of) = match point.what {
        What::Pair { threads } => ("pair", format!("\"threads\":{threads},")),
        What::Drain { slots } => ("drain", format!("\"slots\":{slots},")),
        What::Refused => ("refused", String::new()),
        What::Many => ("many", String::new()),
        What::Single => ("single", String::new()),
        What::Memory => ("memory", String::new()),
    };
    let unit = if point.what == What::Memory { "bytes" } else { "nanoseconds" };
    let Spread { median, lowest, highest } =
        run.results.relative(point, point.base()).unwrap_or_default();
    format!(
        "# measure {{\"name\":\"everybody\",\"candidate\":\"{}\",\"what\":\"{what}\",{of}\
         \"operations\":{},\"rounds\":{},\"{unit}\":{},\"relative\":{median},\
         \"lowest\":{lowest},\"highest\":{highest}}}\n",
        point.candidate,
        series.operations,
        series.values.len(),
        series.each(),
    )
}

/// Returns all tables as text, but for the bars.
pub fn all(run: &Run) -> String {
    format!(
        "\neverybody on one bench: cost of a pair in relation to the limit; throughput against 1 thread\n\n\
         {}\ndrain of an idle object in relation to a bare sweep\n\n{}\n\
         pairs on many objects in random order, in relation to those on one\n\n{}\n{}",
        pairs(run).text(),
        drains(run).text(),
        many(run).text(),
        conditions(run).text(),
    )
}

/// Returns the conditions, and the nanoseconds of the limit.
pub fn conditions(run: &Run) -> Table {
    let mut table = Table::new(&["condition", "this run"]);
    let limit = run.results.find(Point::new(LIMIT, What::Pair { threads: 1 }));
    let limit = limit.map_or(NOTHING.to_owned(), |limit| format!("{:.1}", limit.each()));
    let conditions = run.conditions.iter().map(|(name, value)| (*name, value.clone()));
    let all = conditions.chain([("nanoseconds of the limit on 1 thread", limit)]);
    table.rows = all.map(|(name, value)| vec![name.to_owned(), value]).collect();
    table
}

/// Returns what pairs, refusals and memory cost, a row a candidate.
pub fn pairs(run: &Run) -> Table {
    let mut table = Table::new(&["candidate", "1 thread"]);
    let several = &run.threads[1..];
    table.titles.extend(several.iter().map(|threads| format!("{threads} threads")));
    table.titles.extend(several.iter().map(|threads| format!("{threads} to 1")));
    table.titles.extend(["refused", "bytes"].map(str::to_owned));
    table.rows = run.candidates.iter().map(|candidate| row(run, candidate.name)).collect();
    table
}

fn row(run: &Run, name: &'static str) -> Vec<String> {
    let point = |what| Point::new(name, what);
    let pair = |&threads: &usize| point(What::Pair { threads });
    let relative = |point: Point| cell(run.results.relative(point, point.base()));
    let throughput = |threads| run.results.relative(pair(&1), pair(threads));
    let median = |spread: Spread<Thousandths>| format!("{:.2}", spread.median);
    let mut cells = vec![name.to_owned()];
    cells.extend(run.threads.iter().map(|threads| relative(pair(threads))));
    let several = run.threads[1..].iter();
    cells.extend(several.map(|threads| throughput(threads).map_or(NOTHING.to_owned(), median)));
    cells.push(relative(point(What::Refused)));
    let bytes = run.results.find(point(What::Memory));
    cells.push(bytes.map_or(NOT_INSTALLED.to_owned(), |bytes| format!("{:.0}", bytes.each())));
    cells
}

/// Returns what drains cost: a row for each candidate that was drained.
pub fn drains(run: &Run) -> Table {
    let mut table = Table::new(&["candidate"]);
    table.titles.extend(SLOTS.iter().map(|slots| match slots {
        1 => "1 slot".to_owned(),
        _ => format!("{slots} slots"),
    }));
    for candidate in &run.candidates {
        let point = |slots| Point::new(candidate.name, What::Drain { slots });
        let each = SLOTS.map(|slots| run.results.relative(point(slots), point(slots).base()));
        if each.iter().any(Option::is_some) {
            let cells = each.map(cell);
            table.rows.push([candidate.name.to_owned()].into_iter().chain(cells).collect());
        }
    }
    table
}

/// Returns what many objects cost: a row for each form of which there were many.
pub fn many(run: &Run) -> Table {
    let mut table = Table::new(&["candidate", "many to one"]);
    for candidate in &run.candidates {
        let many = Point::new(candidate.name, What::Many);
        let spread = run.results.relative(many, many.base());
        if spread.is_some() {
            table.rows.push(vec![candidate.name.to_owned(), cell(spread)]);
        }
    }
    table
}

/// Returns the bars, and what came out.
pub fn bars(judged: &[Judged]) -> Table {
    let mut table = Table::new(&["bar", "measured", "verdict"]);
    table.rows = judged.iter().map(|one| one.cells().to_vec()).collect();
    table
}

/// Returns a median, with the lowest and the highest.
fn cell(spread: Option<Spread<Thousandths>>) -> String {
    spread.map_or(NOTHING.to_owned(), |Spread { median, lowest, highest }| {
        format!("{median:.2} ({lowest:.2} to {highest:.2})")
    })
}

#[cfg(test)]
mod tests;
