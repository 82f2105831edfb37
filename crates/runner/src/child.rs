//! Starts QEMU so that it cannot outlive this process, and stops it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getpgid};

/// Starts the command with pipes for its output; stdin is the terminal or nothing.
///
/// With a terminal it stays in this process group, which may read it. Without one it has a group of its own:
/// if it is a script, what it starts ends with it.
pub fn start(mut command: Command, terminal: bool) -> io::Result<Child> {
    if !terminal {
        command.process_group(0);
    }
    command.stdin(if terminal { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    die_with_parent(&mut command);
    command.spawn()
}

/// Asks it to end. QEMU then puts the terminal back and writes its files.
pub fn ask_to_end(child: &Child) {
    send(child, Signal::SIGTERM);
}

/// Ends it without asking.
pub fn kill_now(child: &Child) {
    send(child, Signal::SIGKILL);
}

fn send(child: &Child, signal: Signal) {
    // The child is not waited for yet, so its number cannot belong to anybody else.
    let Ok(pid) = i32::try_from(child.id()).map(Pid::from_raw) else { return };
    let leads = getpgid(Some(pid)) == Ok(pid);
    let _ = if leads { killpg(pid, signal) } else { kill(pid, signal) };
}

/// Lets the kernel kill the child when this process dies, even by SIGKILL.
///
/// Linux has this (prctl(2), PR_SET_PDEATHSIG); elsewhere a SIGKILL of the runner leaves QEMU to
/// its own deadline, which the guest's waits have.
#[cfg(target_os = "linux")]
pub fn die_with_parent(command: &mut Command) {
    let parent = nix::unistd::getpid();
    let arm = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have died before the call above; then nobody will send the signal.
        if nix::unistd::getppid() != parent {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two
    // system calls, allocates nothing (`ErrorKind` and errno convert without) and takes no lock.
    unsafe { command.pre_exec(arm) };
}

#[cfg(not(target_os = "linux"))]
pub fn die_with_parent(_command: &mut Command) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::thread;
    use std::time::{Duration, Instant};

    /// Returns the signal that ends a command after `end`. `terminal`: as for one that reads the terminal.
    fn ended_by(terminal: bool, end: impl Fn(&Child)) -> Option<i32> {
        let mut command = Command::new("sleep");
        command.arg("60");
        let mut child = start(command, terminal).unwrap();
        end(&child);
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = child.try_wait().unwrap() {
                return status.signal();
            }
            thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        None
    }

    /// In the process with this variable a child is started, and then that process is killed.
    #[cfg(target_os = "linux")]
    const DIES: &str = "RUNDOWN_TEST_DIES";

    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_dies_with_its_parent() {
        if std::env::var_os(DIES).is_some() {
            let mut command = Command::new("sleep");
            command.arg("60");
            let mut child = start(command, false).unwrap();
            eprintln!("child: {}", child.id());
            kill(Pid::this(), Signal::SIGKILL).unwrap();
            child.wait().unwrap(); // never reached
        }
        let mut parent = Command::new(std::env::current_exe().unwrap());
        parent.args(["--exact", "--nocapture", "child::tests::a_child_dies_with_its_parent"]);
        let output = parent.env(DIES, "1").output().unwrap();
        assert_eq!(output.status.signal(), Some(Signal::SIGKILL as i32));
        let said = String::from_utf8(output.stderr).unwrap();
        let child = said.lines().find_map(|line| line.strip_prefix("child: ")).expect(&said);
        let deadline = Instant::now() + Duration::from_secs(20);
        // Nobody may ask an orphan for its status: then it stays, as a zombie.
        let lives = || {
            let stat = std::fs::read_to_string(format!("/proc/{child}/stat"));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        while lives() {
            assert!(Instant::now() < deadline, "{child} has outlived its parent");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_command_is_asked_to_end_or_killed() {
        for terminal in [false, true] {
            assert_eq!(ended_by(terminal, ask_to_end), Some(Signal::SIGTERM as i32));
            assert_eq!(ended_by(terminal, kill_now), Some(Signal::SIGKILL as i32));
        }
    }
}
