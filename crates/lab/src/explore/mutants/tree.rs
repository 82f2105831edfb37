//! A copy of the workspace that may be changed.

use crate::stop::{SETUP, Stop};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the kernel and the manifest of the workspace need.
const PARTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo",
    "build.rs",
    "linker.ld",
    "boot",
    "src",
    "tests",
    "examples",
    "crates",
];

/// The copy; removed when this is dropped.
#[derive(Debug)]
pub struct Tree(PathBuf);

impl Tree {
    /// Copies the workspace in `root`.
    pub fn copy(root: &Path) -> Result<Tree, Stop> {
        let name = format!("rundown-mutants-{}", std::process::id());
        let tree = Tree(std::env::temp_dir().join(name));
        for part in PARTS {
            copy(&root.join(part), &tree.0.join(part)).map_err(|error| wrong(part, &error))?;
        }
        Ok(tree)
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Reads a file.
    pub fn read(&self, file: &str) -> Result<String, Stop> {
        fs::read_to_string(self.0.join(file)).map_err(|error| wrong(file, &error))
    }

    /// Writes a file.
    pub fn write(&self, file: &str, text: &str) -> Result<(), Stop> {
        fs::write(self.0.join(file), text).map_err(|error| wrong(file, &error))
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // only a leftover in a folder for such
    }
}

fn wrong(what: &str, error: &io::Error) -> Stop {
    Stop::new(SETUP, format!("cannot copy {what} for the mutants: {error}"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        return fs::copy(from, to).map(|_| ());
    }
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if name != "target" {
            copy(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_changes_alone_and_goes_away() {
        let root = crate::build::root("scripts/explore").unwrap();
        let tree = Tree::copy(&root).unwrap();
        let file = "crates/rundown/src/protocol.rs";
        assert_eq!(tree.read(file).unwrap(), fs::read_to_string(root.join(file)).unwrap());
        tree.write(file, "changed").unwrap();
        assert_ne!(fs::read_to_string(root.join(file)).unwrap(), "changed");
        let place = tree.root().to_owned();
        drop(tree);
        assert!(!place.exists());
    }
}
