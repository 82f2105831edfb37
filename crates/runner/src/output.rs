//! Writes to stdout and stderr that no reader can turn into a wait.
//!
//! A pipe or a terminal whose reader has stopped takes no more bytes, and then a write sleeps, whatever
//! deadlines and signals come. poll(2) cannot prevent that for sure: somebody may type Ctrl-S between its
//! answer and the write. So each output has a thread that does the writing, and everybody else only looks at
//! how much still waits. When the process ends, such a thread ends with it, even in the middle of a write.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;

/// How long the last line of a process waits for somebody who reads it.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of one write: what has left and what has not is known to this.
const PIECE: usize = 4096;

/// One output, with what waits to be written there.
#[derive(Debug)]
pub struct Sink(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// Why a write has failed, and every other would.
    failed: Option<Errno>,
}

impl Sink {
    /// Starts to write to a copy of `output`. `tell` is called when something was written, or cannot be.
    pub fn start(output: impl AsFd, tell: impl Fn() + Send + 'static) -> io::Result<Sink> {
        let output = output.as_fd().try_clone_to_owned()?;
        let shared = Arc::new(Shared::default());
        let writer = shared.clone();
        thread::Builder::new().spawn(move || writer.write(&output, &tell))?;
        Ok(Sink(shared))
    }

    /// Adds bytes to those that wait. After a failed write there are none any more.
    pub fn push(&self, bytes: &[u8]) {
        let mut state = self.0.state();
        if state.failed.is_none() {
            state.waiting.extend_from_slice(bytes);
            self.0.changed.notify_all();
        }
    }

    /// Returns how many bytes are not written yet.
    pub fn waiting(&self) -> usize {
        self.0.state().waiting.len()
    }

    /// Returns why nothing can be written here any more.
    pub fn failed(&self) -> Option<Errno> {
        self.0.state().failed
    }

    /// Waits until all is written, or nothing more can be, but not longer than this.
    fn settle(&self, patience: Duration) {
        let state = self.0.state();
        let busy = |state: &mut State| !state.waiting.is_empty();
        drop(self.0.changed.wait_timeout_while(state, patience, busy));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: writes until a write fails.
    fn write(&self, output: &OwnedFd, tell: &dyn Fn()) {
        loop {
            let state = self.state();
            let empty = |state: &mut State| state.waiting.is_empty();
            let state =
                self.changed.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner);
            // A copy, because nobody must wait for the lock while this waits for the reader. The bytes
            // count as waiting until they are gone.
            let piece: Vec<u8> = state.waiting.iter().take(PIECE).copied().collect();
            drop(state);
            let result = write_now(output, &piece);
            let mut state = self.state();
            match result {
                Ok(count) => drop(state.waiting.drain(..count)),
                Err(error) => {
                    state.waiting.clear();
                    state.failed = Some(error);
                }
            }
            let failed = state.failed.is_some();
            drop(state);
            self.changed.notify_all();
            tell();
            if failed {
                return;
            }
        }
    }
}

/// Writes some of the bytes, and waits as long as that takes. QEMU shares a terminal and makes it non-blocking.
fn write_now(output: &OwnedFd, bytes: &[u8]) -> Result<usize, Errno> {
    loop {
        match write(output, bytes) {
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                let _ =
                    poll(&mut [PollFd::new(output.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE);
            }
            result => return result,
        }
    }
}

/// Prints a line on stderr. If nobody reads there, that is no reason to fail, nor to wait for long.
pub fn say(line: &str) {
    if let Ok(sink) = Sink::start(io::stderr(), || {}) {
        sink.push(format!("{line}\n").as_bytes());
        sink.settle(PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::sync::mpsc::channel;

    /// More than any pipe holds.
    const MUCH: usize = 1 << 22;

    #[test]
    fn what_nobody_reads_waits_without_us_and_is_written_when_somebody_does() {
        let (mut reader, writer) = io::pipe().unwrap();
        let sink = Sink::start(writer, || {}).unwrap();
        sink.push(&vec![b'x'; MUCH]);
        sink.settle(Duration::from_millis(100));
        assert!(sink.waiting() > 0 && sink.failed().is_none());
        // It settles because it is told so, and not because its time is over.
        let (sender, settled) = channel();
        thread::spawn(move || {
            sink.settle(Duration::from_secs(3600));
            sender.send(sink.waiting()).unwrap();
        });
        thread::sleep(Duration::from_millis(100));
        let mut bytes = vec![0; MUCH];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(settled.recv_timeout(Duration::from_secs(60)), Ok(0));
    }

    #[test]
    fn a_reader_that_has_gone_is_noticed() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let (sender, told) = channel();
        let sink = Sink::start(writer, move || sender.send(()).unwrap()).unwrap();
        sink.push(b"x");
        told.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!((sink.failed(), sink.waiting()), (Some(Errno::EPIPE), 0));
        sink.push(b"y");
        assert_eq!(sink.waiting(), 0);
    }
}
