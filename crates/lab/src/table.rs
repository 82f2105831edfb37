//! Tables in HTML: a caption, a row of headings, and rows.

use super::escape::escape;

/// A table under way.
#[derive(Clone, Debug)]
pub struct Table {
    caption: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    texts: bool,
}

impl Table {
    /// Returns an empty one; all texts are plain and get escaped.
    pub fn new<T: Into<String>>(caption: &str, columns: impl IntoIterator<Item = T>) -> Table {
        let columns = columns.into_iter().map(Into::into).collect();
        Table { caption: caption.to_owned(), columns, rows: Vec::new(), texts: false }
    }

    /// Returns the table with cells for texts, not for numbers.
    pub fn with_texts(mut self) -> Table {
        self.texts = true;
        self
    }

    /// Adds a row. What comes after a line break in a cell is less important.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Returns it as HTML. It scrolls by itself where the page is too narrow for it, also from the keyboard; what
    /// it is about stands above and stays where it is.
    pub fn html(&self) -> String {
        let caption = escape(&self.caption);
        let heads: String = self
            .columns
            .iter()
            .map(|column| format!("<th scope=\"col\">{}</th>", escape(column)))
            .collect();
        let rows: String = self.rows.iter().map(|row| Self::row_html(row)).collect();
        let class = if self.texts { " class=\"words\"" } else { "" };
        format!(
            "<h3>{caption}</h3>\n\
             <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n\
             <table{class} aria-label=\"{caption}\">\n\
             <thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
        )
    }

    fn row_html(row: &[String]) -> String {
        let mut html = "<tr>".to_owned();
        for (index, cell) in row.iter().enumerate() {
            let cell = escape(cell);
            html += &match index {
                0 => format!("<th scope=\"row\">{cell}</th>"),
                _ => match cell.split_once('\n') {
                    Some((first, more)) => format!("<td>{first}<br><small>{more}</small></td>"),
                    None => format!("<td>{cell}</td>"),
                },
            };
        }
        html + "</tr>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_escaped_and_the_first_is_a_heading() {
        let mut table = Table::new("a & b", ["<x>", "y"]);
        table.row(["1 < 2", "\"3\""]);
        table.row(["4", "5\n<6"]);
        let html = table.html();
        assert!(html.contains("<h3>a &amp; b</h3>"), "{html}");
        assert!(html.contains("<th scope=\"col\">&lt;x&gt;</th><th scope=\"col\">y</th>"));
        assert!(html.contains("<tr><th scope=\"row\">1 &lt; 2</th><td>&quot;3&quot;</td></tr>"));
        assert!(html.contains("<td>5<br><small>&lt;6</small></td>"));
    }
}
