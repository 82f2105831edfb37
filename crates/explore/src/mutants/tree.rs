//! A copy of the workspace that may be changed.

use runner::exit_error::{ExitError, SETUP};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the kernel and the manifest of the workspace need; cargo finds `.cargo` above the copy.
const PARTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
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
    /// Copies the workspace in `root` to `place`, instead of what a run that was cut off has left there.
    pub fn copy(root: &Path, place: &Path) -> Result<Tree, ExitError> {
        let tree = Tree(place.to_owned());
        if place.exists() {
            fs::remove_dir_all(place).map_err(|error| wrong("away what is left", &error))?;
        }
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
    pub fn read(&self, file: &str) -> Result<String, ExitError> {
        fs::read_to_string(self.0.join(file)).map_err(|error| wrong(file, &error))
    }

    /// Writes a file.
    pub fn write(&self, file: &str, text: &str) -> Result<(), ExitError> {
        fs::write(self.0.join(file), text).map_err(|error| wrong(file, &error))
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // the next copy tries again
    }
}

fn wrong(what: &str, error: &io::Error) -> ExitError {
    ExitError::new(SETUP, format!("cannot copy {what} for the mutants: {error}"))
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
        let root = tools::cargo::root("scripts/explore").unwrap();
        let place = std::env::temp_dir().join(format!("rundown-tree-{}", std::process::id()));
        fs::create_dir_all(place.join("old")).unwrap();
        let tree = Tree::copy(&root, &place).unwrap();
        assert!(!place.join("old").exists());
        let file = "crates/rundown/src/protocol.rs";
        assert_eq!(tree.read(file).unwrap(), fs::read_to_string(root.join(file)).unwrap());
        tree.write(file, "changed").unwrap();
        assert_ne!(fs::read_to_string(root.join(file)).unwrap(), "changed");
        drop(tree);
        assert!(!place.exists());
    }
}
