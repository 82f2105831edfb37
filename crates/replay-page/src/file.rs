//! The file that a page is written to.

use runner::exit_error::ExitError;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Finds out whether the file can be written, before anything is run for it. `option`: what names it.
pub fn prepare(option: &str, path: &Path) -> Result<(), ExitError> {
    let was_there = path.exists();
    let tried = File::options().append(true).create(true).open(path);
    let tried = tried.and_then(|_| if was_there { Ok(()) } else { fs::remove_file(path) });
    tried.map_err(|error| wrong(option, path, &error))
}

/// Writes the file.
pub fn write(option: &str, path: &Path, text: &str) -> Result<(), ExitError> {
    fs::write(path, text).map_err(|error| wrong(option, path, &error))
}

fn wrong(option: &str, path: &Path, error: &io::Error) -> ExitError {
    let what = format!("{option} {}: cannot be written: {error}", path.display());
    ExitError::setup(what, "name a file in a folder that you may write to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_tried_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        prepare("--page", &path).unwrap();
        assert!(!path.exists());
        write("--page", &path, "text").unwrap();
        prepare("--page", &path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[test]
    fn what_cannot_be_written_is_named_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("no/page.html")] {
            let both = [prepare("--page", &path), write("--page", &path, "")];
            for error in both.map(Result::unwrap_err) {
                let start = format!("--page {}: cannot be written: ", path.display());
                assert!(error.status == 2 && error.line.starts_with(&start), "{error}");
                assert!(!error.line.contains('\n'));
            }
        }
    }
}
