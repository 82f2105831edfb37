//! Every chapter of the guide has the same parts, its quiz has answers, and the book has every page.

mod page;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Context as _;
use book_links::plain;
use regex::Regex;

use crate::context::Context;
use crate::step::{Outcome, Step};
use page::{Page, Part};

/// The list of the book's pages, beside them.
const SUMMARY: &str = "docs/SUMMARY.md";
const FOLDER: &str = "docs/guide";
/// Pages of the guide that are no chapters, and the one with the answers.
const OTHERS: [&str; 3] = [OVERVIEW, "protocol.md", ANSWERS];
/// Has a row for each chapter.
const OVERVIEW: &str = "README.md";
const ANSWERS: &str = "answers.md";
/// What a chapter is made of.
const PARTS: [&str; 6] =
    ["Question", "Predict", "Experiment", "Explanation", "Quiz", "In the code"];
/// So many chapters, each of which is short, are a guide.
const CHAPTERS: std::ops::RangeInclusive<usize> = 8..=12;

/// A line of the list: a title, and the file.
static ENTRY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[([^\]]*)\]\(([^)]*)\)").expect("a pattern"));

/// The step.
pub fn step() -> Step {
    Step::new("guide: every chapter has its parts", 60, |context, _| check(context))
}

fn check(context: &Context) -> anyhow::Result<Outcome> {
    let summary = fs::read_to_string(context.root().join(SUMMARY)).context(SUMMARY)?;
    let entries: Vec<(&str, PathBuf)> = ENTRY
        .captures_iter(&summary)
        .map(|entry| entry.extract().1)
        .map(|[title, file]| (title, Path::new("docs").join(file)))
        .collect();
    let mut sum = Outcome::from(of_summary(context.root(), &entries));
    let chapters: Vec<_> = entries.iter().filter(|(_, file)| is_chapter(file)).collect();
    let count = chapters.len();
    sum.add(Outcome::check(CHAPTERS.contains(&count), || {
        let here = file!();
        format!(
            "the guide has {count} chapters, not {CHAPTERS:?}; what is meant stands in {here}\n"
        )
    }));
    let answers = read(context.root(), &Path::new(FOLDER).join(ANSWERS))?;
    let given = answers.parts.len();
    sum.add(Outcome::check(given == count, || {
        format!("{FOLDER}/{ANSWERS} has {given} headings, for {count} chapters\n")
    }));
    let overview = Path::new(FOLDER).join(OVERVIEW);
    let overview = fs::read_to_string(context.root().join(&overview))
        .context(overview.display().to_string())?;
    for (number, (title, file)) in chapters.into_iter().enumerate() {
        let mut wrong = match read(context.root(), file) {
            Ok(chapter) => {
                of_chapter(context.root(), title, file, &chapter, answers.parts.get(number))
            }
            Err(error) => vec![format!("{error:#}")],
        };
        let name = file.file_name().unwrap_or_default().display();
        let row = format!("| {}. [{title}]({name}) |", number + 1);
        if !overview.contains(&row) {
            wrong.push(format!("{FOLDER}/{OVERVIEW} has no row {row}"));
        }
        sum.add(Outcome::check(wrong.is_empty(), || {
            wrong.iter().map(|line| format!("{}: {line}\n", file.display())).collect()
        }));
    }
    Ok(sum)
}

fn is_chapter(file: &Path) -> bool {
    file.parent() == Some(Path::new(FOLDER)) && !OTHERS.iter().any(|name| file.ends_with(name))
}

fn read(root: &Path, file: &Path) -> anyhow::Result<Page> {
    let text = fs::read_to_string(root.join(file)).with_context(|| file.display().to_string())?;
    Ok(page::read(&text))
}

/// The list names every page of docs/ once, and nothing else.
fn of_summary(root: &Path, entries: &[(&str, PathBuf)]) -> anyhow::Result<Outcome> {
    let mut pages = Vec::new();
    pages_below(root, Path::new("docs"), &mut pages)?;
    let listed = |page: &PathBuf| entries.iter().filter(|(_, file)| file == page).count();
    let mut wrong = String::new();
    for page in pages.iter().filter(|page| listed(page) != 1) {
        let (page, times) = (page.display(), listed(page));
        wrong.push_str(&format!("{SUMMARY} has {times} lines for {page}, not 1\n"));
    }
    for (_, file) in entries.iter().filter(|(_, file)| !pages.contains(file)) {
        wrong.push_str(&format!(
            "{SUMMARY} has a line for {}, which is not there\n",
            file.display()
        ));
    }
    Ok(Outcome::check(wrong.is_empty(), || wrong))
}

fn pages_below(root: &Path, folder: &Path, pages: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let path = folder.join(entry?.file_name());
        if root.join(&path).is_dir() {
            pages_below(root, &path, pages)?;
        } else if path.extension().is_some_and(|end| end == "md") && path != Path::new(SUMMARY) {
            pages.push(path);
        }
    }
    Ok(())
}

/// Returns what a chapter lacks.
fn of_chapter(
    root: &Path,
    title: &str,
    file: &Path,
    chapter: &Page,
    answers: Option<&Part>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    if chapter.title != title {
        wrong.push(format!("its title is {:?}, and {SUMMARY} has {title:?}", chapter.title));
    }
    let headings: Vec<_> = chapter.parts.iter().map(|part| part.heading.as_str()).collect();
    let [_, _, experiment, _, quiz, code] = chapter.parts.as_slice() else {
        return vec![format!("its parts are {headings:?}, not {PARTS:?}")];
    };
    if headings != PARTS {
        wrong.push(format!("its parts are {headings:?}, not {PARTS:?}"));
    }
    if !experiment.command {
        wrong.push("no block of the experiment shows a command".to_owned());
    }
    if !experiment.compared {
        wrong.push("no block of the experiment is compared with a real run".to_owned());
    }
    let (asked, answered) = (quiz.numbered, answers.map_or(0, |part| part.numbered));
    if asked == 0 || asked != answered {
        wrong.push(format!("{asked} questions, and {answered} answers"));
    }
    let link = answers.and_then(|part| part.links.first());
    let link = link.and_then(|link| link.split('#').next());
    if link != file.file_name().and_then(|name| name.to_str()) {
        wrong.push(format!("the heading of its answers leads to {link:?}"));
    }
    if !code.links.iter().any(|link| is_code(root, link)) {
        wrong.push("no link leads into the code".to_owned());
    }
    wrong
}

/// Returns whether a link of a chapter leads to a file of the project that is not in docs/.
fn is_code(root: &Path, link: &str) -> bool {
    let path = plain(&Path::new(FOLDER).join(link));
    path.is_some_and(|path| !path.starts_with("docs") && root.join(path).is_file())
}

#[cfg(test)]
#[path = "guide/guide_tests.rs"]
mod tests;
