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
