//! The table of everything that is tested. To add a step, add an entry.
//!
//! - [`lint`]: a command that must succeed; one check.
//! - [`tests`]: a command that runs tests; as many checks as it reports.
//! - [`newer`]: what is repeated with a second QEMU, if there is one.
//! - [`passes`]: boots of an image that must pass; as many checks as the kernel reports.
//! - The tables of [`must_fail`], [`bad_setup`] and [`leftovers`]; one check an entry.

use crate::boots::{passes, small, within};
use crate::commands::{lint, lint_with, proofs, tests};
use crate::context::Image::{DemoDebug, DemoRelease, MachineTests};
use crate::step::Step;
use crate::{
    bad_setup, bench, figures, idle_setup, ladder, leftovers, must_fail, newer, page, portable,
    schedules, scope, sessions, transcript,
};

/// The crates that run on the host.
const HOST_CRATES: [&str; 11] = [
    "rundown",
    "ladder",
    "rundown-bench",
    "rundown-capi",
    "prove",
    "cachescope",
    "runner",
    "tools",
    "explore",
    "lab",
    "suite",
];
/// Both interrupt controllers, entered at EL1 and at EL2.
const MACHINES: [&str; 4] = [
    "virt",
    "virt,gic-version=3",
    "virt,virtualization=on",
    "virt,gic-version=3,virtualization=on",
];
/// A warning in the documentation is an error.
const STRICT_DOCS: &[(&str, &str)] = &[("RUSTDOCFLAGS", "-D warnings")];

const CLIPPY_BARE: &str = "cargo clippy --package rundown --target host-tuple --no-default-features --all-targets -- -D warnings";
const TEST_BARE: &str = "cargo test --package rundown --target host-tuple --no-default-features";
const DOC_BARE: &str = "cargo doc --no-deps --package rundown --target host-tuple";
const CLIPPY_MODELS: &str = "cargo clippy --package rundown --target host-tuple --all-features --test loom --test loom_holders --target-dir target/lab-test/models -- -D warnings";
const CLIPPY_C_IMAGE: &str = "cargo clippy --package rundown-capi-kernel --package rundown-capi-routines --tests -- -D warnings";

/// The steps, in their order: what fails fast comes first.
pub fn steps() -> Vec<Step> {
    let mut steps = vec![lint("format", "cargo fmt --all --check")];
    steps.push(lint(
        "shellcheck",
        "shellcheck scripts/setup scripts/run scripts/test scripts/qemu-runner scripts/prove \
         scripts/explore scripts/bench scripts/lab .ci/run",
    ));
    steps.push(idle_setup::step());
    steps.push(lint(
        "clippy kernel",
        "cargo clippy --package rundown-demo --lib --bins --tests --examples -- -D warnings",
    ));
    steps.push(lint_with("doc kernel", "cargo doc --no-deps --package rundown-demo", STRICT_DOCS));
    for name in HOST_CRATES {
        let these = format!("--package {name} --target host-tuple --all-features");
        let clippy = format!("cargo clippy {these} --all-targets -- -D warnings");
        let doc = format!("cargo doc --no-deps {these}");
        let test = format!("cargo test {these}");
        steps.push(lint(&format!("clippy {name}"), &clippy));
        steps.push(lint_with(&format!("doc {name}"), &doc, STRICT_DOCS));
        steps.push(tests(&format!("test {name}"), "", &test));
    }

    steps.push(lint("clippy rundown without features", CLIPPY_BARE));
    steps.push(tests("test rundown without features", "", TEST_BARE));
    steps.push(lint_with("doc rundown without features", DOC_BARE, STRICT_DOCS));
    steps.push(lint_with(
        "clippy of the models",
        CLIPPY_MODELS,
        &[("RUSTFLAGS", "--cfg rundown_loom")],
    ));
    steps.extend(portable::steps());
    steps.push(lint("package rundown", "cargo package --package rundown --allow-dirty"));
    steps.push(lint("clippy of the C interface's image", CLIPPY_C_IMAGE));
    steps.push(tests("test C in the kernel", "crates/rundown-capi/kernel-test", "cargo test"));
    // The bounded proofs; `scripts/prove --long` runs them out.
    for stage in ["invariant", "loom", "weaken", "mutants", "miri"] {
        steps.push(proofs(
            &format!("proof (scripts/prove {stage})"),
            &format!("scripts/prove {stage}"),
        ));
    }

    // The commands that people type, at the root and in folders below it.
    steps.push(tests("test kernel (cargo test)", "", "cargo test"));
    steps.push(tests("test demo (cargo run --release)", "", "cargo run --release"));
    steps.push(tests("test demo (cargo run in src/)", "src", "cargo run"));
    steps.push(tests("test kernel (cargo test in src/)", "src", "cargo test"));
    steps.push(tests(
        "test rundown (cargo test in crates/rundown/)",
        "crates/rundown",
        "cargo test",
    ));
    steps.push(tests("test demo (scripts/run)", "crates", "../scripts/run"));

    // A flag in the environment replaces those of a configuration file, so the linker script must
    // not stand there.
    steps.push(lint_with(
        "the demo links with RUSTFLAGS set",
        "cargo build --release --target-dir target/lab-test/rustflags",
        &[("RUSTFLAGS", "-C debuginfo=0")],
    ));

    // Every machine that the demo must pass on.
    for image in [DemoRelease, DemoDebug] {
        for cores in ["1", "2", "3", "16", "64"] {
            steps.push(passes(image, &[("QEMU_SMP", cores)], 1));
        }
        for cpu in ["cortex-a53", "cortex-a72", "neoverse-n1"] {
            steps.push(passes(image, &[("QEMU_CPU", cpu)], 1));
        }
        for machine in MACHINES {
            for cores in ["4", "8"] {
                steps.push(passes(image, &[("QEMU_MACHINE", machine), ("QEMU_SMP", cores)], 20));
            }
        }
        for cores in ["4", "8"] {
            let single = ("QEMU_ACCEL", "tcg,thread=single");
            steps.push(passes(image, &[single, ("QEMU_SMP", cores)], 20));
        }
        steps.push(passes(image, &[("QEMU_MEM", "16M")], 1));
    }
    // Beyond the first region of redistributors, which ends at core 122.
    steps.push(passes(DemoRelease, &[("QEMU_SMP", "130")], 1));
    for machine in MACHINES {
        for cores in ["1", "2", "8"] {
            let set = [("QEMU_MACHINE", machine), ("QEMU_SMP", cores)];
            steps.push(passes(MachineTests, &set, 1));
        }
    }
    for cores in ["1", "4"] {
        let single = ("QEMU_ACCEL", "tcg,thread=single");
        steps.push(passes(MachineTests, &[single, ("QEMU_SMP", cores)], 3));
    }
    steps.push(within(1, &[("QEMU_SMP", "4")]));
    steps.push(within(4, &[("QEMU_SMP", "64")]));
    steps.push(small());
    steps.extend(transcript::steps());

    steps.extend(scope::steps());
    steps.extend(ladder::steps());
    steps.extend(bench::steps());
    steps.extend(schedules::steps());
    steps.extend(sessions::steps());
    steps.extend(newer::steps());
    steps.extend(figures::steps());
    steps.extend(page::steps());
    steps.extend(must_fail::steps());
    steps.extend(bad_setup::steps());
    steps.extend(leftovers::steps());
    steps
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn no_two_steps_share_a_name() {
        let mut names: Vec<String> = steps().into_iter().map(|step| step.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
