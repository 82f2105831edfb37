//! Steps that boot the demo: on every machine it must pass on, in time, and in little memory.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::context::{Context, Image};
use crate::count;
use crate::step::{Outcome, Step};
use object::{Object, ObjectSegment};
use runner::process;

/// Builds come with the first boot of an image.
const PATIENCE: Duration = Duration::from_secs(300);
/// The most that QEMU may have to load.
const MOST_LOADED: u64 = 256 * 1024;

/// Returns a step that boots an image so many times with these QEMU_* variables, and wants it to pass.
pub fn passes(image: Image, variables: &[(&'static str, &'static str)], times: u32) -> Step {
    let variables = variables.to_vec();
    let set: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let often = if times == 1 { String::new() } else { format!(" {times} times") };
    let name = format!("boot {image:?} {}{often}", set.join(" ")).trim_end().to_owned();
    let work = move |context: &Context, deadline: Instant| {
        let mut sum = Outcome::default();
        for _ in 0..times {
            sum.add(boot(context, image, &variables, deadline)?.0);
        }
        Ok(sum)
    };
    Step { name, deadline: PATIENCE, work: Box::new(work) }
}

/// Returns a step that wants a run within so many seconds from start to exit. The best of five counts,
/// because the threshold is for the demo and not for what else the host does.
pub fn within(seconds: u64, variables: &'static [(&'static str, &'static str)]) -> Step {
    let set: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let work = move |context: &Context, deadline: Instant| {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let (outcome, took) = boot(context, Image::DemoRelease, variables, deadline)?;
            if outcome.failed > 0 {
                return Ok(outcome);
            }
            best = best.min(took);
        }
        ensure!(best <= Duration::from_secs(seconds), "the best of 5 boots took {best:?}");
        Ok(Outcome::one())
    };
    Step {
        name: format!("threshold: {} within {seconds} s", set.join(" ")),
        deadline: PATIENCE,
        work: Box::new(work),
    }
}

/// Returns a step that wants the release image to be small.
pub fn small() -> Step {
    let work = |context: &Context, _: Instant| {
        let image = std::fs::read(context.image(Image::DemoRelease)?)?;
        let image = object::File::parse(image.as_slice())?;
        let loaded: u64 = image.segments().map(|segment| segment.file_range().1).sum();
        ensure!(loaded > 0, "the image has no segments");
        ensure!(loaded <= MOST_LOADED, "QEMU loads {loaded} bytes, more than {MOST_LOADED}");
        Ok(Outcome::one())
    };
    Step {
        name: "threshold: the loaded image is at most 256 KiB".to_owned(),
        deadline: PATIENCE,
        work: Box::new(work),
    }
}

fn boot(
    context: &Context,
    image: Image,
    variables: &[(&str, &str)],
    deadline: Instant,
) -> anyhow::Result<(Outcome, Duration)> {
    let mut command = context.boot(image)?;
    command.envs(variables.iter().copied());
    let output = process::run(&mut command, deadline)?;
    Ok((count::outcome(&output, &command), output.took))
}
