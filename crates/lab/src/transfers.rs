//! `--count`: only which lines travel, of a few variants, as a table on standard output.

use super::arguments::Arguments;
use super::boots;
use super::data::{COUNTS, is_counted};
use super::machine::{self, Counting, Machine};
use super::progress::Progress;
use ladder::{About, VARIANTS};
use runner::exit_error::ExitError;
use tools::measure::Measurement;
use tools::{cargo, usage};

/// Returns the variants that such a list names, in its order; `all` is all of them.
pub fn named(list: &[String]) -> Result<Vec<&'static About>, ExitError> {
    if list == ["all"] {
        return Ok(VARIANTS.iter().collect());
    }
    let find = |name: &String| {
        ladder::find(name).ok_or_else(|| {
            let all: Vec<&str> = VARIANTS.iter().map(|about| about.name).collect();
            let what = format!("--count: {name:?} is no variant; there are {}", all.join(", "));
            usage::wrong("scripts/lab", what)
        })
    };
    list.iter().map(find).collect()
}

/// Counts them on the numbers of cores that are asked for, and prints the table.
pub fn print(variants: &[&'static About], arguments: &Arguments) -> Result<(), ExitError> {
    let Arguments { cores, phases, pairs, line, .. } = arguments;
    let root = cargo::root("scripts/lab")?;
    let settings = machine::settings()?;
    let mut progress = Progress::new(1 + cores.len());
    let build = || Machine::build(&root, settings);
    let machine = progress.step("building the kernel and the plugin", build)?;
    let (mut counted, mut texts) = (Vec::new(), Vec::new());
    for &cores in cores {
        let pairs = pairs.unwrap_or(boots::counting(cores).pairs);
        let how = Counting { pairs, line: *line };
        let found = boots::count(&machine, &mut progress, variants, cores, how, "")?;
        texts.push(whole(cores, how, &found));
        counted.extend(found);
    }
    print!("{}", if *phases { texts.join("\n") } else { table(variants, cores, &counted) });
    Ok(())
}

/// Returns what became of lines in each phase, drains as well: a row a phase.
fn whole(cores: u32, how: Counting, counted: &[Measurement]) -> String {
    let Counting { pairs, line } = how;
    let columns = &COUNTS[4..];
    let mut text = format!("{}, {pairs} pairs each, lines of {line} bytes\n\n", on(cores));
    text += &row::<15>("phase", columns.iter().map(|name| (*name).to_owned()));
    for object in counted {
        let name = match object.get("rung").and_then(|name| name.as_str()) {
            Some(variant) => variant.to_owned(),
            None => format!("drain {}", object["slots"]),
        };
        text += &row::<15>(&name, columns.iter().map(|column| object[*column].to_string()));
    }
    text
}

/// Returns the table: a row a variant, a column a number of cores.
fn table(variants: &[&About], cores: &[u32], counted: &[Measurement]) -> String {
    let cell = |about: &About, cores: u32| {
        let found = counted.iter().find(|object| {
            object["name"] == "coherence"
                && object["rung"] == about.name
                && object["cores"] == cores
        });
        match found.and_then(|object| object["transfers_per_pair"].as_f64()) {
            Some(transfers) => format!("{transfers:.2}"),
            None if is_counted(about, cores) => "?".to_owned(),
            None => "-".to_owned(),
        }
    };
    let mut text =
        "transfers a pair: cache lines that come from another core's cache, for each acquire and \
                    release\n\n"
            .to_owned();
    text += &row::<10>("variant", cores.iter().map(|&cores| on(cores)));
    for about in variants {
        text += &row::<10>(about.name, cores.iter().map(|&cores| cell(about, cores)));
    }
    text
}

/// Returns a number of cores in words.
fn on(cores: u32) -> String {
    if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") }
}

/// Returns a row of a table with columns of this width.
fn row<const WIDTH: usize>(name: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| format!("{cell:>WIDTH$}")).collect();
    format!("{name:<12}{cells}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(list: &str) -> Result<Vec<&'static str>, String> {
        let list: Vec<String> = list.split(',').map(str::to_owned).collect();
        let found = named(&list).map_err(|error| {
            assert_eq!(error.status, runner::exit_error::SETUP);
            error.line
        })?;
        Ok(found.iter().map(|about| about.name).collect())
    }

    #[test]
    fn a_list_names_variants_in_its_order() {
        assert_eq!(names("shared,packed,racy").unwrap(), ["shared", "packed", "racy"]);
        assert_eq!(names("all").unwrap().len(), VARIANTS.len());
        for list in ["", "shred", "shared,all", "shared,"] {
            let line = names(list).unwrap_err();
            assert!(line.contains("is no variant; there are racy, spin_lock, "), "{line}");
        }
    }

    #[test]
    fn phases_are_listed_by_their_names_with_what_became_of_lines() {
        let json = json!([
            {"name": "coherence", "rung": "plain", "cores": 8, "loads": 3,
             "transfers": 2200, "upgrades": 99, "invalidations": 1600},
            {"name": "coherence_drain", "slots": 8, "transfers": 7, "upgrades": 0, "invalidations": 1}
        ]);
        let counted: Vec<Measurement> = serde_json::from_value(json).unwrap();
        let text = whole(8, Counting { pairs: 100, line: 128 }, &counted);
        let rows: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(text.starts_with("8 cores, 100 pairs each, lines of 128 bytes\n\n"), "{text}");
        assert_eq!(rows[2], ["phase", "transfers", "upgrades", "invalidations"]);
        assert_eq!(rows[3], ["plain", "2200", "99", "1600"]);
        assert_eq!(rows[4..], [["drain", "8", "7", "0", "1"]]);
    }

    #[test]
    fn the_table_has_a_row_a_variant_and_says_what_was_not_counted() {
        let found = |rung: &str, cores: u32, transfers: f64| {
            let object = json!({"name": "coherence", "rung": rung, "cores": cores, "transfers_per_pair": transfers});
            object.as_object().unwrap().clone()
        };
        let counted =
            [found("shared", 1, 0.0), found("shared", 256, 2.004), found("spin_lock", 1, 0.0)];
        let variants = named(&["shared".to_owned(), "spin_lock".to_owned()]).unwrap();
        let text = table(&variants, &[1, 256], &counted);
        let rows: Vec<Vec<&str>> =
            text.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["variant", "1", "core", "256", "cores"]);
        assert_eq!(rows[1..], [["shared", "0.00", "2.00"], ["spin_lock", "0.00", "-"]]);
        let widths: Vec<usize> = text.lines().skip(2).map(str::len).collect();
        assert_eq!(widths, [32, 32, 32]);
    }
}
