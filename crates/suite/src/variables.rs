//! Cargo's variables that are meant for the kernel do not reach what the host builds and runs.

use std::process::Command;
use std::time::Instant;

use crate::context::Context;
use crate::step::{Outcome, Step};
use runner::process;
use tools::cargo;

/// With any of these, no program of the host can be built.
const WRONG: [(&str, &str); 5] = [
    ("RUSTFLAGS", "-C linker=/nonexistent/linker"),
    ("CARGO_BUILD_RUSTC", "/nonexistent/rustc"),
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "nonsense"),
    ("CARGO_BUILD_TARGET", "nonsense"),
    ("CARGO_BUILD_RUSTFLAGS", "--nonsense"),
];
/// What cargo builds before it prints anything.
const SCRIPTS: [&str; 5] =
    ["scripts/qemu-runner", "scripts/test", "scripts/explore", "scripts/lab", "scripts/tool prove"];
/// One of each kind, and some that are for all machines.
const NAMES: [&str; 13] = [
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_JOBS",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_PROFILE_RELEASE_LTO",
    "CARGO_UNSTABLE_BUILD_STD",
    "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER",
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "RUSTC_WRAPPER",
];

/// Returns the steps.
pub fn steps() -> [Step; 2] {
    [
        Step::new("flags for the kernel do not reach the host's programs", 600, scripts),
        Step::new("scripts/host-cargo and the tools know the same variables", 60, names),
    ]
}

fn scripts(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for script in SCRIPTS {
        let (script, argument) = script.split_once(' ').unwrap_or((script, ""));
        let mut command = context.command(script, "");
        command.args((!argument.is_empty()).then_some(argument)).arg("--help").envs(WRONG);
        let output = process::run(&mut command, deadline)?;
        // What prove --help prints is in scripts/prove; the program says that it knows no such option.
        let ran = output.succeeded() || output.stderr.starts_with("prove: ");
        sum.add(Outcome::check(ran, || output.report(&command)));
    }
    Ok(sum)
}

/// Runs the script with a `cargo` that only prints what it was given.
fn names(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let folder = context.scratch("host-cargo")?;
    let stand_in = folder.join("cargo");
    tools::script::write(&stand_in, "#!/bin/sh\nenv\necho \"arguments: $*\"\n")?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("scripts/host-cargo");
    command.current_dir(context.root()).args(["run", "a b"]);
    command.env("PATH", format!("{}:{path}", folder.display()));
    command.envs(NAMES.map(|name| (name, format!("a 'value' of {name}"))));
    let output = process::run(&mut command, deadline)?;
    let has = |line: String| output.stdout.lines().any(|other| other == line);
    let mut sum = Outcome::check(has("arguments: run a b".to_owned()), || output.report(&command));
    for name in NAMES {
        let (aside, kept) = (format!("KERNEL_{name}"), name.to_owned());
        let [aside, kept] = [aside, kept].map(|as_| has(format!("{as_}=a 'value' of {name}")));
        let wanted = cargo::is_for_the_kernel(name);
        sum.add(Outcome::check((aside, kept) == (wanted, !wanted), || {
            format!("{name}: put aside {aside}, kept {kept}, for the kernel {wanted}\n")
        }));
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn every_script_runs_although_the_kernels_flags_are_wrong() {
        let fake = Fake::new();
        let run = |lab: &str, prove: &str| {
            for script in ["qemu-runner", "test", "explore"] {
                let good = "[ \"$* $CARGO_BUILD_TARGET\" = '--help nonsense' ]";
                fake.script(&format!("scripts/{script}"), good);
            }
            fake.script("scripts/lab", lab);
            fake.script("scripts/tool", &format!("[ \"$*\" = 'prove --help' ] || exit 1; {prove}"));
            fake.run(&steps()[0])
        };
        assert_eq!(run("exit 0", "echo 'prove: x' >&2; exit 2"), (5, 0));
        assert_eq!(run("exit 0", "exit 0"), (5, 0));
        assert_eq!(run("exit 1", "echo 'error: x' >&2; exit 2"), (3, 2));
    }

    #[test]
    fn the_script_puts_aside_what_the_tools_look_for() {
        let fake = Fake::new();
        let aside = "PATH=$PATH; for name in $(env | sed 's/=.*//'); do case $name in\n\
            CARGO_BUILD_TARGET_DIR | CARGO_BUILD_JOBS | CARGO_BUILD_RUSTC_WRAPPER) ;;\n\
            RUSTFLAGS | RUSTDOCFLAGS | CARGO_ENCODED_RUSTFLAGS | CARGO_BUILD_* | CARGO_PROFILE_* | CARGO_UNSTABLE_* | CARGO_TARGET_*_LINKER | CARGO_TARGET_*_RUSTFLAGS)\n\
            eval \"export KERNEL_$name=\\$$name\"; unset $name ;;\nesac; done\n";
        let run = |lines: &str, end: &str| {
            fake.script("scripts/host-cargo", &format!("{lines}{end}"));
            fake.run(&steps()[1])
        };
        let all = 1 + NAMES.len() as u64;
        assert_eq!(run(aside, "exec cargo \"$@\""), (all, 0));
        assert_eq!(run(aside, "exec cargo run"), (all - 1, 1));
        assert_eq!(run("", "exec cargo \"$@\""), (6, all - 6), "nothing is put aside");
        let both = aside.replace("; unset $name", "");
        assert_eq!(run(&both, "exec cargo \"$@\"").1, all - 6, "it is kept as well");
    }
}
