//! Steps that boot the demo: on every machine it must pass on, in time, and in little memory.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::context::{Context, Image};
use crate::count;
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
