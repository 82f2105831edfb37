//! Where everything lies.

use std::path::Path;

/// The folders of a run.
pub struct Place<'a> {
    /// The project.
    pub root: &'a Path,
    /// What is fetched and written.
    pub folder: &'a Path,
    /// This machine's own files: `/`.
    pub system: &'a Path,
}
