//! Builds the image of the scenarios and boots it.

use super::arguments::Tier;
use super::plugin::{Plugin, Records};
use super::scenario::Seeds;
use super::schedule::Schedule;
use runner::exit_error::{ExitError, FAILED, SETUP};
use runner::process;
use runner::qemu;
use runner::settings::Settings;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tools::cargo;

/// How long a boot may take, and each seed in it: a hundred times what they do.
const BOOT: Duration = Duration::from_secs(20);
const SEED: Duration = Duration::from_millis(500);

/// What came of a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// What the kernel and the plugin have printed, with the plugin's steps and hash in it.
    pub text: String,
    /// What the kernel alone has printed.
    pub console: String,
    /// QEMU's exit status; `None` if it did not end in time.
    pub status: Option<i32>,
    /// What the plugin has written for a page.
    pub records: Records,
}

/// A kernel that can be booted.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The folder of its sources.
    pub root: PathBuf,
    /// Its ELF file.
    pub image: PathBuf,
    settings: Settings,
    /// The plugin's library, if that makes the schedule.
    plugin: Option<PathBuf>,
    schedule: Schedule,
}

impl Kernel {
    /// Builds it from the sources in `root`; `target`: another folder for what cargo makes.
    pub fn build(root: &Path, target: Option<&Path>, tier: Tier) -> Result<Kernel, ExitError> {
        let settings = Settings::repeatable()?;
        qemu::version(&settings)?; // or one line that says what is wrong with it
        let image = cargo::image(root, target, "scenarios")?;
        let plugin = match tier {
            Tier::Icount => None,
            Tier::Plugin => Some(cargo::plugin(root, target)?),
        };
        Ok(Kernel { root: root.to_owned(), image, settings, plugin, schedule: Schedule::default() })
    }

    /// Returns the same with another ELF file.
    pub fn with_image(&self, image: PathBuf) -> Kernel {
        Kernel { image, ..self.clone() }
    }

    /// Returns the same, whose seeds become schedules in this way.
    pub fn with_schedule(mut self, schedule: Schedule) -> Kernel {
        self.schedule = schedule;
        self
    }

    /// Returns how its seeds become schedules.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Returns the same, booted by another QEMU.
    pub fn with_qemu(mut self, qemu: &str) -> Kernel {
        self.settings.qemu = qemu.to_owned();
        self
    }

    /// Returns the version of the QEMU that boots it: `7.2.22`.
    pub fn qemu_version(&self) -> Result<String, ExitError> {
        qemu::version(&self.settings)
    }

    /// Returns the command that boots it for some seeds. `trace`: every step is printed.
    fn command(
        &self,
        seeds: &Seeds,
        cores: u32,
        trace: bool,
        plugin: Option<&Plugin<'_>>,
    ) -> Command {
        let Seeds { scenario, first, count, apart } = seeds;
        let (tier, accel, mut extra) = match plugin {
            // One instruction takes 2^4 ns, and a tick of the virtual counter too. Nobody waits for
            // the host's clock: when all cores sleep, time jumps to the next deadline.
            None => ("icount", "tcg", ["-icount", qemu::ICOUNT].map(str::to_owned).to_vec()),
            Some(plugin) => (
                "plugin",
                "tcg,thread=multi",
                plugin.options(&self.schedule.policy(scenario, cores, *first), trace),
            ),
        };
        let append = format!(
            "scenario={} tier={tier} seed={first} seeds={count} apart={apart} trace={}{}",
            scenario.name,
            u8::from(trace),
            self.schedule.arguments(scenario, cores)
        );
        extra.extend(["-append".to_owned(), append]);
        let settings = Settings {
            cores,
            cpu: qemu::COUNTING_CPU.to_owned(),
            memory: "64M".to_owned(),
            accel: accel.to_owned(),
            extra,
            ..self.settings.clone()
        };
        qemu::command(&settings, &self.image, false)
    }

    /// Boots it for some seeds, one with the plugin.
    pub fn boot(&self, seeds: &Seeds, cores: u32, trace: bool) -> Result<Boot, ExitError> {
        let mut plugin = self.plugin.as_deref().map(Plugin::new).transpose()?;
        let mut command = self.command(seeds, cores, trace, plugin.as_ref());
        let output = process::run(&mut command, Instant::now() + patience(seeds.count))
            .map_err(|error| qemu::missing(&self.settings, &error))?;
        if output.stdout.is_empty() {
            // Without a word of the kernel it is QEMU that does not start.
            let why = output.stderr.lines().last().unwrap_or("QEMU ends without a word");
            return Err(ExitError::new(SETUP, format!("QEMU does not start: {why}")));
        }
        if !output.stdout.contains("# seed ") {
            eprint!("{}", output.report(&command));
            return Err(ExitError::new(FAILED, "the kernel has not come to its first seed"));
        }
        // What the plugin prints comes last: it ends the run.
        let mut text = format!("{}\n{}", output.stdout.trim_end(), output.stderr);
        let mut records = Records::default();
        if let Some(plugin) = &mut plugin {
            text = plugin.put_into(&text)?;
            records = plugin.records();
        }
        Ok(Boot { text, console: output.stdout, status: output.status, records })
    }

    /// Returns who makes the schedule.
    pub fn tier(&self) -> Tier {
        if self.plugin.is_some() { Tier::Plugin } else { Tier::Icount }
    }
}

/// Returns how long a boot for so many seeds may take.
fn patience(seeds: u64) -> Duration {
    BOOT + SEED * u32::try_from(seeds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
