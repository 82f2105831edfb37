//! Files without a name: a command writes them, we read them, and nothing of them is left.

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use runner::exit_error::{ExitError, SETUP};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;

/// Such a file. The system frees it when the last process that has it open ends, in whatever way.
#[derive(Debug)]
pub struct Nameless(File);

impl Nameless {
    /// Makes one that is empty; every command that we start from now on has it open.
    pub fn new() -> Result<Nameless, ExitError> {
        let make = || {
            let file = tempfile::tempfile()?;
            fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty()))?;
            Ok(file)
        };
        let wrong = |error: io::Error| {
            ExitError::new(SETUP, format!("cannot make a temporary file: {error}"))
        };
        make().map(Nameless).map_err(wrong)
    }

    /// Returns under which path such a command finds it.
    pub fn path(&self) -> String {
        format!("/dev/fd/{}", self.0.as_raw_fd())
    }

    /// Returns what was written to it.
    pub fn text(&mut self) -> io::Result<String> {
        let mut text = String::new();
        self.0.rewind()?;
        self.0.read_to_string(&mut text)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::process;
    use std::os::unix::fs::MetadataExt;
    use std::process::Command;
    use std::time::{Duration, Instant};

    #[test]
    fn a_command_writes_it_and_it_is_in_no_folder() {
        let mut file = Nameless::new().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo written >$0", &file.path()]);
        let output = process::run(&mut command, Instant::now() + Duration::from_secs(60)).unwrap();
        assert!(output.succeeded(), "{}", output.report(&command));
        assert_eq!([file.text().unwrap(), file.text().unwrap()], ["written\n"; 2]);
        assert_eq!(file.0.metadata().unwrap().nlink(), 0);
    }
}
