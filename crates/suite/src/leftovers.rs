//! However the runner ends, no QEMU is left behind.
//!
//! Each step boots the image that hangs with interrupts masked, under a name of its own in QEMU's
//! arguments, ends the runner in one way, and looks through /proc until nothing of that name runs.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};
use crate::terminal;

/// How the runner is ended.
#[derive(Clone, Copy)]
enum End {
    Signal(Signal),
    /// Typed on its terminal.
    Keys(&'static str, &'static [u8]),
}

/// Within this time after its end was asked for, the runner and QEMU are gone: two seconds for
/// QEMU to obey, and some for a busy host.
const SOON: Duration = Duration::from_secs(8);

/// Returns one step for each way to end.
pub fn steps() -> impl Iterator<Item = Step> {
    let signals =
        [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGKILL].map(End::Signal);
    let keys = [End::Keys("Ctrl-A X", b"\x01x"), End::Keys("Ctrl-C", b"\x03")];
    signals.into_iter().chain(keys).map(|end| {
        let name = format!("no QEMU is left after {}", end.name());
        Step::new(name, 120, move |context, _| check(end, context))
    })
}

impl End {
    fn name(self) -> &'static str {
        match self {
            End::Signal(signal) => signal.as_str(),
            End::Keys(name, _) => name,
        }
    }
}

fn check(end: End, context: &Context) -> anyhow::Result<Outcome> {
    let qemu = format!("rundown-{}-{}", std::process::id(), end.name().replace(' ', "-"));
    let mut command = context.boot(Image::MustFail)?;
    command
        .env("QEMU_EXTRA", format!("-append must_fail=hang_masked -name {qemu}"))
        .env("QEMU_TIMEOUT", "30");
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    runner::child::die_with_parent(&mut command);
    let mut keyboard = None;
    if let End::Keys(..) = end {
        keyboard = Some(terminal::give(&mut command)?);
    }
    let mut runner = command.spawn()?;
    let result = end_it(end, &qemu, &mut runner, keyboard.as_mut());
    // Whatever went wrong above, this step leaves nothing behind either.
    let _ = runner.kill();
    let _ = runner.wait();
    for pid in named(&qemu) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    result.map(|()| Outcome::one())
}

fn end_it(
    end: End,
    qemu: &str,
    runner: &mut Child,
    keyboard: Option<&mut File>,
) -> anyhow::Result<()> {
    ensure!(eventually(SOON, || !named(qemu).is_empty()), "QEMU does not start");
    // QEMU reads the terminal only when it is set up; it needs some 50 ms.
    std::thread::sleep(Duration::from_millis(700));
    ensure!(runner.try_wait()?.is_none(), "the runner ended by itself");
    match (end, keyboard) {
        (End::Signal(signal), _) => kill(Pid::from_raw(i32::try_from(runner.id())?), signal)?,
        (End::Keys(_, keys), Some(keyboard)) => keyboard.write_all(keys)?,
        (End::Keys(..), None) => bail!("there is no terminal"),
    }
    ensure!(
        eventually(SOON, || runner.try_wait().is_ok_and(|status| status.is_some())),
        "the runner does not end"
    );
    ensure!(eventually(SOON, || named(qemu).is_empty()), "QEMU is left behind: {:?}", named(qemu));
    let status = runner.wait()?;
    ensure!(!status.success(), "the runner passed");
    Ok(())
}

/// Returns the processes with this name in their arguments.
fn named(name: &str) -> Vec<i32> {
    let folders = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = folders.filter_map(|folder| folder.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|arg| arg == name.as_bytes())
    })
    .collect()
}

/// Waits until something is so, but not longer than this. Returns whether it is.
fn eventually(soon: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while soon.checked_sub(started.elapsed()).is_some() {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn each_way_to_end_has_a_step() {
        let names = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL", "Ctrl-A X", "Ctrl-C"];
        let wanted = names.map(|name| format!("no QEMU is left after {name}"));
        assert!(steps().map(|step| step.name).eq(wanted));
    }

    #[test]
    fn processes_are_known_by_one_of_their_arguments() {
        let name = format!("rundown-named-{}", std::process::id());
        assert!(named(&name).is_empty());
        // It reads what never comes, by itself: no other process has its arguments.
        let mut command = Command::new("sh");
        command.args(["-c", "read nothing", "sh", &name]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let found = eventually(10 * SOON, || !named(&name).is_empty());
        let pids = named(&name);
        let part = named(&name[..name.len() - 1]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found && pids == [child.id() as i32] && part.is_empty(), "{pids:?} {part:?}");
        assert!(named(&name).is_empty());
    }

    #[test]
    fn what_comes_late_is_waited_for_and_what_never_comes_is_not_there() {
        let mut looks = 0;
        assert!(eventually(SOON, || {
            looks += 1;
            looks == 3
        }));
        let (started, short) = (Instant::now(), Duration::from_millis(50));
        assert!(!eventually(short, || false) && started.elapsed() >= short);
    }
}
