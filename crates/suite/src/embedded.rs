//! A program for processors without compare-and-swap, examples/embedded: it links, and runs in QEMU.

use std::io::ErrorKind;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::count;
use crate::not_run::NotRun;
use crate::step::{Outcome, Step};
use runner::process::{self, Output};

/// A workspace of its own, as a project that uses the crate.
const FOLDER: &str = "examples/embedded";
/// The targets, and the QEMU that its configuration file names for each.
const TARGETS: [(&str, &str); 2] = [
    ("thumbv6m-none-eabi", "qemu-system-arm"),
    ("riscv32imc-unknown-none-elf", "qemu-system-riscv32"),
];
/// Seconds for a build, and for a boot, which takes less than one.
const TO_BUILD: u64 = 600;
const TO_BOOT: u64 = 60;
/// Its tests.
const TESTS: u64 = 8;
/// The line without which it has not passed.
const END: &str = "# rundown: PASS";

/// The steps.
pub fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for (target, qemu) in TARGETS {
        let name = format!("embedded: a program for {target} links");
        steps.push(Step::new(name, TO_BUILD, |context, deadline| links(context, target, deadline)));
        let name = format!("embedded: a program for {target} runs");
        steps.push(Step::new(name, TO_BOOT + TO_BUILD, |context, deadline| {
            version(context, qemu, deadline)?;
            Ok(judged(&mut cargo(context, "run", target), deadline)?)
        }));
        // Elsewhere QEMU has interrupts come between blocks of code. A critical section that is none shows only here.
        let name = format!("embedded: a program for {target} runs, an instruction at a time");
        steps.push(Step::new(name, TO_BOOT + TO_BUILD, |context, deadline| {
            let version = version(context, qemu, deadline)?;
            let mut command = cargo(context, "run", target);
            Ok(judged(command.arg("--").args(one_at_a_time(version)), deadline)?)
        }));
    }
    steps
}

fn cargo(context: &Context, verb: &str, target: &str) -> Command {
    let mut command = context.command("cargo", FOLDER);
    command.args([verb, "--release", "--locked", "--target", target]);
    command
}

/// Also without a warning.
fn links(context: &Context, target: &str, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    let mut build = cargo(context, "build", target);
    let mut lint = cargo(context, "clippy", target);
    lint.args(["--", "-D", "warnings"]);
    for command in [&mut build, &mut lint] {
        let output = process::run(command, deadline)?;
        sum.add(Outcome::check(output.succeeded(), || output.report(command)));
    }
    Ok(sum)
}

fn judged(command: &mut Command, deadline: Instant) -> std::io::Result<Outcome> {
    let output = process::run(command, deadline)?;
    let mut sum = count::outcome(&output, command, TESTS);
    sum.add(Outcome::check(has_ended(&output), || format!("there is no line {END}\n")));
    Ok(sum)
}

fn has_ended(output: &Output) -> bool {
    output.stdout.lines().any(|line| line == END)
}

/// Returns the version of a QEMU. The error is [`NotRun`] where it is not installed.
fn version(context: &Context, qemu: &str, deadline: Instant) -> anyhow::Result<(u32, u32)> {
    let mut command = context.command(qemu, "");
    let output = match process::run(command.arg("--version"), deadline) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(NotRun(format!("{qemu} is not installed")))
        }
        output => output?,
    };
    number(&output.stdout).with_context(|| output.report(&command))
}

/// Returns the first two numbers of what QEMU says about its version.
fn number(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.strip_prefix("QEMU emulator version ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Returns the option that has QEMU look for interrupts before every instruction; it was renamed.
fn one_at_a_time(version: (u32, u32)) -> &'static [&'static str] {
    if version < (8, 1) { &["-singlestep"] } else { &["-accel", "tcg,one-insn-per-tb=on"] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use std::time::Duration;

    #[test]
    fn the_option_is_the_one_that_the_version_knows() {
        let of = |said| number(said).map(one_at_a_time);
        assert_eq!(of("QEMU emulator version 7.2.22 (Debian)\n"), Some(&["-singlestep"][..]));
        assert_eq!(of("QEMU emulator version 8.0.4"), Some(&["-singlestep"][..]));
        let newer = Some(&["-accel", "tcg,one-insn-per-tb=on"][..]);
        assert_eq!(
            [of("QEMU emulator version 8.1.0"), of("QEMU emulator version 10.0.2")],
            [newer; 2]
        );
        assert_eq!(of("another program, version 7.2"), None);
    }

    #[test]
    fn it_passes_with_all_tests_the_last_line_and_the_status() {
        let fake = Fake::new();
        let run = |tests: u64, end: &str, status: i32| {
            let tests: String = (1..=tests).map(|number| format!("ok {number} x\n")).collect();
            fake.file("says", &format!("KTAP version 1\n1..8\n{tests}{end}\n"));
            fake.script("boot", &format!("cat says; exit {status}"));
            let deadline = Instant::now() + Duration::from_secs(60);
            let outcome = judged(&mut fake.context.command("./boot", ""), deadline).unwrap();
            (outcome.passed, outcome.failed)
        };
        assert_eq!(run(TESTS, END, 0), (TESTS + 1, 0));
        assert_eq!(run(TESTS, END, 1), (TESTS + 1, 1));
        assert_eq!(run(TESTS, "# rundown: FAIL", 0), (TESTS, 1));
        assert_eq!(run(TESTS - 1, END, 0), (TESTS, 1));
    }

    #[test]
    fn without_that_qemu_the_reason_is_said() {
        let deadline = Instant::now() + Duration::from_secs(60);
        let error = version(&Fake::new().context, "qemu-system-none", deadline).unwrap_err();
        assert!(error.downcast_ref::<NotRun>().is_some_and(|why| why.0.contains("system-none")));
    }
}
