//! Steps that boot the demo: on every machine it must pass on, in time, and in little memory.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::context::Context;
use crate::count;
use crate::image::Image;
use crate::promise::Promise;
use crate::step::{Outcome, Step};
use object::{Object, ObjectSegment};
use runner::process::{self, Output};

/// Seconds: builds come with the first boot of an image.
const PATIENCE: u64 = 300;
/// The most that QEMU may have to load.
const MOST_LOADED: u64 = 256 * 1024;

/// Returns a step that boots an image so many times with these QEMU_* variables, and wants it to pass.
pub fn passes(image: Image, variables: &[(&'static str, &'static str)], times: u32) -> Step {
    let variables = variables.to_vec();
    let often = if times == 1 { String::new() } else { format!(" {times} times") };
    let name = format!("boot {image:?} {}{often}", shown(&variables));
    Step::new(name.trim_end(), PATIENCE, move |context, deadline| {
        let mut sum = Outcome::default();
        for _ in 0..times {
            sum.add(boot(context, image, &variables, deadline)?.1);
        }
        Ok(sum)
    })
}

/// Returns a step that wants a run within so many seconds from start to exit. One of five has to be so quick,
/// because the threshold is for the demo and not for what else the host does.
pub fn within(seconds: u64, variables: &[(&'static str, &'static str)]) -> Step {
    let variables = variables.to_vec();
    let name = format!("threshold: {} within {seconds} s", shown(&variables));
    Step::new(name, PATIENCE, move |context, deadline| {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let (output, outcome) = boot(context, Image::DemoRelease, &variables, deadline)?;
            if outcome.failed > 0 {
                return Ok(outcome);
            }
            best = best.min(output.took);
            if best <= Duration::from_secs(seconds) {
                return Ok(Outcome::one());
            }
        }
        bail!("the best of 5 boots took {best:?}")
    })
}

/// Returns a step that wants the release image to be small.
pub fn small() -> Step {
    Step::new("threshold: the loaded image is at most 256 KiB", PATIENCE, |context, _| {
        let image = std::fs::read(context.image(Image::DemoRelease)?)?;
        let image = object::File::parse(image.as_slice())?;
        let loaded: u64 = image.segments().map(|segment| segment.file_range().1).sum();
        ensure!(loaded > 0, "the image has no segments");
        ensure!(loaded <= MOST_LOADED, "QEMU loads {loaded} bytes, more than {MOST_LOADED}");
        Ok(Outcome::one())
    })
}

/// Returns variables as one types them before a command.
pub fn shown(variables: &[(&str, &str)]) -> String {
    let set: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    set.join(" ")
}

/// Boots an image with these QEMU_* variables. Returns what it printed, and what came of it.
pub fn boot(
    context: &Context,
    image: Image,
    variables: &[(&str, &str)],
    deadline: Instant,
) -> anyhow::Result<(Output, Outcome)> {
    boot_for(context, image, variables, image.promise(), deadline)
}

/// As [`boot`], where the variables choose what the image runs: so many tests.
pub fn boot_for(
    context: &Context,
    image: Image,
    variables: &[(&str, &str)],
    promise: Promise,
    deadline: Instant,
) -> anyhow::Result<(Output, Outcome)> {
    let mut command = context.boot(image)?;
    command.envs(variables.iter().copied());
    let output = process::run(&mut command, deadline)?;
    let outcome = count::outcome(&output, &command, promise.least(context.root())?);
    Ok((output, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, elf, report};

    #[test]
    fn each_boot_counts_as_many_tests_as_it_reports() {
        let fake = Fake::new();
        fake.boots(0, &report(12));
        let twice = passes(Image::DemoRelease, &[("QEMU_SMP", "2")], 2);
        assert_eq!(twice.name, "boot DemoRelease QEMU_SMP=2 2 times");
        assert_eq!(fake.run(&twice), (24, 0));
        assert_eq!(passes(Image::DemoDebug, &[], 1).name, "boot DemoDebug");
        fake.boots(0, &report(11));
        assert_eq!(fake.run(&passes(Image::DemoRelease, &[], 1)), (11, 1));
        fake.boots(1, &report(12));
        assert_eq!(fake.run(&passes(Image::DemoRelease, &[], 1)), (12, 1));
    }

    #[test]
    fn one_boot_of_five_is_quick() {
        let fake = Fake::new();
        let step = within(60, &[("QEMU_SMP", "4")]);
        assert_eq!(step.name, "threshold: QEMU_SMP=4 within 60 s");
        // Each boot leaves a line, and the variables reach it.
        fake.file("says", &report(12));
        let lines = "here=${0%built/*}; cat \"${here}says\"; echo $QEMU_SMP >>\"${here}boots\"";
        fake.script("built/runner", lines);
        assert_eq!(fake.run(&step), (1, 0));
        assert_eq!(std::fs::read_to_string(fake.path("boots")).unwrap(), "4\n");
        let outcome = fake.outcome(&within(0, &[]));
        assert!(outcome.failed == 1 && outcome.output.contains("the best of 5 boots took"));
        assert_eq!(std::fs::read_to_string(fake.path("boots")).unwrap().lines().count(), 6);
        fake.boots(1, "");
        assert_eq!(fake.run(&step), (0, 1));
    }

    #[test]
    fn what_is_loaded_is_small_and_something() {
        let fake = Fake::new();
        let of = |words: usize| {
            let image = elf(0x4020_0000, &vec![0; words], &[]);
            std::fs::write(fake.path("built/DemoRelease"), image).unwrap();
            fake.run(&small())
        };
        assert_eq!([of(64 << 10), of((64 << 10) + 1), of(0)], [(1, 0), (0, 1), (0, 1)]);
    }
}
