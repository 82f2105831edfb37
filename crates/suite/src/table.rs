//! The table of everything that is tested. To add a step, add an entry.
//!
//! - [`lint`]: a command that must succeed; one check.
//! - [`tests`]: a command that runs tests; as many checks as it reports.
//! - [`second_qemu`]: what is repeated with a second QEMU, if there is one.
//! - [`passes`]: boots of an image that must pass; as many checks as the kernel reports.
//! - The tables of [`must_fail`], [`bad_setup`] and [`leftovers`]; one check an entry.
//!
//! The order is the one in which two lanes take the steps (`lanes.rs`): what fails fast, what everything
//! needs, what takes long, and at the end what is judged by time.

use std::time::Instant;

use Beside::{Anything, NoOther, Nothing, Waits};

use crate::boots::{passes, small, within};
use crate::commands::{lint, lint_with, proofs, tests};
use crate::context::Context;
use crate::image::Image::{
    CoreTests, DemoChecks, DemoDebug, DemoHolders, DemoPooled, DemoRelease, Interrupts,
    MachineTests, Pool, PooledChecks, Riscv,
};
use crate::lanes::{Beside, Entry};
use crate::promise::Promise;
use crate::step::{Outcome, Step};
use crate::{
    arrows, bad_setup, barriers, bench, book, choices, container, course, docs_rs, documents,
    editor, embedded, examples, features, figures, github, guide, idle_setup, images, instructions,
    ladder, leftovers, linear, links, must_fail, nested, no_semihosting, oldest, page, pooled,
    portable, programs, published, replay, riscv, schedules, scope, second_qemu, sessions, setup,
    sheet, soak, transcript, trees, two_ends, unread, variables,
};
use runner::qemu;

/// Every crate but those that only build for the kernel's machine.
const HOST: &str = "--workspace --exclude rundown-demo --exclude rundown-capi-kernel \
                    --target host-tuple --all-features";
/// Crates whose tests are steps of their own, and their folders; the others are the tools, which share their
/// dependencies.
const LIBRARIES: [(&str, &str); 7] = [
    ("rundown", "crates/rundown"),
    ("board-tree", "crates/board-tree"),
    ("ladder", "crates/ladder"),
    ("rundown-bench", "crates/bench"),
    ("rundown-capi", "crates/rundown-capi"),
    ("cachescope", "crates/cachescope"),
    // With feature `holders`, which others here have, it would count the search of a table.
    ("paths", "crates/paths"),
];
/// What C runs in the kernel: its contract, and what takes several cores.
const C_IN_KERNEL: Promise = Promise::AtLeast(23);
/// Both interrupt controllers, entered at EL1 and at EL2.
const MACHINES: [&str; 4] = [
    "virt",
    "virt,gic-version=3",
    "virt,virtualization=on",
    "virt,gic-version=3,virtualization=on",
];
/// A tick is an instruction, and the cores take turns.
const COUNTED: [(&str, &str); 3] = [
    ("QEMU_ACCEL", "tcg,thread=single"),
    ("QEMU_CPU", qemu::COUNTING_CPU),
    ("QEMU_EXTRA", "-icount shift=4,sleep=off"),
];
/// A warning in the documentation is an error.
const STRICT_DOCS: &[(&str, &str)] = &[("RUSTDOCFLAGS", "-D warnings")];

const SCRIPTS: &str = "scripts/setup scripts/run scripts/test scripts/qemu-runner scripts/prove \
                       scripts/explore scripts/bench scripts/lab scripts/kvm-test scripts/soak scripts/grade scripts/tool scripts/check \
                       scripts/host-cargo scripts/second-qemu scripts/book scripts/wine scripts/release .ci/run .ci/semver \
                       crates/suite/src/setup/stand_ins.sh \
                       crates/suite/src/qemu-without-semihosting";
const CLIPPY_KERNEL: &str = "cargo clippy --package rundown-demo --package rundown-capi-kernel --package rundown-capi-routines --lib --bins --tests --examples -- -D warnings";
const CLIPPY_POOLED: &str =
    "cargo clippy --package rundown-demo --features pooled --bins --examples -- -D warnings";
const CLIPPY_HOLDERS: &str =
    "cargo clippy --package rundown-demo --features holders --lib --bins --examples -- -D warnings";
const CLIPPY_BARE: &str = "cargo clippy --package rundown --target host-tuple --no-default-features --all-targets -- -D warnings";
const DOC_BARE: &str = "cargo doc --no-deps --package rundown --target host-tuple";
const CLIPPY_MODELS: &str = "cargo clippy --package rundown --target host-tuple --all-features --test loom --test loom_holders --test loom_pool --test loom_blocking --package parking --test loom_parking --target-dir target/lab-test/models -- -D warnings";

/// Steps that build in target/ wait for each other: cargo has one lock for it.
const CARGO: Beside = NoOther("cargo");

/// Returns the steps in their order. `long`: with many more boots and seeds.
pub fn entries(long: bool) -> Vec<Entry> {
    let mut table = Table::default();
    table.add(Anything, [lint("format", "cargo fmt --all --check")]);
    table.add(Anything, [lint("shellcheck", &format!("shellcheck {SCRIPTS}"))]);
    table.add(Anything, [arrows::step()]);
    table.add(Anything, [links::step()]);
    table.add(Anything, [guide::step()]);
    table.add(Anything, [github::step()]);
    table.add(Anything, [container::step()]);
    table.add(Anything, [idle_setup::step()]);
    table.add(Waits, [second_qemu::fetch()]);
    table.add(Anything, setup::steps());
    table.add(Anything, setup::with_a_real_sudo(long));
    table.add(CARGO, [images::step()]);
    table.add(CARGO, [barriers::step()]);
    table.add(CARGO, [idle_setup::questions()]);
    table.add(CARGO, [unread::step()]);
    table.add(CARGO, variables::steps());
    table.add(CARGO, lints());
    table.add(CARGO, documents::steps());
    table.add(CARGO, [examples::step(), docs_rs::step()]);
    table.add(CARGO, editor::steps(long));
    table.add(CARGO, published::steps(long));
    table.add(NoOther("proofs"), proven());
    table.add(CARGO, tested());
    table.add(CARGO, portable::steps());
    table.add(CARGO, embedded::steps());
    table.add(CARGO, programs::steps());
    table.add(CARGO, oldest::steps());
    table.add(CARGO, typed());
    table.add(CARGO, long.then(features::step));
    table.add(NoOther("schedules"), schedules::steps(long));
    table.add(NoOther("schedules"), choices::steps(long));
    table.add(NoOther("schedules"), sessions::steps());
    table.add(NoOther("scope"), scope::steps());
    table.add(CARGO, bench::steps());
    table.add(CARGO, instructions::steps());
    table.add(CARGO, figures::steps());
    table.add(CARGO, course::steps());
    table.add(CARGO, [sheet::step()]);
    table.add(CARGO, riscv::steps());
    table.add(Waits, nested::steps());
    table.add(NoOther("schedules"), second_qemu::schedules());
    table.add(CARGO, second_qemu::steps(long));
    table.add(NoOther("page"), page::steps());
    table.add(NoOther("page"), replay::steps());
    table.add(NoOther("page"), book::steps(long));
    table.add(Waits, must_fail::steps(true));
    table.add(Waits, bad_setup::steps(true));
    table.add(Anything, boots(if long { 20 } else { 1 }));
    table.add(Anything, soak::steps(long));
    table.add(Anything, trees::steps());
    table.add(Anything, ladder::steps());
    table.add(Anything, must_fail::steps(false));
    table.add(Anything, [must_fail::named()]);
    table.add(Anything, [linear::step()]);
    table.add(Anything, [two_ends::step(if long { 10 } else { 1 })]);
    table.add(Anything, no_semihosting::steps());
    table.add(Anything, bad_setup::steps(false));
    table.add(NoOther("schedules"), [bad_setup::accelerated()]);
    table.add(Anything, leftovers::steps());
    table.add(Nothing, transcript::steps());
    table.add(Nothing, schedules::alone());
    table.add(
        Nothing,
        [("4", 1), ("64", 4)].map(|(cores, seconds)| within(seconds, &[("QEMU_SMP", cores)])),
    );
    table.0
}

#[derive(Default)]
struct Table(Vec<Entry>);

impl Table {
    fn add(&mut self, beside: Beside, steps: impl IntoIterator<Item = Step>) {
        self.0.extend(steps.into_iter().map(|step| Entry { step, beside }));
    }
}

fn lints() -> Vec<Step> {
    vec![
        lint("clippy kernel", CLIPPY_KERNEL),
        lint("clippy kernel, pooled", CLIPPY_POOLED),
        lint("clippy kernel, with holders", CLIPPY_HOLDERS),
        lint_with("doc kernel", "cargo doc --no-deps --package rundown-demo", STRICT_DOCS),
        lint("clippy host", &format!("cargo clippy {HOST} --all-targets -- -D warnings")),
        lint_with("doc host", &format!("cargo doc --no-deps {HOST}"), STRICT_DOCS),
        lint("clippy rundown without features", CLIPPY_BARE),
        lint_with("doc rundown without features", DOC_BARE, STRICT_DOCS),
        lint_with("clippy of the models", CLIPPY_MODELS, &[("RUSTFLAGS", "--cfg rundown_loom")]),
    ]
}

/// The bounded proofs; `scripts/prove --long` runs them out.
fn proven() -> impl Iterator<Item = Step> {
    ["miri", "mutants", "loom", "weaken", "arm", "invariant"].into_iter().map(|stage| {
        let command = format!("scripts/prove {stage}");
        let page = (stage == "weaken").then_some("docs/guide/limits.md");
        proofs(&format!("proof ({command})"), &command, page.zip(Some(stage)))
    })
}

fn tested() -> Vec<Step> {
    let mut tools = format!("cargo test --no-fail-fast {HOST}");
    let mut steps = Vec::new();
    for (name, folder) in LIBRARIES {
        let these = format!("cargo test --package {name} --target host-tuple --all-features");
        steps.push(tests(&format!("test {name}"), "", &these, Promise::Package(folder)));
        tools.push_str(&format!(" --exclude {name}"));
    }
    let folder = "crates/rundown-capi/kernel-test";
    steps.push(tests("test tools", "", &tools, Promise::AllBut(&LIBRARIES)));
    steps.push(tests("test C in the kernel", folder, "cargo test", C_IN_KERNEL));
    steps
}

/// The commands that people type, at the root and in folders below it.
fn typed() -> Vec<Step> {
    let (demo, machine) = (DemoRelease.promise(), MachineTests.promise());
    let rundown = "test rundown (cargo test in crates/rundown/)";
    let folders = Promise::Package("crates/rundown");
    vec![
        tests("test kernel (cargo test)", "", "cargo test", machine),
        tests("test demo (cargo run --release)", "", "cargo run --release", demo),
        tests("test demo (cargo run in src/)", "src", "cargo run", demo),
        tests("test kernel (cargo test in src/)", "src", "cargo test", machine),
        // That is without features, too.
        tests(rundown, "crates/rundown", "cargo test", folders),
        tests("test demo (scripts/run)", "crates", "../scripts/run", demo),
        pooled::step(),
        Step::new("no flag for rustc stands in a configuration file", 10, no_flags),
    ]
}

/// RUSTFLAGS in the environment replaces those of a configuration file, and the kernel would no longer
/// link to its address. The step of `features` links it so.
fn no_flags(context: &Context, _: Instant) -> anyhow::Result<Outcome> {
    let file = context.root().join(".cargo/config.toml");
    let text = std::fs::read_to_string(&file)?;
    let flag = text.lines().find(|line| line.trim_start().starts_with("rustflags"));
    Ok(Outcome::check(flag.is_none(), || format!("{}: {flag:?}\n", file.display())))
}

/// Every machine that the demo must pass on, and the on-target tests. `times`: where a race could show.
fn boots(times: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    for image in [DemoRelease, DemoDebug] {
        for cores in ["1", "2", "3", "16", "64"] {
            steps.push(passes(image, &[("QEMU_SMP", cores)], 1));
        }
        // Lines of 64 bytes, and of 256.
        for cpu in ["cortex-a53", "cortex-a72", "neoverse-n1", "a64fx"] {
            steps.push(passes(image, &[("QEMU_CPU", cpu)], 1));
        }
        for machine in MACHINES {
            for cores in ["4", "8"] {
                let set = [("QEMU_MACHINE", machine), ("QEMU_SMP", cores)];
                steps.push(passes(image, &set, times));
            }
        }
        for cores in ["4", "8"] {
            let single = ("QEMU_ACCEL", "tcg,thread=single");
            steps.push(passes(image, &[single, ("QEMU_SMP", cores)], times));
        }
        steps.push(passes(image, &[("QEMU_MEM", "16M")], 1));
    }
    // Beyond the first region of redistributors, which ends at core 122; and as many as there can be.
    for cores in ["130", "512"] {
        steps.push(passes(DemoRelease, &[("QEMU_SMP", cores)], 1));
    }
    for machine in MACHINES {
        for cores in ["1", "2", "8"] {
            let set = [("QEMU_MACHINE", machine), ("QEMU_SMP", cores)];
            steps.push(passes(MachineTests, &set, 1));
        }
        for cores in ["2", "8"] {
            let set = [("QEMU_MACHINE", machine), ("QEMU_SMP", cores)];
            steps.push(passes(CoreTests, &set, times));
        }
    }
    steps.push(passes(MachineTests, &[("QEMU_CPU", "a64fx")], 1));
    for cores in ["1", "4"] {
        let single = ("QEMU_ACCEL", "tcg,thread=single");
        steps.push(passes(MachineTests, &[single, ("QEMU_SMP", cores)], 3));
    }
    // Core 0 looks at the others after every few instructions: whether one that is up can be interrupted.
    steps.push(passes(MachineTests, &COUNTED, 1));
    for image in [DemoChecks, PooledChecks] {
        steps.push(passes(image, &[("QEMU_SMP", "4")], 1));
    }
    for cores in ["1", "2", "4", "64"] {
        steps.push(passes(DemoPooled, &[("QEMU_SMP", cores)], 1));
    }
    for image in [DemoPooled, PooledChecks] {
        steps.push(passes(image, &[("QEMU_CPU", "a64fx")], 1));
    }
    steps.push(passes(DemoPooled, &[("QEMU_MACHINE", "virt"), ("QEMU_SMP", "8")], 1));
    steps.push(passes(DemoHolders, &[("QEMU_SMP", "4")], 1));
    for set in [("QEMU_SMP", "1"), ("QEMU_SMP", "4"), ("QEMU_SMP", "64"), ("QEMU_CPU", "a64fx")] {
        steps.push(passes(Pool, &[set], 1));
    }
    steps.extend(interrupts());
    steps.push(passes(Riscv, &[("QEMU_SMP", "4")], 25));
    for cores in ["1", "2", "8"] {
        steps.push(passes(Riscv, &[("QEMU_SMP", cores)], times));
    }
    steps.extend((times > 1).then(|| passes(Riscv, &[("QEMU_SMP", "64")], 1)));
    steps.push(passes(Riscv, &[("QEMU_MEM", "16M")], 1));
    for set in [("QEMU_ACCEL", "tcg,thread=single"), ("QEMU_CPU", "a64fx"), ("QEMU_SMP", "64")] {
        steps.push(passes(CoreTests, &[set], 1));
    }
    steps.push(small());
    steps
}

/// Interrupts in the middle, on both interrupt controllers and on a core alone; and between any two
/// instructions, which QEMU does only where it counts them: elsewhere they come between blocks of code.
fn interrupts() -> Vec<Step> {
    let set: [&[_]; 4] = [
        &[("QEMU_SMP", "1")],
        &[("QEMU_SMP", "4")],
        &[("QEMU_SMP", "2"), ("QEMU_MACHINE", "virt")],
        &COUNTED,
    ];
    set.map(|variables| passes(Interrupts, variables, 1)).into()
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod unit;
