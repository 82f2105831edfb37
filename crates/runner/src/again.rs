//! Runs a test once more in a process of its own, and watches what that one starts.

use std::env;
use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What the test does in that process.
pub const ROLE: &str = "RUNDOWN_TEST_ROLE";
/// The file to which a script in there writes the number of its process group.
const GROUP: &str = "GROUP";
/// Nothing here takes longer, however busy the host is.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns what this process is to do, if it is such a one.
pub fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// Such a process, with a script under way.
pub struct Again {
    child: Child,
    group: String,
}

impl Again {
    /// Starts a test, by its whole name, in a process with that role, and waits until a script has written the
    /// number of its group.
    pub fn start(test: &str, role: &str) -> Again {
        let file = env::temp_dir().join(format!("rundown-{}-{test}", std::process::id()));
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "--nocapture", test]).env(ROLE, role).env(GROUP, &file);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let mut group = String::new();
        wait_until(|| {
            group = fs::read_to_string(&file).unwrap_or_default();
            group.ends_with('\n')
        });
        fs::remove_file(file).unwrap();
        Again { child, group }
    }

    /// Sends a signal to the process.
    pub fn kill(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Closes its stdin and waits for its end, with which the group of the script must be gone. Returns how it has
    /// ended, and its stderr.
    pub fn end(self) -> (ExitStatus, String) {
        let output = self.child.wait_with_output().unwrap();
        assert_gone(&self.group);
        (output.status, String::from_utf8(output.stderr).unwrap())
    }
}

fn wait_until(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "that takes too long");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until nothing of the group runs whose number a script has printed.
pub fn assert_gone(printed: &str) {
    let group = Pid::from_raw(printed.trim().parse().unwrap());
    wait_until(|| !runs(group));
}

/// Whether a process of the group lives. Dead ones stay in it until somebody asks for their status,
/// and of orphans that is the first process of the system, which in a container may never do so.
fn runs(group: Pid) -> bool {
    let alive = |stat: String| {
        // The name, in brackets, may hold anything; state, parent and group come after it.
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        Some(*fields.first()? != "Z" && fields.get(2)?.parse() == Ok(group.as_raw()))
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut stats =
        processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats.any(|stat| alive(stat) == Some(true))
}
