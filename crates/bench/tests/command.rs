//! The benchmark as a process: what it prints, and its exit status.

use rundown_bench::everybody::run;
use std::process::Command;

/// Runs it with one argument. Returns the exit status and both outputs.
fn bench(argument: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rundown-bench"));
    let output = command.arg(argument).output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), stdout, stderr)
}

#[test]
fn a_quick_run_prints_lines_and_tables() {
    let (status, stdout, stderr) = bench("--quick");
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    let measured = stdout.matches("\n# measure {\"name\":\"bench_drain\"").count();
    assert_eq!(measured, ladder::SLOTS.len());
    let everybody = stdout.matches("\n# measure {\"name\":\"everybody\"").count();
    assert!(everybody > run::all().len(), "{everybody} measurements");
    for line in [
        "acquire and release of one object: ",
        "drain of an idle, warm object\n",
        "everybody on one bench: ",
    ] {
        assert!(stdout.contains(&format!("\n{line}")), "{stdout}");
    }
    for word in ["thresholds", "bar holds", "bar does not hold"] {
        assert!(!stdout.contains(word), "they are judged with --check alone");
    }
}

#[test]
fn wrong_usage_is_one_line_and_help_is_the_usage() {
    let (status, stdout, stderr) = bench("--nonsense");
    assert_eq!((status, stdout.as_str(), stderr.lines().count()), (Some(2), "", 1));
    assert!(stderr.starts_with("rundown: --nonsense is unknown; "), "{stderr}");
    let (status, stdout, stderr) = bench("--help");
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with("usage: scripts/bench "), "{stdout}");
}
