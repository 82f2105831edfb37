//! One run of a script a checkout: a second one would change files under the first.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use runner::exit_error::{ExitError, SETUP};

/// Takes the lock of a script, or returns an error at once when another run has it. The system releases it
/// when this process ends, in whatever way.
pub fn take(root: &Path, script: &str) -> Result<File, ExitError> {
    let target = root.join("target");
    let path = target.join(format!("{}.lock", script.replace('/', "-")));
    let open = || {
        fs::create_dir_all(&target)?;
        File::create(&path)
    };
    let file = open().map_err(|error| {
        let line = format!("{} cannot be written: {error}", path.display());
        ExitError::setup(line, "make target/ writable")
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ExitError::new(
            SETUP,
            format!("another {script} runs in this checkout; wait until it has ended"),
        )),
        Err(TryLockError::Error(error)) => {
            let line = format!("{} cannot be locked: {error}", path.display());
            Err(ExitError::setup(line, "put the checkout on a file system with locks"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_for_one_run_of_one_script() {
        let root = tempfile::tempdir().unwrap();
        let take = |script| take(root.path(), script).map_err(|error| (error.status, error.line));
        let lock = take("scripts/x").unwrap();
        let line = "another scripts/x runs in this checkout; wait until it has ended";
        assert_eq!(take("scripts/x").unwrap_err(), (SETUP, line.to_owned()));
        assert!(take("scripts/y").is_ok());
        drop(lock);
        assert!(take("scripts/x").is_ok());
        fs::remove_dir_all(root.path().join("target")).unwrap();
        fs::write(root.path().join("target"), "").unwrap();
        let (status, line) = take("scripts/x").unwrap_err();
        assert!(status == SETUP && line.contains("scripts-x.lock cannot be written: "), "{line}");
    }
}
