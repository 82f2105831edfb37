//! The table of docs/instructions.md.

use std::fmt;

use anyhow::{Context as _, ensure};

/// Where it is.
pub const FILE: &str = "docs/instructions.md";
/// What stands in a cell where nothing is counted.
const NOTHING: &str = "–";

/// Functions by their names, and their instructions.
pub type Counted = Vec<(String, u64)>;

/// A column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// A program on x86-64.
    X86,
    /// The kernel on AArch64, with exclusive loads and stores.
    Exclusives,
    /// The same with FEAT_LSE.
    Lse,
}

impl Column {
    /// Returns its heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86-64",
            Self::Exclusives => "LL/SC",
            Self::Lse => "LSE",
        }
    }
}

/// A function.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its instructions, in the order of the columns.
    pub counts: [Option<u64>; 3],
    /// What it is.
    what: String,
}

impl Row {
    /// Returns an empty row.
    pub fn new(name: &str) -> Row {
        Row { name: name.to_owned(), counts: [None; 3], what: String::new() }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |count: Option<u64>| count.map_or(NOTHING.to_owned(), |one| one.to_string());
        let [x86, exclusives, lse] = self.counts.map(shown);
        write!(out, "| `{}` | {x86} | {exclusives} | {lse} | {} |", self.name, self.what)
    }
}

/// Returns the rows: the lines that begin with a name in backticks and have five cells.
pub fn rows(text: &str) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, x86, exclusives, lse, what] = cells[..] else { continue };
        let count = |cell: &str| match cell {
            NOTHING => Ok(None),
            number => number.parse().map(Some).with_context(|| line.to_owned()),
        };
        let counts = [count(x86)?, count(exclusives)?, count(lse)?];
        let name = name.trim_matches('`').to_owned();
        ensure!(rows.iter().all(|row| row.name != name), "two rows of {name}");
        rows.push(Row { name, counts, what: what.to_owned() });
    }
    ensure!(!rows.is_empty(), "there is no table");
    Ok(rows)
}

/// Returns the text with what was counted in the column of each row that it has.
pub fn with(text: &str, column: Column, counted: &Counted) -> anyhow::Result<String> {
    let mut text = text.to_owned();
    for old in rows(&text)? {
        let Some((_, now)) = counted.iter().find(|(name, _)| *name == old.name) else { continue };
        let mut new = old.clone();
        new.counts[column as usize] = Some(*now);
        text = text.replace(&format!("{old}\n"), &format!("{new}\n"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_to_its_row_and_its_column() {
        let text = "# X\n| `a` | 1 | 2 | – | x |\n| `b` | 1 | 2 | – | y |\ntext\n";
        let counted = vec![("b".to_owned(), 7), ("c".to_owned(), 8)];
        let with = |column| with(text, column, &counted).unwrap();
        assert_eq!(with(Column::X86), text.replace("| `b` | 1", "| `b` | 7"));
        assert_eq!(with(Column::Lse), text.replace("2 | – | y", "2 | 7 | y"));
    }

    #[test]
    fn a_row_is_read_as_it_is_written() {
        let line = "| `plain_acquire` | 13 | 15 | – | of a plain object |";
        let text = format!("# X\n\n| function | x86-64 |\n|---|--:|\n{line}\n| `x` | y |\n");
        let rows = rows(&text).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].counts, [Some(13), Some(15), None]);
        assert_eq!(rows[0].to_string(), line);
    }

    #[test]
    fn what_is_no_number_a_second_row_and_no_table_are_errors() {
        let error = |text: &str| rows(text).unwrap_err().to_string();
        assert!(error("| `a` | 1 | x | 3 | b |").contains("| `a` |"));
        assert_eq!(error("| `a` | 1 | 2 | 3 | b |\n| `a` | 1 | 2 | 3 | b |"), "two rows of a");
        assert_eq!(error("nothing"), "there is no table");
    }

    #[test]
    fn the_columns_have_the_order_of_their_numbers() {
        let names = [Column::X86, Column::Exclusives, Column::Lse].map(Column::name);
        assert_eq!(names, ["x86-64", "LL/SC", "LSE"]);
        assert_eq!(
            [Column::X86, Column::Exclusives, Column::Lse].map(|one| one as usize),
            [0, 1, 2]
        );
    }
}
