//! Every link in the documents leads to a file that is there, and to a heading that it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context as _, ensure};
use book_links::plain;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::step::{Outcome, Step};

/// Fewer documents than this have not been read, but overlooked.
const AT_LEAST: usize = 15;
/// Folders without documents: what was built, and texts that programs print elsewhere.
const LEFT_OUT: [&str; 3] = ["target", "out", "src"];
/// A link in HTML.
static IN_HTML: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\b(?:src|href)="([^"]*)""#).expect("a pattern"));

/// A document: where its links lead, and what its headings are called in a link.
#[derive(Debug, Default, PartialEq, Eq)]
struct Document {
    links: Vec<String>,
    anchors: BTreeSet<String>,
}

/// The step.
pub fn step() -> Step {
    Step::new("links and their anchors lead somewhere", 60, |context, _| {
        let mut documents = BTreeMap::new();
        read_all(context.root(), Path::new(""), &mut documents)?;
        ensure!(documents.len() >= AT_LEAST, "only {} documents were found", documents.len());
        Ok(check(context.root(), &documents))
    })
}

/// Reads every document below a folder of the project.
fn read_all(
    root: &Path,
    folder: &Path,
    documents: &mut BTreeMap<PathBuf, Document>,
) -> anyhow::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
        let name = name.to_string_lossy();
        if name.starts_with('.') || is_left_out(&name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            read_all(root, &path, documents)?;
        } else if path.extension().is_some_and(|end| end == "md") {
            let text =
                fs::read_to_string(entry.path()).with_context(|| path.display().to_string())?;
            documents.insert(path, read(&text));
        }
    }
    Ok(())
}

fn is_left_out(name: &str) -> bool {
    LEFT_OUT.contains(&name) || name.starts_with("target-")
}

/// Reads a document.
fn read(text: &str) -> Document {
    let (mut document, mut seen) = (Document::default(), BTreeMap::new());
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&heading.take().unwrap_or_default());
                let times: &mut u32 = seen.entry(anchor.clone()).or_default();
                document.anchors.insert(match *times {
                    0 => anchor,
                    times => format!("{anchor}-{times}"),
                });
                *times += 1;
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push(dest_url.into_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let found = IN_HTML.captures_iter(&html).map(|found| found[1].to_owned());
                document.links.extend(found);
            }
            Event::Text(text) | Event::Code(text) => {
                heading.iter_mut().for_each(|heading| heading.push_str(&text));
            }
            _ => {}
        }
    }
    document
}

/// Returns what GitHub calls a heading in a link: small letters, hyphens for blanks, no other signs.
fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

/// Follows every link that stays in the project; one check each.
fn check(root: &Path, documents: &BTreeMap<PathBuf, Document>) -> Outcome {
    let mut sum = Outcome::default();
    for (file, document) in documents {
        for link in document.links.iter().filter(|link| !link.contains(':')) {
            let wrong = broken(root, documents, file, link);
            sum.add(Outcome::check(wrong.is_none(), || {
                format!("{}: {link}: {}\n", file.display(), wrong.unwrap_or_default())
            }));
        }
    }
    sum
}

/// Returns what is wrong with a link in a document.
fn broken(
    root: &Path,
    documents: &BTreeMap<PathBuf, Document>,
    file: &Path,
    link: &str,
) -> Option<&'static str> {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, at)| (path, Some(at)));
    let target = match path {
        "" => file.to_owned(),
        path => match plain(&file.parent().unwrap_or(Path::new("")).join(path)) {
            Some(path) => path,
            None => return Some("it leaves the project"),
        },
    };
    if !root.join(&target).exists() {
        return Some("no such file");
    }
    let anchors = documents.get(&target).map(|document| &document.anchors);
    match (anchor, anchors) {
        (Some(anchor), Some(anchors)) if !anchors.contains(anchor) => Some("no such heading there"),
        (Some(_), None) => Some("an anchor of a file that is no document"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn headings_are_called_as_github_calls_them() {
        for (heading, wanted) in [
            ("By the line", "by-the-line"),
            ("1. Before the first atomic (`boot/entry.S`)", "1-before-the-first-atomic-bootentrys"),
            ("A look is cheap. When is it not?", "a-look-is-cheap-when-is-it-not"),
        ] {
            let document = read(&format!("# {heading}\n\n# {heading}\n"));
            let wanted = BTreeSet::from([wanted.to_owned(), format!("{wanted}-1")]);
            assert_eq!(document.anchors, wanted);
        }
    }

    #[test]
    fn links_are_found_in_text_tables_and_html_and_not_in_code() {
        let text = "[a](b.md) `[c](d.md)` ![e](f.svg)\n\n| [g](h.md#i) |\n|---|\n| x |\n\n\
                    <img src=\"j.svg\" width=\"4\">\n\n```text\n[k](l.md)\n```\n[m][n]\n\n[n]: o.md\n";
        assert_eq!(read(text).links, ["b.md", "f.svg", "h.md#i", "j.svg", "o.md"]);
    }

    #[test]
    fn what_leads_nowhere_is_a_failure() {
        let fake = Fake::new();
        fake.file("docs/a.md", "[x](a.md)");
        assert_eq!(fake.run(&step()), (0, 1), "too few documents");
        for number in 0..AT_LEAST {
            fake.file(&format!("docs/{number}.md"), "# One\n");
        }
        let run = |link: &str| {
            fake.file("docs/a.md", &format!("# Here\n[x]({link})\n"));
            fake.run(&step())
        };
        let good = ["1.md", "1.md#one", "#here", "../src/main.rs", "..", "../docs/2.md"];
        for link in good {
            assert_eq!(run(link), (1, 0), "{link}");
        }
        for link in
            ["none.md", "../../x.md", "1.md#two", "#there", "../main.rs", "../src/main.rs#L3"]
        {
            assert_eq!(run(link), (0, 1), "{link}");
        }
        assert_eq!(run("https://example.org/none#x"), (0, 0));
        for folder in ["target", "target-2", "out", ".hidden", "crates/a/src"] {
            fake.file(&format!("{folder}/b.md"), "[x](none.md)");
        }
        assert_eq!(run("1.md"), (1, 0));
    }

    #[test]
    fn a_path_is_followed_inside_the_project() {
        let of = |path: &str| plain(Path::new(path)).map(|path| path.display().to_string());
        assert_eq!(of("docs/../src/./a.rs").as_deref(), Some("src/a.rs"));
        assert_eq!(of("../a"), None);
    }
}
