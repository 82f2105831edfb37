//! Puts runs into one HTML file that needs nothing else.

use crate::run::Run;
use serde::Serialize;

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: [&str; 3] = [
    include_str!("page/caches.js"),
    include_str!("page/view.js"),
    include_str!("page/controls.js"),
];

/// What a page shows. All texts are plain ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page {
    /// Its heading.
    pub title: String,
    /// What is seen here, a paragraph each.
    pub about: Vec<String>,
    /// What can be chosen, one at a time.
    pub sets: Vec<Set>,
    /// Which of them is shown first.
    pub first: usize,
}

/// Runs side by side on one clock.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Set {
    /// What it is called.
    pub label: String,
    /// The runs.
    pub runs: Vec<Run>,
}

/// Returns the file.
pub fn html(page: &Page) -> String {
    let data = serde_json::to_string(page).expect("texts and numbers");
    // In JSON it stands in texts only; there, nothing may look like the end of the script.
    let data = data.replace('<', "\\u003c");
    let page = TEMPLATE.replace("@STYLE@", STYLE).replace("@SCRIPT@", &SCRIPTS.join("\n"));
    page.replace("@DATA@", &data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn page(title: &str) -> String {
        html(&Page { title: title.to_owned(), about: vec![], sets: vec![], first: 0 })
    }

    #[test]
    fn the_data_is_what_was_given() {
        let title = "</script> <!-- \"x\" @STYLE@ @DATA@ & ½";
        let page = page(title);
        let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data, json!({ "title": title, "about": [], "sets": [], "first": 0 }));
    }

    #[test]
    fn everything_is_in_it_and_nothing_comes_from_elsewhere() {
        let page = page("x");
        for part in [&[STYLE], &SCRIPTS[..]].concat() {
            assert!(page.contains(part));
        }
        for word in ["@import", "url(", " src=", "://", "fetch(", "import ", "@STYLE@", "@SCRIPT@"]
        {
            assert!(!page.contains(word), "{word}");
        }
    }
}
