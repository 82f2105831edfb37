//! What is said when a lab is not done.

use runner::exit_error::{ExitError, FAILED};

/// Returns the error for work that is not done yet: what is missing, in one line.
pub fn not_done(missing: impl Into<String>) -> ExitError {
    ExitError::new(FAILED, missing)
}
