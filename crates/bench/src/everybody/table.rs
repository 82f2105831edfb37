//! A table, as text for a terminal and as Markdown.

/// Titles, and rows with as many cells.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// What the columns are.
    pub titles: Vec<String>,
    /// The cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes a table without rows.
    pub fn new(titles: &[&str]) -> Self {
        Self { titles: titles.iter().map(|title| (*title).to_owned()).collect(), rows: Vec::new() }
    }

    /// Returns it with columns as wide as their widest cells: the first to the left, numbers to the right.
    pub fn text(&self) -> String {
        let lines = || [&self.titles].into_iter().chain(&self.rows);
        let width = |column: usize| lines().map(|line| line[column].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.titles.len()).map(width).collect();
        let mut text = String::new();
        for line in lines() {
            let cells = line.iter().zip(&widths).enumerate();
            let cells = cells.map(|(column, (cell, &width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            text += cells.collect::<Vec<_>>().join("  ").trim_end();
            text.push('\n');
        }
        text
    }

    /// Returns it as Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.titles);
        text += "|---|";
        text += &"--:|".repeat(self.titles.len() - 1);
        text.push('\n');
        text.extend(self.rows.iter().map(|row| line(row)));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let rows = [["one", "1.00", "-"], ["the other", "12.00", ""]];
        Table {
            rows: rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect(),
            ..Table::new(&["who", "how much", "x"])
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cells() {
        let wanted = "who        how much  x\n\
                      one            1.00  -\n\
                      the other     12.00\n";
        assert_eq!(table().text(), wanted);
    }

    #[test]
    fn markdown_has_a_line_between_titles_and_rows() {
        let wanted = "| who | how much | x |\n\
                      |---|--:|--:|\n\
                      | one | 1.00 | - |\n\
                      | the other | 12.00 |  |\n";
        assert_eq!(table().markdown(), wanted);
    }
}
