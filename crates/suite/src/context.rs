//! What the steps share: where the project is, and the images, each built once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use anyhow::bail;

use crate::not_run::NotRun;
use crate::promise::Promise;
use explore::arguments::Tier;
use explore::kernel::Kernel;
use runner::exit_error::ExitError;
use runner::process;
use tools::cargo;

/// The exit status of scripts/second-qemu where no system has one to offer.
const NONE_HERE: i32 = 3;

/// The package and the program with the hot functions.
const PATHS: &str = "paths";

/// The kernel images that steps boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Image {
    /// The demo, as `cargo run` boots it.
    DemoDebug,
    /// The demo, as `scripts/run` boots it.
    DemoRelease,
    /// The demo with its objects in a pool.
    DemoPooled,
    /// The on-target tests of the machine, as `cargo test` boots them.
    MachineTests,
    /// The on-target tests of cores that go off and come again.
    CoreTests,
    /// The image that fails as the command line asks for.
    MustFail,
    /// The ways to count users, side by side.
    Ladder,
    /// Handlers of interrupts that use what the interrupted code is using.
    Interrupts,
    /// The demo's checks, each with something to notice.
    DemoChecks,
    /// The same, with its objects in a pool.
    PooledChecks,
    /// A thousand objects of a pool.
    Pool,
    /// The hot functions, whose instructions it counts.
    Paths,
}

impl Image {
    /// What has cargo put objects into a pool. The program lies in a folder of its own, as its name is that of the
    /// other demo; dependencies are built once.
    pub const POOLED: &[&str] = &[
        "--features",
        "pooled",
        "--target-dir",
        "target/lab-test/pooled",
        "--config",
        "build.build-dir='target'",
    ];

    /// All of them.
    pub const ALL: [Image; 12] = [
        Self::DemoRelease,
        Self::DemoDebug,
        Self::DemoPooled,
        Self::MachineTests,
        Self::CoreTests,
        Self::MustFail,
        Self::Ladder,
        Self::Interrupts,
        Self::DemoChecks,
        Self::PooledChecks,
        Self::Pool,
        Self::Paths,
    ];

    /// Returns the name of its file, and what has cargo build it.
    fn target(self) -> (&'static str, Vec<&'static str>) {
        let (name, args): (_, &[&str]) = match self {
            Image::DemoDebug => ("rundown-demo", &["--bin", "rundown-demo"]),
            Image::DemoRelease | Image::DemoPooled => {
                ("rundown-demo", &["--bin", "rundown-demo", "--release"])
            }
            Image::MachineTests => ("machine", &["--test", "machine"]),
            Image::CoreTests => ("cores", &["--test", "cores"]),
            Image::MustFail => ("must_fail", &["--example", "must_fail"]),
            Image::Ladder => ("ladder", &["--example", "ladder", "--release"]),
            Image::Interrupts => ("interrupts", &["--example", "interrupts", "--release"]),
            Image::DemoChecks => ("demo_checks", &["--example", "demo_checks"]),
            Image::PooledChecks => ("demo_checks", &["--example", "demo_checks", "--release"]),
            Image::Pool => ("pool", &["--example", "pool", "--release"]),
            Image::Paths => ("paths", &["--example", "paths", "--release"]),
        };
        let pooled = matches!(self, Image::DemoPooled | Image::PooledChecks);
        let more = if pooled { Self::POOLED } else { &[] };
        (name, [&["--package", "rundown-demo"], args, more].concat())
    }

    /// Returns how many tests it runs.
    pub fn promise(self) -> Promise {
        match self {
            Self::DemoDebug | Self::DemoRelease | Self::DemoPooled => Promise::Plan("src/main.rs"),
            Self::MachineTests => Promise::Plan("tests/machine.rs"),
            Self::CoreTests => Promise::AtLeast(11), // with a second core
            Self::MustFail => Promise::AtLeast(1),   // what it plans does not matter: it fails
            Self::Ladder => Promise::AtLeast(::ladder::VARIANTS.len() as u64),
            Self::Interrupts => Promise::AtLeast(8),
            Self::DemoChecks | Self::PooledChecks => Promise::AtLeast(8),
            Self::Pool => Promise::AtLeast(9),
            Self::Paths => Promise::AtLeast(22),
        }
    }
}

/// What came of a build.
type Built = Result<PathBuf, ExitError>;
/// What was built with these arguments.
type AllBuilt = HashMap<Vec<&'static str>, Arc<OnceLock<Built>>>;

/// What came of looking for a second QEMU: its path, or the exit status and the line of who looked.
type Second = Result<PathBuf, (Option<i32>, String)>;

/// The project that is tested.
#[derive(Clone)]
pub struct Context {
    root: PathBuf,
    built: Arc<Mutex<AllBuilt>>,
    second: Arc<OnceLock<Second>>,
    /// The QEMU that takes the place of the installed one.
    qemu: Option<PathBuf>,
}

impl Context {
    /// Finds the project that this binary was built from.
    pub fn new() -> Result<Context, ExitError> {
        let root = cargo::root("scripts/test")?;
        Ok(Context { root, built: Arc::default(), second: Arc::default(), qemu: None })
    }

    /// The folder of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder for a step's own files, inside target/ so that `cargo clean` takes it.
    pub fn scratch(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.root.join("target/lab-test").join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// A command in a folder of the workspace, free of the settings of whoever runs the tests.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>, folder: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root.join(folder));
        for name in ["SMP", "MACHINE", "CPU", "MEM", "ACCEL", "TIMEOUT", "EXTRA"] {
            command.env_remove(format!("QEMU_{name}"));
        }
        command.envs(self.qemu.as_ref().map(|qemu| ("QEMU", qemu)));
        cargo::for_the_host(&mut command);
        // The plugin's tests may pass without QEMU elsewhere; here it is there.
        command.env("CACHESCOPE_REQUIRE_QEMU", "1");
        command
    }

    /// Returns the same with the QEMU that scripts/second-qemu finds, which is asked once. The error is
    /// [`NotRun`] where there is none.
    pub fn with_second_qemu(&self, deadline: Instant) -> anyhow::Result<Context> {
        match self.second.get_or_init(|| self.second_qemu(deadline)) {
            Ok(qemu) => Ok(Context { qemu: Some(qemu.clone()), ..self.clone() }),
            Err((Some(NONE_HERE), why)) => Err(NotRun(why.clone()).into()),
            Err((_, why)) => bail!("{why}"),
        }
    }

    fn second_qemu(&self, deadline: Instant) -> Second {
        let mut command = self.command("scripts/second-qemu", "");
        let output = process::run(&mut command, deadline)
            .map_err(|error| (None, format!("scripts/second-qemu: {error}")))?;
        match output.succeeded() {
            true => Ok(output.stdout.trim_end().into()),
            false => {
                let line = output.stderr.trim_end();
                Err((output.status, line.strip_prefix("rundown: ").unwrap_or(line).to_owned()))
            }
        }
    }

    /// Builds the kernel of the scenarios, for the explorer.
    pub fn scenarios(&self, tier: Tier) -> anyhow::Result<Kernel> {
        Ok(self.at_home(Kernel::build(&self.root, None, tier)?))
    }

    /// Returns the same kernel, booted by this context's QEMU.
    pub fn at_home(&self, kernel: Kernel) -> Kernel {
        match &self.qemu {
            Some(qemu) => kernel.with_qemu(&qemu.display().to_string()),
            None => kernel,
        }
    }

    /// Returns the command that has the runner boot an image.
    pub fn boot(&self, image: Image) -> anyhow::Result<Command> {
        let mut command = self.tool("runner")?;
        command.arg(self.image(image)?);
        Ok(command)
    }

    /// Returns the command that starts one of the project's programs, without its script.
    pub fn tool(&self, name: &'static str) -> anyhow::Result<Command> {
        Ok(self.command(self.build(name, program(name))?, ""))
    }

    /// Returns the program with the hot functions, for valgrind.
    pub fn paths(&self) -> anyhow::Result<PathBuf> {
        self.build(PATHS, paths())
    }

    /// Returns an image.
    pub fn image(&self, image: Image) -> anyhow::Result<PathBuf> {
        let (name, args) = image.target();
        self.build(name, args)
    }

    /// Has cargo build something with these arguments, the first time; the others wait for it.
    fn build(&self, name: &str, args: Vec<&'static str>) -> anyhow::Result<PathBuf> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let this = built.entry(args.clone()).or_default().clone();
        drop(built);
        let result = this.get_or_init(|| cargo::executable(&self.root, None, name, &args));
        Ok(result.clone()?)
    }
}

/// Returns what has cargo build one of the project's programs.
fn program(name: &'static str) -> Vec<&'static str> {
    [&["--package", name], cargo::FOR_THE_HOST].concat()
}

/// Returns what has cargo build the program with the hot functions.
fn paths() -> Vec<&'static str> {
    [program(PATHS), vec!["--release"]].concat()
}

#[cfg(test)]
impl Context {
    /// Returns a project in another folder: whatever cargo would build is there, in `built` by its name.
    pub fn of_scripts(root: PathBuf) -> Context {
        let tools = [
            "runner",
            "explore",
            "lab",
            "kvm-test",
            "prove",
            "soak",
            "grade",
            "suite",
            "rundown-bench",
        ];
        let tools = tools.map(|name| (name.to_owned(), program(name)));
        let paths = [(PATHS.to_owned(), paths())];
        let images = Image::ALL.map(|image| (format!("{image:?}"), image.target().1));
        let built = tools.into_iter().chain(paths).chain(images).map(|(name, args)| {
            let path = root.join("built").join(name);
            (args, Arc::new(OnceLock::from(Ok(path))))
        });
        let built = Arc::new(Mutex::new(built.collect()));
        Context { root, built, second: Arc::default(), qemu: None }
    }
}
