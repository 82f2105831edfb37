//! A runner that waits takes no processor time, whatever it waits for.

use crate::PATIENCE;
use crate::fake::Fake;
use std::fs;
use std::io;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// Processor time that a runner takes to start and to end, and then some, in ticks: 10 ms each (proc(5)).
const MOST: u64 = 25;

/// Returns the ticks that a runner takes which waits for three seconds. Nobody reads what it prints.
fn ticks(script: &str) -> u64 {
    let fake = Fake::new(script);
    let (reader, writer) = io::pipe().unwrap();
    let mut command = fake.runner("3");
    let mut runner = command.stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let ticks = loop {
        assert!(Instant::now() < deadline, "the runner does not end");
        thread::sleep(Duration::from_millis(20));
        let stat = fs::read_to_string(format!("/proc/{}/stat", runner.id())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields: Vec<&str> = fields.split(' ').collect();
        // Until somebody asks for its status, the system knows what it took.
        if fields[0] == "Z" {
            break [11, 12].map(|field: usize| fields[field].parse::<u64>().unwrap()).iter().sum();
        }
    };
    assert_eq!(runner.wait().unwrap().code(), Some(124));
    drop(reader);
    ticks
}

#[test]
fn waiting_takes_no_processor_time() {
    // For QEMU, and then for whoever reads.
    let scripts = ["sleep 60", "yes '# x' | head -c 100000"];
    thread::scope(|scope| {
        for run in scripts.map(|script| scope.spawn(move || (script, ticks(script)))) {
            let (script, ticks) = run.join().unwrap();
            assert!(ticks <= MOST, "{script}: {ticks} ticks");
        }
    });
}
