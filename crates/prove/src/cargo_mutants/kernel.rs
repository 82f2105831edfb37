//! The kernel's mutations: all in one build of its images, whose boots must end otherwise.
//!
//! First those that pass; what they miss must show in a boot that fails on purpose: it ends with another status
//! or another last line, or says something else of the machine.

use crate::cargo_mutants::sum::{Fate, Sum};
use crate::cargo_mutants::{list, viable};
use crate::parallel;
use crate::project::{BUILD_LIMIT, Project, run as run_command};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};
use tools::cargo;

/// What builds the images, and the name of each.
const BUILD: &[&str] = &[
    "--package=rundown-demo",
    "--test=machine",
    "--test=cores",
    "--bin=rundown-demo",
    "--example=demo_checks",
    "--example=must_fail",
    "--message-format=json",
];
const PASS: [&str; 4] = ["machine", "cores", "demo_checks", DEMO];
const DEMO: &str = "rundown-demo";
const MUST_FAIL: &str = "must_fail";

/// How long a kernel has for its verdict, in seconds: several times what it takes.
const TIMEOUT: &str = "20";
/// The runner's exit status after that.
const HANGS: i32 = 124;
/// The runner's own deadline comes long before this.
const MOST: Duration = Duration::from_secs(120);

/// The other interrupt controller, and a kernel that is entered at EL2; caches that write back 256 bytes at once;
/// nobody who answers semihosting, at EL1 and at EL2; and few cores, with which the demo does something else.
const OTHERS: [(&str, &[(&str, &str)]); 7] = [
    ("machine", &[("QEMU_MACHINE", "virt,gic-version=2,virtualization=on")]),
    ("machine", &[("QEMU_CPU", "a64fx")]),
    ("demo_checks", &[("QEMU_CPU", "a64fx")]),
    ("machine", &[("QEMU", WITHOUT_SEMIHOSTING)]),
    ("machine", &[("QEMU", WITHOUT_SEMIHOSTING), ("QEMU_MACHINE", "virt,virtualization=on")]),
    (DEMO, &[("QEMU_SMP", "1")]),
    (DEMO, &[("QEMU_SMP", "2")]),
];
/// A QEMU that is not told of it.
const WITHOUT_SEMIHOSTING: &str = "crates/suite/src/qemu-without-semihosting";
/// What stands in the lines of a report that every boot repeats, but for the numbers of the last.
const SAYS: [&str; 8] = [
    "# machine: ",
    "# lines: ",
    "# ends by ",
    "# rundown: ",
    " tests planned, ",
    "# hook, ",
    "# every core was to do ",
    MEASURE,
];
const MEASURE: &str = "# measure ";

/// A boot.
struct Boot {
    image: &'static str,
    /// The kernel's arguments.
    append: String,
    /// What makes it another machine than usual.
    variables: &'static [(&'static str, &'static str)],
}

/// How a boot ended: its status, what the runner said at last, and what the kernel says of the machine.
type End = (Option<i32>, String, String);

/// Boots the kernel with each mutation.
pub fn run(project: &Project) -> Result<Sum, String> {
    let mutations = list::of(project, DEMO, "src")?;
    let place = project.keep.join("all-of-kernel");
    let all = viable::build(project, &place, &mutations, |root| build(project, root))?;
    let images = images(&all.messages)?;
    let boots = boots(project)?;
    let runner = [&["--package", "ktap-runner"], cargo::FOR_THE_HOST].concat();
    let runner = cargo::executable(&project.root, None, "ktap-runner", &runner);
    let runner = runner.map_err(|error| error.line)?;
    let ends = boots.iter().map(|each| boot(&project.root, &runner, &images[each.image], each));
    let ends = ends.collect::<Result<Vec<End>, String>>()?;
    pass_or_must_fail(&boots, &ends)?;
    let mut sum = Sum::new(all.refused.len());
    let numbers = all.numbers(&mutations);
    let fate = |images: &BTreeMap<&str, PathBuf>, number: usize| {
        for (each, end) in boots.iter().zip(&ends) {
            let image = chosen(project, &images[each.image], each.image, number)?;
            let now = boot(&project.root, &runner, &image, each);
            fs::remove_file(&image).map_err(|error| format!("{}: {error}", image.display()))?;
            if let Some(fate) = noticed(&now?, end) {
                return Ok(fate);
            }
        }
        Ok::<Fate, String>(Fate::Missed)
    };
    let mut error = None;
    parallel::each(
        &numbers,
        |number| fate(&images, *number),
        |number, fate| match fate {
            Ok(fate) => sum.count(fate, &mutations[number]),
            Err(what) => error = Some(what),
        },
    );
    error.map_or(Ok(()), Err)?;
    for number in &all.alone {
        let place = project.keep.join("one-of-kernel");
        let mutation = &mutations[number];
        match viable::build_alone(project, &place, mutation, |root| build(project, root))? {
            None => sum.refused += 1,
            Some((_tree, messages)) => {
                let images = self::images(&messages)?;
                sum.count(fate(&images, 0)?, mutation);
            }
        }
    }
    Ok(sum)
}

/// Makes sure that what must pass does without a mutation.
fn pass_or_must_fail(boots: &[Boot], ends: &[End]) -> Result<(), String> {
    let fails = |(boot, end): &(&Boot, &End)| boot.image != MUST_FAIL && end.0 != Some(0);
    match boots.iter().zip(ends).find(fails) {
        Some((boot, end)) => Err(format!("{} does not pass as it is: {}", boot.image, end.1)),
        None => Ok(()),
    }
}

/// Returns what an end says of a mutation, unless it is that without one.
fn noticed(now: &End, before: &End) -> Option<Fate> {
    let fate = if now.0 == Some(HANGS) { Fate::Hangs } else { Fate::Caught };
    (now != before).then_some(fate)
}

/// Builds the images of a workspace. Returns whether that went well, and cargo's messages.
fn build(project: &Project, root: &Path) -> Result<(bool, String), String> {
    let mut command = Command::new("cargo");
    cargo::for_the_kernel(&mut command);
    command.current_dir(root).args(["build", "--quiet"]).args(BUILD);
    command.env("CARGO_TARGET_DIR", project.keep.join("elsewhere"));
    command.env("CARGO_BUILD_BUILD_DIR", project.root.join("target"));
    let output = run_command(&mut command, BUILD_LIMIT)?;
    match output.status {
        None => Err("the kernel is not built in time".to_owned()),
        Some(status) => Ok((status == 0, output.merged)),
    }
}

/// Finds the images in cargo's messages.
fn images(messages: &str) -> Result<BTreeMap<&'static str, PathBuf>, String> {
    let find = |name| {
        let image = cargo::find_executable(messages, name);
        Ok((name, image.ok_or(format!("cargo does not say where {name} is"))?))
    };
    PASS.into_iter().chain([MUST_FAIL]).map(find).collect()
}

/// Returns the boots, those that pass first. Of those that fail on purpose, none that waits for a deadline.
fn boots(project: &Project) -> Result<Vec<Boot>, String> {
    let path = project.root.join("examples/must_fail.rs");
    let source =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let names = source.lines().filter_map(|line| line.strip_prefix("    (\"")?.split('"').next());
    let names = names.filter(|name| !name.starts_with("hang") && *name != "two_ends");
    let names: Vec<&str> = names.collect();
    if names.len() < 10 {
        return Err(format!("{} has few faults", path.display()));
    }
    let usual = |image, append| Boot { image, append, variables: &[] };
    let faults = names.iter().map(|name| usual(MUST_FAIL, format!("must_fail={name}")));
    let others = OTHERS.map(|(image, variables)| Boot { image, append: String::new(), variables });
    let boots = PASS.iter().map(|image| usual(image, String::new()));
    Ok(boots.chain(others).chain(faults).collect())
}

/// Returns a copy of the image that has chosen a mutation; 0: an image that has one for good.
fn chosen(project: &Project, image: &Path, name: &str, number: usize) -> Result<PathBuf, String> {
    let copy = project.keep.join(format!("{name}-{number}.elf"));
    match number {
        0 => fs::copy(image, &copy).map(|_| ()).map_err(|error| error.to_string())?,
        _ => tools::image::choose(image, number, &copy).map_err(|error| error.line)?,
    }
    Ok(copy)
}

fn boot(root: &Path, runner: &Path, image: &Path, boot: &Boot) -> Result<End, String> {
    let mut command = Command::new(runner);
    for name in ["SMP", "MACHINE", "CPU", "MEM", "ACCEL"] {
        command.env_remove(format!("QEMU_{name}"));
    }
    if let Ok(chosen) = env::var("QEMU") {
        command.env("QEMU_BEHIND", chosen); // for the one without semihosting
    }
    command.arg(image).env("QEMU_TIMEOUT", TIMEOUT);
    command.env("QEMU_EXTRA", format!("-append '{}'", boot.append));
    command.envs(boot.variables.iter().copied()).current_dir(root);
    let output = run_command(&mut command, MOST)?;
    let without_numbers =
        |line: &str| -> String { line.chars().filter(|sign| !sign.is_ascii_hexdigit()).collect() };
    let says = output.stdout.lines().filter(|line| SAYS.iter().any(|part| line.contains(part)));
    let says = says.map(|line| match line.contains(MEASURE) {
        true => without_numbers(line),
        false => line.to_owned(),
    });
    // Addresses and times differ from boot to boot.
    let last = without_numbers(output.stderr.lines().last().unwrap_or(""));
    Ok((output.status, last, says.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_differs_is_noticed() {
        let end = |status, last: &str| (Some(status), last.to_owned(), String::new());
        let fate = |now, before| match noticed(&now, &before) {
            None => "missed",
            Some(Fate::Hangs) => "hangs",
            Some(_) => "caught",
        };
        assert_eq!(fate(end(0, "x"), end(0, "x")), "missed");
        assert_eq!(fate(end(124, "x"), end(124, "x")), "missed");
        assert_eq!([fate(end(1, "x"), end(0, "x")), fate(end(0, "y"), end(0, "x"))], ["caught"; 2]);
        assert_eq!(fate(end(124, "x"), end(0, "x")), "hangs");
    }

    #[test]
    fn what_must_pass_does_and_what_must_fail_need_not() {
        let boots =
            [PASS[0], MUST_FAIL].map(|image| Boot { image, append: String::new(), variables: &[] });
        let passes = |statuses: [i32; 2]| {
            let ends = statuses.map(|status| (Some(status), "why".to_owned(), String::new()));
            pass_or_must_fail(&boots, &ends)
        };
        assert_eq!([passes([0, 1]), passes([0, 0])], [Ok(()), Ok(())]);
        assert_eq!(passes([1, 1]), Err("machine does not pass as it is: why".to_owned()));
    }

    #[test]
    fn every_image_boots_and_no_fault_that_waits() {
        let project = Project::find(String::new()).unwrap();
        let boots = boots(&project).unwrap();
        let of = |image| boots.iter().filter(move |boot| boot.image == image);
        let others = |image| OTHERS.iter().filter(|other| other.0 == image).count();
        assert_eq!(PASS.map(|image| of(image).count()), PASS.map(|image| 1 + others(image)));
        assert_eq!(boots.iter().filter(|boot| !boot.variables.is_empty()).count(), OTHERS.len());
        let faults: Vec<&str> = of(MUST_FAIL).map(|boot| boot.append.as_str()).collect();
        assert!(faults.len() > 20 && faults.contains(&"must_fail=panic_first_core"), "{faults:?}");
        let waits = |fault: &&str| fault.contains("=hang") || fault.contains("=two_ends");
        assert!(!faults.iter().any(waits), "{faults:?}");
        let few = tempfile::tempdir().unwrap();
        fs::create_dir(few.path().join("examples")).unwrap();
        fs::write(few.path().join("examples/must_fail.rs"), "    (\"a\", x),\n").unwrap();
        let root = few.path().to_owned();
        let project = Project { keep: root.clone(), root, only: String::new() };
        assert!(self::boots(&project).is_err_and(|why| why.ends_with("has few faults")));
    }

    #[test]
    fn images_are_those_that_cargo_names() {
        let names = PASS.into_iter().chain([MUST_FAIL]);
        let artifact =
            |name| format!("{{\"target\":{{\"name\":\"{name}\"}},\"executable\":\"/{name}\"}}\n");
        let messages: String = names.map(artifact).collect();
        let images = images(&messages).unwrap();
        assert_eq!(images.len(), 5);
        assert!(images.iter().all(|(name, path)| *path == Path::new("/").join(name)));
        assert!(self::images("").is_err());
    }
}
