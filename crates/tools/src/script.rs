//! A script that can be started as soon as it is written.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes an executable file with this text, in the place of any that is there.
///
/// Another process writes it: what this one has open for writing, its other threads hand on to what they start, and
/// as long as somebody has it open the file cannot be started (execve(2), ETXTBSY).
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut shell = Command::new("sh");
    shell.args(["-c", "rm -f \"$1\" && cat >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path);
    let mut writer = shell.stdin(Stdio::piped()).spawn()?;
    // The pipe ends with this, and so does what the shell reads.
    writer.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(text.as_bytes()))?;
    match writer.wait()?.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("cannot write {}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_started_and_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a folder/script");
        for status in [3, 4] {
            write(&path, &format!("#!/bin/sh\nexit {status}\n")).unwrap();
            assert_eq!(Command::new(&path).status().unwrap().code(), Some(status));
        }
        assert!(write(&path.join("none"), "").is_err());
        fs::create_dir(folder.path().join("taken")).unwrap();
        assert!(write(&folder.path().join("taken"), "").is_err());
    }
}
