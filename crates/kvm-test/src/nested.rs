//! Boots Linux in an emulated Arm machine that can run virtual machines, and reads its console.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use runner::child;
use runner::exit_error::ExitError;

use crate::case::Host;
use crate::debian::Debian;
use crate::frames::{Frame, Frames};

/// What Linux is told: the console; silence but for emergencies, which would get between the lines of a report;
/// no watchdog, which a busy computer wakes; and a panic ends the machine.
const LINUX: &str = "console=ttyAMA0 quiet loglevel=1 nowatchdog panic=-1";
/// Real cores of the emulated machine: some, so that cores inside race, and not more than pay on a small computer.
const CORES: &str = "4";
/// For Linux, the archive and its contents, and one machine inside.
const MEMORY: &str = "2G";

/// How the nested Linux ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself.
    Ended,
    /// The time for all of it is over.
    TooLate,
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Ending::Ended => "Linux ended before it",
            Ending::TooLate => "the time is over (--limit)",
        })
    }
}

/// Boots Linux on a machine with this first file system, keeps its console in a file and hands on what each
/// image has printed.
pub fn boot(
    debian: &Debian,
    host: &Host,
    initramfs: &Path,
    console: &Path,
    deadline: Instant,
    mut each: impl FnMut(Frame),
) -> Result<Ending, ExitError> {
    let mut command = debian.qemu()?;
    command.args(["-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"]);
    command.args(["-machine", host.machine, "-cpu", host.cpu, "-smp", CORES, "-m", MEMORY]);
    command.args(["-accel", "tcg,thread=multi", "-append", LINUX]);
    command.arg("-kernel").arg(debian.linux()?).arg("-initrd").arg(initramfs);
    let broken = |error: io::Error| {
        ExitError::setup(
            format!("cannot boot Linux: {error}"),
            "remove target/kvm-test, and try again",
        )
    };
    let mut log = File::create(console).map_err(broken)?;
    let mut child = child::start(command, false).map_err(broken)?;
    let (sender, lines) = channel();
    read(child.stdout.take(), sender.clone());
    read(child.stderr.take(), sender);

    let mut frames = Frames::default();
    let ending = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            // Somebody who never stops talking is late, too.
            Ok(_) | Err(RecvTimeoutError::Timeout) if left.is_zero() => break Ending::TooLate,
            Ok(line) => {
                log.write_all(&line).map_err(broken)?;
                if let Some(frame) = frames.line(&String::from_utf8_lossy(&line)) {
                    each(frame);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break Ending::Ended,
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    // It has closed its output or had its time; what it has written is worth nothing without that.
    child::kill_now(&child);
    child.wait().map_err(broken)?;
    Ok(ending)
}

/// Reads a pipe line by line in a thread of its own, to its end.
fn read(pipe: Option<impl Read + Send + 'static>, to: Sender<Vec<u8>>) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if to.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::HOSTS;
    use std::time::Duration;

    #[test]
    fn a_pipe_is_read_line_by_line_to_its_end() {
        let (sender, lines) = channel();
        read(Some(io::Cursor::new("one\ntwo\nno end")), sender);
        let line = || lines.recv_timeout(Duration::from_secs(20));
        for text in ["one\n", "two\n", "no end"] {
            assert_eq!(line().as_deref(), Ok(text.as_bytes()));
        }
        assert_eq!(line(), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn who_does_not_end_in_time_is_late_whether_it_talks_or_not() {
        for script in ["sleep 600", "while :; do echo x; done"] {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path();
            for name in ["usr/lib/any/ld-linux.so", "boot/vmlinuz-1"] {
                tools::script::write(&root.join(name), &format!("#!/bin/sh\n{script}\n")).unwrap();
            }
            let debian = Debian { inside: root.to_owned(), outside: root.to_owned() };
            let deadline = Instant::now() + Duration::from_millis(200);
            let ending =
                boot(&debian, &HOSTS[0], root, &root.join("console"), deadline, |_| {}).unwrap();
            assert_eq!(ending, Ending::TooLate);
            assert!(ending.to_string().contains("--limit"));
        }
    }
}
