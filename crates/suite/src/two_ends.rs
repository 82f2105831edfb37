//! Two cores end the run at the same time: one has passed, the other panics.
//!
//! Whoever is first decides, so a boot may end either way. What must not be is half of each: a report that
//! says FAIL, or tells of a panic, with the exit status of a pass.

use std::ops::RangeInclusive;
use std::process::Command;

use anyhow::ensure;

use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};
use runner::options::Options;
use runner::process;
use runner::qemu;
use runner::settings::Settings;

/// From the one end to the other, in ticks of 16 ns: the panic is up to 144 us early, which is about as long
/// as its report takes, or up to 16 us late.
const APART: RangeInclusive<i64> = -9_000..=1_000;
const STEP: usize = 250;
/// Here there is only one right outcome, on a host that lets both cores run.
const FAR_APART: [i64; 2] = [-1_000_000, 1_000_000];

/// Returns the step. `times`: boots at each distance.
pub fn step(times: u32) -> Step {
    Step::new("two cores end at once: never a FAIL with status 0", 300, move |context, deadline| {
        let mut sum = Outcome::default();
        let (mut passes, mut fails) = (0, 0);
        let near = (0..times).flat_map(|_| APART.step_by(STEP));
        for apart in near.chain(FAR_APART) {
            let mut command = command(context, apart)?;
            let output = process::run(&mut command, deadline)?;
            let outcome = judge(output.status, &output.stdout);
            passes += u32::from(outcome == Some(true));
            fails += u32::from(outcome == Some(false));
            sum.add(Outcome::check(outcome.is_some(), || output.report(&command)));
        }
        ensure!(passes > 0 && fails > 0, "no race: {passes} boots passed, {fails} failed");
        Ok(sum)
    })
}

/// Returns the QEMU that boots the image: without the runner, which would judge the report as well.
fn command(context: &Context, apart: i64) -> anyhow::Result<Command> {
    let of_binary = |name: &str| (name == "QEMU").then(|| std::env::var(name).ok()).flatten();
    let settings = Settings::read(&Options::default(), of_binary)?;
    let mut command = qemu::command(&settings, &context.image(Image::MustFail)?, false);
    command.arg("-append").arg(format!("must_fail=two_ends apart={apart}"));
    Ok(command)
}

/// Returns whether the boot passed or failed, if report and status agree on it.
fn judge(status: Option<i32>, report: &str) -> Option<bool> {
    let says = |text: &str| report.contains(text);
    let last = report.trim_end().lines().last()?;
    match status? {
        0 if last == "# rundown: PASS" => (!says("panic") && !says("FAIL")).then_some(true),
        1 if last == "# rundown: FAIL" => {
            (says("# panic on core 1: on purpose") && !says("PASS")).then_some(false)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_each_is_neither() {
        let panic = "ok 1 x\n\n# panic on core 1: on purpose\n";
        assert_eq!(judge(Some(0), "ok 1 x\n# rundown: PASS\n"), Some(true));
        assert_eq!(judge(Some(1), &format!("{panic}# rundown: FAIL\n")), Some(false));
        for (status, report) in [
            (0, format!("{panic}# rundown: FAIL\n")),
            (0, format!("{panic}# rundown: PASS\n")),
            (0, format!("{panic}# rundown: FAIL\n# rundown: PASS\n")),
            (1, "ok 1 x\n# rundown: PASS\n".to_owned()),
            (0, "ok 1 x\n".to_owned()),
            (1, panic.to_owned()),
            (1, format!("# rundown: PASS\n{panic}# rundown: FAIL\n")),
        ] {
            assert_eq!(judge(Some(status), &report), None, "{status} {report}");
        }
    }
}
