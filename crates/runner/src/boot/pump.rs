//! The loop around a running QEMU: passes its output on, and ends it when it must.

use std::io::{Read, Write, stderr, stdout};
use std::os::fd::AsFd;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::signals::Signals;
use crate::child;
use crate::ktap::Report;

/// How long QEMU has to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// While so much waits to be read from us, we read no more: a slow reader slows the guest down.
const MOST_PENDING: usize = 64 * 1024;
/// A write of at most this many bytes does not block when poll says so (POSIX: PIPE_BUF is at least 512).
const PIECE: usize = 512;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// QEMU ended by itself, or somebody else ended it.
    Exited(ExitStatus),
    /// There was no end in time.
    TimedOut,
    /// This process got a signal.
    Signal(i32),
    /// Nobody reads our output any more.
    Unread,
}

/// A running QEMU with everything that flows out of it.
pub struct Pump<'a> {
    child: Child,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    signals: &'a Signals,
    deadline: Instant,
    /// Read from QEMU, not yet taken by our own reader.
    pending: Vec<u8>,
    /// QEMU's error messages, held back until the guest's first output: before that they mean a wrong set-up.
    complaint: Vec<u8>,
    /// Whether the guest has printed anything.
    spoken: bool,
    /// Why QEMU was asked to end, if it was.
    reason: Option<Ending>,
    killed: bool,
}

impl<'a> Pump<'a> {
    /// Takes over a child that was just started.
    pub fn new(mut child: Child, signals: &'a Signals, deadline: Instant) -> Pump<'a> {
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        for fd in [output.as_ref().map(AsFd::as_fd), errors.as_ref().map(AsFd::as_fd)]
            .into_iter()
            .flatten()
        {
            let _ = fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        }
        let (pending, complaint) = (Vec::new(), Vec::new());
        Pump {
            child,
            output,
            errors,
            signals,
            deadline,
            pending,
            complaint,
            spoken: false,
            reason: None,
            killed: false,
        }
    }

    /// Runs until QEMU has ended and all its output is passed on. Returns how it ended, and QEMU's error
    /// messages from before the guest's first output.
    pub fn run(mut self, report: &mut Report) -> (Ending, String) {
        loop {
            self.wait();
            if let Some(signal) = self.signals.take() {
                self.end(Ending::Signal(signal));
            }
            // Asked before reading: what was written before the end is then in the pipe for sure.
            let ended = self.child.try_wait().ok().flatten();
            self.read(report);
            self.write();
            if let Some(status) = ended {
                self.flush(report);
                let ending = self.reason.take().unwrap_or(Ending::Exited(status));
                if self.spoken || ending == Ending::TimedOut {
                    self.pass_complaint_on(self.complaint.len());
                }
                return (ending, String::from_utf8_lossy(&self.complaint).into_owned());
            }
            if Instant::now() >= self.deadline {
                self.end(Ending::TimedOut);
            }
        }
    }

    /// Sleeps until something happens.
    fn wait(&self) {
        let out = stdout();
        let mut fds = vec![PollFd::new(self.signals.fd(), PollFlags::POLLIN)];
        if self.pending.len() < MOST_PENDING {
            fds.extend(
                self.output.as_ref().map(|output| PollFd::new(output.as_fd(), PollFlags::POLLIN)),
            );
        }
        fds.extend(
            self.errors.as_ref().map(|errors| PollFd::new(errors.as_fd(), PollFlags::POLLIN)),
        );
        if !self.pending.is_empty() {
            fds.push(PollFd::new(out.as_fd(), PollFlags::POLLOUT));
        }
        // One millisecond more, because poll rounds down and would otherwise spin at the end.
        let left =
            self.deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
        let _ = poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX));
    }

    /// Asks QEMU to end, and the second time does not ask.
    fn end(&mut self, reason: Ending) {
        if self.reason.is_none() {
            self.reason = Some(reason);
            child::ask_to_end(&self.child);
        } else if !self.killed {
            self.killed = true;
            child::kill_now(&self.child);
        }
        self.deadline = Instant::now() + GRACE;
    }

    fn read(&mut self, report: &mut Report) {
        let mut bytes = [0; 8192];
        while self.pending.len() < MOST_PENDING {
            match take(&mut self.output, &mut bytes) {
                0 => break,
                count => {
                    report.feed(&bytes[..count]);
                    self.pending.extend_from_slice(&bytes[..count]);
                    self.spoken = true;
                }
            }
        }
        loop {
            match take(&mut self.errors, &mut bytes) {
                0 => break,
                count => self.complaint.extend_from_slice(&bytes[..count]),
            }
            if self.spoken || self.complaint.len() >= MOST_PENDING {
                // QEMU runs, so this is a log (-d) or a warning: pass it on as it comes, in whole lines.
                let end =
                    self.complaint.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                self.pass_complaint_on(end);
            }
        }
    }

    fn pass_complaint_on(&mut self, end: usize) {
        let lines: Vec<u8> = self.complaint.drain(..end).collect();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            // After we asked it to end, QEMU prints who asked; the reader knows that.
            if self.reason.is_none() || !contains(line, b"terminating on signal") {
                let _ = stderr().write_all(line);
            }
        }
    }

    /// Writes what our reader takes without waiting. Not through `Stdout`, which would keep a part.
    fn write(&mut self) {
        while !self.pending.is_empty() {
            let out = stdout();
            let mut ready = [PollFd::new(out.as_fd(), PollFlags::POLLOUT)];
            if !matches!(poll(&mut ready, PollTimeout::ZERO), Ok(1..)) {
                return;
            }
            let piece = self.pending.len().min(PIECE);
            match nix::unistd::write(out.as_fd(), &self.pending[..piece]) {
                Ok(count) => drop(self.pending.drain(..count)),
                // QEMU shares the terminal and makes it non-blocking.
                Err(Errno::EAGAIN | Errno::EINTR) => return,
                Err(_) => {
                    self.pending.clear();
                    self.end(Ending::Unread);
                    return;
                }
            }
        }
    }

    /// After QEMU's end: the rest of its output, as long as the deadline allows.
    fn flush(&mut self, report: &mut Report) {
        loop {
            self.read(report);
            self.write();
            if self.pending.is_empty()
                || Instant::now() >= self.deadline
                || self.signals.take().is_some()
            {
                return;
            }
            self.wait();
        }
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Reads what is there and returns how many bytes that was: 0 when there is nothing now, and at the end,
/// where the pipe is closed.
fn take<R: Read>(pipe: &mut Option<R>, bytes: &mut [u8]) -> usize {
    let Some(open) = pipe else { return 0 };
    match open.read(bytes) {
        Ok(0) => *pipe = None,
        Ok(count) => return count,
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted
            ) => {}
        Err(_) => *pipe = None,
    }
    0
}
