//! The book of docs/ in a real browser: every page fits a phone, can be read in each theme, and leads somewhere.
//!
//! scripts/book builds it. Where there is no mdBook, only the long run has it installed: that takes minutes.

mod judge;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::browser::Browser;
use crate::context::Context;
use crate::frames;
use crate::not_run::NotRun;
use crate::step::{Outcome, Step, refused};
use runner::process;

use judge::WIDTHS;

/// Seconds for a step, and for one that may have to install mdBook.
const PATIENCE: u64 = 300;
const INSTALLS: u64 = 1800;
/// The exit status of scripts/book where there is no mdBook.
const NONE_HERE: i32 = 3;
/// Where the book is, and pages in it that are looked at elsewhere, or only without JavaScript.
const BOOK: &str = "target/book";
const LEFT_OUT: [&str; 2] = ["replay.html", "toc.html"];
/// Fewer pages than this have not been looked at, but overlooked.
const AT_LEAST: usize = 20;
/// The page that is broken on purpose.
const BROKEN: &str = "guide/lines.html";
/// In a job, links would lead to the web.
const OF_A_JOB: [&str; 3] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"];

const PROBE: &str = include_str!("book/probe.js");

/// The steps. `long`: mdBook is installed where it is missing.
pub fn steps(long: bool) -> Vec<Step> {
    let patience = if long { INSTALLS } else { PATIENCE };
    vec![
        Step::new("book: wrong usage is one line and status 2", PATIENCE, usage),
        Step::new(
            "book: every page fits, can be read, and leads somewhere",
            patience,
            move |context, deadline| good(context, long, deadline),
        ),
        Step::new(
            "book: what is broken on purpose is noticed",
            patience,
            move |context, deadline| broken(context, long, deadline),
        ),
    ]
}

fn usage(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for words in ["--nonsense", "x", "--no-install x"] {
        let mut command = context.command("scripts/book", "");
        sum.add(refused(command.args(words.split(' ')), "rundown: ", deadline)?);
    }
    Ok(sum)
}

/// Builds the book, and returns its folder. The error is [`NotRun`] where mdBook is missing and stays so.
fn build(context: &Context, long: bool, deadline: Instant) -> anyhow::Result<PathBuf> {
    let mut command = context.command("scripts/book", "");
    command.args((!long).then_some("--no-install"));
    for name in OF_A_JOB {
        command.env_remove(name);
    }
    let output = process::run(&mut command, deadline)?;
    if output.status == Some(NONE_HERE) {
        let line = output.stderr.trim_end();
        return Err(NotRun(line.strip_prefix("rundown: ").unwrap_or(line).to_owned()).into());
    }
    ensure!(output.succeeded(), "{}", output.report(&command));
    Ok(context.root().join(BOOK))
}

fn good(context: &Context, long: bool, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut pages = Vec::new();
    pages_below(&build(context, long, deadline)?, &mut pages)?;
    ensure!(pages.len() >= AT_LEAST, "the book has only {} pages", pages.len());
    let browser = Browser::find(context.scratch("browser")?)?;
    let wrong = look(context, &browser, &pages, deadline)?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(Outcome::passed(pages.len() * WIDTHS.len()))
}

fn pages_below(folder: &Path, pages: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let left_out = LEFT_OUT.iter().any(|name| path.ends_with(name));
        if path.is_dir() {
            pages_below(&path, pages)?;
        } else if path.extension().is_some_and(|end| end == "html") && !left_out {
            pages.push(path);
        }
    }
    Ok(())
}

/// Returns what is wrong with these pages.
fn look(
    context: &Context,
    browser: &Browser,
    pages: &[PathBuf],
    deadline: Instant,
) -> anyhow::Result<Vec<String>> {
    let file = context.scratch("book")?.join("frames.html");
    let (seen, mut wrong) =
        frames::look_at_files(browser, &file, PROBE, (pages, &WIDTHS), deadline)?;
    wrong.extend(judge::judge(&seen, pages.len(), context.root()));
    Ok(wrong)
}

/// What is put at the end of a page, and a part of the complaint that must follow.
const BREAKAGES: [(&str, &str); 7] = [
    ("<p style=\"width: 800px\">x</p>", "wider than its room"),
    ("<p style=\"color: #808080\">pale</p>", "too little contrast: \"light: pale: "),
    ("<p style=\"color: #777799\">paler</p>", "too little contrast: \"navy: paler: "),
    ("<script>nothing.at.all()</script>", "nothing is not defined"),
    ("<img src=\"http://127.0.0.1:9/x.png\">", "it loads \"http://127.0.0.1:9/x.png\""),
    ("<a href=\"none.html\">x</a>", "none.html is not there"),
    ("<a href=\"#none\">x</a>", "has no heading \"none\""),
];

fn broken(context: &Context, long: bool, deadline: Instant) -> anyhow::Result<Outcome> {
    let page = build(context, long, deadline)?.join(BROKEN);
    let text = std::fs::read_to_string(&page).context(BROKEN)?;
    // Its styles and scripts are those of the page that it is made from.
    let base = format!("<head>\n<base href=\"file://{}\">\n", page.display());
    let text = text.replacen("<head>", &base, 1);
    let folder = context.scratch("book")?;
    let mut files = Vec::new();
    for (number, (what, _)) in BREAKAGES.iter().enumerate() {
        let file = folder.join(format!("broken-{number}.html"));
        std::fs::write(&file, text.replacen("</main>", &format!("{what}</main>"), 1))?;
        files.push(file);
    }
    let browser = Browser::find(context.scratch("browser")?)?;
    let wrong = look(context, &browser, &files, deadline)?;
    let mut sum = Outcome::default();
    for (_, wanted) in BREAKAGES {
        sum.add(Outcome::check(wrong.iter().any(|line| line.contains(wanted)), || {
            format!("not noticed: {wanted:?}, but {wrong:?}\n")
        }));
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn wrong_usage_is_refused() {
        let fake = Fake::new();
        fake.script("scripts/book", "echo 'rundown: x' >&2; exit 2");
        assert_eq!(fake.run(&steps(false)[0]), (3, 0));
        fake.script("scripts/book", "[ $# = 1 ] && echo 'rundown: x' >&2; exit 2");
        assert_eq!(fake.run(&steps(false)[0]), (2, 1));
    }

    #[test]
    fn without_mdbook_nothing_is_run_unless_the_run_is_long() {
        let fake = Fake::new();
        fake.script(
            "scripts/book",
            "[ \"$*\" = --no-install ] && { echo 'rundown: no mdBook' >&2; exit 3; }; exit 1",
        );
        for step in &steps(false)[1..] {
            let outcome = fake.outcome(step);
            assert!(outcome.not_run && outcome.output == "no mdBook", "{outcome:?}");
        }
        for step in &steps(true)[1..] {
            assert_eq!(fake.run(step), (0, 1));
        }
    }

    #[test]
    fn a_book_of_few_pages_is_a_failure() {
        let fake = Fake::new();
        fake.script("scripts/book", "exit 0");
        for number in 2..AT_LEAST {
            fake.file(&format!("target/book/a/{number}.html"), "");
        }
        for file in ["b.html", "replay.html", "toc.html", "b.css"] {
            fake.file(&format!("target/book/{file}"), "");
        }
        assert_eq!(fake.outcome(&steps(false)[1]).output, "the book has only 19 pages\n");
    }
}
