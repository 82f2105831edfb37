//! What is judged: a student's file, and a kernel that is built with it.

use crate::missing::not_done;
use mutants::tree::{Changed, Tree};
use runner::exit_error::{ExitError, SETUP};
use std::fs;
use std::path::{Path, PathBuf};
use tools::cargo;

/// A file that was handed in.
#[derive(Debug)]
pub struct Handin {
    /// The project's folder.
    pub root: PathBuf,
    /// The number of the lab that it is for.
    pub lab: u8,
    /// The file that students edit, as seen from the project's folder.
    pub file: &'static str,
    /// What it is called in messages.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// A kernel that was built in a copy of the workspace. Nobody else builds there while this lives.
#[derive(Debug)]
pub struct Built {
    /// The copy.
    pub tree: Tree,
    /// The kernel's ELF file.
    pub image: PathBuf,
}

impl Handin {
    /// Reads the lab's own file, or another one in its place.
    pub fn read(
        root: PathBuf,
        lab: u8,
        file: &'static str,
        other: Option<&Path>,
    ) -> Result<Handin, ExitError> {
        let path = other.map_or_else(|| root.join(file), Path::to_owned);
        let name = other.map_or_else(|| file.to_owned(), |path| path.display().to_string());
        let text = fs::read_to_string(&path).map_err(|error| {
            let line = format!("{name} cannot be read: {error}");
            ExitError::setup(line, format!("lab {lab} is handed in as one text file"))
        })?;
        Ok(Handin { root, lab, file, name, text })
    }

    /// Returns an error unless there is something in the file.
    pub fn must_not_be_empty(&self) -> Result<(), ExitError> {
        match self.text.trim() {
            "" => Err(not_done(format!(
                "{} is empty; `git checkout {}` brings back what to begin with",
                self.name, self.file
            ))),
            _ => Ok(()),
        }
    }

    /// Builds the kernel `name` in a copy of the workspace in which the lab's file is this one.
    pub fn build(&self, name: &str) -> Result<Built, ExitError> {
        self.must_not_be_empty()?;
        let changed = Changed::from([(self.file.into(), self.text.clone())]);
        let built = self.build_with(name, &changed);
        built.map_err(|error| match error.line.starts_with("cargo build ") {
            // What the compiler says is printed already.
            true => not_done(format!("{} does not compile, as said above", self.name)),
            false => error,
        })
    }

    /// Builds the kernel `name` in a copy of the workspace in which these files are others.
    pub fn build_with(&self, name: &str, changed: &Changed) -> Result<Built, ExitError> {
        println!("lab {}: builds a kernel; the first time that takes a minute", self.lab);
        let folder = self.root.join("target/grade");
        let place = folder.join(format!("lab{}", self.lab));
        let tree = Tree::copy(&self.root, &place, changed);
        let tree = tree.map_err(|line| ExitError::new(SETUP, line))?;
        let image = cargo::image(tree.root(), Some(&folder), name)?;
        Ok(Built { tree, image })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_labs_own_or_another_one_and_must_have_something_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = "course/lab1.toml";
        let read = |other: Option<&Path>| Handin::read(folder.path().to_owned(), 1, file, other);
        let error = read(None).unwrap_err();
        assert!(error.status == SETUP && error.line.starts_with("course/lab1.toml cannot be read"));
        fs::create_dir(folder.path().join("course")).unwrap();
        fs::write(folder.path().join("course/lab1.toml"), " \n").unwrap();
        let empty = read(None).unwrap().must_not_be_empty().unwrap_err();
        assert!(empty.status == 1 && empty.line.starts_with("course/lab1.toml is empty; "));
        let other = folder.path().join("other");
        fs::write(&other, "x").unwrap();
        let handin = read(Some(&other)).unwrap();
        assert_eq!((handin.name, handin.text.as_str()), (other.display().to_string(), "x"));
    }
}
