//! The loop around a running QEMU: passes its output on, and ends it when it must.

use std::io::{self, Read, stderr, stdout};
use std::os::fd::AsFd;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::people::Shown;
use super::signals::Signals;
use crate::child;
use crate::ktap::Report;
use crate::output::Sink;

/// How long QEMU has to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// While so much waits for our reader, we read no more: a slow reader slows the guest down.
const MOST_WAITING: usize = 64 * 1024;
/// Reads of one output in a row: one that never ends must not keep us from the deadline.
const MOST_READS: u32 = 8;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// QEMU ended by itself, or somebody else ended it.
    Exited(ExitStatus),
    /// There was no end in time.
    TimedOut,
    /// QEMU ended in time, but not all that it printed was read from us in time.
    Stalled,
    /// This process got a signal.
    Signal(i32),
    /// Our output takes nothing more: nobody reads it any more, or its disk is full.
    Unread(Errno),
}

/// A running QEMU with everything that flows out of it.
pub struct Pump<'a> {
    child: Child,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    signals: &'a Signals,
    deadline: Instant,
    stdout: Sink,
    stderr: Sink,
    /// What of the guest's output goes to our stdout.
    shown: Shown,
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
    pub fn new(mut child: Child, signals: &'a Signals, deadline: Instant) -> io::Result<Pump<'a>> {
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        for fd in [output.as_ref().map(AsFd::as_fd), errors.as_ref().map(AsFd::as_fd)]
            .into_iter()
            .flatten()
        {
            let _ = fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        }
        Ok(Pump {
            child,
            output,
            errors,
            signals,
            deadline,
            stdout: Sink::start(stdout(), signals.waker()?)?,
            stderr: Sink::start(stderr(), signals.waker()?)?,
            shown: Shown::here(),
            complaint: Vec::new(),
            spoken: false,
            reason: None,
            killed: false,
        })
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
            if let Some(error) = self.stdout.failed().filter(|_| self.reason.is_none()) {
                self.end(Ending::Unread(error));
            }
            if let Some(status) = ended {
                return self.finish(Ending::Exited(status), report);
            }
            if Instant::now() >= self.deadline {
                if self.killed {
                    // It does not even obey SIGKILL; the system has it now.
                    return self.finish(Ending::TimedOut, report);
                }
                self.end(Ending::TimedOut);
            }
        }
    }

    /// Passes the rest of QEMU's output on, as long as the deadline allows.
    fn finish(mut self, ending: Ending, report: &mut Report) -> (Ending, String) {
        self.flush(report);
        push(&self.stdout, self.shown.rest());
        let complaint = String::from_utf8_lossy(&self.complaint).into_owned();
        let guests = complaint.lines().any(is_the_guests);
        if self.spoken || guests || self.reason == Some(Ending::TimedOut) {
            self.pass_complaint_on(self.complaint.len());
            self.flush(report);
        }
        let Pump { reason, spoken, .. } = self;
        (reason.unwrap_or(ending), if spoken { String::new() } else { complaint })
    }

    /// Reads and waits until nothing is left to read or to write, or there is a reason not to wait longer.
    fn flush(&mut self, report: &mut Report) {
        loop {
            // First of all, because it takes the wake-ups: what is looked at afterwards wakes again if it changes.
            let signal = self.signals.take().map(Ending::Signal);
            let more = self.read(report);
            let waiting = self.stdout.waiting() + self.stderr.waiting();
            let done = !more && waiting == 0;
            let late = (!done && Instant::now() >= self.deadline).then_some(Ending::Stalled);
            let stop = signal.or(self.stdout.failed().map(Ending::Unread)).or(late);
            let stopped = stop.is_some();
            self.reason = self.reason.take().or(stop);
            if done || stopped {
                return;
            }
            if !more {
                self.wait();
            }
        }
    }

    /// Sleeps until something happens.
    fn wait(&self) {
        let mut fds = vec![PollFd::new(self.signals.fd(), PollFlags::POLLIN)];
        if has_room(&self.stdout, self.ends()) {
            fds.extend(
                self.output.as_ref().map(|output| PollFd::new(output.as_fd(), PollFlags::POLLIN)),
            );
        }
        if has_room(&self.stderr, self.ends()) {
            fds.extend(
                self.errors.as_ref().map(|errors| PollFd::new(errors.as_fd(), PollFlags::POLLIN)),
            );
        }
        // One millisecond more, because poll rounds down and would otherwise spin at the end.
        let left =
            self.deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
        let _ = poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX));
    }

    /// Returns whether QEMU was asked to end.
    fn ends(&self) -> bool {
        self.reason.is_some()
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

    /// Reads what QEMU has printed, or some of it. Returns whether there was anything.
    fn read(&mut self, report: &mut Report) -> bool {
        let mut bytes = [0; 8192];
        let mut any = false;
        for _ in 0..MOST_READS {
            if !has_room(&self.stdout, self.ends()) {
                break;
            }
            let count = take(&mut self.output, &mut bytes);
            if count == 0 {
                break;
            }
            any = true;
            report.feed(&bytes[..count]);
            self.spoken = true;
            push(&self.stdout, &self.shown.piece(&bytes[..count]));
        }
        for _ in 0..MOST_READS {
            if !has_room(&self.stderr, self.ends()) {
                break;
            }
            let count = take(&mut self.errors, &mut bytes);
            if count == 0 {
                break;
            }
            any = true;
            self.take_errors(&bytes[..count], report);
        }
        any
    }

    /// Takes a piece of QEMU's stderr, where the guest's own lines come by semihosting.
    fn take_errors(&mut self, bytes: &[u8], report: &mut Report) {
        self.complaint.extend_from_slice(bytes);
        // What is held back is read again each time; it is not much, and the first line of a kind counts.
        let lines = self.complaint[..whole_lines(&self.complaint)].split(|byte| *byte == b'\n');
        for line in lines.map(String::from_utf8_lossy).filter(|line| is_the_guests(line)) {
            report.take_early_line(&line);
        }
        self.pass_complaint_on(due(&self.complaint, self.spoken));
    }

    fn pass_complaint_on(&mut self, end: usize) {
        let lines: Vec<u8> = self.complaint.drain(..end).collect();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            // After we asked it to end, QEMU prints who asked; the reader knows that.
            if self.reason.is_none() || !contains(line, b"terminating on signal") {
                push(&self.stderr, line);
            }
        }
    }
}

/// Returns whether a line of QEMU's stderr comes from the guest: all of its lines are diagnostics then.
pub fn is_the_guests(line: &str) -> bool {
    line.starts_with('#')
}

/// Adds to what waits, unless that is too much already: then nobody reads, and we are about to end.
fn push(sink: &Sink, bytes: &[u8]) {
    if !is_full(sink) {
        sink.push(bytes);
    }
}

/// Returns whether more may be read for this output. A QEMU that `ends` must not wait for us.
fn has_room(sink: &Sink, ends: bool) -> bool {
    !is_full(sink) || ends
}

/// Returns whether so much waits there that no more should.
fn is_full(sink: &Sink) -> bool {
    sink.waiting() >= MOST_WAITING
}

/// Returns how many bytes of QEMU's error messages are to be passed on. Until the guest has spoken it is none,
/// because they may be about a wrong set-up; but no more are held back than may wait. What QEMU says later is a log
/// (-d) or a warning: it is passed on as it comes, in whole lines.
fn due(complaint: &[u8], spoken: bool) -> usize {
    let is_much = complaint.len() >= MOST_WAITING;
    match whole_lines(complaint) {
        _ if !spoken && !is_much => 0,
        0 if is_much => complaint.len(),
        end => end,
    }
}

/// Returns the length of the whole lines that the bytes begin with.
fn whole_lines(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
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
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
        Err(_) => *pipe = None,
    }
    0
}

#[cfg(test)]
mod tests;
