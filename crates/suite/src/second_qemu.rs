//! What depends on QEMU's version, once more with a second QEMU: the one that scripts/second-qemu finds.
//!
//! Where there is none, each of these steps says so in its line and counts as nothing.

use crate::boots::passes;
use crate::commands::{lint, tests};
use crate::image::Image::{DemoRelease, MachineTests};
use crate::promise::Promise;
use crate::schedules;
use crate::sessions;
use crate::step::{Outcome, Step};

/// Seconds until the second QEMU is here; it has some ten MiB.
const PATIENCE: u64 = 600;

/// The step that fetches it. It mostly waits, so it runs beside others.
pub fn fetch() -> Step {
    Step::new("a second QEMU (scripts/second-qemu)", PATIENCE, |context, deadline| {
        context.with_second_qemu(deadline)?;
        Ok(Outcome::one())
    })
}

/// The schedules, with that QEMU.
pub fn schedules() -> impl Iterator<Item = Step> {
    let traced = schedules::trace_changes_nothing(schedules::TRACED, 4);
    sessions::of_both_tiers().chain([traced]).map(with_it)
}

/// Boots with that QEMU, and the tests of the plugin; `long`: also the commands that use it.
pub fn steps(long: bool) -> impl Iterator<Item = Step> {
    let plugin = "cargo test --package cachescope --target host-tuple --test qemu --test unseen";
    let explore = ["icount", "plugin"].map(|tier| {
        let command = format!("scripts/explore --seeds 80 --tier {tier}");
        lint(&command, &command)
    });
    let figures = "scripts/lab --quick --cores 1,2 --out target/lab-test/second-qemu";
    let least = Promise::AtLeast(15);
    let mut steps = vec![tests("test cachescope in QEMU", "", plugin, least)];
    if long {
        steps.extend([lint(figures, figures)].into_iter().chain(explore));
    }
    steps.extend([DemoRelease, MachineTests].map(|image| passes(image, &[("QEMU_SMP", "4")], 1)));
    steps.into_iter().map(with_it)
}

fn with_it(step: Step) -> Step {
    let Step { name, deadline, work } = step;
    Step {
        name: format!("with a second QEMU: {name}"),
        deadline,
        work: Box::new(move |context, end| work(&context.with_second_qemu(end)?, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn steps_get_the_second_qemu_or_say_why_there_is_none() {
        let run = |script: &str| {
            let fake = Fake::new();
            fake.script("scripts/second-qemu", script);
            fake.script("is", "[ \"$QEMU\" = /second/qemu ]");
            [fake.outcome(&fetch()), fake.outcome(&with_it(lint("x", "./is")))]
        };
        assert_eq!(run("echo /second/qemu"), [Outcome::one(), Outcome::one()]);
        let none = run("echo 'rundown: none here' >&2; exit 3");
        assert!(none.iter().all(|outcome| outcome.not_run && outcome.output == "none here"));
        let failed = run("echo 'rundown: no network' >&2; exit 1");
        assert!(failed.iter().all(|outcome| *outcome == Outcome::failure("no network\n")));
    }
}
