//! The workspaces of the project, and the packages of the one at the root, from their `Cargo.toml`.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::promise;

/// Returns the folder of each workspace: the root, an empty path, and those of their own below `examples`.
pub fn folders(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut folders = vec![String::new()];
    let examples = root.join("examples");
    if examples.is_dir() {
        for entry in fs::read_dir(&examples)? {
            let entry = entry?;
            let manifest = entry.path().join("Cargo.toml");
            let is_one = |text: String| text.lines().any(|line| line.trim() == "[workspace]");
            if manifest.is_file() && is_one(fs::read_to_string(&manifest)?) {
                folders.push(format!("examples/{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    folders.sort();
    Ok(folders)
}

/// Returns the name and the folder of each package of the workspace at the root.
pub fn packages(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| file.to_owned());
    let folders = promise::members(&read("Cargo.toml")?);
    let packages = folders.into_iter().map(|folder| {
        let text = read(&format!("{folder}/Cargo.toml"))?;
        let name = text.lines().find_map(|line| line.strip_prefix("name = "));
        let name = name.with_context(|| format!("{folder}/Cargo.toml has no name"))?;
        Ok((name.trim_matches('"').to_owned(), folder))
    });
    packages.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn workspaces_and_packages_are_found_by_their_manifests() {
        let fake = Fake::new();
        assert_eq!(folders(fake.context.root()).unwrap(), [""]);
        fake.file("examples/one/Cargo.toml", "[package]\nname = \"one\"\n\n[workspace]\n");
        fake.file("examples/two/Cargo.toml", "[package]\nname = \"two\"\n");
        fake.file("examples/three.rs", "");
        assert_eq!(folders(fake.context.root()).unwrap(), ["", "examples/one"]);
        fake.file("Cargo.toml", "[workspace]\nmembers = [\n    \"a\",\n    \"b/c\",\n]\n");
        fake.file("a/Cargo.toml", "[package]\nname = \"first\"\n\n[[bin]]\nname = \"other\"\n");
        assert!(packages(fake.context.root()).is_err(), "b/c has no manifest");
        fake.file("b/c/Cargo.toml", "[package]\nname = \"second\"\n");
        let wanted = [("first", "a"), ("second", "b/c")];
        let wanted = wanted.map(|(name, folder)| (name.to_owned(), folder.to_owned()));
        assert_eq!(packages(fake.context.root()).unwrap(), wanted);
    }
}
