//! What looks for new versions knows every workspace.

use std::collections::BTreeSet;

use yaml_rust2::Yaml;

use super::table::{Faults, entries};

/// Returns what is wrong. `folders`: of the workspaces, the root being empty.
pub fn faults(folders: &[String], file: &Yaml) -> Faults {
    let mut faults = Faults::new();
    if file["version"].as_i64() != Some(2) {
        faults.push("it wants version 2".to_owned());
    }
    let mut cargo = BTreeSet::new();
    for update in entries(&file["updates"]) {
        let [kind, folder] = ["package-ecosystem", "directory"].map(|name| update[name].as_str());
        if update["schedule"]["interval"].as_str().is_none() {
            faults.push(format!("{kind:?} has no interval"));
        }
        match (kind, folder) {
            (Some("cargo"), Some(folder)) => _ = cargo.insert(folder.to_owned()),
            (Some("github-actions"), Some("/")) => {}
            _ => faults.push(format!("{kind:?} in {folder:?} is not known here")),
        }
    }
    let wanted = folders.iter().map(|folder| format!("/{folder}")).collect();
    faults.extend(cargo.difference(&wanted).map(|folder| format!("{folder} is no workspace")));
    faults
        .extend(wanted.difference(&cargo).map(|folder| format!("no entry for cargo in {folder}")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml_rust2::YamlLoader;

    fn of(folders: &[&str], updates: &[(&str, &str)]) -> String {
        let mut text = "version: 2\nupdates:\n".to_owned();
        for (kind, folder) in updates {
            text += &format!("  - package-ecosystem: {kind}\n    directory: {folder}\n");
            text += "    schedule:\n      interval: monthly\n";
        }
        let folders: Vec<_> = folders.iter().map(|folder| (*folder).to_owned()).collect();
        faults(&folders, &YamlLoader::load_from_str(&text).unwrap()[0]).join("; ")
    }

    #[test]
    fn each_workspace_has_an_entry_and_each_entry_a_workspace() {
        let root = ("cargo", "/");
        assert_eq!(of(&[""], &[root, ("github-actions", "/")]), "");
        assert_eq!(of(&["", "examples/a"], &[root, ("cargo", "/examples/a")]), "");
        assert_eq!(of(&["", "examples/a"], &[root]), "no entry for cargo in /examples/a");
        assert_eq!(of(&[""], &[root, ("cargo", "/a")]), "/a is no workspace");
        assert!(of(&[""], &[root, ("npm", "/")]).contains("is not known here"));
        let text = "version: 1\nupdates:\n  - package-ecosystem: cargo\n    directory: /\n";
        let faults = faults(&[String::new()], &YamlLoader::load_from_str(text).unwrap()[0]);
        assert_eq!(faults.join("; "), "it wants version 2; Some(\"cargo\") has no interval");
    }
}
