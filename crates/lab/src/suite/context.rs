//! What the steps share: where the project is, and the images, each built once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};

use super::process;
use crate::build;
use crate::stop::Stop;

/// The kernel images that steps boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Image {
    /// The demo, as `cargo run` boots it.
    DemoDebug,
    /// The demo, as `scripts/run` boots it.
    DemoRelease,
    /// The on-target tests of the machine, as `cargo test` boots them.
    MachineTests,
    /// The image that fails as the command line asks for.
    MustFail,
    /// The ways to count users, side by side.
    Ladder,
}

/// The project that is tested.
pub struct Context {
    root: PathBuf,
    lab: PathBuf,
    images: RefCell<HashMap<Image, Result<PathBuf, String>>>,
}

impl Context {
    /// Finds the project that this binary was built from.
    pub fn new() -> Result<Context, Stop> {
        let wrong =
            |error| Stop::setup(format!("cannot find the project: {error}"), "run scripts/test");
        let root = build::root("scripts/test")?;
        let lab = std::env::current_exe().map_err(wrong)?;
        Ok(Context { root, lab, images: RefCell::default() })
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
        // The plugin's tests may pass without QEMU elsewhere; here it is there.
        command.env("CACHESCOPE_REQUIRE_QEMU", "1");
        command
    }

    /// `lab boot IMAGE`.
    pub fn boot(&self, image: Image, deadline: Instant) -> anyhow::Result<Command> {
        let mut command = self.command(&self.lab, "");
        command.arg("boot").arg(self.image(image, deadline)?);
        Ok(command)
    }

    /// Builds an image, the first time, and returns where it is.
    pub fn image(&self, image: Image, deadline: Instant) -> anyhow::Result<PathBuf> {
        if let Some(known) = self.images.borrow().get(&image) {
            return known.clone().map_err(anyhow::Error::msg);
        }
        let built = self.build(image, deadline);
        let kept = built.as_ref().map(Clone::clone).map_err(|error| format!("{error:#}"));
        self.images.borrow_mut().insert(image, kept);
        built
    }

    fn build(&self, image: Image, deadline: Instant) -> anyhow::Result<PathBuf> {
        let mut command = self.command("cargo", "");
        command.args([
            "build",
            "--message-format=json-render-diagnostics",
            "--package",
            "rundown-demo",
        ]);
        let (kind, name, release) = match image {
            Image::DemoDebug => ("--bin", "rundown-demo", false),
            Image::DemoRelease => ("--bin", "rundown-demo", true),
            Image::MachineTests => ("--test", "machine", false),
            Image::MustFail => ("--example", "must_fail", false),
            Image::Ladder => ("--example", "ladder", true),
        };
        command.args([kind, name]).args(release.then_some("--release"));
        let ended = process::run(&mut command, deadline)?;
        if !ended.succeeded() {
            bail!("{image:?} does not build:\n{}", ended.told(&command));
        }
        build::executable(&ended.said, name)
            .with_context(|| format!("{image:?}: cargo names no executable"))
    }
}
