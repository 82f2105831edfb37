//! One line of a KTAP report, taken apart.

/// Of a longer line only so much is kept at a time (the reader of the output sees every byte).
pub const LONGEST_LINE: usize = 16 * 1024;

/// What a directive begins with, in any case: those of KTAP and TAP, and `XPASS` of kselftest. All of them
/// mean that a test did not simply pass.
const DIRECTIVES: [&str; 6] = ["skip", "todo", "xfail", "xpass", "timeout", "error"];

/// What one line of the report is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `KTAP version 1`
    Version,
    /// `1..N`
    Plan(u64),
    /// `ok N - name` or `not ok N name # SKIP reason`
    Test {
        /// Whether it starts with `ok`, not `not ok`.
        ok: bool,
        /// Its number, which should be its place in the plan.
        number: u64,
        /// What was tested, without the dash before it.
        name: String,
        /// `SKIP reason` and the like, if the name ends in one.
        directive: Option<String>,
    },
    /// `# anything`, with what follows the mark.
    Diagnostic(String),
    /// Nothing but blanks.
    Blank,
    /// Anything else; the format has no place for it.
    Stray(String),
}

impl Line {
    /// Reads one line without its line end.
    pub fn parse(bytes: &[u8]) -> Line {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST_LINE)]);
        // Only what no terminal shows: a line that ends in anything else is another line.
        let text = text.trim_end_matches([' ', '\t', '\r']);
        Self::parse_text(text).unwrap_or_else(|| Line::Stray(text.to_owned()))
    }

    fn parse_text(text: &str) -> Option<Line> {
        if text.is_empty() {
            return Some(Line::Blank);
        }
        if text == "KTAP version 1" {
            return Some(Line::Version);
        }
        if text == "#" {
            return Some(Line::Diagnostic(String::new()));
        }
        if let Some(rest) = text.strip_prefix("# ") {
            return Some(Line::Diagnostic(rest.to_owned()));
        }
        if let Some(count) = text.strip_prefix("1..") {
            return number(count).map(Line::Plan);
        }
        let (ok, rest) = match text.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => (true, text.strip_prefix("ok ")?),
        };
        let (digits, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let number = number(digits)?;
        let (name, directive) = match directive(rest) {
            Some((name, directive)) => (name, Some(directive)),
            None => (rest, None),
        };
        let name = name.trim();
        let name = name.strip_prefix("- ").unwrap_or(name).to_owned();
        Some(Line::Test { ok, number, name, directive })
    }
}

fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    (plain && (digits == "0" || !digits.starts_with('0'))).then(|| digits.parse().ok())?
}

/// Splits a test's text at its directive, if it has one: behind any `#` that no backslash takes the meaning
/// from (TAP 14, "Escaping"). Case, blanks, signs and colours before the word, and what follows it within
/// the word do not matter: `#skip`, `# Skipped: why`, `# [TODO]`, `# SKIP x # y`.
fn directive(text: &str) -> Option<(&str, String)> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'#' && !escaped {
            let directive = without_colours(&text[at + 1..]);
            if DIRECTIVES.iter().any(|known| begins_with(word(&directive), known)) {
                return Some((&text[..at], directive.trim().to_owned()));
            }
        }
        escaped = byte == b'\\' && !escaped;
    }
    None
}

/// Returns whether a directive says that the test was skipped.
pub fn is_skip(directive: &str) -> bool {
    begins_with(word(directive), "skip")
}

/// Returns a directive from its first word on.
fn word(directive: &str) -> &str {
    directive.trim_start_matches(|c: char| !c.is_alphanumeric())
}

/// Returns whether the text begins so, in any case.
pub fn begins_with(text: &str, start: &str) -> bool {
    text.as_bytes()
        .get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// Removes what sets a terminal's colours: ESC, `[`, and all up to a letter (ECMA-48, 5.4).
pub fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end =
            part.find(|c: char| ('\x40'..='\x7e').contains(&c)).map_or(part.len(), |at| at + 1);
        plain.push_str(&part[end..]);
    }
    plain
}

/// Returns a guest's text made safe for one line of a terminal: no control characters, not too long.
pub fn printable(text: &str) -> String {
    let mut short: String =
        text.trim().chars().map(|c| if c.is_control() { '?' } else { c }).take(161).collect();
    if short.chars().count() > 160 {
        short = short.chars().take(157).chain("...".chars()).collect();
    }
    short
}
