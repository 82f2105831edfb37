//! The container for development, and what editors are told to install.
//!
//! No container is built here: that takes a container engine and an image of 1.5 GB. What can be wrong in the tree
//! is seen: the file is read, its command is there, and its extension is the one that `.vscode` recommends.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::comments;
use crate::executable;
use crate::step::{Outcome, Step};

const CONTAINER: &str = ".devcontainer/devcontainer.json";
const EXTENSIONS: &str = ".vscode/extensions.json";

/// The step.
pub fn step() -> Step {
    Step::new("the container for development", 10, |context, _| {
        let root = context.root();
        let [container, extensions] = [read(root, CONTAINER)?, read(root, EXTENSIONS)?];
        let image = container["image"].as_str().unwrap_or_default();
        ensure!(image.contains(':'), "{CONTAINER} names no version of an image: {image:?}");
        let command = container["postCreateCommand"].as_str().unwrap_or_default();
        let program = command.split(' ').next().unwrap_or_default();
        ensure!(executable::is(root, program), "{CONTAINER}: {command:?} does not start");
        let named = &container["customizations"]["vscode"]["extensions"];
        let same = named.is_array() && *named == extensions["recommendations"];
        Ok(Outcome::check(same, || format!("{EXTENSIONS} recommends other ones than {named}\n")))
    })
}

fn read(root: &Path, file: &str) -> anyhow::Result<Value> {
    let text = fs::read_to_string(root.join(file)).with_context(|| file.to_owned())?;
    comments::read(&text).with_context(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn its_command_starts_and_it_has_the_recommended_extension() {
        let fake = Fake::new();
        let run = |image: &str, command: &str, extensions: &str| {
            let text = format!(
                "// one\n{{ \"image\": \"{image}\", \"postCreateCommand\": \"{command}\",\n\
                 \"customizations\": {{ \"vscode\": {{ \"extensions\": {extensions} }} }} }}\n"
            );
            fake.file(CONTAINER, &text);
            fake.run(&step())
        };
        assert_eq!(run("a:1", "./set", "[]"), (0, 1), "nothing is recommended");
        fake.file(EXTENSIONS, "{ \"recommendations\": [\"x\"] }");
        assert_eq!(run("a:1", "./set up", "[\"x\"]"), (0, 1), "the script is missing");
        fake.file("set", "");
        assert_eq!(run("a:1", "./set up", "[\"x\"]"), (0, 1), "it is no program");
        fake.script("set", "");
        assert_eq!(run("a:1", "./set up", "[\"x\"]"), (1, 0));
        assert_eq!(run("a", "./set up", "[\"x\"]"), (0, 1));
        assert_eq!(run("a:1", "./set up", "[\"y\"]"), (0, 1));
        assert_eq!(run("a:1", "./set up", "["), (0, 1), "it is no JSON");
    }
}
