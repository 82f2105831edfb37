//! What the steps share: where the project is, and the images, each built once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use anyhow::bail;

use crate::image::Image;
use crate::not_run::NotRun;
use explore::arguments::Tier;
use explore::kernel::Kernel;
use runner::exit_error::ExitError;
use runner::process;
use tools::cargo;

/// The exit status of scripts/second-qemu where no system has one to offer.
const NONE_HERE: i32 = 3;

/// The package and the program with the hot functions.
const PATHS: &str = "paths";

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
    /// Pages that are old are written anew.
    write: bool,
}

impl Context {
    /// Finds the project that this binary was built from.
    pub fn new() -> Result<Context, ExitError> {
        let root = cargo::root("scripts/test")?;
        Ok(Context {
            root,
            built: Arc::default(),
            second: Arc::default(),
            qemu: None,
            write: false,
        })
    }

    /// Returns the same, which writes pages that are old anew, or does not.
    pub fn writing(self, write: bool) -> Context {
        Context { write, ..self }
    }

    /// Returns whether a page that is old is to be written anew. Pages show what the installed QEMU does.
    pub fn writes(&self) -> bool {
        self.write && self.qemu.is_none()
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
        if image.is_riscv() {
            command.env_remove("QEMU"); // that of whoever runs the tests, which is for aarch64
        }
        Ok(command)
    }

    /// Returns the command that starts one of the project's programs, without its script.
    pub fn tool(&self, name: &'static str) -> anyhow::Result<Command> {
        let package = package(name);
        Ok(self.command(self.build(package, "", program(package))?, ""))
    }

    /// Returns the program with the hot functions, for valgrind.
    pub fn paths(&self) -> anyhow::Result<PathBuf> {
        self.build(PATHS, "", paths())
    }

    /// Returns an image.
    pub fn image(&self, image: Image) -> anyhow::Result<PathBuf> {
        let (name, args) = image.target();
        self.build(name, image.folder(), args)
    }

    /// Has cargo build something in a folder with these arguments, the first time; the others wait for it.
    fn build(&self, name: &str, folder: &str, args: Vec<&'static str>) -> anyhow::Result<PathBuf> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let this = built.entry(args.clone()).or_default().clone();
        drop(built);
        let root = self.root.join(folder);
        let result = this.get_or_init(|| cargo::executable(&root, None, name, &args));
        Ok(result.clone()?)
    }
}

/// Returns the package of a program, which has the same name: a published one has a name that is free there.
fn package(name: &'static str) -> &'static str {
    if name == "runner" { "ktap-runner" } else { name }
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
        let tools = tools.map(|name| (name.to_owned(), program(package(name))));
        let paths = [(PATHS.to_owned(), paths())];
        let images = Image::ALL.map(|image| (format!("{image:?}"), image.target().1));
        let built = tools.into_iter().chain(paths).chain(images).map(|(name, args)| {
            let path = root.join("built").join(name);
            (args, Arc::new(OnceLock::from(Ok(path))))
        });
        let built = Arc::new(Mutex::new(built.collect()));
        Context { root, built, second: Arc::default(), qemu: None, write: false }
    }
}
