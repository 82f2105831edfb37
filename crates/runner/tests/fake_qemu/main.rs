//! The runner as a process, with a shell script in QEMU's place: what no real QEMU does on demand.

mod fake;
mod idle;
mod readers;
mod terminal;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fake::Fake;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use runner::options::Options;
use runner::qemu;
use runner::settings::Settings;

const GOOD: &str = "KTAP version 1\\n1..1\\nok 1 a\\n# rundown: PASS\\n";
/// Nothing here takes longer, however busy the host is.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for an end, but not for ever.
fn end(runner: &mut Child) -> Option<ExitStatus> {
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

#[test]
fn a_whole_report_and_status_0_pass_and_a_death_on_either_output_does_not() {
    let run = |script: &str| Fake::new(script).run();
    let (status, stdout, stderr) = run(&format!("printf '{GOOD}'"));
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert!(stdout.ends_with("# rundown: PASS\n"));
    assert_eq!(run(&format!("printf '{GOOD}'; exit 1")).0, 1);
    // Under KVM every end has status 0: the report decides.
    assert_eq!(run(&format!("printf '{}'", GOOD.replace("PASS", "FAIL"))).0, 1);
    // By semihosting: QEMU prints it on stderr, perhaps in pieces.
    let pieces = "printf '# pa' >&2; sleep 0.2; printf 'nic on core 1: x\\n' >&2";
    assert_eq!(run(&format!("{pieces}; printf '{GOOD}'")).0, 1);
    assert_eq!(run(&format!("printf '{GOOD}'; sleep 0.2; {pieces}")).0, 1);
    let log = "echo 'a line of a log that is longer' >&2";
    assert_eq!(run(&format!("printf '{GOOD}'; sleep 0.2; {log}; sleep 0.2; {pieces}")).0, 1);
    let (status, _, stderr) =
        run(&format!("printf '# panic on core 1: x\\n' >&2; printf '{GOOD}'"));
    assert_eq!(status, 1);
    assert!(stderr.ends_with("rundown: the kernel has died: # panic on core 1: x\n"), "{stderr}");
    let (status, _, stderr) =
        run(&format!("printf '{GOOD}'; printf 'a log\\n# rundown: FAIL\\n' >&2"));
    assert_eq!(status, 1);
    assert!(stderr.contains("there is another verdict: # rundown: FAIL"), "{stderr}");
    let panic =
        "printf '\\n# panic on core 0: no console\\n# at x.rs:1\\n# rundown: FAIL\\n' >&2; exit 1";
    let (status, stdout, stderr) = run(panic);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.contains("\n# at x.rs:1\n"), "{stderr}");
    let last = "rundown: panic on core 0: no console (QEMU's exit status is 1)";
    assert_eq!(stderr.lines().last(), Some(last));
    // What QEMU itself complains of is still a set-up error.
    let (status, _, stderr) = run("echo 'qemu-system-aarch64: no such thing' >&2; exit 1");
    assert_eq!((status, stderr.lines().count()), (2, 1));
}

#[test]
fn what_a_script_in_qemus_place_has_started_ends_with_it() {
    let fake =
        Fake::new("sleep 600 & echo $! > \"$0.pid\"; printf '# booting\\n'; wait; sleep 600");
    let mut runner = fake.runner("1").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert_eq!(end(&mut runner).and_then(|status| status.code()), Some(124));
    let pid = fs::read_to_string(fake.0.join("qemu.pid")).unwrap();
    let stat = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
    let lives = || fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    let deadline = Instant::now() + PATIENCE;
    while lives() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(!lives());
}

#[test]
fn a_setting_that_is_no_text_is_refused_not_overlooked() {
    let fake = Fake::new("exit 0");
    let mut command = fake.runner("60");
    let output = command.env("QEMU_SMP", OsStr::from_bytes(b"4\xff")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.contains("is not a number of cores") && line.lines().count() == 1, "{line}");
}

#[test]
fn a_model_must_be_one_that_this_qemu_lists() {
    let boot = format!("printf '{GOOD}'");
    let status = |list: &str, model: &str| {
        let script = format!("case $* in *' help') printf '{list}'; exit ;; esac\n{boot}");
        let fake = Fake::new(&script);
        let output = fake.runner("60").env("QEMU_CPU", model).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let list = "Available CPUs:\\n  cortex-a53\\n";
    assert_eq!(status(list, "cortex-a53").0, 0);
    assert_eq!(status(list, "cortex-a53,pmu=off").0, 0);
    assert_eq!(status(list, "max").0, 0, "it is not looked for");
    let (code, line) = status(list, "cortex-a53x");
    assert!(code == 2 && line.contains("QEMU_CPU=cortex-a53x is unknown to "), "{code}: {line}");
    assert_eq!(status("", "cortex-a53x").0, 0, "a QEMU that lists nothing knows best");
}

#[test]
fn the_version_is_what_qemu_says() {
    let fake = Fake::new("exit 1");
    let qemu = fake.0.join("qemu").display().to_string();
    let settings =
        Settings::read(&Options::default(), |name| (name == "QEMU").then(|| qemu.clone()));
    assert_eq!(qemu::version(&settings.unwrap()).as_deref(), Ok("7.2.22"));
}

#[test]
fn what_is_no_kernel_is_not_booted() {
    let fake = Fake::new(&format!("printf '{GOOD}'"));
    fs::write(fake.0.join("kernel"), "no ELF file").unwrap();
    let (code, stdout, stderr) = fake.run();
    assert!(code == 2 && stdout.is_empty() && stderr.contains("is not a kernel"), "{stderr}");
    assert!(!fake.0.join("started").exists());
}

#[test]
fn what_qemu_complains_of_is_said_when_its_guest_says_nothing_in_time() {
    let fake = Fake::new("echo 'qemu: a warning' >&2; exec sleep 60");
    let output = fake.runner("1").output().unwrap();
    let lines = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(124), "{lines}");
    assert!(lines.starts_with("qemu: a warning\nrundown: no verdict after 1 s"), "{lines}");
}

#[test]
fn what_is_no_qemu_boots_nothing() {
    let fake = Fake::new(&format!("printf '{GOOD}'"));
    let script = format!("#!/bin/sh\nprintf '{GOOD}'\n");
    fs::write(fake.0.join("qemu"), script).unwrap();
    let (code, stdout, stderr) = fake.run();
    assert!(code == 2 && stdout.is_empty() && stderr.contains("is not a QEMU"), "{stderr}");
}

#[test]
fn a_late_qemu_has_time_to_end_and_not_for_ever() {
    let polite = "trap 'sleep 0.3; : >\"${0%/*}/ended\"; exit' TERM\nsleep 60 & wait";
    for (script, by_itself) in [(polite, true), ("trap '' TERM\nwhile :; do sleep 1; done", false)]
    {
        let fake = Fake::new(script);
        let mut runner = fake.runner("0.5").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let status = end(runner.as_mut().unwrap()).expect("the runner waits for ever");
        assert_eq!(status.code(), Some(124), "{script}");
        assert_eq!(fake.0.join("ended").exists(), by_itself, "{script}");
    }
}

#[test]
fn after_a_signal_qemu_has_time_to_end() {
    let polite = "trap 'echo ends; sleep 0.3; : >\"${0%/*}/ended\"; exit' TERM\n: >\"${0%/*}/ready\"\nsleep 60 & wait";
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        let fake = Fake::new(polite);
        let mut runner =
            fake.runner("600").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        fake.wait_for("ready");
        kill(Pid::from_raw(runner.id().try_into().unwrap()), signal).unwrap();
        let status = end(&mut runner).expect("the runner waits for ever");
        assert_eq!(status.code(), Some(128 + signal as i32));
        assert!(fake.0.join("ended").exists(), "{signal}");
    }
}

#[test]
fn an_end_is_seen_although_something_else_has_the_output() {
    let fake = Fake::new(&format!("sleep 600 &\necho $! >\"${{0%/*}}/pid\"\nprintf '{GOOD}'"));
    let mut runner = fake.runner("600").stdout(Stdio::null()).spawn().unwrap();
    assert_eq!(end(&mut runner).and_then(|status| status.code()), Some(0));
    let pid = fs::read_to_string(fake.0.join("pid")).unwrap();
    kill(Pid::from_raw(pid.trim().parse().unwrap()), Signal::SIGKILL).unwrap();
}

#[test]
fn what_qemu_says_beside_the_report_is_passed_on_in_whole_lines() {
    let log = "printf 'a warning\\nhalf ' >&2; sleep 0.2; printf 'a line\\nno end' >&2";
    let (code, stdout, stderr) = Fake::new(&format!(
        "printf 'KTAP version 1\\n1..1\\n'\n{log}\n\
         printf 'ok 1 a\\n# rundown: PASS\\n'"
    ))
    .run();
    assert_eq!((code, stdout.as_str()), (0, "KTAP version 1\n1..1\nok 1 a\n# rundown: PASS\n"));
    assert_eq!(stderr, "a warning\nhalf a line\nno end");
}

#[test]
fn that_it_was_asked_to_end_is_the_only_line_of_qemu_that_is_left_out() {
    let said = "qemu: terminating on signal 15 from pid 1\\nanother line\\n";
    let script = format!(
        "trap \"printf '{said}' >&2; exit\" TERM\nprintf '{GOOD}'\n\
                          printf '{said}' >&2\nsleep 60 & wait"
    );
    let fake = Fake::new(&script);
    let output = fake.runner("1").output().unwrap();
    let lines = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(124), "{lines}");
    let said = said.replace("\\n", "\n");
    let after = lines.strip_prefix(&said).expect(&lines);
    assert!(after.starts_with("another line\n") && !after.contains("terminating"), "{lines}");
}
