//! Boots the kernel image `ladder` in each of its modes, and takes what it measures.

use runner::exit_error::{ExitError, FAILED, SETUP, TIMED_OUT};
use runner::ktap::Report;
use runner::process::{self, Output};
use runner::qemu;
use runner::settings::Settings;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tools::measure::{self, Measurement};
use tools::nameless::Nameless;
use tools::{cargo, option};

/// How long a boot may take: twenty times what the longest does on two processors.
const PATIENCE: Duration = Duration::from_secs(1800);
/// Bytes of a line, where lines are counted and nothing else is said.
pub const LINE: u32 = 64;
/// Cores of the machine where instructions are counted: one works, so that is the same for any.
const FEW: u32 = 4;

/// What is booted, and with what.
#[derive(Debug)]
pub struct Machine {
    /// The folder of the sources.
    pub root: PathBuf,
    /// The kernel's ELF file.
    pub image: PathBuf,
    settings: Settings,
    plugin: PathBuf,
}

/// How lines are counted.
#[derive(Clone, Copy, Debug)]
pub struct Counting {
    /// Pairs that each core does.
    pub pairs: u32,
    /// Bytes of a line, 64 or 128.
    pub line: u32,
}

/// What the plugin writes in one boot.
#[derive(Debug)]
pub struct Written {
    /// Its counts.
    pub results: String,
    /// Its steps, see crates/cachescope/src/steps.rs; nothing if they were not wanted.
    pub steps: String,
}

/// Returns the settings of all boots, after a look at QEMU.
pub fn settings() -> Result<Settings, ExitError> {
    let settings = Settings::repeatable()?;
    qemu::check(&settings)?;
    Ok(settings)
}

impl Machine {
    /// Builds the image and the plugin from the sources in `root`.
    pub fn build(root: &Path, settings: Settings) -> Result<Machine, ExitError> {
        let image = cargo::image(root, None, "ladder")?;
        let plugin = cargo::plugin(root, None)?;
        Ok(Machine { root: root.to_owned(), image, settings, plugin })
    }

    /// Throughput with these numbers of cores, and the duration of drains.
    pub fn time(&self, cores: &[u32], rounds: u32) -> Result<Vec<Measurement>, ExitError> {
        let list: Vec<String> = cores.iter().map(u32::to_string).collect();
        let append = format!("mode=time rounds={rounds} cores={}", list.join(","));
        let most = cores.iter().copied().max().unwrap_or(1);
        self.measurements(self.command(self.settings(most), &append, &[]))
    }

    /// Instructions of pairs and drains.
    pub fn instructions(&self) -> Result<Vec<Measurement>, ExitError> {
        // A tick of the counter is one instruction then, and the run the same each time.
        let icount = ["-icount", qemu::ICOUNT];
        let cpu = qemu::COUNTING_CPU.to_owned();
        let settings = Settings { cpu, accel: "tcg".to_owned(), ..self.settings(FEW) };
        self.measurements(self.command(settings, "mode=instructions", &icount))
    }

    /// What cache lines go through while so many cores use these variants: the plugin's results.
    /// `replay`: also its steps.
    pub fn coherence(
        &self,
        cores: u32,
        variants: &[&str],
        Counting { pairs, line }: Counting,
        replay: bool,
    ) -> Result<Written, ExitError> {
        let [mut results, mut steps] = [Nameless::new()?, Nameless::new()?];
        let mut plugin = format!(
            "{},mode=schedule,policy=round-robin,line={line},out={}",
            option::path(&self.plugin),
            results.path()
        );
        if replay {
            plugin.push_str(&format!(",steps={}", steps.path()));
        }
        let load = ["-plugin", plugin.as_str()];
        let append = format!("mode=coherence pairs={pairs} rungs={}", variants.join(","));
        self.boot(self.command(self.settings(cores), &append, &load))?;
        let [results, steps] = [&mut results, &mut steps].map(|file| {
            file.text().map_err(|error| {
                ExitError::new(FAILED, format!("the plugin has no results: {error}"))
            })
        });
        Ok(Written { results: results?, steps: steps? })
    }

    /// The settings with another number of cores.
    fn settings(&self, cores: u32) -> Settings {
        Settings { cores, ..self.settings.clone() }
    }

    fn command(&self, settings: Settings, append: &str, more: &[&str]) -> Command {
        let args = ["-append", append].into_iter().chain(more.iter().copied());
        let extra = args.map(str::to_owned).collect();
        qemu::command(&Settings { extra, ..settings }, &self.image, false)
    }

    fn measurements(&self, command: Command) -> Result<Vec<Measurement>, ExitError> {
        let output = self.boot(command)?;
        measure::collect(&output.stdout).map_err(|wrong| ExitError::new(FAILED, wrong))
    }

    /// Boots it, and is content only with a whole report.
    fn boot(&self, mut command: Command) -> Result<Output, ExitError> {
        let output = process::run(&mut command, Instant::now() + PATIENCE)
            .map_err(|error| qemu::missing(&self.settings, &error))?;
        let mut report = Report::default();
        report.feed(output.stdout.as_bytes());
        let why = match (output.status, report.verdict()) {
            (Some(0), Ok(_)) => return Ok(output),
            (None, _) => {
                let shown = process::shown(&command);
                let line = format!("no end after {} s: {shown}", PATIENCE.as_secs());
                return Err(ExitError::new(TIMED_OUT, line));
            }
            (Some(status), Ok(_)) => format!("QEMU's exit status is {status}"),
            (Some(_), Err(objection)) => objection.to_string(),
        };
        // The plugin may have ended the run, and then says why.
        let refused = output.stderr.lines().find(|line| line.starts_with("cachescope: "));
        let why = refused.map_or(why, str::to_owned);
        eprint!("{}", output.report(&command));
        // Without a word of the kernel it is QEMU that does not start.
        let status = if output.stdout.is_empty() { SETUP } else { FAILED };
        Err(ExitError::new(status, format!("a boot of the ladder fails: {why}")))
    }
}
