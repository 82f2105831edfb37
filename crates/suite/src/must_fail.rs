//! The boots that must not pass: each with its exit status, and with what its output must hold.

use std::time::Instant;

use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};
use runner::{process, qemu};

/// A fault, how the runner must end, and what the output must hold.
struct Fault {
    /// The name in `-append must_fail=NAME`, which examples/must_fail.rs knows.
    name: &'static str,
    status: i32,
    texts: &'static [&'static str],
}

const FAULTS: &[Fault] = &[
    fails("panic_first_core", &["panic on core 0: on purpose"]),
    fails("panic_other_core", &["panic on core 1: on purpose, at examples/must_fail.rs:"]),
    fails(
        "null_dereference",
        &[
            "exception on core 0: data abort on read, translation fault",
            "FAR 0x0000000000000000",
            ", at examples/must_fail.rs:",
            " (null_dereference) (QEMU's",
        ],
    ),
    fails("write_to_text", &["data abort on write, permission fault", "ELR 0x"]),
    fails("write_to_constants", &["data abort on write, permission fault", "ELR 0x"]),
    fails("execute_data", &["instruction abort, permission fault", "ELR 0x"]),
    fails("execute_constants", &["instruction abort, permission fault", "ELR 0x"]),
    fails(
        "execute_heap",
        &["instruction abort, permission fault", "ELR 0x", ", called at examples/must_fail.rs:"],
    ),
    fails("execute_stack", &["instruction abort, permission fault", "ELR 0x"]),
    fails("execute_device", &["instruction abort, permission fault", "ELR 0x"]),
    fails("registers_of_fault", &["exception on core 0", "wanted: x30", "wanted: SPSR"]),
    fails(
        "registers_of_fault_in_handler",
        &["exception inside a handler on core 0", "wanted: x30"],
    ),
    fails("unknown_interrupt", &["panic on core 0: interrupt 30, which nobody has enabled"]),
    fails("stack_overflow_first_core", &["stack overflow on core 0: the stack has run into"]),
    fails("stack_overflow_other_core", &["stack overflow on core 1: the stack has run into"]),
    fails("stack_overflow_in_handler", &["stack overflow on core 0: the exception stack has"]),
    fails("fault_in_handler", &["exception inside a handler on core 0: data abort on read"]),
    Fault { name: "hang_masked", status: 124, texts: &["rundown: no verdict after 3 s"] },
    fails("hang_other_core", &["core 1 (and 1 in all) did not finish its job within"]),
    fails("core_missing", &["core 3 (MPIDR 0x3) did not come up within"]),
    fails("test_failed", &["not ok 2", "test 2 failed: this does not"]),
    fails("condition_failed", &["does not hold: one and one are three", "not ok 1"]),
    fails("test_skipped", &["test 2 was skipped"]),
    fails("test_left_out", &["2 tests planned, 1 run"]),
    fails("test_added", &["1 tests planned, 2 run"]),
    fails("status_fails", &["# rundown: PASS", "every test passed, but QEMU's exit status is 1"]),
    fails("output_cut", &["the output ends before"]),
    fails("poison_while_held", &["looks that saw the poison", "test 2 failed"]),
    fails("console_is_held", &["panic on core 0: on purpose, while core 1 holds the console"]),
    fails("taken_by_first_core", &["panic on core 0: on purpose, and all of it is printed"]),
    fails("taken_by_other_core", &["panic on core 1: on purpose, and all of it is printed"]),
    fails("report_masked", &["panic on core 0: on purpose", "hook, with interrupts masked: true"]),
    fails("report_panics", &["panic on core 0: on purpose, ", "core 0 has failed while it"]),
    fails("report_faults", &["panic on core 0: on purpose, ", "core 0 has failed while it"]),
    fails(
        "report_faults_in_handler",
        &["exception inside a handler on core 0", "an exception that cannot be reported"],
    ),
    fails("core_data_gone", &["an exception that cannot be reported"]),
    fails(
        LATE_WAIT,
        &["core 1 waited 20000 ms for the run-down at 0x", "; who holds it is said by", HOLDERS],
    ),
    fails("nonsense", &["must_fail=nonsense is unknown", "#   panic_first_core"]),
];

/// A wait without an end, while all cores sleep.
const LATE_WAIT: &str = "late_wait";
/// What the kernel advises then.
const HOLDERS: &str = "`cargo run --features holders`";
/// The same where that was done. The kernel announces the place.
const NAMED: Fault = fails(LATE_WAIT, &["core 1 waited", "is held by:", "2 holds, slot 0, taken"]);

/// With this in front, a line says what another line must hold. In lower case, as it is compared.
const WANTED: &str = "# wanted: ";

/// What must be there, too, where the kernel itself comes to a verdict: its last line, and QEMU's status.
const VERDICT: [&str; 2] = ["# rundown: FAIL", "(QEMU's exit status is 1)"];
/// Where it does not: it hangs, or ends the report in another way, which is the fault.
const NO_VERDICT: [&str; 7] = [
    "hang_masked",
    "test_skipped",
    "output_cut",
    "status_fails",
    "report_faults_in_handler",
    "core_data_gone",
    "nonsense",
];

/// The faults that end by a deadline of the kernel's, with no core at work.
const WAITS: [&str; 2] = ["hang_other_core", "core_missing"];

/// Returns a fault that ends by itself, with status 1.
const fn fails(name: &'static str, texts: &'static [&'static str]) -> Fault {
    Fault { name, status: 1, texts }
}

/// Returns one step for each fault: those with a core that the others wait for, or the rest.
pub fn steps(waits: bool) -> impl Iterator<Item = Step> {
    let chosen = move |fault: &&Fault| waits == WAITS.contains(&fault.name);
    FAULTS.iter().filter(chosen).map(|fault| {
        let name = format!("must fail: {}", fault.name);
        Step::new(name, 120, |context, deadline| check(fault, Image::MustFail, context, deadline))
    })
}

/// Returns the step of the kernel that names who holds.
pub fn named() -> Step {
    let name = format!("must fail: {LATE_WAIT} --features holders");
    Step::new(name, 120, |context, deadline| {
        check(&NAMED, Image::MustFailHolders, context, deadline)
    })
}

fn check(
    fault: &Fault,
    image: Image,
    context: &Context,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = context.boot(image)?;
    let mut extra = format!("-append must_fail={}", fault.name);
    if fault.name == LATE_WAIT {
        // All the time passes at once where QEMU counts instructions.
        command.envs([("QEMU_ACCEL", "tcg,thread=single"), ("QEMU_CPU", qemu::COUNTING_CPU)]);
        extra.insert_str(0, &format!("-icount {} ", qemu::ICOUNT));
    }
    command.env("QEMU_EXTRA", extra);
    // All but the hang must end by themselves, long before this.
    command.env("QEMU_TIMEOUT", if fault.status == 124 { "3" } else { "60" });
    let output = process::run(&mut command, deadline)?;
    let missing = missing(fault, output.status, &output.merged);
    Ok(Outcome::check(missing.is_empty(), || output.report(&command) + &missing))
}

/// Returns a line for each thing that a boot lacks: its exit status, and the texts of its output.
fn missing(fault: &Fault, status: Option<i32>, output: &str) -> String {
    let mut missing = String::new();
    if status != Some(fault.status) {
        missing.push_str(&format!("wanted: exit status {}\n", fault.status));
    }
    let printed = output.to_lowercase();
    let verdict = VERDICT.iter().filter(|_| !NO_VERDICT.contains(&fault.name));
    let texts = fault.texts.iter().chain(verdict).map(|text| (text.to_lowercase(), 1));
    // What the kernel itself says that must come.
    let announced = printed.lines().filter_map(|line| line.strip_prefix(WANTED));
    let announced = announced.map(|text| (text.to_owned(), 2));
    for (text, times) in texts.chain(announced) {
        if printed.matches(&text).count() < times {
            missing.push_str(&format!("wanted in the output, {times} times: {text}\n"));
        }
    }
    missing
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::fake::Fake;
    use runner::ktap::Report;

    /// The kernel's names of its exception vectors are the texts with which a core dies.
    const SOURCE: &str = include_str!("../../../src/machine/traps/exceptions.rs");

    #[test]
    fn the_runner_knows_every_exception_of_the_kernel() {
        let (_, names) = SOURCE.split_once("const VECTORS: [&str; 16] = [").unwrap();
        let (names, _) = names.split_once("];").unwrap();
        let names: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
        assert_eq!(names.len(), 16);
        // An interrupt has a handler and kills nobody.
        for name in names.into_iter().filter(|name| *name != "interrupt") {
            let death = format!("# {name} on core 1: x");
            let mut report = Report::default();
            let text = format!("KTAP version 1\n1..1\n{death}\nok 1 x\n# rundown: PASS\n");
            report.feed(text.as_bytes());
            let objection = report.verdict().expect_err(name).to_string();
            assert!(objection.contains("has died"), "{objection}");
        }
    }

    #[test]
    fn a_boot_that_ends_as_it_must_is_one_check() {
        let fake = Fake::new();
        let step = |name: &str| {
            let name = format!("must fail: {name}");
            steps(false).find(|step| step.name == name).expect("such a step")
        };
        let waits: Vec<String> = steps(true).map(|step| step.name).collect();
        assert_eq!(waits, WAITS.map(|name| format!("must fail: {name}")));
        let failed =
            "not ok 2 x\n# rundown: FAIL\ntest 2 failed: this does not (QEMU's exit status is 1)\n";
        fake.boots(1, failed);
        assert_eq!(fake.run(&step("test_failed")), (1, 0));
        fake.boots(0, failed);
        assert_eq!(fake.run(&step("test_failed")), (0, 1));
        // The name reaches the kernel, and only what hangs has little time.
        fake.script("built/runner", "echo \"$QEMU_TIMEOUT $QEMU_EXTRA\"; exit 1");
        let said = fake.outcome(&step("test_failed")).output;
        assert!(said.contains("60 -append must_fail=test_failed\n"), "{said}");
        // Nobody waits for the time to pass.
        for step in [step("late_wait"), named()] {
            fake.script("built/runner", "echo \"$1 $QEMU_ACCEL $QEMU_EXTRA\"; exit 1");
            let said = fake.outcome(&step).output;
            let counted = "single -icount shift=4,sleep=off -append must_fail=late_wait\n";
            assert!(said.contains(counted), "{said}");
            let named = said.contains("built/MustFailHolders tcg");
            assert_eq!(named, step.name.ends_with("--features holders"), "{said}");
        }
        fake.script("built/runner", "echo \"$QEMU_TIMEOUT $QEMU_EXTRA\"; exit 1");
        let said = fake.outcome(&step("hang_masked")).output;
        assert!(said.contains("3 -append must_fail=hang_masked\n"), "{said}");
    }

    #[test]
    fn what_the_kernel_advises_is_how_it_is_built_here() {
        assert_eq!(HOLDERS, format!("`cargo run {}`", Image::HOLDERS[..2].join(" ")));
    }

    #[test]
    fn status_and_texts_are_wanted_and_what_the_kernel_announces_too() {
        let fault = fails("nonsense", &["Data abort", "FAR 0x"]);
        let good = "# DATA ABORT on core 0\n# far 0x1\n";
        let of = |status, output: &str| missing(&fault, status, output);
        assert_eq!(of(Some(1), good), "");
        assert_eq!(of(Some(0), good), "wanted: exit status 1\n");
        assert_eq!(of(None, good), "wanted: exit status 1\n");
        let lacks = "wanted in the output, 1 times: far 0x\n";
        assert_eq!(of(Some(1), "# data abort\n"), lacks);
        let verdict = |fault| missing(&fails(fault, &[]), Some(1), "x (QEMU's exit status is 1)\n");
        assert_eq!(verdict("x"), "wanted in the output, 1 times: # rundown: fail\n");
        assert_eq!(verdict("output_cut"), "");
        let announced = format!("# Wanted: x1 = 7\n{good}");
        let lacks = "wanted in the output, 2 times: x1 = 7\n";
        assert_eq!(of(Some(1), &announced), lacks);
        assert_eq!(of(Some(1), &format!("{announced}# x1 = 7\n")), "");
    }
}
