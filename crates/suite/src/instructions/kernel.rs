//! Counts on AArch64: QEMU boots examples/paths.rs, where a tick is an instruction.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;

use super::document::Counted;
use crate::context::Context;
use crate::count;
use crate::image::Image;
use crate::step::Outcome;
use runner::settings::REPEATABLE_MACHINE;
use runner::{process, qemu};
use tools::measure;

/// What makes a tick an instruction, and every boot the same.
const COUNTED: [(&str, &str); 4] = [
    ("QEMU_ACCEL", "tcg,thread=single"),
    ("QEMU_CPU", qemu::COUNTING_CPU),
    ("QEMU_MACHINE", REPEATABLE_MACHINE),
    ("QEMU_EXTRA", "-icount shift=4,sleep=off"),
];
/// What the image with FEAT_LSE is built with, and where cargo puts it.
const FLAGS: &str = "-C target-feature=+lse";
const TARGET: &str = "target/lab-test/lse";
const WITH_LSE: &str = "target/lab-test/lse/aarch64-unknown-none-softfloat/release/examples/paths";

/// Returns the image, built with FEAT_LSE or without.
pub fn image(context: &Context, lse: bool, deadline: Instant) -> anyhow::Result<PathBuf> {
    if !lse {
        return context.image(Image::Paths);
    }
    let mut build = context.command("cargo", "");
    build.args(["build", "--release", "--example", "paths", "--target-dir", TARGET]);
    let built = process::run(build.env("RUSTFLAGS", FLAGS), deadline)?;
    anyhow::ensure!(built.succeeded(), "{}", built.report(&build));
    Ok(context.root().join(WITH_LSE))
}

/// Boots the image. Returns what it has counted, and what came of its own checks.
pub fn count(
    context: &Context,
    image: &Path,
    deadline: Instant,
) -> anyhow::Result<(Counted, Outcome)> {
    let mut command = context.tool("runner")?;
    let output = process::run(command.arg(image).envs(COUNTED), deadline)?;
    let least = Image::Paths.promise().least(context.root())?;
    let outcome = count::outcome(&output, &command, least);
    let measured = measure::collect(&output.merged).map_err(anyhow::Error::msg)?;
    let counted = measured.iter().filter(|one| one["name"] == "path").map(|one| {
        let name = one.get("path").and_then(|path| path.as_str()).map(str::to_owned);
        let number = one.get("instructions").and_then(|number| number.as_u64());
        name.zip(number).with_context(|| format!("{one:?}"))
    });
    Ok((counted.collect::<Result<_, _>>()?, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, report};
    use std::time::Duration;

    fn counted(says: &str) -> anyhow::Result<(Counted, Outcome)> {
        let fake = Fake::new();
        fake.boots(0, &format!("{says}{}", report(30)));
        count(&fake.context, Path::new("image"), Instant::now() + Duration::from_secs(60))
    }

    #[test]
    fn the_counts_are_those_of_the_report() {
        let says = "# measure {\"name\":\"path\",\"path\":\"a\",\"instructions\":7}\n\
                    # measure {\"name\":\"other\",\"path\":\"b\",\"instructions\":8}\n";
        let (counted, outcome) = counted(says).unwrap();
        assert_eq!(counted, [("a".to_owned(), 7)]);
        assert_eq!((outcome.passed, outcome.failed), (30, 0));
    }

    #[test]
    fn a_path_without_a_number_is_an_error() {
        assert!(counted("# measure {\"name\":\"path\",\"path\":\"a\"}\n").is_err());
    }
}
