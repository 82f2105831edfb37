//! Wrong settings: one line that says what to do, status 2, no boot, within seconds.

use std::time::{Duration, Instant};

use crate::boots;
use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};
use runner::process;

/// What is set, and what the one line must hold.
const WRONG: &[(&[(&str, &str)], &str)] = &[
    (&[("QEMU", "/nonexistent/qemu")], "run scripts/setup"),
    (&[("QEMU", "/dev/null")], "run scripts/setup"),
    (&[("QEMU", OLD_QEMU)], "is version 6.2, older than 7.2; install QEMU 7.2 or newer"),
    (&[("QEMU", MUTE_QEMU)], "does not answer"),
    (&[("QEMU_SMP", "0")], "QEMU_SMP=0 leaves no core; set it to 1 to 512"),
    (&[("QEMU_SMP", "abc")], "QEMU_SMP=abc is not a number of cores; set it to 1 to 512"),
    (&[("QEMU_SMP", "-1")], "QEMU_SMP=-1 is not a number of cores"),
    (&[("QEMU_SMP", "")], "QEMU_SMP is empty; unset it"),
    (&[("QEMU_SMP", "513")], "set it to 1 to 512"),
    (
        &[("QEMU_SMP", "9"), ("QEMU_MACHINE", "virt")],
        "set it to 1 to 8, or set QEMU_MACHINE=virt,gic-version=3",
    ),
    (&[("QEMU_MEM", "abc")], "is not a size; set it to something like 256M"),
    (&[("QEMU_MEM", "4M")], "is too little for this kernel; set it to"),
    (&[("QEMU_MEM", "900000G")], "rundown: QEMU does not start"),
    (&[("QEMU_CPU", "cortex-a15")], "is a 32-bit CPU; set it to a 64-bit model"),
    (&[("QEMU_CPU", "cortex-nothing")], "is unknown to"),
    (&[("QEMU_MACHINE", "virt,secure=on")], "EL3 firmware is not provided; remove secure=on"),
    (&[("QEMU_MACHINE", "raspi3b")], "is not a virt machine; set it to virt"),
    (&[("QEMU_MACHINE", "virt,nothing=on")], "rundown: QEMU does not start"),
    (&[("QEMU_ACCEL", "nothing")], "invalid accelerator nothing"),
    (&[("QEMU_TIMEOUT", "0")], "is not a positive number of seconds; set it to"),
    (&[("QEMU_EXTRA", "-nothing")], "-nothing: invalid option; check QEMU_EXTRA"),
    (&[("QEMU_EXTRA", "-append 'a")], "has an open quote; close it"),
    (&[("QEMU_EXTRA", "-smp 9")], "set QEMU_SMP instead"),
    (&[("QEMU_SMP", "4,sockets=3")], "sockets=3, cores=1 are 3 cores, not 4; set it to 1 to 512"),
    (&[("QEMU_SMP", "4,dies=2")], "rundown: QEMU does not start"),
    (&[("QEMU_EXTRA", "--help")], "only prints something; run qemu-system-aarch64 --help"),
    (&[("QEMU_EXTRA", "-version")], "only prints something; run qemu-system-aarch64 -version"),
    (&[("QEMU_EXTRA", "-device help")], "run qemu-system-aarch64 -device help"),
    (&[("QEMU_CPU", "help")], "run qemu-system-aarch64 -cpu help"),
    (&[("QEMU_MACHINE", "virt,help")], "run qemu-system-aarch64 -machine virt,help"),
    (&[("QEMU_ACCEL", "help")], "run qemu-system-aarch64 -accel help"),
    (&[("QEMU_ACCEL", "kvm"), ("QEMU_CPU", "cortex-a72")], "unset QEMU_CPU or set it to host"),
    (&[("QEMU_ACCEL", "hvf"), ("QEMU_MACHINE", "virt,virtualization=on")], "starts at EL2"),
    (&[("QEMU_ACCEL", "kvm"), ("QEMU_EXTRA", "-icount shift=4")], "unset QEMU_ACCEL"),
    (&[("QEMU_ACCEL", "kvm,thread=multi")], "is an option of tcg; set it to kvm"),
    (&[("QEMU_EXTRA", "-accel kvm")], "set QEMU_ACCEL instead"),
    (&[("QEMU_MACHINE", "virt,accel=kvm")], "set QEMU_ACCEL instead"),
];

/// Stand for scripts that the step writes: a QEMU of 2021, and one that prints nothing.
const OLD_QEMU: &str = "old-qemu";
const MUTE_QEMU: &str = "mute-qemu";
/// A setting is refused within this time.
const SOON: Duration = Duration::from_secs(30);

/// Returns one step for each wrong setting: those for which the runner waits, or the rest.
pub fn steps(waits: bool) -> impl Iterator<Item = Step> {
    let chosen = move |(variables, _): &&(&[(&str, &str)], &str)| {
        waits == variables.iter().any(|(_, value)| *value == MUTE_QEMU)
    };
    WRONG.iter().filter(chosen).map(|(variables, line)| {
        let name = format!("refused: {}", boots::shown(variables));
        Step::new(name, 300, |context, deadline| check(variables, line, context, deadline))
    })
}

/// Returns the step for a tool that cannot do what QEMU_ACCEL asks for: it does without, and says so.
pub fn accelerated() -> Step {
    Step::new(
        "scripts/explore says that it does not heed QEMU_ACCEL=kvm",
        300,
        |context, deadline| {
            let mut command = context.tool("explore")?;
            command.args(["--seeds", "1"]).env("QEMU_ACCEL", "kvm");
            let output = process::run(&mut command, deadline)?;
            let said = output.stderr.lines().filter(|line| line.contains("QEMU_ACCEL=kvm")).count();
            Ok(Outcome::check(output.succeeded() && said == 1, || output.report(&command)))
        },
    )
}

fn check(
    variables: &[(&str, &str)],
    line: &str,
    context: &Context,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = context.boot(Image::DemoRelease)?;
    let folder = context.scratch("bad-setup")?;
    for (name, value) in variables {
        let script = match *value {
            OLD_QEMU => "#!/bin/sh\necho QEMU emulator version 6.2.0\n",
            MUTE_QEMU => "#!/bin/sh\nexec sleep 60\n",
            value => {
                command.env(name, value);
                continue;
            }
        };
        let path = folder.join(value);
        tools::script::write(&path, script)?;
        command.env(name, path);
    }
    let output = process::run(&mut command, deadline)?;
    let one_line = output.merged == output.stderr && output.stderr.lines().count() == 1;
    let good = output.status == Some(2)
        && one_line
        && output.stderr.starts_with("rundown: ")
        && output.stderr.contains(line)
        && output.took <= SOON;
    let wanted =
        format!("wanted: status 2 within {SOON:?} and nothing but one line with: {line}\n");
    Ok(Outcome::check(good, || output.report(&command) + &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn step(name: &str) -> Step {
        steps(false).find(|step| step.name == name).expect("such a step")
    }

    #[test]
    fn a_setting_is_refused_by_one_line_that_says_what_to_do() {
        let fake = Fake::new();
        let refused = |script: &str| {
            fake.script("built/runner", script);
            fake.run(&step("refused: QEMU_SMP=0"))
        };
        let line = "echo \"rundown: QEMU_SMP=$QEMU_SMP leaves no core; set it to 1 to 512\"";
        assert_eq!(refused(&format!("{line} >&2; exit 2")), (1, 0));
        for script in [
            format!("{line} >&2; exit 1"),
            format!("{line}; exit 2"),
            format!("{line} >&2; echo x; exit 2"),
            format!("{line} >&2; echo x >&2; exit 2"),
            format!("echo x $({line}) >&2; exit 2"),
            "echo rundown: QEMU_SMP=0 leaves no core >&2; exit 2".to_owned(),
            "exit 2".to_owned(),
        ] {
            assert_eq!(refused(&script), (0, 1), "{script}");
        }
    }

    #[test]
    fn scripts_stand_for_a_qemu_that_is_old_or_says_nothing() {
        let waits: Vec<String> = steps(true).map(|step| step.name).collect();
        assert_eq!(waits, ["refused: QEMU=mute-qemu"]);
        assert_eq!(steps(false).count(), WRONG.len() - 1);
        let fake = Fake::new();
        let line = "rundown: it is version 6.2, older than 7.2; install QEMU 7.2 or newer";
        let script = format!(
            "[ \"$(\"$QEMU\")\" != 'QEMU emulator version 6.2.0' ] || echo '{line}' >&2\nexit 2"
        );
        fake.script("built/runner", &script);
        assert_eq!(fake.run(&step("refused: QEMU=old-qemu")), (1, 0));
    }

    #[test]
    fn a_tool_that_does_without_says_so_once() {
        let fake = Fake::new();
        let said = |script: &str| {
            fake.script("built/explore", script);
            fake.run(&accelerated())
        };
        let line = "echo \"x heeds QEMU_ACCEL=$QEMU_ACCEL\" >&2";
        assert_eq!(said(&format!("[ \"$*\" = '--seeds 1' ] && {line}")), (1, 0));
        assert_eq!(said(&format!("{line}; exit 1")), (0, 1));
        assert_eq!(said(&format!("{line}; {line}")), (0, 1));
        assert_eq!(said(""), (0, 1));
    }
}
