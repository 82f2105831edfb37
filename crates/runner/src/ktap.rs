//! Reads KTAP version 1 as it arrives and judges whether the run passed.
//!
//! "No news" is a failure: a report passes only with the version line, one plan before the
//! first test, the numbers 1 to N in order, an `ok` for each and the end marker as its last
//! line, and with nothing anywhere that contradicts it. The bytes come from a guest that may be
//! broken, so every line is bounded and nothing here can panic on what it holds.

mod contradiction;
mod line;
mod place;

use std::fmt;

use contradiction::Contradiction;

pub use line::{LONGEST_LINE, Line, printable};
pub use place::Place;

/// Bytes that are kept across a cut: far more than a verdict or the line of a death needs.
const OVERLAP: usize = 512;

/// The last lines that a report may have, without the `# ` before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markers {
    /// Of a report that passed.
    pub pass: String,
    /// Of one that did not.
    pub fail: String,
}

impl Default for Markers {
    fn default() -> Markers {
        Markers { pass: "rundown: PASS".to_owned(), fail: "rundown: FAIL".to_owned() }
    }
}

/// Why a report did not pass, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection(String);

impl fmt::Display for Objection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A report under way: feed it bytes, then ask for the verdict.
#[derive(Debug, Default)]
pub struct Report {
    markers: Markers,
    unfinished: Vec<u8>,
    /// Of the unfinished line so much was kept already that its start is judged; the rest is only searched.
    cut: bool,
    version_seen: bool,
    plan: Option<u64>,
    reported: u64,
    passed: u64,
    failed: u64,
    /// The first test that failed or was skipped. It is reported rather than a wrong format.
    bad_test: Option<String>,
    /// The first line with which a core died.
    death: Option<String>,
    /// Where that was, as far as what follows tells.
    place: Place,
    /// The first other line that no report may have if it passes.
    contradiction: Option<String>,
    /// The first line that breaks the format.
    bad_format: Option<String>,
    /// What follows the end marker, where nothing should.
    after_end: Option<String>,
    /// The last line that is not blank.
    last: Option<Line>,
    last_text: String,
}

impl Report {
    /// Begins a report that ends in one of these lines.
    pub fn new(markers: Markers) -> Report {
        Report { markers, ..Report::default() }
    }

    /// Takes the next bytes, however they are cut. A carriage return ends a line as well: what a terminal
    /// would write over it was said nevertheless.
    pub fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let complete = piece.ends_with(b"\n") || piece.ends_with(b"\r");
            let mut text = &piece[..piece.len() - usize::from(complete)];
            while self.unfinished.len() + text.len() > LONGEST_LINE {
                let (now, later) = text.split_at(LONGEST_LINE - self.unfinished.len());
                self.unfinished.extend_from_slice(now);
                self.cut_line();
                text = later;
            }
            self.unfinished.extend_from_slice(text);
            if complete {
                self.end_line();
            }
        }
    }

    /// Takes a line that the kernel has printed elsewhere: by semihosting, before it knew its UART.
    pub fn take_early_line(&mut self, line: &str) {
        self.search(line);
    }

    /// Returns the number of tests that passed so far.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Returns the number of tests that failed or were skipped so far.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Returns the last line that is not blank, made safe to print and short enough for a message.
    pub fn last_line(&self) -> String {
        let text = if self.unfinished.is_empty() {
            self.last_text.clone()
        } else {
            String::from_utf8_lossy(&self.unfinished).into_owned()
        };
        printable(&text)
    }

    /// Returns where the kernel has died, if that is why it did not pass.
    pub fn place(&self) -> Option<&Place> {
        (self.bad_test.is_none() && self.death.is_some()).then_some(&self.place)
    }

    /// Ends the report and returns the number of tests. A last line without a line feed still counts.
    pub fn verdict(&mut self) -> Result<u64, Objection> {
        if !self.unfinished.is_empty() {
            self.end_line();
        }
        self.objection().map_or(Ok(self.passed), |reason| Err(Objection(reason)))
    }

    /// Makes room within a line that is too long to be kept.
    fn cut_line(&mut self) {
        let bytes = std::mem::take(&mut self.unfinished);
        if self.cut {
            self.search(&String::from_utf8_lossy(&bytes));
        } else {
            self.take_line(&bytes, false);
        }
        self.cut = true;
        // What contradicts a pass may lie across the cut.
        self.unfinished.extend_from_slice(&bytes[bytes.len() - OVERLAP..]);
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.unfinished);
        if std::mem::take(&mut self.cut) {
            self.search(&String::from_utf8_lossy(&bytes));
        } else {
            self.take_line(&bytes, true);
        }
    }

    /// Takes a line. `whole`: it is all of it, and not the start of one that is too long.
    fn take_line(&mut self, bytes: &[u8], whole: bool) {
        let line = Line::parse(bytes);
        if line == Line::Blank && whole {
            return;
        }
        self.last_text = String::from_utf8_lossy(bytes).into_owned();
        let text = printable(&self.last_text);
        if self.last == Some(Line::Diagnostic(self.markers.pass.clone())) {
            self.after_end.get_or_insert(text.clone());
        }
        self.search(&self.last_text.clone());
        match &line {
            Line::Diagnostic(_) => {}
            Line::Blank => {}
            // Firmware may print what it wants.
            Line::Stray(text) if !self.version_seen && !is_like_ktap(text) => {}
            _ if !whole => self.format(format!("this line is too long: {text}")),
            Line::Version if self.version_seen => {
                self.format("\"KTAP version 1\" comes twice".to_owned())
            }
            Line::Version => self.version_seen = true,
            _ if !self.version_seen => {
                self.format(format!("\"KTAP version 1\" must come first, not: {text}"));
            }
            Line::Stray(_) => self.format(format!("this line is not KTAP: {text}")),
            Line::Plan(count) => self.take_plan(*count),
            Line::Test { .. } => {}
        }
        if let Line::Test { ok, number, name, directive } = &line {
            self.take_test(*ok, *number, name, directive.as_deref());
        }
        self.last = Some(line);
    }

    /// Looks for what contradicts a pass.
    fn search(&mut self, text: &str) {
        let shown = printable(text);
        if self.death.is_some() {
            self.place.search(text);
        }
        match contradiction::find(text, &self.markers.pass, &self.markers.fail) {
            None => {}
            Some(Contradiction::Death) => {
                self.death.get_or_insert(format!("the kernel has died: {shown}"));
            }
            Some(Contradiction::Verdict) => {
                self.contradiction.get_or_insert(format!("there is another verdict: {shown}"));
            }
            Some(Contradiction::Failure) => {
                self.contradiction.get_or_insert(format!("something has failed: {shown}"));
            }
        }
    }

    fn take_plan(&mut self, count: u64) {
        if self.plan.is_some() {
            self.format("the plan comes twice".to_owned());
        } else if count == 0 {
            self.format("the plan is for 0 tests".to_owned());
        }
        self.plan.get_or_insert(count);
    }

    fn take_test(&mut self, ok: bool, number: u64, name: &str, directive: Option<&str>) {
        if self.plan.is_none() && self.reported == 0 {
            self.format("there is no plan before the first test".to_owned());
        }
        self.reported += 1;
        if number != self.reported {
            self.format(format!("test {number} is reported where test {} is due", self.reported));
        }
        let name = printable(name);
        let reason = match (ok, directive) {
            (true, None) => {
                self.passed += 1;
                return;
            }
            (true, Some(why)) if line::is_skip(why) => {
                format!("test {number} was skipped: {name} ({})", printable(why))
            }
            (true, Some(why)) => {
                format!("test {number} did not simply pass: {name} ({})", printable(why))
            }
            (false, _) => format!("test {number} failed: {name}"),
        };
        self.failed += 1;
        self.bad_test.get_or_insert(reason);
    }

    fn format(&mut self, reason: String) {
        self.bad_format.get_or_insert(reason);
    }

    /// Returns the most useful objection: a failed test, a death, a wrong end, another verdict, the form, the
    /// counts.
    fn objection(&self) -> Option<String> {
        let Markers { pass, fail } = &self.markers;
        let end = || match (&self.after_end, &self.last) {
            (_, Some(Line::Diagnostic(text))) if text == fail => {
                Some(format!("the kernel ends with \"# {fail}\""))
            }
            (Some(text), _) => Some(format!("there is text after \"# {pass}\": {text}")),
            (None, Some(Line::Diagnostic(text))) if text == pass => None,
            (None, Some(_)) => Some(format!(
                "the output ends before \"# {pass}\"; its last line is: {}",
                self.last_line()
            )),
            (None, None) => Some(format!("the output ends before \"# {pass}\": there is none")),
        };
        let counts = || match self.plan {
            Some(planned) if planned != self.reported => {
                Some(format!("{} of {planned} planned tests reported", self.reported))
            }
            _ if self.reported == 0 => Some("no test was reported".to_owned()),
            _ => None,
        };
        let Report { bad_test, death, contradiction, bad_format, .. } = self;
        let first = bad_test.clone().or_else(|| death.clone()).or_else(end);
        first.or_else(|| contradiction.clone()).or_else(|| bad_format.clone()).or_else(counts)
    }
}

/// Returns whether a line wants to be a plan or a test.
fn is_like_ktap(text: &str) -> bool {
    ["1..", "ok ", "not ok"].iter().any(|start| line::begins_with(text.trim_start(), start))
}

#[cfg(test)]
mod tests;
