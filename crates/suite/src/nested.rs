//! scripts/kvm-test where it cannot fetch anything. What it boots is for a scheduled run: it takes minutes.

use std::fs;
use std::time::Instant;

use crate::context::Context;
use crate::step::{Outcome, Step};
use runner::process;

/// Seconds for a build, and for three tries with their pauses.
const PATIENCE: u64 = 600;
/// A release that Debian does not have, so that what is there of others does not help.
const RELEASE: &str = "nowhere";
/// The release's own file, as it must be; but nobody has signed it.
const UNSIGNED: &str = "Origin: Debian\nSuite: nowhere\nCodename: nowhere\nComponents: main\n";

/// The steps.
pub fn steps() -> Vec<Step> {
    vec![
        Step::new("kvm-test: an archive that nobody serves is refused", PATIENCE, unreachable),
        Step::new("kvm-test: an archive that Debian has not signed is refused", PATIENCE, unsigned),
    ]
}

fn unreachable(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    // Nothing listens at port 9, "discard", of this machine.
    refused(context, "http://127.0.0.1:9/debian", "Failed to fetch", deadline)
}

fn unsigned(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let folder = context.scratch("kvm-test")?;
    let release = folder.join("dists").join(RELEASE);
    fs::create_dir_all(&release)?;
    fs::write(release.join("Release"), UNSIGNED)?;
    refused(context, &format!("file://{}", folder.display()), "is not signed", deadline)
}

/// Names such an archive. That must be refused with status 2 and one line with these words.
fn refused(
    context: &Context,
    archive: &str,
    words: &str,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = context.tool("kvm-test")?;
    command.args(["--archive", archive, "--release", RELEASE]);
    let output = process::run(&mut command, deadline)?;
    let line = &output.merged;
    // Where there is no apt, that is what is wrong.
    let reason = line.contains(words) || line.contains("needs apt-get");
    let good = output.status == Some(2) && reason && line.lines().count() == 1;
    let wanted = format!("wanted: status 2 and nothing but one line with: {words}\n");
    Ok(Outcome::check(good, || output.report(&command) + &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn an_archive_is_refused_for_what_is_wrong_with_it() {
        let fake = Fake::new();
        let run = |script: &str| {
            fake.script("built/kvm-test", script);
            steps().iter().map(|step| fake.run(step)).collect::<Vec<_>>()
        };
        let (good, bad) = ((1, 0), (0, 1));
        let fetched = "[ \"$*\" = '--archive http://127.0.0.1:9/debian --release nowhere' ] && echo 'Failed to fetch'; exit";
        assert_eq!(run(&format!("{fetched} 2")), [good, bad]);
        assert_eq!(run(&format!("{fetched} 1")), [bad, bad]);
        assert_eq!(
            run("echo x is not signed; test -e \"${2#file://}/dists/nowhere/Release\" && exit 2"),
            [bad, good]
        );
        assert_eq!(run("echo it needs apt-get; exit 2"), [good, good]);
        assert_eq!(run("echo it needs apt-get; echo x; exit 2"), [bad, bad]);
        assert_eq!(run("exit 2"), [bad, bad]);
    }
}
