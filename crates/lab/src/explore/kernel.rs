//! Builds the image of the scenarios and boots it.

use super::arguments::Tier;
use super::scenario::Seeds;
use crate::qemu;
use crate::stop::{FAILED, SETUP, Stop};
use crate::suite::{context, process};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a build may take, with all dependencies.
const BUILD: Duration = Duration::from_secs(600);
/// How long a boot may take, and each seed in it: a hundred times what they do.
const BOOT: Duration = Duration::from_secs(20);
const SEED: Duration = Duration::from_millis(500);

/// A kernel that can be booted.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The folder of its sources.
    pub root: PathBuf,
    /// Its ELF file.
    pub image: PathBuf,
    qemu: String,
    tier: Tier,
}

impl Kernel {
    /// Builds it from the sources in `root`; `target`: another folder for what cargo makes.
    pub fn build(root: &Path, target: Option<&Path>, tier: Tier) -> Result<Kernel, Stop> {
        let mut command = Command::new("cargo");
        command.current_dir(root).args(["build", "--release", "--package", "rundown-demo"]);
        command.args(["--example", "scenarios", "--message-format=json-render-diagnostics"]);
        if let Some(target) = target {
            command.env("CARGO_TARGET_DIR", target);
        }
        let ended = process::run(&mut command, Instant::now() + BUILD).map_err(|error| {
            Stop::setup(format!("cannot start cargo: {error}"), "run scripts/setup")
        })?;
        if !ended.succeeded() {
            eprint!("{}", ended.errors);
            return Err(Stop::new(SETUP, "the kernel does not build"));
        }
        let image = context::executable(&ended.output)
            .ok_or_else(|| Stop::new(SETUP, "cargo names no executable"))?;
        let qemu = std::env::var("QEMU").unwrap_or_else(|_| "qemu-system-aarch64".to_owned());
        Ok(Kernel { root: root.to_owned(), image, qemu, tier })
    }

    /// The command that boots it for some seeds. `trace`: every step is printed.
    pub fn command(&self, seeds: &Seeds, cores: u32, trace: bool) -> Command {
        let Seeds { scenario, first, count, apart } = seeds;
        let mut command = Command::new(&self.qemu);
        command.args(["-nodefaults", "-display", "none", "-cpu", "max", "-m", "64M"]);
        // Seeds for the guest would come with the device tree: not wanted here.
        command.args(["-machine", "virt,gic-version=3,dtb-randomness=off"]);
        // One instruction takes 2^4 ns, and a tick of the virtual counter too. Nobody waits for the
        // host's clock: when all cores sleep, time jumps to the next deadline.
        command.args(["-icount", "shift=4,sleep=off", "-smp", &cores.to_string()]);
        command.args(["-serial", "stdio", "-no-reboot"]);
        command.args(["-semihosting-config", "enable=on,target=native"]);
        let trace = u8::from(trace);
        command.arg("-kernel").arg(&self.image).arg("-append").arg(format!(
            "scenario={} seed={first} seeds={count} apart={apart} trace={trace}",
            scenario.name
        ));
        command
    }

    /// Boots it for some seeds, and returns what it said.
    pub fn boot(&self, seeds: &Seeds, cores: u32, trace: bool) -> Result<String, Stop> {
        let mut command = self.command(seeds, cores, trace);
        let patience = BOOT + SEED * u32::try_from(seeds.count).unwrap_or(u32::MAX);
        let ended = process::run(&mut command, Instant::now() + patience)
            .map_err(|error| qemu::missing(&self.qemu, &error))?;
        if ended.output.contains("# seed ") {
            return Ok(ended.output);
        }
        eprint!("{}", ended.told(&command));
        Err(Stop::new(FAILED, "the kernel has not come to its first seed"))
    }

    /// Who makes the schedule.
    pub fn tier(&self) -> Tier {
        self.tier
    }
}
