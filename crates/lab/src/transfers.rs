//! `--count`: only which lines travel, of a few variants, as a table on standard output.

use super::boots;
use super::data::is_counted;
use super::machine::{self, Machine};
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

/// Counts them on these numbers of cores, and prints the table.
pub fn print(variants: &[&'static About], cores: &[u32]) -> Result<(), ExitError> {
    let root = cargo::root("scripts/lab")?;
    let settings = machine::settings()?;
    let mut progress = Progress::new(1 + cores.len());
    let build = || Machine::build(&root, settings);
    let machine = progress.step("building the kernel and the plugin", build)?;
    let mut counted = Vec::new();
    for &cores in cores {
        counted.extend(boots::count(&machine, &mut progress, variants, cores, "")?);
    }
    print!("{}", table(variants, cores, &counted));
    Ok(())
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
    let head = cores.iter().map(|&cores| match cores {
        1 => "1 core".to_owned(),
        _ => format!("{cores} cores"),
    });
    let row = |name: &str, cells: &mut dyn Iterator<Item = String>| {
        let cells: String = cells.map(|cell| format!("{cell:>10}")).collect();
        format!("{name:<12}{cells}\n")
    };
    let mut text =
        "transfers a pair: cache lines that come from another core's cache, for each acquire and \
                    release\n\n"
            .to_owned();
    text += &row("variant", &mut head.into_iter());
    for about in variants {
        text += &row(about.name, &mut cores.iter().map(|&cores| cell(about, cores)));
    }
    text
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
