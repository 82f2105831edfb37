//! Runs a command to its end or its deadline, and keeps its output.

use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::exit_error::ExitError;
use crate::output;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// How long a process group has to end after it was asked to.
const GRACE: Duration = Duration::from_secs(4);
/// The process groups that run now.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Output {
    /// The exit status; 128 + n after signal n, and `None` after the deadline.
    pub status: Option<i32>,
    /// stdout and stderr as they came, line by line: no line has a piece of the other within it.
    pub merged: String,
    /// stdout alone.
    pub stdout: String,
    /// stderr alone.
    pub stderr: String,
    /// From start to end.
    pub took: Duration,
}

impl Output {
    /// Returns whether the exit status is 0.
    pub fn succeeded(&self) -> bool {
        self.status == Some(0)
    }

    /// Returns both outputs, with a last line on how the command ended.
    pub fn report(&self, command: &Command) -> String {
        let how = match self.status {
            Some(status) => format!("exit status {status}"),
            None => "it did not end before its deadline".to_owned(),
        };
        format!("{}\n{}: {how}\n", self.merged.trim_end(), shown(command))
    }
}

/// Returns the command as one would type it.
pub fn shown(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| value.map(|value| (name, value)));
    let set = set.map(|(name, value)| format!("{}={:?}", name.to_string_lossy(), value));
    let args = std::iter::once(command.get_program()).chain(command.get_args());
    set.chain(args.map(|arg| arg.to_string_lossy().into_owned())).collect::<Vec<_>>().join(" ")
}

/// Starts a thread that ends all running commands, and then this process, when a signal asks for it.
pub fn end_with_us() -> Result<(), ExitError> {
    let signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT]);
    let mut signals = signals.map_err(ExitError::no_signals)?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Kept to the end: whoever waits for a command must not go on meanwhile, and end otherwise.
            let running = running();
            ask_to_end(&running);
            output::say(&format!("\nstopped by signal {signal}"));
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// Asks all running commands to end.
pub fn end_all() {
    ask_to_end(&running());
}

fn ask_to_end(groups: &[Pid]) {
    for group in groups {
        let _ = killpg(*group, Signal::SIGTERM); // it may have ended by now
    }
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the command, with nothing on stdin, in a process group of its own so that all of it can be ended. What
/// it leaves behind in that group ends with it.
pub fn run(command: &mut Command, deadline: Instant) -> io::Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    crate::child::die_with_parent(command);
    let started = Instant::now();
    let (mut child, group) = {
        // Held from before it starts: a signal in between would find a command that nobody knows, and leave what
        // that one has started.
        let mut running = running();
        let child = command.spawn()?;
        let group = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
        running.push(group);
        (child, group)
    };
    let (sender, pieces) = channel();
    read_all(child.stdout.take(), false, sender.clone());
    read_all(child.stderr.take(), true, sender);
    let (sender, end) = channel();
    thread::spawn(move || sender.send(child.wait()));

    let mut status = end.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    let late = status.is_err();
    if late {
        let _ = killpg(group, Signal::SIGTERM);
        status = end.recv_timeout(GRACE);
    }
    if status.is_err() {
        let _ = killpg(group, Signal::SIGKILL);
        status = end.recv_timeout(GRACE);
    }
    // What it has left behind in its group: nobody else would end that.
    let _ = killpg(group, Signal::SIGKILL);
    running().retain(|other| *other != group);
    let took = started.elapsed();
    let status = status.ok().transpose()?.filter(|_| !late);
    let status =
        status.map(|status| status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)));
    let [merged, stdout, stderr] = collect(&pieces);
    Ok(Output { status, merged, stdout, stderr, took })
}

/// Reads a pipe in a thread of its own, to its end.
fn read_all(pipe: Option<impl Read + Send + 'static>, is_error: bool, to: Sender<(bool, Vec<u8>)>) {
    let Some(mut pipe) = pipe else { return };
    thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(count @ 1..) = pipe.read(&mut bytes) {
            if to.send((is_error, bytes[..count].to_vec())).is_err() {
                return;
            }
        }
    });
}

/// Collects what the readers send until both are at their end; a grandchild that keeps a pipe open
/// does not keep us. Returns both outputs merged, stdout and stderr.
fn collect(pieces: &Receiver<(bool, Vec<u8>)>) -> [String; 3] {
    let [mut merged, mut stdout, mut stderr] = [(); 3].map(|()| Vec::new());
    // How much of stdout and of stderr stands in `merged`.
    let mut taken = [0; 2];
    while let Ok((is_error, bytes)) = pieces.recv_timeout(Duration::from_secs(1)) {
        let whole = if is_error { &mut stderr } else { &mut stdout };
        whole.extend_from_slice(&bytes);
        let taken = &mut taken[usize::from(is_error)];
        let lines = whole.iter().rposition(|&byte| byte == b'\n').map_or(*taken, |last| last + 1);
        merged.extend_from_slice(&whole[*taken..lines]);
        *taken = lines;
    }
    // What has no line end, each on a line of its own.
    for (whole, taken) in [&stdout, &stderr].into_iter().zip(taken) {
        if merged.last().is_some_and(|&byte| byte != b'\n') && taken < whole.len() {
            merged.push(b'\n');
        }
        merged.extend_from_slice(&whole[taken..]);
    }
    [merged, stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
