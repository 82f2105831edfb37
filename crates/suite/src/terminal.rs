//! Gives a command a terminal of its own, and plays the person in front of it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How often it looks whether the command has ended.
const TICK: u16 = 20;

/// What stood on the terminal, and how the command ended.
pub struct Session {
    /// The exit status; 128 + n after signal n, and `None` after the deadline.
    pub status: Option<i32>,
    /// Everything that was printed, with plain line ends.
    pub screen: String,
}

/// Gives the command a terminal of its own and returns the other end, where keys are typed.
pub fn give(command: &mut Command) -> anyhow::Result<File> {
    let pty = nix::pty::openpty(None, None).context("openpty")?;
    let screen = File::from(pty.slave);
    command.stdin(screen.try_clone()?).stdout(screen.try_clone()?).stderr(screen);
    let take = || {
        nix::unistd::setsid()?;
        // SAFETY: the call only names descriptor 0, which is the terminal set above, and has no
        // pointer argument; a session leader without a terminal makes it its own.
        let result = unsafe { nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0) };
        if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed: these are two system
    // calls, and the errors allocate nothing.
    unsafe { command.pre_exec(take) };
    Ok(File::from(pty.master))
}

/// Runs the command on a terminal. Each time that `prompt` is printed, the next of `keys` is typed.
pub fn run(
    command: &mut Command,
    prompt: &str,
    keys: &[&str],
    deadline: Instant,
) -> anyhow::Result<Session> {
    let mut terminal = give(command)?;
    runner::child::die_with_parent(command);
    let mut child = command.spawn()?;
    let mut screen = Vec::new();
    let result = play(&mut terminal, &mut child, &mut screen, (prompt, keys), deadline);
    if !matches!(result, Ok(Some(_))) {
        // It leads a session, so its group has its number.
        let _ = killpg(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGKILL);
        child.wait()?;
    }
    Ok(Session { status: result?, screen: String::from_utf8_lossy(&screen).replace('\r', "") })
}

/// Types and reads until the command has ended, or the deadline is there.
fn play(
    terminal: &mut File,
    child: &mut Child,
    screen: &mut Vec<u8>,
    (prompt, keys): (&str, &[&str]),
    deadline: Instant,
) -> anyhow::Result<Option<i32>> {
    let mut typed = 0;
    while Instant::now() < deadline {
        let ended = child.try_wait()?; // before the look: what it printed last is there by now
        if printed(terminal)? {
            let mut bytes = [0; 4096];
            // Linux reports an error when the last process has closed the terminal.
            let count = terminal.read(&mut bytes).unwrap_or(0);
            screen.extend_from_slice(&bytes[..count]);
        } else if let Some(status) = ended {
            return Ok(Some(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))));
        }
        let prompts = String::from_utf8_lossy(screen).matches(prompt).count();
        if let Some(keys) = keys.get(typed).filter(|_| prompts > typed) {
            terminal.write_all(keys.as_bytes())?;
            typed += 1;
        }
    }
    Ok(None)
}

/// Waits a moment for something to read.
fn printed(terminal: &File) -> anyhow::Result<bool> {
    let mut look = [PollFd::new(terminal.as_fd(), PollFlags::POLLIN)];
    poll(&mut look, PollTimeout::from(TICK))?;
    let readable = |events: PollFlags| events.contains(PollFlags::POLLIN);
    let there = look[0].revents().is_some_and(readable);
    if !there && look[0].revents().is_some_and(|events| !events.is_empty()) {
        // A terminal that everybody has left is ready at once: do not spin.
        std::thread::sleep(Duration::from_millis(u64::from(TICK)));
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, keys: &[&str]) -> Session {
        let deadline = Instant::now() + Duration::from_secs(20);
        run(Command::new("sh").args(["-c", script]), "name? ", keys, deadline).unwrap()
    }

    #[test]
    fn keys_are_typed_when_they_are_asked_for() {
        let session = shell(
            "printf 'name? '; read a </dev/tty; printf 'name? '; read b; echo \"$b $a\"",
            &["Ann\n", "Bob\n"],
        );
        assert_eq!(session.status, Some(0));
        assert!(session.screen.ends_with("Bob Ann\n"), "{}", session.screen);
    }

    /// What is typed earlier shows earlier, and is thrown away by who asks for a password.
    #[test]
    fn nothing_is_typed_before() {
        let session = shell("sleep 0.2; printf 'name? '; read a", &["Ann\n"]);
        assert!(session.screen.starts_with("name? "), "{}", session.screen);
    }

    #[test]
    fn ctrl_c_is_a_signal() {
        assert_eq!(shell("printf 'name? '; read a", &["\x03"]).status, Some(128 + 2));
    }
}
