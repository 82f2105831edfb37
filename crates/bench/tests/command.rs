//! The benchmark as a process: what it prints, and its exit status.

use std::process::Command;

/// Runs it with one argument. Returns the exit status and both outputs.
fn run(argument: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rundown-bench"));
    let output = command.arg(argument).output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), stdout, stderr)
}

#[test]
fn a_quick_run_prints_lines_and_tables() {
    let (status, stdout, stderr) = run("--quick");
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    let measured = stdout.matches("\n# measure {\"name\":\"bench_drain\"").count();
    assert_eq!(measured, ladder::SLOTS.len());
    for line in ["acquire and release of one object: ", "drain of an idle, warm object\n"] {
        assert!(stdout.contains(&format!("\n{line}")), "{stdout}");
    }
    assert!(!stdout.contains("thresholds"), "they are judged with --check alone");
}

#[test]
fn wrong_usage_is_one_line_and_help_is_the_usage() {
    let (status, stdout, stderr) = run("--nonsense");
    assert_eq!((status, stdout.as_str(), stderr.lines().count()), (Some(2), "", 1));
    assert!(stderr.starts_with("rundown: --nonsense is unknown; "), "{stderr}");
    let (status, stdout, stderr) = run("--help");
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with("usage: scripts/bench "), "{stdout}");
}
