//! What cargo-mutants would change in a package: its own list, with our exclusions.

use crate::project::{Project, must};
use mutants::changes::Change;
use mutants::schemata::Edit;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The version that the exclusions in the `mutants.toml` of the packages were argued for.
const VERSION: &str = "27.1.0";

/// A change that cargo-mutants thinks of.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// Where it is, and what it does.
    pub name: String,
    /// The change of the project.
    pub change: Change,
    /// Whether its function returns `impl Trait`: all its bodies must have one type.
    pub opaque: bool,
}

impl Mutation {
    /// Returns how the names of the unit tests begin that stand beside what it changes, if one file alone has them.
    pub fn tests(&self) -> Option<String> {
        let parts = self.change.file.with_extension("");
        let parts = parts.iter().map(|part| part.to_string_lossy().into_owned());
        let parts: Vec<String> = parts.skip_while(|part| part != "src").skip(1).collect();
        let is_root = parts.is_empty() || parts == ["lib"] || parts == ["main"];
        (!is_root).then(|| parts.join("::") + "::")
    }
}

/// Returns the mutations of a package, which lies in `folder`, by number.
pub fn of(
    project: &Project,
    package: &str,
    folder: &str,
) -> Result<BTreeMap<usize, Mutation>, String> {
    let tools = project.keep.join("tools");
    let binary = tools.join("bin/cargo-mutants");
    if !binary.exists() {
        let mut install = project.cargo(&project.root, &["install", "--quiet", "--locked"]);
        install.args(["--version", VERSION, "cargo-mutants", "--root"]).arg(tools);
        must(&mut install, "installing cargo-mutants")?;
    }
    let mut command = project.program(&binary, &project.root);
    command.args(["mutants", "--list", "--json", "--package", package]);
    let config = project.root.join(folder).join("mutants.toml");
    match config.exists() {
        true => command.arg("--config").arg(config),
        false => command.arg("--no-config"),
    };
    let list = must(&mut command, "cargo mutants --list")?;
    let list = serde_json::from_str::<Vec<Value>>(&list).map_err(|error| error.to_string())?;
    let mut sources = BTreeMap::new();
    let mut mutations = BTreeMap::new();
    for (number, entry) in (1..).zip(&list) {
        let file = entry["file"].as_str().unwrap_or_default();
        if !sources.contains_key(file) {
            let source = fs::read_to_string(project.root.join(file));
            sources.insert(file, source.map_err(|error| format!("{file}: {error}"))?);
        }
        let mutation = read(entry, &sources[file]);
        mutations.insert(number, mutation.ok_or(format!("cargo-mutants lists {entry}"))?);
    }
    Ok(mutations)
}

/// Reads an entry of the list.
fn read(entry: &Value, source: &str) -> Option<Mutation> {
    let at = |end: &str| place(source, &entry["span"][end]);
    let (start, end) = (at("start")?, at("end")?);
    let edit = Edit::new(start, source.get(start..end)?, entry["replacement"].as_str()?);
    let file = Path::new(entry["file"].as_str()?).to_owned();
    let returns = entry["function"]["return_type"].as_str().unwrap_or("");
    let name = entry["name"].as_str()?.to_owned();
    Some(Mutation { name, change: Change { file, edit }, opaque: returns.contains("impl ") })
}

/// Returns the byte at a line and a column, both of which count from 1, the latter in characters.
fn place(source: &str, at: &Value) -> Option<usize> {
    let (line, column) = (at["line"].as_u64()?, at["column"].as_u64()?);
    let mut lines = source.split_inclusive('\n');
    let before: usize = lines.by_ref().take(usize::try_from(line).ok()? - 1).map(str::len).sum();
    let line = lines.next().unwrap_or("");
    let mut columns = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    Some(before + columns.nth(usize::try_from(column).ok()?.checked_sub(1)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_is_read_with_its_place() {
        let source = "// é\nfn f() -> impl X {\n    \"é\" + 1\n}\n";
        let at = |line, column| json!({ "line": line, "column": column });
        let entry = |replacement| {
            json!({
                "name": "f: replace + with -", "file": "src/a.rs", "replacement": replacement,
                "function": { "return_type": "-> impl X" },
                "span": { "start": at(3, 9), "end": at(3, 10) },
            })
        };
        let mutation = read(&entry(json!("-")), source).unwrap();
        assert_eq!(mutation.change.edit.applied_to(source), source.replace('+', "-"));
        assert_eq!(mutation.name, "f: replace + with -");
        assert!(mutation.opaque && mutation.change.file == Path::new("src/a.rs"));
        assert!(read(&entry(json!(null)), source).is_none());
    }

    #[test]
    fn the_tests_beside_a_mutation_are_those_of_its_file() {
        let tests = |file: &str| {
            let edit = Edit::new(0, "a", "b");
            let change = Change { file: Path::new(file).to_owned(), edit };
            Mutation { name: String::new(), change, opaque: false }.tests()
        };
        assert_eq!(tests("crates/a/src/b/c.rs").as_deref(), Some("b::c::"));
        assert_eq!(tests("crates/a/src/b.rs").as_deref(), Some("b::"));
        let roots = ["crates/a/src/lib.rs", "crates/a/src/main.rs", "crates/a/routines/lib.rs"];
        assert_eq!(roots.map(tests), [None, None, None]);
    }

    #[test]
    fn a_place_may_be_the_end_of_a_line_and_not_beyond() {
        let place = |line, column| place("ab\ncd", &json!({ "line": line, "column": column }));
        assert_eq!([place(1, 1), place(1, 3), place(2, 3)], [Some(0), Some(2), Some(5)]);
        assert_eq!([place(2, 4), place(3, 2)], [None, None]);
    }
}
