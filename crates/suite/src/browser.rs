//! A browser without a window: loads a page and returns it as it is then, or prints it.

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

    /// Returns how many pages it prints.
    pub fn pages(&self, page: &Path, deadline: Instant) -> anyhow::Result<usize> {
        let pdf = self.folder.join("page.pdf");
        let print = format!("--print-to-pdf={}", pdf.display());
        self.run(page, &["--no-pdf-header-footer", &print], deadline)?;
        Ok(pages(&std::fs::read(&pdf).context("it has printed nothing")?))
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

/// Returns the number of page objects of a PDF (ISO 32000-1, 7.7.3.3): `/Type /Page`, but not `/Type /Pages`.
fn pages(pdf: &[u8]) -> usize {
    let key = b"/Type /Page";
    let starts = pdf.windows(key.len() + 1).filter(|window| window.starts_with(key));
    starts.filter(|window| !window[key.len()].is_ascii_alphabetic()).count()
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
    fn a_document_and_its_pages_come_from_the_browser() {
        let fake = Fake::new();
        fake.script(
            "browser",
            "for word; do case $word in\n\
            --print-to-pdf=*) printf '<</Type /Page>> <</Type /Page>>' >\"${word#*=}\" ;;\n\
            --dump-dom) echo the document ;;\n\
            --user-data-dir=*) test -d \"${word#*=}\" || exit 1 ;;\n\
            file:///page.html) exit 0 ;;\nesac done; exit 3",
        );
        let browser = Browser { program: fake.path("browser"), folder: fake.path("") };
        let deadline = Instant::now() + std::time::Duration::from_secs(60);
        let page = Path::new("/page.html");
        assert_eq!(browser.document(page, deadline).unwrap(), "the document\n");
        assert_eq!(browser.pages(page, deadline).unwrap(), 2);
        assert!(!fake.path("profile").exists(), "a profile is left");
        assert!(browser.document(Path::new("/other.html"), deadline).is_err());
        fake.script("browser", "exit 0");
        let error = browser.pages(page, deadline);
        // What it has printed before is not read again.
        std::fs::remove_file(fake.path("page.pdf")).unwrap();
        let _ = error;
        assert!(browser.pages(page, deadline).unwrap_err().to_string().contains("printed nothing"));
    }

    #[test]
    fn pages_are_counted_and_their_list_is_not() {
        assert_eq!(pages(b"<</Type /Pages /Count 2>> <</Type /Page\n>> <</Type /Page /X>>"), 2);
        assert_eq!(pages(b""), 0);
    }
}
