//! docs/performance.md, as `scripts/bench --write` writes it: a text, and the tables of a run.

use crate::everybody::bars::Judged;
use crate::everybody::candidate::Side;
use crate::everybody::run::Run;
use crate::everybody::tables;
use runner::exit_error::{ExitError, FAILED};
use std::path::Path;

/// The text, with places for the tables.
const TEXT: &str = include_str!("page.md");

/// Returns the whole page.
pub fn page(run: &Run, judged: &[Judged]) -> String {
    let parts = [
        ("{conditions}\n", tables::conditions(run).markdown()),
        ("{pairs}\n", tables::pairs(run).markdown()),
        ("{drains}\n", tables::drains(run).markdown()),
        ("{many}\n", tables::many(run).markdown()),
        ("{promises}\n", promises(run)),
        ("{bars}\n", tables::bars(judged).markdown()),
    ];
    parts.iter().fold(TEXT.to_owned(), |text, (place, part)| text.replace(place, part))
}

/// Where the page is in the tree.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/performance.md");

/// Writes a page.
pub fn write(page: &str, file: impl AsRef<Path>) -> Result<(), ExitError> {
    std::fs::write(file, page)
        .map_err(|error| ExitError::new(FAILED, format!("docs/performance.md: {error}")))
}

/// Returns what everybody promises, and what not.
fn promises(run: &Run) -> String {
    let lines = |of_others: bool| {
        let side = run.candidates.iter().filter(|one| (one.side == Side::Others) == of_others);
        side.map(|one| format!("* **{}**: {}\n", one.name, one.promise)).collect::<String>()
    };
    format!("{}\nOthers:\n\n{}", lines(false), lines(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::everybody::effort::Effort;
    use crate::everybody::results::Results;
    use crate::everybody::run::{all, crowd, measure};
    use crate::everybody::{bars, conditions};
    use crate::race::Team;

    /// A run in which nothing was measured.
    fn nothing() -> Run {
        let conditions = conditions::of(&Effort::FULL);
        Run { candidates: all(), threads: vec![1, 2], results: Results::default(), conditions }
    }

    /// Returns a page without what differs from run to run: of a table's row only the first cell is left.
    fn skeleton(page: &str) -> Vec<&str> {
        let first = |row| str::split(row, " |").next().unwrap_or(row);
        let rule = |line: &str| line.starts_with("|--");
        let lines = page.lines().filter(|line| !rule(line));
        lines.map(|line| if line.starts_with('|') { first(line) } else { line }).collect()
    }

    #[test]
    fn the_page_in_the_tree_is_what_the_command_writes_but_for_the_numbers() {
        let run = measure(&Effort::LITTLE, &[1], &Team::new(crowd(1)));
        let written = page(&run, &bars::judge(&run.results));
        let [shipped, written] =
            [include_str!("../../../../docs/performance.md"), &*written].map(skeleton);
        for (shipped, written) in shipped.iter().zip(&written) {
            assert_eq!(shipped, written, "scripts/bench --write writes it anew");
        }
        assert_eq!(shipped.len(), written.len());
    }

    #[test]
    fn every_candidate_and_every_bar_is_on_the_page() {
        let run = nothing();
        let judged = bars::judge(&run.results);
        let page = page(&run, &judged);
        for candidate in &run.candidates {
            let promise = format!("\n* **{}**: {}\n", candidate.name, candidate.promise);
            assert_eq!(page.matches(&promise).count(), 1, "{}", candidate.name);
            let row = format!("\n| {} | - | - |", candidate.name);
            assert_eq!(page.matches(&row).count(), 1, "{}", candidate.name);
        }
        for bar in &judged {
            let row =
                format!("\n| {}, {:.2} | nothing | does not hold |\n", bar.bar, bar.bar.threshold);
            assert_eq!(page.matches(&row).count(), 1, "{}", bar.bar);
        }
        assert!(!page.contains('{'), "a place that nothing was put in");
        let others = page.find("\nOthers:\n").unwrap();
        let place = |name: &str| page.find(&format!("* **{name}**")).unwrap();
        assert!(place("limit") < others && place("C plain") < others && others < place("Arc"));
    }

    #[test]
    fn a_page_is_written_or_the_command_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("performance.md");
        assert_eq!(write("text", &file), Ok(()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
        assert_eq!(write("text", folder.path()).unwrap_err().status, FAILED);
        assert!(Path::new(FILE).is_file());
    }

    #[test]
    fn a_skeleton_has_no_numbers() {
        let page = "a 1\n\n| b 2 | 3 |\n|---|--:|\n| c |  | 4 |\n";
        assert_eq!(skeleton(page), ["a 1", "", "| b 2", "| c"]);
    }
}
