//! What lies in a folder.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns what lies in a folder, in the order of the names; of one that is not there nothing.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = read.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}
