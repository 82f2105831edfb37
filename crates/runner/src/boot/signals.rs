//! Turns the signals that end a run, and QEMU's own end, into something that poll can wait for.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// The signals caught so far.
#[derive(Debug)]
pub struct Signals {
    pipe: UnixStream,
    writer: UnixStream,
    last: Arc<AtomicUsize>,
}

impl Signals {
    /// Starts to catch them.
    pub fn catch() -> std::io::Result<Signals> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let last = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            // First the number, then the wake-up: handlers run in the order of their registration.
            signal_hook::flag::register_usize(
                signal,
                last.clone(),
                signal.unsigned_abs() as usize,
            )?;
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        signal_hook::low_level::pipe::register(SIGCHLD, writer.try_clone()?)?;
        writer.set_nonblocking(true)?;
        Ok(Signals { pipe, writer, last })
    }

    /// Returns what makes [`Signals::fd`] readable from another thread, without a signal.
    pub fn waker(&self) -> std::io::Result<impl Fn() + Send + use<>> {
        let writer = self.writer.try_clone()?;
        // A pipe that is full wakes as well.
        Ok(move || drop((&writer).write(&[0])))
    }

    /// Returns what becomes readable with each signal, and with each call of a waker.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Empties the pipe and returns the last signal that asks for an end, once.
    pub fn take(&self) -> Option<i32> {
        let mut waste = [0; 64];
        // A read that never waits is not interrupted (signal(7)).
        while let Ok(1..) = (&self.pipe).read(&mut waste) {}
        // The pipe orders this read after the handler's write.
        let signal = self.last.swap(0, Ordering::Relaxed);
        i32::try_from(signal).ok().filter(|signal| *signal != 0)
    }
}
