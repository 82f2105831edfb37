//! Command lines of the scripts, read by clap. What is wrong with one is told as everywhere here: in one
//! line that says what to do, with exit status 2.

use crate::stop::Stop;
use clap::Parser;
use clap::error::ErrorKind;

/// Reads the words after the command's name. `None`: the usage text is wanted.
pub fn parse<T: Parser>(words: &[String]) -> Result<Option<T>, Stop> {
    let name = T::command().get_name().to_owned();
    match T::try_parse_from(std::iter::once(&name).chain(words)) {
        Ok(line) => Ok(Some(line)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(None),
        Err(error) => Err(wrong(&name, first_paragraph(&error.to_string()))),
    }
}

/// What is wrong, and where to find what is right.
pub fn wrong(name: &str, what: impl std::fmt::Display) -> Stop {
    Stop::setup(what, format!("{name} --help says more"))
}

/// The paragraph that says what is wrong, as one line; the others repeat the usage.
fn first_paragraph(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Reads a line of words; the error is that of [`Stop::line`], which names `script`.
    pub fn read<T>(
        parse: impl Fn(&[String]) -> Result<Option<T>, Stop>,
        line: &str,
    ) -> Result<Option<T>, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words).map_err(|stop| {
            assert_eq!(stop.status, crate::stop::SETUP);
            assert!(stop.line.ends_with(" --help says more"), "{}", stop.line);
            stop.line
        })
    }

    #[test]
    fn only_the_first_paragraph_is_told() {
        let text = "error: these are missing:\n  <--seed>\n\nUsage: x\n\nFor more, try '--help'.\n";
        assert_eq!(first_paragraph(text), "these are missing: <--seed>");
        assert_eq!(first_paragraph("x"), "x");
    }
}
