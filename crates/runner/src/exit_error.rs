//! Why a command ends early: an exit status and one line that says what to do.

use std::fmt;
use std::process::ExitCode;

use crate::output;

/// A test failed, the kernel panicked, or the report is not whole.
pub const FAILED: u8 = 1;
/// The set-up or the usage is wrong; nothing was tested.
pub const SETUP: u8 = 2;
/// There was no verdict in time; the command `timeout` has the same status.
pub const TIMED_OUT: u8 = 124;

/// An exit status with its one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitError {
    /// The exit status of the process.
    pub status: u8,
    /// The line, without `rundown: ` before it.
    pub line: String,
}

impl ExitError {
    /// Returns an error with this status; line breaks in the line become blanks.
    pub fn new(status: u8, line: impl Into<String>) -> ExitError {
        ExitError { status, line: line.into().replace(['\n', '\r'], " ") }
    }

    /// Returns the error for a wrong setting: what is wrong, and what to do about it.
    pub fn setup(wrong: impl fmt::Display, remedy: impl fmt::Display) -> ExitError {
        ExitError::new(SETUP, format!("{wrong}; {remedy}"))
    }

    /// Returns the error for a system that lets nobody catch signals.
    pub fn no_signals(error: std::io::Error) -> ExitError {
        ExitError::setup(format!("cannot catch signals: {error}"), "report this")
    }

    /// Prints the line, unless there is none, and returns the status for `main`.
    pub fn report(&self) -> ExitCode {
        if !self.line.is_empty() {
            output::say(&self.to_string());
        }
        ExitCode::from(self.status)
    }
}

impl fmt::Display for ExitError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rundown: {}", self.line)
    }
}

impl std::error::Error for ExitError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_that_says_what_to_do() {
        let error = ExitError::setup("a\nb\rc", "do d");
        assert_eq!((error.status, error.to_string().as_str()), (SETUP, "rundown: a b c; do d"));
    }
}
