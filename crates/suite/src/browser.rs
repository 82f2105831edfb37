//! A browser without a window: loads a page and returns it as it is then, or prints it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use runner::process::{self, Output};

/// Where it may be, the first that is there; scripts/setup --tests installs one.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Options against connections of its own, and against needing rights that a container does not have.
const QUIET: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// The browser, with a folder for what it writes.
#[derive(Debug)]
pub struct Browser {
    program: PathBuf,
    folder: PathBuf,
}

impl Browser {
    /// Finds it. `folder`: its own, and empty afterwards.
    pub fn find(folder: PathBuf) -> anyhow::Result<Browser> {
        let program = NAMES.iter().find_map(|name| found(name));
        let program = program.context("no Chromium is there; run scripts/setup --tests")?;
        Ok(Browser { program, folder })
    }

    /// Returns the document after everything in it has been loaded and has run.
    pub fn document(&self, page: &Path, deadline: Instant) -> anyhow::Result<String> {
        Ok(self.run(page, &["--window-size=1400,1000", "--dump-dom"], deadline)?.stdout)
    }

    /// Returns the document of a page that looks at other files, once all has come to rest, and what the pages have
    /// written on the console.
    pub fn files(&self, page: &Path, deadline: Instant) -> anyhow::Result<(String, Vec<String>)> {
        let args = [
            "--window-size=1400,1000",
            "--allow-file-access-from-files",
            "--enable-logging=stderr",
            "--virtual-time-budget=100000",
            "--dump-dom",
        ];
        let Output { stdout, stderr, .. } = self.run(page, &args, deadline)?;
        let console = stderr.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned);
        Ok((stdout, console.collect()))
    }

    /// Prints a page. There must be so many sheets, each with text.
    pub fn print(
        &self,
        page: &Path,
        sheets: &RangeInclusive<usize>,
        deadline: Instant,
    ) -> anyhow::Result<()> {
        let pdf = self.folder.join("page.pdf");
        let _ = std::fs::remove_file(&pdf); // of a time before
        let print = format!("--print-to-pdf={}", pdf.display());
        self.run(page, &["--no-pdf-header-footer", &print], deadline)?;
        let found = texts(&std::fs::read(&pdf).context("it has printed nothing")?);
        let count = found.len();
        ensure!(sheets.contains(&count), "it prints {count} sheets, not {sheets:?}");
        let empty = found.iter().position(|text| !text);
        ensure!(empty.is_none(), "sheet {} of {count} is empty", empty.unwrap_or(0) + 1);
        Ok(())
    }

    /// Each time with a new profile, so that nothing is left from the time before.
    fn run(&self, page: &Path, args: &[&str], deadline: Instant) -> anyhow::Result<Output> {
        let profile = self.folder.join("profile");
        let _ = std::fs::remove_dir_all(&profile); // there may be none
        std::fs::create_dir_all(&profile)?;
        let mut command = Command::new(&self.program);
        command.args(QUIET).arg(format!("--user-data-dir={}", profile.display())).args(args);
        command.arg(format!("file://{}", page.display()));
        let output = process::run(&mut command, deadline)?;
        let _ = std::fs::remove_dir_all(&profile); // as above
        ensure!(output.succeeded(), "{}", output.report(&command));
        Ok(output)
    }
}

fn found(name: &str) -> Option<PathBuf> {
    if name.starts_with('/') {
        return Some(name.into()).filter(|path: &PathBuf| path.is_file());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Returns of each page of a PDF whether it has text: whether its object (ISO 32000-1, 7.7.3.3), `/Type /Page` but not
/// `/Type /Pages`, names fonts.
fn texts(pdf: &[u8]) -> Vec<bool> {
    let pdf = String::from_utf8_lossy(pdf);
    let objects = pdf.split("/Type /Page").skip(1);
    let pages = objects.filter(|object| !object.starts_with(|c: char| c.is_ascii_alphabetic()));
    let has_text =
        |page: &str| page.split("endobj").next().is_some_and(|page| page.contains("/Font"));
    pages.map(has_text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn a_program_is_found_by_its_path_or_its_name() {
        let shell = found("sh").unwrap();
        assert!(shell.ends_with("sh") && shell.is_file());
        assert_eq!(found(shell.to_str().unwrap()), Some(shell));
        assert_eq!(
            [found("/nowhere/sh"), found("no such browser"), found("/")],
            [None, None, None]
        );
    }

    #[test]
    fn a_document_comes_from_the_browser_and_what_it_prints_is_looked_at() {
        let fake = Fake::new();
        fake.script(
            "browser",
            "for word; do case $word in\n\
            --print-to-pdf=*) printf '<</Type /Page /Font>> <</Type /Page /Font>>' >\"${word#*=}\" ;;\n\
            --dump-dom) echo the document; echo 'x:CONSOLE:1] \"y\"' >&2; echo z >&2 ;;\n\
            --user-data-dir=*) test -d \"${word#*=}\" || exit 1 ;;\n\
            file:///page.html) exit 0 ;;\nesac done; exit 3",
        );
        let browser = Browser { program: fake.path("browser"), folder: fake.path("") };
        let deadline = Instant::now() + std::time::Duration::from_secs(60);
        let page = Path::new("/page.html");
        assert_eq!(browser.document(page, deadline).unwrap(), "the document\n");
        let (document, console) = browser.files(page, deadline).unwrap();
        assert_eq!((&*document, &*console.concat()), ("the document\n", "x:CONSOLE:1] \"y\""));
        let print = |sheets| browser.print(page, &sheets, deadline);
        print(1..=2).unwrap();
        assert_eq!(print(3..=4).unwrap_err().to_string(), "it prints 2 sheets, not 3..=4");
        assert!(!fake.path("profile").exists(), "a profile is left");
        assert!(browser.document(Path::new("/other.html"), deadline).is_err());
        let half = "for word; do case $word in --print-to-pdf=*)\n\
            printf '<</Type /Page /Font>> <</Type /Page>>' >\"${word#*=}\" ;;\nesac done";
        fake.script("browser", half);
        assert_eq!(print(1..=2).unwrap_err().to_string(), "sheet 2 of 2 is empty");
        fake.script("browser", "exit 0");
        // What it has printed before is not read again.
        assert!(print(1..=2).unwrap_err().to_string().contains("printed nothing"));
    }

    #[test]
    fn pages_are_counted_with_their_texts_and_their_list_is_not() {
        let pages =
            b"<</Type /Pages /Count 2>> <</Type /Page\n>>endobj /Font <</Type /Page /Font >>endobj";
        assert_eq!(texts(pages), [false, true]);
        assert_eq!(texts(b""), [false; 0]);
    }
}
