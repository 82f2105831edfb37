//! The boots that must not pass: each with the exit status and the words that it must end with.

use std::time::{Duration, Instant};

use super::context::{Context, Image};
use super::{Outcome, Step, process};

/// A fault, how the runner must end, and what the output must hold.
struct Fault {
    /// The name in `-append must_fail=NAME`, which examples/must_fail.rs knows.
    name: &'static str,
    status: i32,
    words: &'static [&'static str],
}

const FAULTS: &[Fault] = &[
    Fault { name: "panic_first_core", status: 1, words: &["panic on core 0"] },
    Fault { name: "panic_other_core", status: 1, words: &["panic on core 1"] },
    Fault {
        name: "null_dereference",
        status: 1,
        words: &["exception on core 0", "data abort", "FAR 0x0000000000000000"],
    },
    Fault { name: "write_to_text", status: 1, words: &["permission fault"] },
    Fault { name: "execute_data", status: 1, words: &["instruction abort"] },
    Fault { name: "stack_overflow_first_core", status: 1, words: &["stack overflow on core 0"] },
    Fault { name: "stack_overflow_other_core", status: 1, words: &["stack overflow on core 1"] },
    Fault { name: "hang_masked", status: 124, words: &["rundown: no verdict after 3 s"] },
    Fault { name: "core_missing", status: 1, words: &["core 3"] },
    Fault { name: "test_skipped", status: 1, words: &["skip"] },
    Fault { name: "output_cut", status: 1, words: &["ends before"] },
];

/// One step for each fault.
pub fn steps() -> impl Iterator<Item = Step> {
    FAULTS.iter().map(|fault| Step {
        name: format!("must fail: {}", fault.name),
        deadline: Duration::from_secs(120),
        work: Box::new(|context, deadline| check(fault, context, deadline)),
    })
}

fn check(fault: &Fault, context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.boot(Image::MustFail, deadline)?;
    command.env("QEMU_EXTRA", format!("-append must_fail={}", fault.name));
    // All but the hang must end by themselves, long before this.
    command.env("QEMU_TIMEOUT", if fault.status == 124 { "3" } else { "20" });
    let ended = process::run(&mut command, deadline)?;
    let mut told = ended.told(&command);
    let mut good = ended.status == Some(fault.status);
    if !good {
        told.push_str(&format!("wanted: exit status {}\n", fault.status));
    }
    let said = ended.output.to_lowercase();
    for word in fault.words.iter().filter(|word| !said.contains(&word.to_lowercase())) {
        good = false;
        told.push_str(&format!("wanted in the output: {word}\n"));
    }
    Ok(if good { Outcome::one() } else { Outcome::failure(told) })
}
