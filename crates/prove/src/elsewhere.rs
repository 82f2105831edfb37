//! Known bugs outside of the primitive: each is built into a copy of the workspace by itself.
//!
//! Tests on the host and boots of the kernel have a copy each, so that one is built while the other runs.

use crate::killed::death;
use crate::parallel;
use crate::program::{BUILD, Program};
use crate::project::{Project, must, run as run_command};
use crate::verdict::passed_tests;
use mutants::catalogue;
use mutants::changes;
use mutants::elsewhere::{Elsewhere, Image, In, Killer, Sign};
use mutants::tree::{Changed, Tree};
use runner::process::Output;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tools::cargo;

/// How long a boot may take, unless the mutant says it. Seconds.
const BOOT: (&str, &str) = ("QEMU_TIMEOUT", "30");
/// The runner's own deadline comes long before this.
const MOST: Duration = Duration::from_secs(300);

/// How long each takes without a bug.
type Times = BTreeMap<Killer, Duration>;

/// Runs what must notice each bug whose name or file holds `word`. Returns how many bugs there are, and how many
/// were noticed.
pub fn run(project: &Project, word: &str) -> Result<(usize, usize), String> {
    let wanted = |bug: &&Elsewhere| bug.name.contains(word) || bug.file.contains(word);
    let bugs: Vec<_> = catalogue::elsewhere().filter(wanted).collect();
    let is_boot = |bug: &&&Elsewhere| matches!(bug.killer, Killer::Boot(..));
    let (boots, tests): (Vec<_>, Vec<_>) = bugs.iter().partition(is_boot);
    let (mut killed, mut error) = (0, None);
    let work = |(name, bugs): &(&str, Vec<&Elsewhere>)| one_by_one(project, name, bugs);
    parallel::each(
        &[("of-tools", tests), ("of-kernel", boots)],
        work,
        |_, verdicts| match verdicts {
            Ok(lines) => {
                killed += lines.iter().filter(|(good, _)| *good).count();
                lines.iter().for_each(|(_, line)| println!("  {line}"));
            }
            Err(what) => error = Some(what),
        },
    );
    error.map_or(Ok((bugs.len(), killed)), Err)
}

/// Runs the bugs in one copy, after what must notice them has run without.
fn one_by_one(
    project: &Project,
    name: &str,
    bugs: &[&Elsewhere],
) -> Result<Vec<(bool, String)>, String> {
    if bugs.is_empty() {
        return Ok(Vec::new());
    }
    let tree = Tree::copy(&project.root, &project.keep.join(name), &Changed::new())?;
    let mut times = Times::new();
    for killer in bugs.iter().map(|bug| bug.killer).collect::<BTreeSet<_>>() {
        times.insert(killer, time(project, tree.root(), killer)?);
    }
    let mut lines = Vec::new();
    for bug in bugs {
        let changed = changes::one(&project.root, &changes::of(*bug, &project.root)?)?;
        tree.change(&project.root, &changed)?;
        let how = noticed(project, tree.root(), bug.killer, times[&bug.killer])
            .map_err(|error| format!("{}: {error}", bug.name))?;
        let by = said(bug.killer);
        lines.push(match how {
            Some(how) => (true, format!("{}: killed{how} by {by}", bug.name)),
            None => (false, format!("{}: SURVIVED {by}", bug.name)),
        });
    }
    Ok(lines)
}

/// Returns how long it takes without a bug, where it must pass: what always fails kills nothing.
fn time(project: &Project, root: &Path, killer: Killer) -> Result<Duration, String> {
    let (output, good) = match killer {
        Killer::Test(package, place, test) => {
            let output = program(project, root, package, place)?.first_run(test)?;
            let good = output.succeeded() && passed_tests(&output) > 0;
            (output, good)
        }
        Killer::Model(file, model) => {
            let output = models(project, root, file)?.first_run(model)?;
            let good = output.succeeded() && passed_tests(&output) > 0;
            (output, good)
        }
        Killer::Boot(image, variables, sign) => {
            let output = boot(project, root, image, variables)?;
            let good = !sign.is_in(&output.merged);
            (output, good)
        }
    };
    match good {
        true => Ok(output.took),
        false => Err(format!("{} does not pass as it is:\n{}", said(killer), output.merged)),
    }
}

/// Returns how the bug in this copy was noticed, if it was.
fn noticed(
    project: &Project,
    root: &Path,
    killer: Killer,
    time: Duration,
) -> Result<Option<&'static str>, String> {
    match killer {
        Killer::Test(package, place, test) => {
            let output = program(project, root, package, place)?.run_test(0, test, time)?;
            Ok(death(&output, test))
        }
        Killer::Model(file, model) => {
            let output = models(project, root, file)?.run_test(0, model, time)?;
            Ok(death(&output, model))
        }
        Killer::Boot(image, variables, sign) => {
            let output = boot(project, root, image, variables)?;
            Ok(sign.is_in(&output.merged).then_some(""))
        }
    }
}

/// Builds the tests of a package.
fn program(project: &Project, root: &Path, package: &str, place: In) -> Result<Program, String> {
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

/// Builds a file of models.
fn models(project: &Project, root: &Path, file: &str) -> Result<Program, String> {
    let messages = must(&mut project.loom(root, file, &BUILD), "building the models")?;
    Program::find(&messages, file, root.to_owned())
}

/// Builds an image of this copy, and boots it.
fn boot(
    project: &Project,
    root: &Path,
    image: Image,
    variables: &[(&str, &str)],
) -> Result<Output, String> {
    let line = |error: runner::exit_error::ExitError| error.line;
    let (args, name) = image.target();
    let target = project.keep.join("elsewhere");
    let image = cargo::executable(root, Some(&target), name, &args).map_err(line)?;
    let runner = [&["--package", "runner"], cargo::FOR_THE_HOST].concat();
    let runner = cargo::executable(&project.root, None, "runner", &runner).map_err(line)?;
    let mut command = Command::new(runner);
    for name in ["SMP", "MACHINE", "CPU", "MEM", "ACCEL", "TIMEOUT", "EXTRA"] {
        command.env_remove(format!("QEMU_{name}"));
    }
    command.arg(image).envs([BOOT]).envs(variables.iter().copied());
    run_command(&mut command, MOST)
}

/// Returns who notices, in words.
fn said(killer: Killer) -> String {
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
