//! What depends on QEMU's version, once more with the QEMU that `QEMU_NEWER` names.
//!
//! The suite cannot install a second QEMU everywhere, so without the variable these steps do not exist,
//! and the run says so in a line before its last.

use crate::boots::passes;
use crate::commands::{lint_with, tests_with};
use crate::context::Image::{DemoRelease, MachineTests};
use crate::step::Step;

/// The variable.
const NAME: &str = "QEMU_NEWER";
/// What a run prints without it.
pub const NOT_RUN: &str =
    "not run: what depends on QEMU's version, with another one (QEMU_NEWER is not set)";

/// Returns the other QEMU.
pub fn qemu() -> Option<&'static str> {
    Some(&*std::env::var(NAME).ok()?.leak()) // read once or twice in a run
}

/// Returns the steps with that QEMU.
pub fn steps() -> Vec<Step> {
    let Some(qemu) = qemu() else { return Vec::new() };
    let set = [("QEMU", qemu)];
    let plugin = "cargo test --package cachescope --target host-tuple --test qemu";
    let explore = |tier| {
        let command = format!("scripts/explore --seeds 80 --tier {tier}");
        lint_with(&format!("with {NAME}: {command}"), &command, &set)
    };
    let figures = "scripts/lab --quick --cores 1,2 --out target/lab-test/newer";
    let mut steps = vec![
        tests_with(&format!("with {NAME}: test cachescope in QEMU"), plugin, &set),
        explore("icount"),
        explore("plugin"),
        lint_with(&format!("with {NAME}: {figures}"), figures, &set),
    ];
    steps.extend([DemoRelease, MachineTests].map(|image| {
        let cores = ("QEMU_SMP", "4");
        passes(image, &[set[0], cores], 1)
    }));
    steps
}
