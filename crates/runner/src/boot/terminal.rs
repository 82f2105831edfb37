//! The terminal's settings, remembered before QEMU changes them and put back after its end.
//!
//! QEMU puts them back itself when it leaves in good order. When it has to be killed, nobody
//! else would, and the shell would be left without an echo and with reads that do not wait.

use std::io::{IsTerminal, stdin};
use std::os::fd::AsFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

/// What stdin was like. Dropping it puts that back.
#[derive(Debug)]
pub struct Terminal {
    settings: Termios,
    flags: Option<OFlag>,
}

impl Terminal {
    /// Remembers stdin, if it is a terminal that this process may use: one in the background is
    /// stopped by its first access, so it gets no terminal.
    pub fn remember() -> Option<Terminal> {
        let stdin = stdin();
        let ours =
            stdin.is_terminal() && tcgetpgrp(stdin.as_fd()).is_ok_and(|group| group == getpgrp());
        let settings = ours.then(|| tcgetattr(stdin.as_fd()).ok())??;
        let flags = fcntl(stdin.as_fd(), FcntlArg::F_GETFL).ok().map(OFlag::from_bits_retain);
        Some(Terminal { settings, flags })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Errors mean that the terminal is gone, and then there is nothing to put back.
        let _ = tcsetattr(stdin().as_fd(), SetArg::TCSANOW, &self.settings);
        if let Some(flags) = self.flags {
            let _ = fcntl(stdin().as_fd(), FcntlArg::F_SETFL(flags));
        }
    }
}
