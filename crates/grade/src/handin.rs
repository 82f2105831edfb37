//! What is judged: a student's file, and a kernel that is built with it.

use crate::missing::not_done;
use mutants::tree::{Changed, Tree};
use runner::exit_error::{ExitError, SETUP};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tools::cargo::{self, LATE};

/// The crate by which the harness tells the plugin what to count.
const COUNTS: &str = "cachescope_guest";

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
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => not_done(format!("{name} is not a text file")),
            _ => {
                let line = format!("{name} cannot be read: {error}");
                ExitError::setup(line, format!("lab {lab} is handed in as one text file"))
            }
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

    /// Returns an error if the file uses what tells the plugin what to count: it would count what it likes.
    fn must_not_count_itself(&self) -> Result<(), ExitError> {
        match self.text.contains(COUNTS) {
            true => Err(not_done(format!("{} uses {COUNTS}, which is the harness's", self.name))),
            false => Ok(()),
        }
    }

    /// Builds the kernel `name` in a copy of the workspace in which the lab's file is this one.
    pub fn build(&self, name: &str) -> Result<Built, ExitError> {
        self.must_not_be_empty()?;
        self.must_not_count_itself()?;
        let changed = Changed::from([(self.file.into(), self.text.clone())]);
        let built = self.build_with(name, &changed);
        built.map_err(|error| self.not_built(error))
    }

    /// Returns why there is no kernel: mostly the file's fault.
    fn not_built(&self, error: ExitError) -> ExitError {
        let Self { name, .. } = self;
        match error.line.strip_prefix("cargo build ") {
            Some(how) if how.contains(LATE) => not_done(format!(
                "the compiler does not come to an end with {name}: does it compute something for ever?"
            )),
            // What the compiler says is printed already.
            Some(_) => not_done(format!("{name} does not compile, as said above")),
            None => error,
        }
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
        fs::write(&other, [0x7f, 0xff]).unwrap();
        let error = read(Some(&other)).unwrap_err();
        assert!(error.status == 1 && error.line.ends_with("other is not a text file"));
    }

    fn handin(text: &str) -> Handin {
        let text = text.to_owned();
        Handin { root: "/".into(), lab: 2, file: "f.rs", name: "f.rs".to_owned(), text }
    }

    #[test]
    fn a_file_that_has_something_else_counted_is_not_built() {
        let error = handin("cachescope_guest::name(1, \"pairs\")").build("lab2").unwrap_err();
        assert_eq!(
            (error.status, error.line.as_str()),
            (1, "f.rs uses cachescope_guest, which is the harness's")
        );
    }

    #[test]
    fn what_is_not_built_is_the_files_fault_or_the_set_ups() {
        let not_built = |line: &str| handin("x").not_built(ExitError::new(SETUP, line));
        let error = not_built("cargo build --example lab2 fails");
        assert_eq!(
            (error.status, error.line.as_str()),
            (1, "f.rs does not compile, as said above")
        );
        let late = not_built(&format!("cargo build --example lab2 {LATE} 600 s"));
        assert!(
            late.status == 1
                && late.line.starts_with("the compiler does not come to an end with f.rs")
        );
        assert_eq!(not_built("no cargo"), ExitError::new(SETUP, "no cargo"));
    }
}
