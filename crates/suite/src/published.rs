//! The published crates stand alone: each is packed, unpacked elsewhere, built and tested from its package.
//!
//! `cargo package` by itself cannot build a crate whose dependencies are not published yet, or have changed since.
//! Here all packages are unpacked side by side into a workspace of their own, which takes each from the others, and
//! nothing from this one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::context::Context;
use crate::count;
use crate::promise;
use crate::step::{Outcome, Step};
use runner::process::{self, Output};

/// What is published. A new crate is private, `publish = false`, unless it stands here.
const PUBLISHED: [&str; 7] = [
    "cachescope",
    "cachescope-guest",
    "cachescope-pct",
    "ktap-runner",
    "rundown",
    "rundown-capi",
    "rundown-capi-routines",
];
/// What crates.io shows or searches, as `cargo metadata` calls it.
const SHOWN: [&str; 7] =
    ["description", "license", "repository", "readme", "rust_version", "keywords", "categories"];
/// What every package holds.
const HELD: [&str; 4] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"];
/// What no package holds: settings of this workspace.
const KEPT: [&str; 3] = [".cargo/config.toml", "mutants.toml", "target"];

/// The steps. `long`: the tests run, too; else they are only checked by the compiler.
pub fn steps(long: bool) -> Vec<Step> {
    vec![
        Step::new("package: what is published says what it is", 60, described),
        Step::new("package: the published crates stand alone", 3600, move |context, deadline| {
            alone(context, long, deadline)
        }),
    ]
}

fn described(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("cargo", "");
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    let metadata: Value = serde_json::from_str(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo names no packages")?;
    let faults = faults(packages);
    Ok(Outcome::check(faults.is_empty(), || faults.join("\n") + "\n"))
}

/// Returns what the manifests lack, a line each.
fn faults(packages: &[Value]) -> Vec<String> {
    // An empty list of registries is `publish = false`.
    let public = packages.iter().filter(|package| package["publish"] != Value::Array(Vec::new()));
    let names = public.clone().filter_map(|package| package["name"].as_str());
    let (names, wanted) = (names.collect::<BTreeSet<_>>(), BTreeSet::from(PUBLISHED));
    let mut faults = Vec::new();
    faults.extend(names.difference(&wanted).map(|name| format!("{name}: no publish = false")));
    faults.extend(wanted.difference(&names).map(|name| format!("{name} is not published")));
    for package in public {
        for field in SHOWN {
            let empty = match &package[field] {
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty() || list.len() > 5,
                _ => true,
            };
            if empty {
                faults.push(format!("{}: no {field}, or too many", package["name"]));
            }
        }
    }
    faults
}

fn alone(context: &Context, long: bool, deadline: Instant) -> anyhow::Result<Outcome> {
    let scratch = context.scratch("published")?;
    let (output, command) = pack(context, &scratch, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    let folders = unpack(context, &scratch, deadline)?;
    let mut sum = Outcome::default();
    folders.iter().for_each(|folder| sum.add(holds(folder)));
    sum.add(built(context, &scratch, &folders, long, deadline)?);
    Ok(sum)
}

/// Returns whether an unpacked package has what it needs, and no more.
fn holds(folder: &Path) -> Outcome {
    let has = |file: &&&str| folder.join(file).exists();
    let lacks: Vec<_> = HELD.iter().filter(|file| !has(file)).collect();
    let more: Vec<_> = KEPT.iter().filter(has).collect();
    Outcome::check(lacks.is_empty() && more.is_empty(), || {
        format!("{}: lacks {lacks:?}, and should not have {more:?}\n", folder.display())
    })
}

/// Has cargo make the packages, in `scratch/packed/package`.
fn pack(context: &Context, scratch: &Path, deadline: Instant) -> anyhow::Result<(Output, Command)> {
    let mut command = context.command("cargo", "");
    command.args(["package", "--allow-dirty", "--no-verify", "--target", "host-tuple"]);
    command.args(PUBLISHED.iter().flat_map(|name| ["--package", name]));
    let target = scratch.join("packed");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    command.arg("--target-dir").arg(target);
    let output = process::run(&mut command, deadline)?;
    Ok((output, command))
}

/// Unpacks them into `scratch/workspace`, and makes that a workspace. Returns their folders.
fn unpack(context: &Context, scratch: &Path, deadline: Instant) -> anyhow::Result<Vec<PathBuf>> {
    let workspace = scratch.join("workspace");
    if workspace.exists() {
        fs::remove_dir_all(&workspace)?;
    }
    fs::create_dir_all(&workspace)?;
    let mut manifest =
        "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\n[patch.crates-io]\n".to_owned();
    let mut folders = Vec::new();
    for name in PUBLISHED {
        // After the name comes the version: `rundown` is not `rundown-capi`.
        let is_it = |file: &str| {
            let version = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
            version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()))
                && file.ends_with(".crate")
        };
        let packed = scratch.join("packed/package");
        let names =
            fs::read_dir(&packed)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let file = names.into_iter().find(|file| is_it(file));
        let file = file.with_context(|| format!("cargo has packed no {name}"))?;
        let mut command = context.command("tar", "");
        command.arg("xzf").arg(packed.join(&file)).arg("-C").arg(&workspace);
        let output = process::run(&mut command, deadline)?;
        ensure!(output.succeeded(), "{}", output.report(&command));
        let folder = file.trim_end_matches(".crate");
        manifest.push_str(&format!("{name} = {{ path = \"{folder}\" }}\n"));
        folders.push(workspace.join(folder));
    }
    fs::write(workspace.join("Cargo.toml"), manifest)?;
    // The versions of everything else are those that all other steps have.
    fs::copy(context.root().join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    Ok(folders)
}

/// Has the compiler check everything in the packages, or runs their tests.
fn built(
    context: &Context,
    scratch: &Path,
    folders: &[PathBuf],
    long: bool,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = context.command("cargo", "");
    command.current_dir(scratch.join("workspace"));
    command.args(if long { ["test", "--no-fail-fast"] } else { ["check", "--all-targets"] });
    command.args(["--workspace", "--all-features", "--target", "host-tuple"]);
    command.arg("--target-dir").arg(scratch.join("built"));
    let output = process::run(&mut command, deadline)?;
    if !long {
        return Ok(Outcome::check(output.succeeded(), || output.report(&command)));
    }
    let least = folders.iter().map(|folder| promise::of_package(folder));
    let least = least.sum::<anyhow::Result<u64>>()?;
    Ok(count::outcome(&output, &command, least))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use serde_json::json;
    use std::time::Duration;

    fn package(name: &str) -> Value {
        json!({ "name": name, "publish": null, "description": "d", "license": "l",
                "repository": "r", "readme": "R", "rust_version": "1", "keywords": ["k"],
                "categories": ["c"] })
    }

    #[test]
    fn what_is_published_is_listed_and_has_all_that_is_shown() {
        let all = PUBLISHED.map(package).to_vec();
        let private = json!({ "name": "tool", "publish": [] });
        let with = |packages: &[Value]| faults(&[&all[..], packages].concat()).join("; ");
        assert_eq!(with(&[private]), "");
        assert_eq!(with(&[package("tool")]), "tool: no publish = false");
        assert_eq!(faults(&all[1..]), ["cachescope is not published"]);
        for (field, value) in [
            ("readme", Value::Null),
            ("description", json!("")),
            ("keywords", json!([])),
            ("keywords", json!(["1", "2", "3", "4", "5", "6"])),
        ] {
            let mut changed = all.clone();
            changed[4][field] = value;
            assert_eq!(faults(&changed), [format!("\"rundown\": no {field}, or too many")]);
        }
    }

    /// A package for each name, made by tar, in which this file is missing or one too many.
    fn packed(change: &str) -> Fake {
        let fake = Fake::new();
        let scratch = fake.context.scratch("published").unwrap();
        fake.file("Cargo.lock", "version = 4\n");
        for name in PUBLISHED {
            let folder = format!("made/{name}-1.2.3");
            for file in HELD.into_iter().filter(|file| *file != change) {
                fake.file(&format!("{folder}/{file}"), "#[test]\n");
            }
            if KEPT.contains(&change) {
                fake.file(&format!("{folder}/{change}"), "");
            }
            fs::create_dir_all(scratch.join("packed/package")).unwrap();
            let mut tar = Command::new("tar");
            tar.current_dir(fake.path("made")).arg("czf");
            tar.arg(scratch.join(format!("packed/package/{name}-1.2.3.crate")));
            assert!(tar.arg(format!("{name}-1.2.3")).status().unwrap().success());
        }
        fake
    }

    #[test]
    fn packages_become_a_workspace_that_takes_each_from_the_others() {
        let fake = packed("");
        let scratch = fake.context.scratch("published").unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let folders = unpack(&fake.context, &scratch, deadline).unwrap();
        assert_eq!(folders.len(), PUBLISHED.len());
        assert!(folders.iter().all(|folder| HELD.iter().all(|file| folder.join(file).exists())));
        let manifest = fs::read_to_string(scratch.join("workspace/Cargo.toml")).unwrap();
        assert!(manifest.contains("\nrundown = { path = \"rundown-1.2.3\" }\n"), "{manifest}");
        assert!(scratch.join("workspace/Cargo.lock").exists());
        let gone = scratch.join("packed/package/rundown-1.2.3.crate");
        fs::remove_file(gone).unwrap();
        let error = unpack(&fake.context, &scratch, deadline).unwrap_err();
        assert_eq!(error.to_string(), "cargo has packed no rundown");
    }

    #[test]
    fn a_package_holds_what_it_needs_and_no_more() {
        for (change, wanted) in [("", 7), ("LICENSE-MIT", 0), ("mutants.toml", 0)] {
            let fake = packed(change);
            let scratch = fake.context.scratch("published").unwrap();
            let deadline = Instant::now() + Duration::from_secs(60);
            let folders = unpack(&fake.context, &scratch, deadline).unwrap();
            let good = folders.iter().filter(|folder| holds(folder).passed == 1);
            assert_eq!(good.count(), wanted, "{change}");
        }
    }
}
