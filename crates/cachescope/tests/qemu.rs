//! The plugin in QEMU, with a kernel whose traffic is known.
//!
//! The kernel is `examples/scope_selftest`.

mod common;

use cachescope::directory::{Access, Line};
use common::{MANY_THREADS, Results, scratch};
use runner::process::Output;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, thread};

/// One core after the other.
const ONE_THREAD: &str = "tcg,thread=single";

const KERNEL: &str = "scope_selftest";

fn boot(accelerator: &str, cores: usize, append: &str, arguments: &str) -> Option<Output> {
    common::boot(KERNEL, accelerator, cores, append, arguments)
}

fn run(accelerator: &str, cores: usize, append: &str, arguments: &str) -> Option<Results> {
    common::run(KERNEL, accelerator, cores, append, arguments)
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
    for accelerator in [MANY_THREADS, ONE_THREAD] {
        if accelerator == ONE_THREAD && refuses_one_thread() {
            continue;
        }
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

/// Brings a line into the state that letters tell.
fn put(line: &mut Line, copies: &str) {
    line.flush();
    for (core, letter) in copies.chars().enumerate() {
        match letter {
            'M' => drop(line.access(core, Access::Store)),
            'E' | 'S' => drop(line.access(core, Access::Load)),
            letter => assert_eq!(letter, 'I'),
        }
    }
    assert_eq!(line.copies(copies.len()), copies);
}

/// What is told of lines and steps, and the rules of the caches, come to what was counted.
#[test]
fn a_replay_of_the_steps_gives_the_counts() {
    let file = scratch("steps");
    let arguments = format!(",mode=schedule,policy=random,seed=5,steps={}", file.display());
    let Some(results) = run(MANY_THREADS, 4, "adds=25", &arguments) else { return };
    let text = fs::read_to_string(&file).expect("steps");
    fs::remove_file(file).expect("it was there");
    let (mut lines, mut counts) = (BTreeMap::<String, Line>::new(), BTreeMap::new());
    let mut phase = String::new();
    for record in text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")) {
        let word = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        match &*word("record") {
            "phase" => phase = word("name"),
            "line" => put(lines.entry(word("line")).or_default(), &word("copies")),
            "step" => {
                let access = match &*word("access") {
                    "load" => Access::Load,
                    "store" => Access::Store,
                    _ => Access::Atomic,
                };
                let core = record["core"].as_u64().expect("a core") as usize;
                let line = lines.get_mut(&word("line")).expect("it was told before");
                let traffic = line.access(core, access);
                let sums: &mut [u64; 4] = counts.entry(phase.clone()).or_default();
                let of_step = [true, traffic.cold, traffic.transfer, traffic.upgrade];
                sums.iter_mut().zip(of_step).for_each(|(sum, one)| *sum += u64::from(one));
            }
            other => panic!("a record {other:?}"),
        }
    }
    assert!(counts.len() >= 4, "{counts:?}");
    for (name, sums) in counts {
        assert_eq!(sums, results.phase(&name), "{name}");
    }
}

fn fails(accelerator: &str, append: &str, arguments: &str, status: i32, message: &str) {
    let Some(output) = boot(accelerator, 2, append, arguments) else { return };
    failed(&output, status, message);
}

fn failed(output: &Output, status: i32, message: &str) {
    let errors = &output.stderr;
    assert_eq!(output.status, Some(status), "{errors}");
    let own: Vec<_> = errors.lines().filter(|line| line.starts_with("cachescope: ")).collect();
    assert_eq!(own.len(), 1, "{errors}");
    assert!(own[0].contains(message), "{errors}");
}

/// The image that must fail has no markers.
#[test]
fn a_run_that_has_shown_nothing_fails() {
    for (arguments, message) in [
        (",mode=count", "no memory was watched; have the guest mark some"),
        (",mode=schedule,region=40200000-40200040", "no step was scheduled; mode=schedule needs"),
    ] {
        let output = common::boot("must_fail", MANY_THREADS, 2, "", arguments);
        let Some(output) = output else { return };
        failed(&output, 1, message);
    }
}

#[test]
fn wrong_arguments_are_one_line() {
    fails(MANY_THREADS, "", ",mode=fast", 2, "mode=fast: wants count or schedule");
    fails(MANY_THREADS, "", ",out=/nowhere/results", 2, "cannot write /nowhere/results: ");
    fails(MANY_THREADS, "", ",names=/nowhere", 2, "names=/nowhere: ");
    let alone = match refuses_one_thread() {
        false => "wants every core on a thread of its own",
        true => "cores 0 and 1 run on one thread",
    };
    fails(ONE_THREAD, "", ",mode=schedule", 2, alone);
}

/// From API version 4 on, QEMU takes one core for another with all on one thread: that is refused.
fn refuses_one_thread() -> bool {
    let Some(results) = run(MANY_THREADS, 2, "adds=1", ",mode=count") else { return false };
    let new = results.records[0]["api"].as_u64() >= Some(4);
    if new {
        fails(ONE_THREAD, "", ",mode=count", 2, "cores 0 and 1 run on one thread, and this QEMU");
    }
    new
}

/// Each is executed 10 times on one line (examples/scope_selftest/kinds.rs).
#[test]
fn unusual_instructions_count_as_what_they_are() {
    for accelerator in [MANY_THREADS, ONE_THREAD] {
        if accelerator == ONE_THREAD && refuses_one_thread() {
            continue;
        }
        let Some(results) = run(accelerator, 2, "adds=1", ",mode=count") else { return };
        let phase = |name: &str| {
            let phase = |record: &&Value| record["record"] == "phase" && record["name"] == name;
            let record = results.records.iter().find(phase);
            record.map(|record| {
                ["loads", "stores", "atomics", "cold"].map(|what| record[what].as_u64())
            })
        };
        let counts = |counts: [u64; 4]| Some(counts.map(Some));
        for (name, exactly) in [
            ("exclusive pair", [0, 0, 10, 1]),
            ("exclusive without store", [0, 0, 10, 1]),
            ("compare and swap, fails", [0, 0, 10, 1]),
            ("compare and swap pair", [0, 0, 10, 1]),
            ("into the watched line", [10, 0, 0, 1]),
            ("out of the watched line", [0, 10, 0, 1]),
        ] {
            assert_eq!(phase(name), counts(exactly), "{name}, {accelerator}");
        }
        // QEMU 7.2 makes two accesses of these.
        let pairs = |pairs: u64| [counts([10 * pairs, 0, 0, 1]), counts([0, 10 * pairs, 0, 1])];
        let [load, store] = ["load pair", "store pair"].map(phase);
        assert!(pairs(1) == [load, store] || pairs(2) == [load, store], "{load:?}, {store:?}");
        // Not accesses, as far as QEMU tells.
        for name in ["prefetch", "up to the watched line"] {
            assert_eq!(phase(name), None, "{name}, {accelerator}");
        }
    }
}

#[test]
fn a_schedule_that_is_stuck_ends() {
    let arguments = ",mode=schedule,deadline=1";
    let message =
        "no step for 1 s in phase 1 (1 of 2 cores have begun, 0 have ended): core 0 waiting";
    fails(MANY_THREADS, "cores=1 announced=2", arguments, 124, message);
    fails(MANY_THREADS, "adds=10", ",mode=schedule,max_steps=15", 1, "more than 15 steps");
}

/// The watchdog would come after a day: it is the state that tells.
#[test]
fn a_lost_wake_up_is_told_at_once_with_who_sleeps_where() {
    let arguments = ",mode=schedule,deadline=86400";
    let Some(output) = boot(MANY_THREADS, 4, "adds=1 lose=9", arguments) else {
        return;
    };
    failed(&output, 124, "stuck after ");
    let line = output.stderr.lines().find(|line| line.contains("stuck")).expect("as before");
    for core in 0..4 {
        let sleeper = format!(" core {core} sleeps since LDAR baton  at 0x");
        assert!(line.contains(&sleeper), "{line}");
    }
    assert!(line.ends_with("; 0 have ended"), "{line}");
}

/// One after the other by priority, and each seed the same in each run.
#[test]
fn priorities_are_a_schedule_too() {
    let run = |seed| {
        let arguments = format!(",mode=schedule,policy=pct,seed={seed},length=400,depth=2");
        run(MANY_THREADS, 4, "adds=20", &arguments)
    };
    let Some(first) = run(3) else { return };
    let record = schedule(&first);
    assert_eq!(
        [&record["policy"], &record["seed"], &record["depth"], &record["length"]],
        [&Value::from("pct"), &Value::from(3), &Value::from(2), &Value::from(400)]
    );
    assert_eq!(run(3).expect("as before").text, first.text);
    assert_ne!(run(4).expect("as before").text, first.text);
    // Few change points: the word that all share goes to each core once, and perhaps once more.
    let [all, cold, transfers, _] = first.phase("shared");
    assert_eq!((all, cold), (80, 1));
    assert!((3..=4).contains(&transfers), "{transfers} transfers");
}
