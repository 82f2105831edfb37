//! The plugin in QEMU, with the kernel `examples/scope_selftest.rs`, whose traffic is known.

mod common;

use common::{MANY_THREADS, Results, scratch};
use serde_json::Value;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, thread};

fn boot(accelerator: &str, cores: usize, append: &str, arguments: &str) -> Option<Output> {
    common::boot("scope_selftest", accelerator, cores, append, arguments)
}

fn run(accelerator: &str, cores: usize, append: &str, arguments: &str) -> Option<Results> {
    common::run("scope_selftest", accelerator, cores, append, arguments)
}

fn schedule(results: &Results) -> &Value {
    results.records.iter().find(|record| record["record"] == "schedule").expect("a schedule")
}

/// Under round robin each atomic on a line that all share is one transfer, but for the first, which is
/// cold; on a line of one's own there is only the cold miss.
fn check_bars(cores: usize, line: u64) {
    let adds = 25;
    let arguments = format!(",mode=schedule,line={line}");
    let Some(first) = run(MANY_THREADS, cores, &format!("adds={adds}"), &arguments) else { return };
    let all = cores as u64 * adds;
    let lines = (cores as u64 * 8).div_ceil(line);
    assert_eq!(first.phase("shared"), [all, 1, all - 1, 0]);
    assert_eq!(first.phase("packed"), [all, lines, all - lines, 0]);
    let own = cores as u64;
    assert_eq!(first.phase("padded128"), [all, own, 0, 0]);
    match line {
        64 => assert_eq!(first.phase("padded64"), [all, own, 0, 0]),
        _ => assert_eq!(first.phase("padded64"), [all, own / 2, all - own / 2, 0]),
    }
    for _ in 0..4 {
        let again = run(MANY_THREADS, cores, &format!("adds={adds}"), &arguments);
        assert_eq!(again.expect("as before").text, first.text);
    }
}

#[test]
fn counts_are_exact_with_2_cores() {
    check_bars(2, 64);
}

#[test]
fn counts_are_exact_with_8_cores() {
    check_bars(8, 64);
    check_bars(8, 128);
}

#[test]
fn counts_are_exact_with_64_cores() {
    check_bars(64, 64);
}

#[test]
fn all_forms_of_an_atomic_count_alike() {
    let trace = |atomics: &str| {
        let append = format!("atomics={atomics} adds=20");
        let results = run(MANY_THREADS, 4, &append, ",mode=schedule,policy=random,seed=3")?;
        Some(schedule(&results)["trace"].clone())
    };
    let default = trace("default");
    assert_eq!(trace("lse"), default);
    assert_eq!(trace("exclusive"), default);
}

#[test]
fn counting_is_the_same_with_one_thread_and_with_many() {
    for accelerator in [MANY_THREADS, "tcg,thread=single"] {
        for atomics in ["lse", "exclusive"] {
            let append = format!("atomics={atomics} adds=1000 cores=1");
            let Some(results) = run(accelerator, 2, &append, ",mode=count") else { return };
            assert_eq!(results.phase("shared"), [1000, 1, 0, 0], "{accelerator}, {atomics}");
        }
    }
}

#[test]
fn a_seed_is_a_schedule_also_on_a_busy_host() {
    let run = |seed| {
        let arguments = format!(",mode=schedule,policy=random,seed={seed}");
        Some(run(MANY_THREADS, 4, "adds=50", &arguments)?.text)
    };
    let Some(quiet) = run(1) else { return };
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop()
                }
            });
        }
        let busy: Vec<_> = (0..5).map(|_| run(1)).collect();
        stop.store(true, Ordering::Relaxed);
        for again in busy {
            assert_eq!(again.expect("as before"), quiet);
        }
    });
    assert_ne!(run(2).expect("as before"), quiet);
}

#[test]
fn the_trace_is_readable() {
    let names = scratch("names");
    fs::write(&names, "40000000 48000000 ram\n").expect("it can be written");
    let trace = scratch("txt");
    let arguments =
        format!(",mode=schedule,trace={},trace_last=5,names={}", trace.display(), names.display());
    let Some(results) = run(MANY_THREADS, 2, "adds=10", &arguments) else { return };
    let text = fs::read_to_string(&trace).expect("a trace");
    let hash = schedule(&results)["trace"].as_str().expect("a hash");
    let mut lines = text.lines();
    assert!(lines.next().expect("a line").starts_with(&format!("trace {hash} of ")));
    let last = lines.next_back().expect("a step");
    assert!(last.contains("  core 1: STLR baton  at ram+"), "{last}");
    assert_eq!(lines.count(), 4);
    for path in [names, trace] {
        fs::remove_file(path).expect("it was there");
    }
}

fn fails(accelerator: &str, append: &str, arguments: &str, status: i32, message: &str) {
    let Some(output) = boot(accelerator, 2, append, arguments) else { return };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{errors}");
    let own: Vec<_> = errors.lines().filter(|line| line.starts_with("cachescope: ")).collect();
    assert_eq!(own.len(), 1, "{errors}");
    assert!(own[0].contains(message), "{errors}");
}

#[test]
fn wrong_arguments_are_one_line() {
    fails(MANY_THREADS, "", ",mode=fast", 2, "mode=fast: wants count or schedule");
    fails(MANY_THREADS, "", ",out=/nowhere/results", 2, "cannot write /nowhere/results: ");
    fails(MANY_THREADS, "", ",names=/nowhere", 2, "names=/nowhere: ");
    fails("tcg,thread=single", "", ",mode=schedule", 2, "wants every core on a thread of its own");
}

#[test]
fn a_schedule_that_is_stuck_ends() {
    let arguments = ",mode=schedule,deadline=1";
    let message =
        "no step for 1 s in phase 1 (1 of 2 cores have begun, 0 have ended): core 0 waiting";
    fails(MANY_THREADS, "cores=1 announced=2", arguments, 124, message);
    fails(MANY_THREADS, "adds=10", ",mode=schedule,max_steps=15", 1, "more than 15 steps");
}
