//! A page in frames of some widths, looked at by a script from outside.
//!
//! A script in front of the page keeps its errors, and a policy refuses and reports whatever it wants to load from
//! elsewhere. The script outside defines `look(frame)`, which returns what it has seen as JSON; `faint(page)` of
//! frames/contrast.js tells it which texts are hard to read. Pages of several files stay where they are, and the
//! browser's console has their errors.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use serde_json::Value;

use crate::browser::Browser;
use lab::escape::escape;

/// Calls `look` for each frame when all has been loaded, and writes down what it returns.
const REPORT: &str = include_str!("frames/report.js");
const CONTRAST: &str = include_str!("frames/contrast.js");
/// Comes first in the page, so that it misses nothing.
const KEEP_ERRORS: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n<script>\n\
var errors = [];\n\
addEventListener('error', (event) => errors.push(`error: ${event.message ?? event.target.tagName}`), true);\n\
addEventListener('unhandledrejection', (event) => errors.push(`rejection: ${event.reason}`));\n\
addEventListener('securitypolicyviolation', (event) => errors.push(`wants ${event.blockedURI}`));\n\
console.error = console.warn = (...words) => errors.push(words.join(' '));\n</script>\n";

/// A page, and how wide its frame is.
pub type Frame<'a> = (&'a str, u32);

/// Loads the frames, by way of `file`, and returns what `script` has seen in each.
pub fn look(
    browser: &Browser,
    file: &Path,
    script: &str,
    frames: &[Frame<'_>],
    deadline: Instant,
) -> anyhow::Result<Vec<Value>> {
    let frames: String = frames.iter().map(whole).collect();
    std::fs::write(file, page(script, &frames))?;
    report(&browser.document(file, deadline)?)
}

/// Does the same with files, each in a frame of each width. Also returns what stands on the console.
pub fn look_at_files(
    browser: &Browser,
    file: &Path,
    script: &str,
    (files, widths): (&[PathBuf], &[u32]),
    deadline: Instant,
) -> anyhow::Result<(Vec<Value>, Vec<String>)> {
    let source = |file: &PathBuf| format!("src=\"file://{}\"", escape(&file.display().to_string()));
    let frames =
        files.iter().flat_map(|file| widths.iter().map(move |width| frame(*width, &source(file))));
    std::fs::write(file, page(script, &frames.collect::<String>()))?;
    let (document, console) = browser.files(file, deadline)?;
    Ok((report(&document)?, console))
}

/// Returns what the script has seen.
fn report(document: &str) -> anyhow::Result<Vec<Value>> {
    let report =
        document.split_once("<pre id=\"report\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (report, _) = report.with_context(|| format!("the probe has not run:\n{document}"))?;
    serde_json::from_str(report).context("the probe's report")
}

/// Returns the page around the frames.
fn page(script: &str, frames: &str) -> String {
    format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<body>\n<script>\n{CONTRAST}{script}{REPORT}</script>\n{frames}"
    )
}

/// Returns the frame of a page that is one text.
fn whole((page, width): &Frame<'_>) -> String {
    let page = escape(&page.replacen("<head>", &format!("<head>\n{KEEP_ERRORS}"), 1));
    frame(*width, &format!("srcdoc=\"{page}\""))
}

fn frame(width: u32, source: &str) -> String {
    format!("<iframe style=\"width: {width}px; height: 900px; border: 0\" {source}></iframe>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_framed_with_a_watch_in_front_of_it() {
        let page = |title: &str| format!("<html><head><title>{title}</title></head></html>");
        let frames = [whole(&(&page("\"a\""), 390)), whole(&(&page("b"), 1200))].concat();
        let framed = super::page("const A = 1;\n", &frames);
        assert!(framed.starts_with("<!doctype html>"));
        assert!(framed.contains(&format!("<script>\n{CONTRAST}const A = 1;\n{REPORT}</script>")));
        for (title, width) in [("\"a\"", 390), ("b", 1200)] {
            let inside = escape(&format!("<head>\n{KEEP_ERRORS}<title>{title}</title>"));
            assert_eq!(framed.matches(&inside).count(), 1);
            assert!(framed.contains(&format!("<iframe style=\"width: {width}px; ")));
        }
    }
}
