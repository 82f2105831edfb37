//! Boots as under KVM and HVF: nobody answers semihosting, PSCI ends QEMU, and the report alone decides.
//!
//! TCG does without, too, if it is started so. There the HLT of a semihosting call is the same undefined
//! instruction, and all else is as in any boot.

use std::process::Command;
use std::time::Instant;

use crate::boots::shown;
use crate::context::Context;
use crate::count;
use crate::image::Image;
use crate::step::{Outcome, Step};
use runner::process;

/// Leaves out what tells QEMU of semihosting.
const QEMU: &str = "crates/suite/src/qemu-without-semihosting";
/// By PSCI's two conduits, from the cores of two interrupt controllers.
const MACHINES: [&str; 4] = [
    "virt",
    "virt,gic-version=3",
    "virt,virtualization=on",
    "virt,gic-version=3,virtualization=on",
];
/// Faults of every kind that must be refused by their report, and what that says.
const FAULTS: [(&str, &str); 7] = [
    ("panic_first_core", "# panic on core 0: on purpose"),
    ("panic_other_core", "# panic on core 1: on purpose"),
    ("null_dereference", "# exception on core 0: data abort on read, translation fault"),
    ("stack_overflow_in_handler", "# stack overflow on core 0: the exception stack has"),
    ("report_faults_in_handler", "# exception inside a handler on core 0"),
    ("core_data_gone", "# an exception that cannot be reported"),
    ("test_failed", "not ok 2"),
];

/// Returns the steps.
pub fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for machine in MACHINES {
        for cores in ["1", "4"] {
            let set = [("QEMU_MACHINE", machine), ("QEMU_SMP", cores)];
            for image in [Image::DemoRelease, Image::MachineTests] {
                let name = format!("without semihosting: boot {image:?} {}", shown(&set));
                steps.push(Step::new(name, 300, move |context, deadline| {
                    passes(context, image, set, deadline)
                }));
            }
        }
    }
    for (index, (fault, text)) in FAULTS.into_iter().enumerate() {
        let machine = MACHINES[index % MACHINES.len()];
        let name = format!("without semihosting: must fail: {fault} QEMU_MACHINE={machine}");
        steps.push(Step::new(name, 120, move |context, deadline| {
            let mut command = boot(context, Image::MustFail)?;
            command.env("QEMU_MACHINE", machine);
            command.env("QEMU_EXTRA", format!("-append must_fail={fault}"));
            let output = process::run(&mut command, deadline)?;
            let good = output.status == Some(1) && output.merged.contains(text);
            Ok(Outcome::check(good, || {
                format!("{}wanted: status 1, and {text}\n", output.report(&command))
            }))
        }));
    }
    steps
}

fn passes(
    context: &Context,
    image: Image,
    set: [(&str, &str); 2],
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = boot(context, image)?;
    let output = process::run(command.envs(set), deadline)?;
    let mut outcome = count::outcome(&output, &command, image.promise().least(context.root())?);
    let told = output.stdout.contains("# ends by PSCI SYSTEM_OFF, accelerated by unknown (hvf?)");
    outcome.add(Outcome::check(told, || output.report(&command)));
    Ok(outcome)
}

/// Returns the command that has the runner boot an image with that QEMU.
fn boot(context: &Context, image: Image) -> anyhow::Result<Command> {
    let mut command = context.boot(image)?;
    if let Ok(chosen) = std::env::var("QEMU") {
        command.env("QEMU_BEHIND", chosen);
    }
    command.env("QEMU", context.root().join(QEMU));
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, report};

    const TOLD: &str = "# ends by PSCI SYSTEM_OFF, accelerated by unknown (hvf?)\n";

    #[test]
    fn each_machine_boots_both_images_and_tells_how_it_ends() {
        let steps = steps();
        assert_eq!(steps.len(), 4 * 2 * 2 + FAULTS.len());
        assert_eq!(
            steps[0].name,
            "without semihosting: boot DemoRelease QEMU_MACHINE=virt QEMU_SMP=1"
        );
        let fake = Fake::new();
        let boot = |status, says: &str| {
            fake.boots(status, says);
            fake.run(&steps[0])
        };
        assert_eq!(boot(0, &(report(12) + TOLD)), (13, 0));
        assert_eq!(boot(0, &report(12)), (12, 1));
        assert_eq!(boot(1, &(report(12) + TOLD)), (13, 1));
        // It boots with the QEMU that leaves semihosting out.
        fake.script("built/runner", "echo \"$QEMU $QEMU_MACHINE $QEMU_SMP\"");
        let said = fake.outcome(&steps[0]).output;
        assert!(said.contains("/crates/suite/src/qemu-without-semihosting virt 1\n"), "{said}");
    }

    #[test]
    fn faults_go_round_the_machines_and_are_told() {
        let steps = steps();
        let fault = |number: usize| &steps[16 + number];
        for (number, (name, _)) in FAULTS.iter().enumerate() {
            let start = format!("without semihosting: must fail: {name} QEMU_MACHINE=");
            assert_eq!(fault(number).name, format!("{start}{}", MACHINES[number % 4]));
        }
        let fake = Fake::new();
        let boot = |script: &str| {
            fake.script("built/runner", script);
            fake.run(fault(0))
        };
        let good = "[ \"$QEMU_EXTRA\" = '-append must_fail=panic_first_core' ] &&\n\
                    echo '# panic on core 0: on purpose'; exit";
        assert_eq!(boot(&format!("{good} 1")), (1, 0));
        assert_eq!(boot(&format!("{good} 0")), (0, 1));
        assert_eq!(boot("exit 1"), (0, 1));
    }
}
