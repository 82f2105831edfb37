//! A kernel that is built for more than the core has says so in one line, and runs on one that has it.

use std::time::Instant;

use crate::context::Context;
use crate::count;
use crate::image::Image;
use crate::step::{Outcome, Step};
use runner::process;

/// What the kernel is built for, and where cargo puts it.
const FLAGS: &str = "-C target-feature=+lse,+rcpc2";
const TARGET: &str = "target/lab-test/features";
const IMAGE: &str = "target/lab-test/features/aarch64-unknown-none-softfloat/release/rundown-demo";
/// Models, and the feature that each lacks: Armv8.0, Armv8.2, and one with everything.
const MODELS: [(&str, Option<&str>); 3] =
    [("cortex-a53", Some("lse")), ("cortex-a76", Some("rcpc2")), ("max", None)];

/// Returns the step. It also sees that a kernel links with RUSTFLAGS set.
pub fn step() -> Step {
    let name = format!("a kernel with RUSTFLAGS='{FLAGS}', on cores with and without");
    Step::new(name, 1200, |context, deadline| {
        let mut build = context.command("cargo", "");
        build.args(["build", "--release", "--bin", "rundown-demo", "--target-dir", TARGET]);
        let built = process::run(build.env("RUSTFLAGS", FLAGS), deadline)?;
        let mut sum = Outcome::check(built.succeeded(), || built.report(&build));
        for (model, lacks) in MODELS {
            sum.add(boot(context, model, lacks, deadline)?);
        }
        Ok(sum)
    })
}

fn boot(
    context: &Context,
    model: &str,
    lacks: Option<&str>,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = context.tool("runner")?;
    command.arg(context.root().join(IMAGE)).env("QEMU_CPU", model);
    let output = process::run(&mut command, deadline)?;
    let Some(feature) = lacks else {
        let least = Image::DemoRelease.promise().least(context.root())?;
        return Ok(count::outcome(&output, &command, least));
    };
    let line = format!("built with the target feature {feature}, which this core lacks;");
    let good = output.status == Some(1) && output.stderr.contains(&line);
    Ok(Outcome::check(good, || output.report(&command)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, report};
    use std::time::Duration;

    #[test]
    fn a_core_that_lacks_a_feature_says_so_and_another_passes() {
        let fake = Fake::new();
        let run = |lacks: Option<&str>, script: &str| {
            fake.file("says", &report(12));
            fake.script("built/runner", script);
            let deadline = Instant::now() + Duration::from_secs(60);
            let outcome = boot(&fake.context, "max", lacks, deadline).unwrap();
            (outcome.passed, outcome.failed)
        };
        let line = "echo built with the target feature lse, which this core lacks\\; >&2; exit";
        assert_eq!(run(Some("lse"), &format!("[ $QEMU_CPU = max ] && {line} 1")), (1, 0));
        assert_eq!(run(Some("lse"), &format!("{line} 0")), (0, 1));
        assert_eq!(run(Some("rcpc2"), &format!("{line} 1")), (0, 1));
        assert_eq!(run(None, "cat says"), (12, 0));
        assert_eq!(run(None, "exit 0"), (0, 1));
    }
}
