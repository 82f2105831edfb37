//! Whether a file of the project can be started.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Returns whether this is a program in the tree.
pub fn is(root: &Path, file: &str) -> bool {
    let metadata = root.join(file).metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
