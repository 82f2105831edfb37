//! Why a step says nothing: what it needs is not to be had here.

use std::error::Error;
use std::fmt;

/// The error of a step that cannot be run here, with the reason. That is no failure, and no success.
#[derive(Debug)]
pub struct NotRun(pub String);

impl fmt::Display for NotRun {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Error for NotRun {}
