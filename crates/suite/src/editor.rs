//! Opened in an editor, the project shows no error, and shows those that are made.
//!
//! Left alone, editors check every crate for one machine: thousands of errors. The settings in the tree
//! name a command of ours instead; here it runs as they name it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::context::Context;
use crate::step::{Outcome, Step};
use crate::workspaces;
use mutants::tree::{Changed, Tree};
use runner::process::{self, Output};

/// What editors read: VS Code, Zed and Helix.
const SETTINGS: [&str; 3] =
    [".vscode/settings.json", ".zed/settings.json", ".helix/languages.toml"];
/// The settings of rust-analyzer, whose names stand before their values in each: what it runs on save, and which of
/// its own errors it does not show.
const NAME: &str = "overrideCommand";
const NOT_SHOWN: &str = "disabled";
/// The machine for which it looks at the code itself.
const MACHINE: &str = "target";
/// Where VS Code finds the workspaces; others find the one at the root by themselves.
const PROJECTS: &str = "linkedProjects";
/// How VS Code names the root, for what is started in another folder.
const ROOT: &str = "${workspaceFolder}/";
/// Packages that must have been looked at, for the host and for the bare machine.
const SEEN: [&str; 4] = ["suite", "rundown", "rundown-demo", "rundown-capi-kernel"];
/// Files at the top, of the host and of the kernel: what is planted here stops nothing else.
const PLANTED: [&str; 2] = ["crates/suite/src/step.rs", "tests/machine.rs"];

/// The steps. `long`: also that the command does not pass over what it should see.
pub fn steps(long: bool) -> Vec<Step> {
    let mut steps = vec![Step::new("an editor shows no error", 1200, clean)];
    steps
        .extend(long.then(|| Step::new("an editor shows an error that is planted", 1200, planted)));
    steps
}

fn clean(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for folder in projects(context.root())? {
        let mut command = command(context, context.root(), &folder)?;
        let output = process::run(&mut command, deadline)?;
        let seen: BTreeSet<_> = messages(&output).filter_map(|message| package(&message)).collect();
        let wanted: &[&str] = if folder.is_empty() { &SEEN } else { &[] };
        let good = output.succeeded()
            && shown(&output).is_empty()
            && !seen.is_empty()
            && wanted.iter().all(|package| seen.contains(*package));
        sum.add(Outcome::check(good, || {
            let command = process::shown(&command);
            format!("{folder}: {command}\n{:?}, packages seen: {seen:?}\n", shown(&output))
        }));
    }
    Ok(sum)
}

/// Returns the folders of the workspaces that an editor opens: all that there are.
fn projects(root: &Path) -> anyhow::Result<Vec<String>> {
    let file = SETTINGS[0];
    let text = fs::read_to_string(root.join(file)).context(file)?;
    let named = list(&text, PROJECTS).with_context(|| format!("{file} has no {PROJECTS}"))?;
    let folder = |manifest: &String| manifest.strip_suffix("Cargo.toml").map(str::to_owned);
    let folders = named.iter().filter_map(folder).map(|name| name.trim_end_matches('/').to_owned());
    let folders = folders.collect::<Vec<_>>();
    let there = workspaces::folders(root)?;
    ensure!(folders == there, "{file}, {PROJECTS}: {folders:?}; the workspaces are {there:?}");
    Ok(folders)
}

/// Has one error in each of two files, in a copy of the project.
fn planted(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut changed = Changed::new();
    for file in PLANTED {
        let text = fs::read_to_string(context.root().join(file))?;
        changed.insert(file.into(), text + "\nconst PLANTED: u8 = \"no number\";\n");
    }
    let tree = Tree::copy(context.root(), &context.scratch("editor")?, &changed);
    let tree = tree.map_err(anyhow::Error::msg)?;
    let mut command = command(context, tree.root(), "")?;
    command.env("CARGO_TARGET_DIR", context.root().join("target"));
    let output = process::run(&mut command, deadline)?;
    let found = shown(&output);
    let good = !output.succeeded() && found == PLANTED.map(str::to_owned).into();
    Ok(Outcome::check(good, || {
        format!("{}\nerrors in {found:?}; wanted: {PLANTED:?}\n", output.stderr)
    }))
}

/// Returns the command that the settings name, all the same one, as editors start it: in the folder of a workspace.
/// `root`: of the project, or of its copy.
fn command(context: &Context, root: &Path, folder: &str) -> anyhow::Result<Command> {
    let mut all = BTreeSet::new();
    for file in SETTINGS {
        let text = fs::read_to_string(context.root().join(file)).context(file)?;
        let mut words = list(&text, NAME).with_context(|| format!("{file} has no {NAME}"))?;
        let program = words.first_mut().with_context(|| format!("{file}, {NAME}: no command"))?;
        *program = program.trim_start_matches(ROOT).to_owned();
        all.insert((words, list(&text, NOT_SHOWN), value(&text, MACHINE)));
    }
    ensure!(all.len() == 1, "the settings differ: {all:?}");
    let (words, ..) = all.pop_first().unwrap_or_default();
    let mut command = context.command(root.join(&words[0]), "");
    command.current_dir(root.join(folder)).args(&words[1..]);
    Ok(command)
}

/// Returns the list after a setting's name; JSON and TOML write it the same way.
fn list(text: &str, name: &str) -> Option<Vec<String>> {
    let (_, after) = text.split_once(name)?;
    let list = &after[after.find('[')?..];
    serde_json::from_str(&list[..=list.find(']')?]).ok()
}

/// Returns the text after a setting's name.
fn value(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(name)?;
    after.trim_start_matches(['"', ' ', ':', '=']).split('"').next().map(str::to_owned)
}

/// Returns what cargo says in JSON, a line each.
fn messages(output: &Output) -> impl Iterator<Item = Value> {
    output.stdout.lines().filter_map(|line| serde_json::from_str(line).ok())
}

/// Returns the name of the package of which something was built.
fn package(message: &Value) -> Option<String> {
    let artifact = message["reason"] == "compiler-artifact";
    let manifest = Path::new(message["manifest_path"].as_str().filter(|_| artifact)?);
    let text = fs::read_to_string(manifest).ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("name = "))?;
    Some(name.trim_matches('"').to_owned())
}

/// Returns the files with an error or a warning.
fn shown(output: &Output) -> BTreeSet<String> {
    let messages = messages(output).map(|message| message["message"].clone());
    let shown = messages
        .filter(|message| ["error", "warning"].iter().any(|level| message["level"] == *level));
    // The last one, "aborting due to", is of no file.
    shown.filter_map(|error| Some(error["spans"][0]["file_name"].as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn an_editor_sees_every_package_and_no_error() {
        let fake = Fake::new();
        let settings = "\"x.overrideCommand\": [\"check\", \"--json\"], \"x.target\": \"host\"";
        for file in SETTINGS {
            fake.file(file, settings);
        }
        let projects = |list: &str| {
            let settings = settings.replace("check", "${workspaceFolder}/check");
            fake.file(SETTINGS[0], &format!("\"x.linkedProjects\": {list}, {settings}"));
        };
        projects("[\"Cargo.toml\"]");
        for package in SEEN {
            fake.file(&format!("{package}.toml"), &format!("[package]\nname = \"{package}\"\n"));
        }
        let artifact = |package: &str, reason: &str| {
            let path = fake.path(&format!("{package}.toml"));
            format!("{{\"reason\":\"{reason}\",\"manifest_path\":\"{}\"}}\n", path.display())
        };
        let error = |level: &str| {
            format!(
                "{{\"message\":{{\"level\":\"{level}\",\"spans\":[{{\"file_name\":\"f.rs\"}}]}}}}\n"
            )
        };
        let run = |reason: &str, more: &str, status: i32| {
            let says: String = SEEN.iter().map(|package| artifact(package, reason)).collect();
            fake.file("says", &(says + more));
            fake.script("check", &format!("cat says; [ \"$*\" = --json ] && exit {status}"));
            fake.run(&steps(false)[0])
        };
        let built = "compiler-artifact";
        assert_eq!(run(built, "no JSON\n", 0), (1, 0));
        assert_eq!(run(built, &error("note"), 0), (1, 0));
        assert_eq!(
            [run(built, "", 1), run(built, &error("error"), 0), run("x", "", 0)],
            [(0, 1); 3]
        );
        assert_eq!(run(built, &error("warning"), 0), (0, 1));
        // A workspace of its own is opened, too, and the command runs in it.
        fake.file("examples/one/Cargo.toml", "[package]\nname = \"one\"\n\n[workspace]\n");
        assert_eq!(run(built, "", 0), (0, 1), "it is not named");
        projects("[\"Cargo.toml\", \"examples/one/Cargo.toml\"]");
        let artifact = artifact("examples/one/Cargo", built);
        fake.file("examples/one/says", &artifact);
        assert_eq!(run(built, "", 0), (2, 0));
        fake.file("examples/one/says", &(artifact + &error("error")));
        assert_eq!(run(built, "", 0), (1, 1));
        for other in [settings.replace("check", "other"), settings.replace("host", "other")] {
            fake.file(SETTINGS[2], &other);
            assert!(fake.outcome(&steps(false)[0]).output.contains("the settings differ"));
        }
    }

    #[test]
    fn settings_are_found_in_json_and_in_toml() {
        let wanted = Some(vec!["a/b".to_owned(), "--c".to_owned()]);
        assert_eq!(list("{\"x.overrideCommand\": [\"a/b\", \"--c\"]}", NAME), wanted);
        assert_eq!(list("[x]\noverrideCommand = [\"a/b\", \"--c\"]\n", NAME), wanted);
        assert_eq!(list("{\"x.other\": [\"a/b\"]}", NAME), None);
        for text in ["{\"x.target\": \"host\"}", "[x]\ntarget = \"host\"\n"] {
            assert_eq!(value(text, MACHINE), Some("host".to_owned()));
        }
    }
}
