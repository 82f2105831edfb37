//! What must notice a bug outside of the primitive: tests, models and boots, built in a copy of the workspace.

use crate::killed::death;
use crate::program::{BUILD, Program};
use crate::project::{Project, must, run as run_command};
use crate::verdict::passes;
use mutants::elsewhere::{Image, In, Killer, Sign};
use runner::process::Output;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tools::cargo;

/// How long a boot may take, unless the mutant says it. Seconds.
const BOOT: (&str, &str) = ("QEMU_TIMEOUT", "30");
/// The runner's own deadline comes long before this.
const MOST: Duration = Duration::from_secs(300);

/// The test programs and images of a copy.
pub struct Killers<'a> {
    project: &'a Project,
    runner: PathBuf,
    programs: BTreeMap<Tests, Program>,
    images: BTreeMap<Image, PathBuf>,
}

/// The tests that are one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tests {
    /// Those of a package in one place.
    Of(&'static str, In),
    /// A file of models.
    Models(&'static str),
}

impl<'a> Killers<'a> {
    /// Builds what these killers run, in the workspace in `root`.
    pub fn build(
        project: &'a Project,
        root: &Path,
        killers: impl IntoIterator<Item = Killer>,
    ) -> Result<Self, String> {
        let runner = [&["--package", "ktap-runner"], cargo::FOR_THE_HOST].concat();
        let runner = cargo::executable(&project.root, None, "ktap-runner", &runner);
        let runner = runner.map_err(|error| error.line)?;
        let (mut tests, mut images) = (BTreeSet::new(), BTreeSet::new());
        for killer in killers {
            match killer {
                Killer::Test(package, place, _) => _ = tests.insert(Tests::Of(package, place)),
                Killer::Model(file, _) => _ = tests.insert(Tests::Models(file)),
                Killer::Boot(image, ..) => _ = images.insert(image),
            }
        }
        let tests = tests.into_iter();
        let programs = tests.map(|tests| Ok((tests, built_tests(project, root, tests)?)));
        let programs = programs.collect::<Result<_, String>>()?;
        let images = images.into_iter();
        let images = images.map(|image| Ok((image, built_image(project, root, image)?)));
        let images = images.collect::<Result<_, String>>()?;
        Ok(Self { project, runner, programs, images })
    }

    /// Returns how long a killer takes without a bug, where it must pass: what always fails kills nothing.
    pub fn time(&self, killer: Killer) -> Result<Duration, String> {
        let (output, good) = match killer {
            Killer::Boot(image, variables, sign) => {
                let output = self.boot(image, variables, 0)?;
                let good = !sign.is_in(&output.merged);
                (output, good)
            }
            Killer::Test(package, place, test) => {
                self.first_run(Tests::Of(package, place), test)?
            }
            Killer::Model(file, model) => self.first_run(Tests::Models(file), model)?,
        };
        match good {
            true => Ok(output.took),
            false => Err(format!("{} does not pass as it is:\n{}", said(killer), output.merged)),
        }
    }

    fn first_run(&self, tests: Tests, test: &str) -> Result<(Output, bool), String> {
        let output = self.programs[&tests].first_run(test)?;
        let good = passes(&output);
        Ok((output, good))
    }

    /// Returns how the bug `chosen` is noticed, if it is; 0: the one that is built in by itself.
    pub fn notices(
        &self,
        killer: Killer,
        chosen: usize,
        time: Duration,
    ) -> Result<Option<&'static str>, String> {
        let (tests, test) = match killer {
            Killer::Test(package, place, test) => (Tests::Of(package, place), test),
            Killer::Model(file, model) => (Tests::Models(file), model),
            Killer::Boot(image, variables, sign) => {
                let output = self.boot(image, variables, chosen)?;
                return Ok(sign.is_in(&output.merged).then_some(""));
            }
        };
        let output = self.programs[&tests].run_test(chosen, test, time)?;
        Ok(death(&output, test))
    }

    /// Boots an image that has chosen a bug; 0: none, and it need not have the word that chooses.
    fn boot(
        &self,
        image: Image,
        variables: &[(&str, &str)],
        chosen: usize,
    ) -> Result<Output, String> {
        let built = &self.images[&image];
        let copy = self.project.keep.join(format!("chosen-{chosen}.elf"));
        match chosen {
            0 => {
                _ = fs::copy(built, &copy)
                    .map_err(|error| format!("{}: {error}", copy.display()))?
            }
            _ => tools::image::choose(built, chosen, &copy).map_err(|error| error.line)?,
        }
        let mut command = Command::new(&self.runner);
        for name in ["SMP", "MACHINE", "CPU", "MEM", "ACCEL", "TIMEOUT", "EXTRA"] {
            command.env_remove(format!("QEMU_{name}"));
        }
        command.arg(&copy).envs([BOOT]).envs(variables.iter().copied());
        let output = run_command(&mut command, MOST);
        fs::remove_file(&copy).map_err(|error| format!("{}: {error}", copy.display()))?;
        output
    }
}

/// Builds tests.
fn built_tests(project: &Project, root: &Path, tests: Tests) -> Result<Program, String> {
    let (package, place) = match tests {
        Tests::Of(package, place) => (package, place),
        Tests::Models(file) => {
            let messages = must(&mut project.loom(root, file, &BUILD), "building the models")?;
            return Program::find(&messages, file, root.to_owned());
        }
    };
    let (args, target) = place.target(package);
    let mut command = Command::new("cargo");
    cargo::for_the_host(&mut command);
    command.current_dir(root).args(["test", "--quiet", "--package", package]);
    command.args(cargo::FOR_THE_HOST).args(args).args(BUILD);
    // The copy has a version of its own, so that dependencies are built once for it and the project.
    command.env("CARGO_TARGET_DIR", project.keep.join("elsewhere"));
    command.env("CARGO_BUILD_BUILD_DIR", project.root.join("target"));
    let messages = must(&mut command, "building the tests")?;
    Program::find(&messages, &target, root.to_owned())
}

/// Builds an image.
fn built_image(project: &Project, root: &Path, image: Image) -> Result<PathBuf, String> {
    let (args, name) = image.target();
    let target = project.keep.join("elsewhere");
    cargo::executable(root, Some(&target), name, &args).map_err(|error| error.line)
}

/// Returns who notices, in words.
pub fn said(killer: Killer) -> String {
    match killer {
        Killer::Test(package, _, test) => format!("{test} of {package}"),
        Killer::Model(file, model) => format!("{model} of {file}"),
        Killer::Boot(image, variables, sign) => {
            let (_, name) = image.target();
            let set: String =
                variables.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            let (Sign::Says(text) | Sign::Lacks(text)) = sign;
            format!("a boot of {name}{set}: {text}")
        }
    }
}
