//! What must not stand anywhere in a report that passes: a second verdict, a core's death, a hidden failure.
//!
//! A report has many writers: two cores can end at the same time, one with `FAIL` and one with `PASS`, and
//! then the last line is not the whole truth. So every line is searched, whatever else it is, also where
//! another line was cut in two by it.

use super::line::{begins_with, without_colours};

/// How a line begins with which a core dies. These are `VECTORS` and the panic handler in the kernel's
/// src/machine/traps, what Rust's own panics say, and Linux's.
const DEATHS: [&str; 11] = [
    "panic",
    "panicked",
    "Kernel panic",
    "exception",
    "an exception that cannot be reported",
    "stack overflow",
    "system error",
    "unexpected FIQ",
    "FIQ from",
    "interrupt from",
    "interrupt inside a handler",
];
/// What may follow at once: "# panic: x" is a death, "# panic handler: set" is not.
const AFTER_DEATH: [&str; 6] = [":", "!", " on ", " at ", " inside ", " - "];

/// What contradicts a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// A core has died.
    Death,
    /// A line that says how the run ended, and is not just the one that a pass ends with.
    Verdict,
    /// `Bail out!`, or a failed test where none is counted.
    Failure,
}

/// Returns what contradicts a pass in one line. `pass` and `fail` are the end markers; that of a pass itself
/// does not.
pub fn find(line: &str, pass: &str, fail: &str) -> Option<Contradiction> {
    let trimmed = line.trim_end_matches([' ', '\t', '\r']);
    if trimmed.strip_prefix("# ") == Some(pass) {
        return None;
    }
    let text = without_colours(trimmed);
    let start = said(&text);
    let is_diagnostic = text.trim_start().starts_with('#');
    if is_death(start, is_diagnostic) {
        return Some(Contradiction::Death);
    }
    if begins_with(start, "bail out!") || is_failed_test(start) {
        return Some(Contradiction::Failure);
    }
    let behind = text.match_indices('#').map(|(at, _)| said(&text[at..]));
    for piece in std::iter::once(start).chain(behind) {
        if is_death(piece, false) {
            return Some(Contradiction::Death);
        }
        if begins_with(piece, pass) || begins_with(piece, fail) {
            return Some(Contradiction::Verdict);
        }
    }
    None
}

/// Returns the text without the marks, the blanks and the control characters before it.
fn said(text: &str) -> &str {
    text.trim_start_matches(|c: char| c == '#' || c.is_whitespace() || c.is_control())
}

/// Returns whether a text tells of a death. `alone`: also where no core is named.
fn is_death(text: &str, alone: bool) -> bool {
    DEATHS.iter().filter(|death| begins_with(text, death)).any(|death| {
        let rest = &text[death.len()..];
        let follows = || AFTER_DEATH.iter().any(|word| begins_with(rest, word));
        let whole_word = !rest.starts_with(|c: char| c.is_alphanumeric());
        whole_word && (has_core(rest) || alone && (rest.is_empty() || follows()))
    })
}

/// Returns whether ` on core 3` stands in the text, before a colon.
fn has_core(text: &str) -> bool {
    let text = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let mut behind = text.match_indices(" on core ").map(|(at, found)| &text[at + found.len()..]);
    behind.any(|text| text.starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns whether the text begins with `not ok` and a number, as kselftest prints results of subtests.
fn is_failed_test(text: &str) -> bool {
    begins_with(text, "not ok ") && text[7..].trim_start().starts_with(|c: char| c.is_ascii_digit())
}
