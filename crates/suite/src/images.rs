//! Builds what many steps start and boot, before any of them waits for it.

use std::time::Instant;

use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};
use tools::cargo;

/// Returns the step. Without it, each is built when the first step needs it.
pub fn step() -> Step {
    Step::new("the tools, the images and the plugin build", 1200, build)
}

fn build(context: &Context, _: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for tool in ["runner", "explore", "lab", "kvm-test", "prove", "soak", "grade"] {
        sum.add(Outcome::from(context.tool(tool).map(|_| Outcome::one())));
    }
    for image in Image::ALL {
        sum.add(Outcome::from(context.image(image).map(|_| Outcome::one())));
    }
    for image in ["scenarios", "soak"] {
        let image = cargo::image(context.root(), None, image);
        sum.add(Outcome::from(Ok(image.map(|_| Outcome::one())?)));
    }
    let plugin = cargo::plugin(context.root(), None);
    sum.add(Outcome::from(Ok(plugin.map(|_| Outcome::one())?)));
    Ok(sum)
}
