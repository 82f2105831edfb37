//! A runner on a terminal: who may use it, and what it is like afterwards.

use crate::fake::{Fake, GOOD};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::{OpenptyResult, openpty};
use nix::sys::termios::{LocalFlags, tcgetattr};
use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};

/// Turns the echo off and waiting reads, too, as QEMU does, and notes what it has got.
fn script() -> String {
    format!(
        "folder=${{0%/*}}\n[ -t 0 ] && : >$folder/terminal\necho \"$*\" >$folder/args\n\
         if [ -t 0 ]; then stty -echo; stty -a >$folder/stty; dd iflag=nonblock count=0 2>/dev/null; fi\n\
         printf '{GOOD}'"
    )
}

/// Runs it with this terminal as stdin.
fn run(command: &mut Command, terminal: &OpenptyResult) {
    let stdin = terminal.slave.try_clone().unwrap();
    let status = command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_terminal_is_put_back_as_it_was() {
    let fake = Fake::new(&script());
    let runner = fake.runner("60");
    // A session of its own, which has the terminal (setsid(1)).
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(runner.get_program()).args(runner.get_args());
    for (name, value) in runner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let terminal = openpty(None, None).unwrap();
    run(&mut command, &terminal);
    let text = |name: &str| fs::read_to_string(fake.0.join(name)).unwrap();
    assert!(fake.0.join("terminal").exists() && text("args").contains(" -mon "));
    assert!(text("stty").contains(" -echo "), "{}", text("stty"));
    assert!(tcgetattr(&terminal.slave).unwrap().local_flags.contains(LocalFlags::ECHO));
    let flags = fcntl(&terminal.slave, FcntlArg::F_GETFL).map(OFlag::from_bits_retain).unwrap();
    assert!(!flags.contains(OFlag::O_NONBLOCK));
}

#[test]
fn a_person_is_not_shown_the_lines_for_tools_and_a_pipe_gets_them() {
    let fake = Fake::new(&format!("printf '# measure {{\"a\":1}}\\n{GOOD}'"));
    let piped = fake.runner("60").output().unwrap();
    let piped = String::from_utf8(piped.stdout).unwrap();
    assert!(piped.starts_with("# measure {\"a\":1}\n"), "{piped}");

    let OpenptyResult { master, slave } = openpty(None, None).unwrap();
    let mut command = fake.runner("60");
    command.stdin(Stdio::null()).stdout(slave).stderr(Stdio::null());
    assert_eq!(command.status().unwrap().code(), Some(0));
    drop(command); // and with it the slave: behind what was written there is the end
    let mut seen = Vec::new();
    let _ = File::from(master).read_to_end(&mut seen); // Linux ends with EIO
    let seen = String::from_utf8(seen).unwrap().replace("\r\n", "\n");
    assert_eq!(seen, piped.split_once('\n').unwrap().1);
}

#[test]
fn a_terminal_of_somebody_else_is_not_used() {
    let fake = Fake::new(&script());
    run(&mut fake.runner("60"), &openpty(None, None).unwrap());
    assert!(!fake.0.join("terminal").exists());
    assert!(!fs::read_to_string(fake.0.join("args")).unwrap().contains(" -mon "));
}
