//! The plugin in a program that takes the place of QEMU.
//!
//! `fake_qemu.c` is built once for each version of the API.

use runner::process::Output;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, process};

/// How long it may take: it does little.
const PATIENCE: Duration = Duration::from_secs(60);

fn run(name: &str, defines: &[&str]) -> Output {
    run_with(name, defines, &["region=1000-1080"])
}

fn run_with(name: &str, defines: &[&str], arguments: &[&str]) -> Output {
    let name = format!("{name}-{}", process::id()); // several may test at a time
    let path: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fake_qemu.c");
    let mut compiler = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler
        .args(["-Wall", "-Wextra", "-rdynamic", "-o"])
        .arg(&path)
        .arg(source)
        .args(["-ldl", "-lpthread"]);
    let built = compiler.args(defines).status().expect("a C compiler, as linking needs one anyway");
    assert!(built.success());
    let test = env::current_exe().expect("a path");
    let plugin = test.with_file_name("libcachescope.so");
    let mut fake = Command::new(&path);
    fake.arg(plugin).args(arguments).env_remove("CACHESCOPE_API");
    if defines.contains(&"-DVERSION=6") {
        fake.env("CACHESCOPE_API", "6"); // has the same functions as version 7
    }
    let output = runner::process::run(&mut fake, Instant::now() + PATIENCE).expect("it was built");
    fs::remove_file(path).expect("it was there");
    output
}

#[test]
fn speaks_every_version() {
    for version in 1..=7 {
        let output = run(&format!("fake_qemu_{version}"), &[&format!("-DVERSION={version}")]);
        let results = &output.stderr;
        assert!(output.succeeded(), "version {version}: {results}");
        assert!(results.contains(&format!("\"api\":{version}}}")), "{results}");
        let line = |name: &str| {
            let name = format!("\"name\":\"{name}\"");
            results.lines().find(|line| line.contains(&name)).unwrap_or_else(|| panic!("{results}"))
        };
        let counts = r#""loads":0,"stores":0,"atomics":6,"cold":1,"transfers":5,"#;
        assert!(line("0x1000").contains(counts), "version {version}: {results}");
        let counts = r#""loads":6,"stores":0,"atomics":0,"cold":1,"transfers":1,"#;
        assert!(line("0x1040").contains(counts), "version {version}: {results}");
    }
}

#[test]
fn names_a_function_that_is_missing() {
    let output = run("fake_qemu_without", &["-DVERSION=1", "-DWITHOUT_EXIT"]);
    assert_eq!(output.status, Some(2));
    assert_eq!(&output.stderr, "cachescope: this QEMU has no qemu_plugin_register_atexit_cb\n");
}

#[test]
fn another_machine_is_refused() {
    for (name, define, message) in [
        ("x86", r#"-DTARGET="x86_64""#, "only qemu-system-aarch64 is supported"),
        ("user", "-DSYSTEM=false", "only qemu-system-aarch64 is supported"),
        ("none", "-DMOST_CORES=0", "a machine of 0 cores; 1 to 512 are supported"),
        ("minus", "-DMOST_CORES=-1", "a machine of 0 cores; 1 to 512 are supported"),
        ("many", "-DMOST_CORES=513", "a machine of 513 cores; 1 to 512 are supported"),
    ] {
        let output = run(&format!("fake_qemu_{name}"), &["-DVERSION=1", define]);
        assert_eq!(output.status, Some(2), "{define}");
        assert_eq!(output.stderr, format!("cachescope: {message}\n"));
    }
    let output = run("fake_qemu_most", &["-DVERSION=1", "-DMOST_CORES=512"]);
    assert!(output.succeeded());
}

/// Loads of 8 bytes and stores of 16, 4 bytes apart, from before the watched lines to behind them; and one far off.
#[test]
fn an_access_counts_on_each_line_that_it_touches() {
    let output = run("fake_qemu_odd", &["-DVERSION=1", "-DODD=1"]);
    let results = &output.stderr;
    assert!(output.succeeded(), "{results}");
    let line = |address: u64| {
        let name = format!("\"name\":\"{address:#x}\"");
        let line = results.lines().find(|line| line.contains(&name));
        let line: serde_json::Value = serde_json::from_str(line.expect("it was used")).unwrap();
        ["loads", "stores", "atomics"].map(|what| line[what].as_u64().unwrap())
    };
    let touching = |line: u64, bytes: u64| {
        let accesses = (0xff0..=0x1088).step_by(4);
        accesses.filter(|&at| at < line + 64 && at + bytes > line).count() as u64
    };
    // Beside them each half of an LDP; and two atomics of pairs, of which one came in halves.
    assert_eq!(line(0x1000), [touching(0x1000, 8) + 2, touching(0x1000, 16), 0]);
    assert_eq!(line(0x1040), [touching(0x1040, 8), touching(0x1040, 16), 2]);
    assert_eq!(results.lines().filter(|line| line.contains("\"line\",")).count(), 2, "{results}");
}

/// In turn, one step each: a CLREX and a YIELD end a turn, and who sleeps has none until it is woken.
#[test]
fn two_cores_take_turns() {
    for version in [1, 7] {
        let trace = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("turns-{}", process::id()));
        let written = format!("trace={}", trace.display());
        let arguments = ["region=1000-1080", "mode=schedule", "deadline=2", &written];
        let version = format!("-DVERSION={version}");
        let output = run_with("fake_qemu_turns", &[&version, "-DSCHEDULE=1"], &arguments);
        let results = &output.stderr;
        assert!(output.succeeded(), "{version}: {results}");
        assert!(results.contains(r#""steps":9,"spins":1,"#), "{version}: {results}");
        let text = fs::read_to_string(&trace).unwrap();
        fs::remove_file(trace).unwrap();
        let steps: Vec<_> = text.lines().filter_map(|line| line.split_once("  core ")).collect();
        let steps: Vec<_> =
            steps.iter().map(|(_, step)| &step[..step.find(" 0x").unwrap()]).collect();
        let wanted = [
            "0: LDXR", "1: LDR", "0: LDR", "1: LDR", "1: LDR", "0: LDR", "0: LDR", "0: LDR",
            "1: LDR",
        ];
        assert_eq!(steps, wanted, "{version}: {text}");
    }
}

#[test]
fn a_schedule_in_which_all_sleep_ends_at_once() {
    let arguments = ["region=1000-1080", "mode=schedule", "deadline=86400"];
    let output = run_with("fake_qemu_stuck", &["-DVERSION=7", "-DSCHEDULE=2"], &arguments);
    assert_eq!(output.status, Some(124), "{}", output.stderr);
    let last = output.stderr.lines().last().unwrap();
    assert!(last.starts_with("cachescope: stuck after 7 steps, "), "{last}");
    assert!(last.contains(": core 0 sleeps since LDR 0x1000  at 0x4004, core 1 sleeps"), "{last}");
    assert!(output.stderr.contains(r#""record":"schedule""#), "the results come before");
}

#[test]
fn what_is_not_seen_is_refused() {
    let what = "DC ZVA (d50b7420) at 0x403c ";
    for (unseen, wanted) in [
        ("1", format!("the guest executes {what}and marks no phase without it, ")),
        ("2", format!("core 0 executes {what}in phase 7, ")),
    ] {
        let define = format!("-DUNSEEN={unseen}");
        let output = run("fake_qemu_unseen", &["-DVERSION=1", &define]);
        assert_eq!(output.status, Some(1), "{}", output.stderr);
        let last = output.stderr.lines().last().unwrap();
        assert!(last.starts_with(&format!("cachescope: {wanted}")), "{last}");
    }
    // Before anything is watched, nothing is missed.
    let output = run_with("fake_qemu_early", &["-DVERSION=1", "-DUNSEEN=3"], &["mode=count"]);
    assert!(output.succeeded(), "{}", output.stderr);
    assert!(output.stderr.contains(r#""name":"ok[0]","#), "{}", output.stderr);
    // Where nothing is watched, that is what is wrong.
    let output = run_with("fake_qemu_unwatched", &["-DVERSION=1", "-DUNSEEN=1"], &["mode=count"]);
    assert_eq!(output.status, Some(1), "{}", output.stderr);
    assert!(output.stderr.contains("\ncachescope: no memory was watched; "), "{}", output.stderr);
}

#[test]
fn results_that_show_nothing_or_are_lost_are_refused() {
    let says = |arguments: &[&str], status: i32, line: &str| {
        let output = run_with("fake_qemu_results", &["-DVERSION=1"], arguments);
        let errors = &output.stderr;
        assert_eq!(output.status, Some(status), "{errors}");
        assert!(errors.lines().any(|one| one.starts_with(line)), "{errors}");
    };
    says(&["mode=count"], 1, "cachescope: no memory was watched; have the guest mark some");
    let unscheduled = ["region=1000-1080", "mode=schedule"];
    says(&unscheduled, 1, "cachescope: no step was scheduled; ");
    let full = "cachescope: cannot write the results to out=: ";
    says(&["region=1000-1080", "out=/dev/full"], 1, full);
    says(&["region=1000-1080", "out=/nowhere/results"], 2, "cachescope: cannot write /nowhere/");
    says(&["region=1000-1000"], 2, "cachescope: region=1000-1000: wants START-END");
    says(&["region=0-ffffffffffff"], 2, "cachescope: region=: ");
    says(&["names=/nowhere"], 2, "cachescope: names=/nowhere: ");
}

#[test]
fn a_line_is_called_by_the_names_on_it() {
    let names = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("names-{}", process::id()));
    fs::write(&names, "1008 1010 word\n1078 1090 end\n").unwrap();
    let argument = format!("names={}", names.display());
    let arguments = ["region=1000-1080", &argument];
    let output = run_with("fake_qemu_names", &["-DVERSION=1"], &arguments);
    fs::remove_file(names).unwrap();
    for (address, name) in [("0x1000", "word"), ("0x1040", "end")] {
        let wanted = format!(r#""address":"{address}","name":"{name}","#);
        assert!(output.stderr.contains(&wanted), "{}", output.stderr);
    }
}

/// From API version 4 on QEMU may mix them up.
#[test]
fn cores_on_one_thread_are_refused_where_they_are_mixed_up() {
    for (version, refused) in [(3, false), (4, true), (7, true)] {
        let version = format!("-DVERSION={version}");
        let output = run("fake_qemu_thread", &[&version, "-DONE_THREAD=1"]);
        let errors = &output.stderr;
        assert_eq!(output.status, Some(if refused { 2 } else { 0 }), "{version}: {errors}");
        let line =
            "cachescope: cores 0 and 1 run on one thread, and this QEMU mixes them up then; ";
        assert_eq!(errors.starts_with(line), refused, "{version}: {errors}");
    }
}

/// A core that the machine does not have makes the plugin panic.
#[test]
fn a_panic_is_one_line_and_an_abort() {
    let output = run("fake_qemu_cores", &["-DVERSION=1", "-DCORES=3"]);
    assert_eq!(output.status, Some(128 + 6), "SIGABRT");
    let errors = &output.stderr;
    assert!(
        errors.starts_with("cachescope: this is a bug in the plugin: index out of"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
}
