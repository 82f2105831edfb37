//! Commands that end, that do not, and that leave something behind.

use super::*;
use crate::again::{self, Again, assert_gone};

fn shell(script: &str, seconds: f64) -> Output {
    let deadline = Instant::now() + Duration::from_secs_f64(seconds);
    run(Command::new("sh").args(["-c", script]), deadline).unwrap()
}

#[test]
fn the_status_and_both_outputs_are_kept() {
    let output = shell("echo out; echo err >&2; exit 3", 10.0);
    assert_eq!((output.status, output.stderr.as_str()), (Some(3), "err\n"));
    assert_eq!(output.stdout, "out\n");
    assert!(output.merged.contains("out\n") && output.merged.contains("err\n"));
}

#[test]
fn a_line_written_in_pieces_stays_whole() {
    // The pauses let the readers see each piece by itself.
    let output = shell(
        "printf 'a ' >&2; sleep 0.1; echo b; sleep 0.1; echo c >&2; printf d; printf e >&2",
        10.0,
    );
    assert_eq!(output.merged, "b\na c\nd\ne");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("b\nd", "a c\ne"));
    assert_eq!(shell("printf d", 10.0).merged, "d");
}

#[test]
fn a_late_command_is_ended_with_all_its_children() {
    let output = shell("echo $$; sleep 60 & wait", 2.0);
    assert_eq!(output.status, None);
    assert!(output.took < GRACE, "it was not asked to end before it was killed");
    assert_gone(&output.merged);
}

#[test]
fn what_a_command_leaves_behind_ends_with_it() {
    // The second does not obey what asks it to end.
    for script in ["echo $$; sleep 60 &", "echo $$; (trap '' TERM; sleep 60; sleep 60) & wait"] {
        let output = shell(script, 1.0);
        assert_gone(&output.merged);
    }
}

#[test]
fn a_signal_is_no_success() {
    assert_eq!(shell("kill -KILL $$", 10.0).status, Some(137));
}

#[test]
fn only_status_0_is_a_success_and_a_report_ends_with_the_status() {
    let of = |script: &str, seconds| {
        let output = shell(script, seconds);
        let mut command = Command::new("x");
        (output.succeeded(), output.report(command.arg("y").env("A", "b")))
    };
    assert_eq!(of("echo a; echo", 10.0), (true, "a\nA=\"b\" x y: exit status 0\n".to_owned()));
    assert_eq!(of("exit 1", 10.0), (false, "\nA=\"b\" x y: exit status 1\n".to_owned()));
    let (succeeded, report) = of("sleep 60", 0.0);
    assert!(!succeeded && report.ends_with("x y: it did not end before its deadline\n"));
}

#[test]
fn what_has_ended_is_not_ended_again() {
    // Its number may belong to somebody else by then.
    let group = shell("echo $$", 10.0).stdout.trim().parse().map(Pid::from_raw).unwrap();
    assert!(!running().contains(&group));
}

#[test]
fn a_signal_ends_all_commands_and_then_us() {
    const TEST: &str = "process::tests::a_signal_ends_all_commands_and_then_us";
    if let Some(script) = again::role() {
        end_with_us().unwrap();
        shell(&script, 60.0);
        return;
    }
    let stopped_by = |signal, script| {
        let again = Again::start(TEST, script);
        again.kill(signal);
        again.end()
    };
    // What a command has started does not die with us by itself.
    let family = "sleep 100 & echo $$ >$GROUP; wait";
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        let (status, said) = stopped_by(signal, family);
        assert_eq!(status.code(), Some(128 + signal as i32), "{said}");
        assert_eq!(said, format!("\nstopped by signal {}\n", signal as i32));
    }
    // The signal comes at once, before or while the command is noted down.
    for _ in 0..10 {
        let family = "sleep 100 & echo $$ >$GROUP; kill -INT $PPID; wait";
        assert_eq!(Again::start(TEST, family).end().0.code(), Some(128 + Signal::SIGINT as i32));
    }
    // Here is no time to end anything, but the command itself dies with us. Its stdin is not ours.
    let (status, _) = stopped_by(Signal::SIGKILL, "cat; echo $$ >$GROUP; exec sleep 60");
    assert_eq!(status.signal(), Some(Signal::SIGKILL as i32));
}
