//! Builds the image of the scenarios and boots it.

use super::arguments::Tier;
use super::plugin::Plugin;
use super::scenario::Seeds;
use runner::exit_error::{ExitError, FAILED};
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
}

impl Kernel {
    /// Builds it from the sources in `root`; `target`: another folder for what cargo makes.
    pub fn build(root: &Path, target: Option<&Path>, tier: Tier) -> Result<Kernel, ExitError> {
        let image = cargo::image(root, target, "scenarios")?;
        let plugin = match tier {
            Tier::Icount => None,
            Tier::Plugin => Some(cargo::plugin(root, target)?),
        };
        Ok(Kernel { root: root.to_owned(), image, settings: Settings::repeatable()?, plugin })
    }

    /// Returns the same with another ELF file.
    pub fn with_image(&self, image: PathBuf) -> Kernel {
        Kernel { image, ..self.clone() }
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
            Some(plugin) => ("plugin", "tcg,thread=multi", plugin.options(*first, trace)),
        };
        let append = format!(
            "scenario={} tier={tier} seed={first} seeds={count} apart={apart} trace={}",
            scenario.name,
            u8::from(trace)
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

    /// Boots it for some seeds, one with the plugin, and returns the output.
    pub fn boot(&self, seeds: &Seeds, cores: u32, trace: bool) -> Result<String, ExitError> {
        let mut plugin = self.plugin.as_deref().map(Plugin::new).transpose()?;
        let mut command = self.command(seeds, cores, trace, plugin.as_ref());
        let patience = BOOT + SEED * u32::try_from(seeds.count).unwrap_or(u32::MAX);
        let output = process::run(&mut command, Instant::now() + patience)
            .map_err(|error| qemu::missing(&self.settings.qemu, &error))?;
        if !output.stdout.contains("# seed ") {
            eprint!("{}", output.report(&command));
            return Err(ExitError::new(FAILED, "the kernel has not come to its first seed"));
        }
        // What the plugin prints comes last: it ends the run.
        let output = format!("{}\n{}", output.stdout.trim_end(), output.stderr);
        match &mut plugin {
            None => Ok(output),
            Some(plugin) => plugin.put_into(&output),
        }
    }

    /// Returns who makes the schedule.
    pub fn tier(&self) -> Tier {
        if self.plugin.is_some() { Tier::Plugin } else { Tier::Icount }
    }
}
