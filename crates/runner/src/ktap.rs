//! Reads KTAP version 1 as it arrives and judges whether the run passed.
//!
//! "No news" is a failure: a report passes only with the version line, one plan before the
//! first test, the numbers 1 to N in order, an `ok` for each and the end marker as its last
//! line. The bytes come from a guest that may be broken, so every line is bounded and nothing
//! here can panic on what it holds.

mod line;

use std::fmt;

pub use line::{LONGEST_LINE, Line, printable};

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
    version_seen: bool,
    plan: Option<u64>,
    reported: u64,
    passed: u64,
    failed: u64,
    /// The first test that failed or was skipped. It is reported rather than a wrong format.
    bad_test: Option<String>,
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

    /// Takes the next bytes, however they are cut.
    pub fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, complete) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            let room = LONGEST_LINE - self.unfinished.len();
            self.unfinished.extend_from_slice(&text[..text.len().min(room)]);
            if complete {
                self.end_line();
            }
        }
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

    /// Ends the report and returns the number of tests. A last line without a line feed still counts.
    pub fn verdict(&mut self) -> Result<u64, Objection> {
        if !self.unfinished.is_empty() {
            self.end_line();
        }
        self.objection().map_or(Ok(self.passed), |reason| Err(Objection(reason)))
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.unfinished);
        let line = Line::parse(&bytes);
        if line == Line::Blank {
            return;
        }
        self.last_text = String::from_utf8_lossy(&bytes).into_owned();
        if self.last == Some(Line::Diagnostic(self.markers.pass.clone())) {
            self.after_end.get_or_insert(printable(&self.last_text));
        }
        match &line {
            Line::Version if self.version_seen => {
                self.format("\"KTAP version 1\" comes twice".to_owned())
            }
            Line::Version => self.version_seen = true,
            Line::Diagnostic(_) | Line::Blank => {}
            _ if !self.version_seen => {
                self.format(format!(
                    "\"KTAP version 1\" must come first, not: {}",
                    printable(&self.last_text)
                ));
            }
            Line::Stray(text) => self.format(format!("this line is not KTAP: {}", printable(text))),
            Line::Plan(count) => self.take_plan(*count),
            Line::Test { .. } => {}
        }
        if let Line::Test { ok, number, name, directive } = &line {
            self.take_test(*ok, *number, name, directive.as_deref());
        }
        self.last = Some(line);
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
            (true, Some(why))
                if why.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("skip")) =>
            {
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

    /// Returns the most useful objection: a failed test, then a wrong end, then the form, then the counts.
    fn objection(&self) -> Option<String> {
        let Markers { pass, fail } = &self.markers;
        let end = || match (&self.after_end, &self.last) {
            (Some(text), _) => Some(format!("there is text after \"# {pass}\": {text}")),
            (None, Some(Line::Diagnostic(text))) if text == pass => None,
            (None, Some(Line::Diagnostic(text))) if text == fail => {
                Some(format!("the kernel ends with \"# {fail}\""))
            }
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
        self.bad_test.clone().or_else(end).or_else(|| self.bad_format.clone()).or_else(counts)
    }
}

#[cfg(test)]
mod tests;
