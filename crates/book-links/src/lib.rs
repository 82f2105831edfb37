//! Links of the documents that lead somewhere on GitHub, made to lead there from the book.
//!
//! In the book is what lies in docs/. A link to anything else goes to the repository's web address, where that is
//! known (in a job), and otherwise into the checkout that the book was built in.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

/// The folder that the book is made of.
const SOURCES: &str = "docs";
/// From the first page of the book, target/book/index.html, to the checkout.
const UP: &str = "../../";

/// Where links lead.
pub struct Places {
    /// The folder of the project.
    pub checkout: PathBuf,
    /// What stands before a file's path on the web.
    pub web: Option<String>,
}

impl Places {
    /// Edits the links of every chapter of a book, as mdBook hands it to a preprocessor.
    pub fn edit_book(&self, book: &mut Value) {
        for item in book["items"].as_array_mut().into_iter().flatten() {
            self.edit_chapter(item);
        }
    }

    fn edit_chapter(&self, item: &mut Value) {
        let Some(chapter) = item.get_mut("Chapter") else { return };
        for item in chapter["sub_items"].as_array_mut().into_iter().flatten() {
            self.edit_chapter(item);
        }
        if let (Some(text), Some(file)) =
            (chapter["content"].as_str(), chapter["source_path"].as_str())
        {
            chapter["content"] = self.edit(text, Path::new(file)).into();
        }
    }

    /// Returns the text of a file below docs/ with its links edited.
    pub fn edit(&self, text: &str, file: &Path) -> String {
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut edited = text.to_owned();
        // From the end, so that what stands before stays where it is.
        for place in places(text).into_iter().rev() {
            if let Some(link) = self.link(&text[place.clone()], folder) {
                edited.replace_range(place, &link);
            }
        }
        edited
    }

    /// Returns what becomes of a link in a file of this folder of docs/, if it cannot stay.
    fn link(&self, link: &str, folder: &Path) -> Option<String> {
        let at = link.find('#').unwrap_or(link.len());
        let (path, anchor) = link.split_at(at);
        if path.is_empty() || path.contains(':') {
            return None;
        }
        let target = plain(&Path::new(SOURCES).join(folder).join(path))?;
        if target.starts_with(SOURCES) && self.checkout.join(&target).is_file() {
            // mdBook calls the page of a README so, and has its links lead elsewhere.
            let start = path.strip_suffix("README.md")?;
            return Some(format!("{start}index.md{anchor}"));
        }
        let target = target.to_str()?;
        Some(match &self.web {
            Some(web) => format!("{web}/{target}{anchor}"),
            None => {
                let up = "../".repeat(folder.components().count());
                // mdBook would turn .md into .html.
                let target = target.replace(".md", "%2Emd");
                format!("{up}{UP}{target}{anchor}")
            }
        })
    }
}

/// Returns the repository's web address for files of the commit that a job of GitHub builds, by its variables.
pub fn web(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let [server, repository, commit] =
        ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"].map(variable);
    Some(format!("{}/{}/blob/{}", server?, repository?, commit?))
}

/// Finds where the targets of links and images stand, from the first to the last.
fn places(text: &str) -> Vec<Range<usize>> {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES);
    let definitions = parser.reference_definitions().iter();
    let definitions = definitions.map(|(_, it)| ("]: ", it.dest.to_string(), it.span.clone()));
    let mut links: Vec<_> = definitions.collect();
    for (event, range) in parser.into_offset_iter() {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
            links.push(("](", dest_url.to_string(), range));
        }
    }
    // In a link around an image its own target is the last. A link without one has a definition.
    let place = |(sign, target, range): (&str, String, Range<usize>)| {
        let at = text[range.clone()].rfind(&format!("{sign}{target}"))?;
        let start = range.start + at + sign.len();
        Some(start..start + target.len())
    };
    let mut places: Vec<_> = links.into_iter().filter_map(place).collect();
    places.sort_by_key(|place| place.start);
    places
}

/// Returns a path without `.` and `..`, unless it leaves the project.
pub fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => plain.pop().then_some(())?,
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns what becomes of a link in docs/guide/a.md, in a project with a few files.
    fn link(link: &str, web: Option<&str>) -> String {
        edit(&format!("[x]({link})"), web).replace("[x](", "").replace(')', "")
    }

    fn edit(text: &str, web: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("docs/guide")).unwrap();
        for file in ["docs/a.md", "docs/a.svg", "docs/README.md", "docs/guide/b.md", "b.md"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let places = Places { checkout: folder.path().to_owned(), web: web.map(str::to_owned) };
        places.edit(text, Path::new("guide/a.md"))
    }

    #[test]
    fn what_is_in_the_book_stays() {
        for same in ["b.md", "b.md#c", "../a.md", "../a.svg", "#c", "https://example.org/b.md"] {
            assert_eq!(link(same, None), same);
        }
        assert_eq!(link("../README.md#c", None), "../index.md#c");
        assert_eq!(link("../../../b.md", None), "../../../b.md", "it leaves the project");
    }

    #[test]
    fn what_is_not_in_the_book_is_in_the_checkout_or_on_the_web() {
        let web = Some("https://x.org/o/r/blob/1");
        for (out, local, there) in [
            ("../../src/a.rs", "../../../src/a.rs", "src/a.rs"),
            ("../../b.md#c", "../../../b%2Emd#c", "b.md#c"),
            ("../../src", "../../../src", "src"),
            (".", "../../../docs/guide", "docs/guide"),
        ] {
            assert_eq!(link(out, None), local);
            assert_eq!(link(out, web), format!("https://x.org/o/r/blob/1/{there}"));
        }
    }

    #[test]
    fn links_are_found_wherever_they_stand_and_code_is_left_alone() {
        let text = "[a](../../b) `[a](../../b)` [![b](../a.svg)](../../b \"b\")\n\n| [c](../../c) |\n|---|\n\n\
                    ```text\n[d](../../d)\n```\n[e][f]\n\n[f]: ../../e\n";
        let wanted = text.replace("[a](../../b) `", "[a](w/b) `");
        let wanted = wanted.replace("](../../b \"b", "](w/b \"b").replace("](../../c", "](w/c");
        assert_eq!(edit(text, Some("w")), wanted.replace("]: ../../e", "]: w/e"));
    }

    #[test]
    fn every_chapter_is_edited_and_nothing_else() {
        let chapter = |text: &str, items: Value| json!({ "Chapter": { "content": text, "source_path": "a.md", "sub_items": items } });
        let book = |text: &str| {
            let draft =
                json!({ "Chapter": { "content": "", "source_path": null, "sub_items": [] } });
            let items = [chapter(text, json!([chapter(text, json!([]))])), json!("Separator")];
            json!({ "items": [items[0], items[1], draft, { "PartTitle": "[x](../b)" }] })
        };
        let mut edited = book("[x](../b)");
        Places { checkout: PathBuf::new(), web: Some("w".to_owned()) }.edit_book(&mut edited);
        assert_eq!(edited, book("[x](w/b)"));
    }

    #[test]
    fn the_web_address_is_that_of_a_job() {
        let job = |name: &str| Some(name.to_lowercase());
        let address = "github_server_url/github_repository/blob/github_sha";
        assert_eq!(web(job).as_deref(), Some(address));
        assert_eq!(web(|name| job(name).filter(|_| name != "GITHUB_SHA")), None);
    }
}
