//! One line of a KTAP report, taken apart.

/// Longer lines are cut for the verdict (not for the reader, who sees every byte).
pub const LONGEST_LINE: usize = 16 * 1024;

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
    /// Reads one line without its line feed; a carriage return at the end is dropped.
    pub fn parse(bytes: &[u8]) -> Line {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST_LINE)]);
        let text = text.trim_end();
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
        let (name, directive) = match rest.rsplit_once("# ") {
            Some((name, directive)) if is_directive(directive) => {
                (name, Some(directive.trim().to_owned()))
            }
            _ => (rest, None),
        };
        let name = name.trim();
        let name = name.strip_prefix("- ").unwrap_or(name).to_owned();
        Some(Line::Test { ok, number, name, directive })
    }
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Returns whether the text begins with a keyword of KTAP or TAP; all of them mean "did not simply pass".
fn is_directive(text: &str) -> bool {
    let word = text.split([' ', ':']).next().unwrap_or_default();
    ["SKIP", "TODO", "XFAIL", "TIMEOUT", "ERROR"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
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
