//! Readers of the runner's output that stop, that are slow, and that go away.

use crate::fake::{Fake, GOOD, end};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// What floods an output until it is ended.
fn flood(output: &str) -> String {
    format!("exec yes '# a line of a log that never ends' >&{output}")
}

#[test]
fn a_reader_that_stalls_disables_neither_the_timeout_nor_a_signal() {
    let both = format!("yes '# x' & {}", flood("2"));
    let streams = [("out", flood("1")), ("err", flood("2")), ("both", both)];
    thread::scope(|scope| {
        for (stalled, floods) in &streams {
            // A log before the first output of the guest, and after it.
            for start in ["", "printf 'KTAP version 1\\n'"] {
                for by_signal in [false, true] {
                    for terminal in [false, true] {
                        scope.spawn(move || {
                            let fake = Fake::new(&format!("{start}\n{floods}"));
                            let status = stalled_run(&fake, stalled, by_signal, terminal);
                            let wanted = if by_signal { 143 } else { 124 };
                            assert_eq!(status, Some(wanted), "{stalled} {start:?} {terminal}");
                        });
                    }
                }
            }
        }
    });
}

/// Returns the exit status of a runner whose output is never read. `stalled`: which output. `terminal`: it is
/// one whose window does not answer, else a pipe.
fn stalled_run(fake: &Fake, stalled: &str, by_signal: bool, terminal: bool) -> Option<i32> {
    let (reader, writer): (OwnedFd, OwnedFd) = if terminal {
        let pty = nix::pty::openpty(None, None).unwrap();
        (pty.master, pty.slave)
    } else {
        let (reader, writer) = io::pipe().unwrap();
        (reader.into(), writer.into())
    };
    let mut command = fake.runner(if by_signal { "600" } else { "1" });
    let output = |name| match stalled {
        stalled if stalled == name || stalled == "both" => writer.try_clone().unwrap().into(),
        _ => Stdio::null(),
    };
    let mut runner = command.stdout(output("out")).stderr(output("err")).spawn().unwrap();
    if by_signal {
        // Before that the runner catches no signals.
        fake.wait_until_started();
        // Long enough for every pipe to be full, if the host has time.
        thread::sleep(Duration::from_millis(700));
        kill(Pid::from_raw(runner.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    }
    let status = end(&mut runner);
    drop(reader); // open until here, and never read
    status.and_then(|status| status.code())
}

/// It may have much to say then.
#[test]
fn a_qemu_that_was_asked_to_end_does_not_wait_for_a_reader() {
    let last = "head -c 300000 /dev/zero; : >\"${0%/*}/ended\"; exit";
    let fake = Fake::new(&format!("trap '{last}' TERM\nsleep 60 & wait"));
    assert_eq!(stalled_run(&fake, "out", false, false), Some(124));
    assert!(fake.0.join("ended").exists(), "it was killed");
}

#[test]
fn a_report_that_nobody_has_read_in_time_is_no_pass() {
    // More than a pipe holds and we keep, and QEMU ends by itself before the deadline.
    let much = "yes '# a line that is long, as many of them take long' | head -n 20000";
    let fake = Fake::new(&format!(
        "printf 'KTAP version 1\\n1..1\\n'\n{much}\nprintf 'ok 1 a\\n# rundown: PASS\\n'"
    ));
    let (mut reader, writer) = io::pipe().unwrap();
    let mut runner = fake.runner("1").stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    assert_eq!(end(&mut runner).and_then(|status| status.code()), Some(124));
    // One who reads slowly gets all of it.
    let (mut slow, writer) = io::pipe().unwrap();
    let mut command = fake.runner("60");
    let mut runner = command.stdout(writer).spawn().unwrap();
    drop(command);
    thread::sleep(Duration::from_millis(500));
    let mut text = String::new();
    slow.read_to_string(&mut text).unwrap();
    assert_eq!(end(&mut runner).and_then(|status| status.code()), Some(0));
    assert!(text.ends_with("\nok 1 a\n# rundown: PASS\n"));
    assert_eq!(text.matches("# a line that is long, ").count(), 20_000);
    drop(reader.read(&mut [0; 1]));
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let fake = Fake::new(&flood("1"));
    for (out, err) in [(true, false), (false, true), (true, true)] {
        let gone = || Stdio::from(io::pipe().unwrap().1);
        let mut command = fake.runner(if out { "60" } else { "1" });
        command.stdout(if out { gone() } else { Stdio::null() });
        command.stderr(if err { gone() } else { Stdio::piped() });
        let mut runner = command.spawn().unwrap();
        let status = end(&mut runner).unwrap();
        // Without a reader of the report there is none; a reader of errors is not needed.
        assert_eq!(status.code(), Some(if out { 1 } else { 124 }), "{status:?}");
        if !err {
            let mut text = String::new();
            runner.stderr.take().unwrap().read_to_string(&mut text).unwrap();
            assert!(text.starts_with("rundown: nobody reads the output"), "{text}");
        }
    }
    // What only prints, and what is refused.
    for (args, wanted) in [("--help", 141), ("--nonsense", 2)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ktap-runner"));
        let gone = || Stdio::from(io::pipe().unwrap().1);
        let status = command.arg(args).stdout(gone()).stderr(gone()).status().unwrap();
        assert_eq!(status.code(), Some(wanted), "{args}");
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    if let Ok(full) = full {
        let output =
            Fake::new(&format!("printf '{GOOD}'")).runner("60").stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(line.starts_with("rundown: the output cannot be written: No space left"), "{line}");
    }
}
