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
use mutants::tree::{Changed, Tree};
use runner::process::{self, Output};

/// What editors read: VS Code, Zed and Helix.
const SETTINGS: [&str; 3] =
    [".vscode/settings.json", ".zed/settings.json", ".helix/languages.toml"];
/// The setting of rust-analyzer, which stands before the command in each.
const NAME: &str = "overrideCommand";
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
    let mut command = command(context, context.root())?;
    let output = process::run(&mut command, deadline)?;
    let seen = messages(&output).filter_map(|message| package(&message)).collect::<BTreeSet<_>>();
    let good = output.succeeded()
        && errors(&output).is_empty()
        && SEEN.iter().all(|package| seen.contains(*package));
    Ok(Outcome::check(good, || {
        format!("{}\n{:?}, packages seen: {seen:?}\n", process::shown(&command), errors(&output))
    }))
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
    let mut command = command(context, tree.root())?;
    command.env("CARGO_TARGET_DIR", context.root().join("target"));
    let output = process::run(&mut command, deadline)?;
    let found = errors(&output);
    let good = !output.succeeded() && found == PLANTED.map(str::to_owned).into();
    Ok(Outcome::check(good, || {
        format!("{}\nerrors in {found:?}; wanted: {PLANTED:?}\n", output.stderr)
    }))
}

/// Returns the command that the settings name, all the same one, as editors start it: at the root.
fn command(context: &Context, root: &Path) -> anyhow::Result<Command> {
    let mut commands = BTreeSet::new();
    for file in SETTINGS {
        let text = fs::read_to_string(context.root().join(file)).context(file)?;
        commands.insert(words(&text).with_context(|| format!("{file} has no {NAME}"))?);
    }
    ensure!(commands.len() == 1, "the settings differ: {commands:?}");
    let words = commands.pop_first().unwrap_or_default();
    let (program, arguments) = words.split_first().context("the command is empty")?;
    let mut command = context.command(program, "");
    command.current_dir(root).args(arguments);
    Ok(command)
}

/// Returns the list after the setting's name; JSON and TOML write it the same way.
fn words(text: &str) -> Option<Vec<String>> {
    let (_, after) = text.split_once(NAME)?;
    let list = &after[after.find('[')?..];
    serde_json::from_str(&list[..=list.find(']')?]).ok()
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

/// Returns the files with an error.
fn errors(output: &Output) -> BTreeSet<String> {
    let messages = messages(output).map(|message| message["message"].clone());
    let errors = messages.filter(|message| message["level"] == "error");
    // The last one, "aborting due to", is of no file.
    errors.filter_map(|error| Some(error["spans"][0]["file_name"].as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn an_editor_sees_every_package_and_no_error() {
        let fake = Fake::new();
        for file in SETTINGS {
            fake.file(file, "\"x.overrideCommand\": [\"./check\", \"--json\"]");
        }
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
        assert_eq!(run(built, &error("warning"), 0), (1, 0));
        assert_eq!(
            [run(built, "", 1), run(built, &error("error"), 0), run("x", "", 0)],
            [(0, 1); 3]
        );
        fake.file(SETTINGS[2], "overrideCommand = [\"./other\"]");
        assert!(fake.outcome(&steps(false)[0]).output.contains("the settings differ"));
    }

    #[test]
    fn the_command_is_found_in_json_and_in_toml() {
        let wanted = Some(vec!["a/b".to_owned(), "--c".to_owned()]);
        assert_eq!(words("{\"x.overrideCommand\": [\"a/b\", \"--c\"]}"), wanted);
        assert_eq!(words("[x]\noverrideCommand = [\"a/b\", \"--c\"]\n"), wanted);
        assert_eq!(words("{\"x.other\": [\"a/b\"]}"), None);
    }
}
