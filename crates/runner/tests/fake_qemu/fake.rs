//! A shell script in QEMU's place, and a kernel for it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A report that passes, for printf.
pub const GOOD: &str = "KTAP version 1\\n1..1\\nok 1 a\\n# rundown: PASS\\n";
/// Nothing here takes longer, however busy the host is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for an end, but not for ever.
pub fn end(runner: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = runner.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = runner.kill();
    runner.wait().unwrap();
    None
}

/// A folder with a fake QEMU and a kernel for it, gone when this is dropped.
pub struct Fake(pub PathBuf);

impl Fake {
    /// `script`: what it does in place of a boot.
    pub fn new(script: &str) -> Fake {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rundown-fake-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let version = "case $1 in --version) echo QEMU emulator version 7.2.22; exit ;; esac";
        let started = ": >\"${0%/*}/started\"";
        let [draft, qemu] = ["draft", "qemu"].map(|name| folder.join(name));
        fs::write(&draft, format!("#!/bin/sh\n{version}\n{started}\n{script}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        // Another process writes it: what this one has open for writing, other tests hand on to what they
        // start, and then it cannot be started itself.
        assert!(Command::new("cp").arg("-p").args([draft, qemu]).status().unwrap().success());
        // ELF for the Arm 64-bit Architecture: e_machine is 183.
        let head = [b"\x7fELF\x02\x01".as_slice(), &[0; 12], &[183, 0]].concat();
        fs::write(folder.join("kernel"), head).unwrap();
        Fake(folder)
    }

    pub fn runner(&self, seconds: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ktap-runner"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QEMU")) {
            command.env_remove(name);
        }
        command.env("QEMU", self.0.join("qemu")).env("QEMU_TIMEOUT", seconds);
        command.arg(self.0.join("kernel")).stdin(Stdio::null());
        command
    }

    /// Waits until the runner has started what stands in QEMU's place.
    pub fn wait_until_started(&self) {
        self.wait_for("started");
    }

    /// Waits until there is such a file.
    pub fn wait_for(&self, name: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.0.join(name).exists() {
            assert!(Instant::now() < deadline, "there is no file {name}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns the exit status and both outputs.
    pub fn run(&self) -> (i32, String, String) {
        let output = self.runner("60").output().unwrap();
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap(), stdout, stderr)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
