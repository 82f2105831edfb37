//! The folder that everything is written to.

use runner::exit_error::ExitError;
use std::path::Path;

/// Where everything is written to.
#[derive(Debug)]
pub struct Out<'a>(pub &'a Path);

impl Out<'_> {
    /// Makes the folders, and finds out now whether something can be written there.
    pub fn prepare(&self) -> Result<(), ExitError> {
        for folder in [self.0.to_owned(), self.0.join("figures")] {
            let probe = folder.join(format!(".probe-{}", std::process::id()));
            let tried = std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&probe, ""))
                .and_then(|()| std::fs::remove_file(&probe));
            tried.map_err(|error| self.wrong(&folder, &error))?;
        }
        Ok(())
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) -> Result<(), ExitError> {
        let path = self.0.join(name);
        std::fs::write(&path, text).map_err(|error| self.wrong(&path, &error))
    }

    fn wrong(&self, path: &Path, error: &std::io::Error) -> ExitError {
        let what = format!("--out {}: cannot write {}: {error}", self.0.display(), path.display());
        ExitError::setup(what, "name a folder that you may write to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_there_and_no_probe_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let out = Out(folder);
        out.prepare().unwrap();
        out.write("figures/a.svg", "<svg/>").unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("figures/a.svg")).unwrap(), "<svg/>");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        for wrong in ["/proc/nothing", "/dev/null/x"] {
            let stop = Out(Path::new(wrong)).prepare().unwrap_err();
            assert!(stop.status == 2 && stop.line.starts_with(&format!("--out {wrong}: cannot")));
        }
    }
}
