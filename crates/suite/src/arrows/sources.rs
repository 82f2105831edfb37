//! Reads from the sources which file imports which.
//!
//! A file is split into tokens, so comments and texts do not count. What counts is every path that
//! leads to another file of the workspace: in a `use`, and in the code. Modules that are built for
//! tests only, and the text of macros, are left out.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, anyhow, bail};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use runner::process;
use serde_json::Value;

use super::tokens::{attribute, is_mark, is_word, leaves, module_item, path};

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The file that imports.
    pub from: String,
    /// The file that it takes something from.
    pub to: String,
    /// Where the import stands.
    pub line: usize,
    /// The path, as it is written.
    pub what: String,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} -> {} ({})", self.from, self.line, self.to, self.what)
    }
}

/// A path of module names, the crate's root being empty.
type ModulePath = Vec<String>;

/// One program or library: its modules and the file of each.
struct Target {
    modules: HashMap<ModulePath, PathBuf>,
}

/// A path that was found in a module's code.
struct Found {
    module: ModulePath,
    file: PathBuf,
    line: usize,
    path: Vec<String>,
}

/// Returns every import between two files of the workspace and of others in folders of it, each pair of files
/// once.
pub fn arrows(root: &Path, others: &[&str], deadline: Instant) -> anyhow::Result<Vec<Arrow>> {
    let mut libraries = HashMap::new();
    let mut all = Vec::new();
    let mut sources = targets(root, deadline)?;
    for folder in others {
        sources.extend(targets(&root.join(folder), deadline)?);
    }
    for (name, is_library, source) in sources {
        let mut target = Target { modules: HashMap::new() };
        let mut found = Vec::new();
        let folder = source.parent().ok_or_else(|| anyhow!("a source without a folder"))?;
        target.read(&source, folder, Vec::new(), &mut found)?;
        if is_library {
            libraries.insert(name, all.len());
        }
        all.push((target, found));
    }
    let mut arrows: Vec<Arrow> = Vec::new();
    for (target, found) in &all {
        for one in found {
            let other = |name: &str| libraries.get(name).map(|at: &usize| &all[*at].0);
            let Some(to) = target.resolve(one, other) else { continue };
            let [from, to] = [&one.file, to].map(|file| short(root, file));
            let known = arrows.iter().any(|arrow| arrow.from == from && arrow.to == to);
            if from != to && !known {
                arrows.push(Arrow { from, to, line: one.line, what: one.path.join("::") });
            }
        }
    }
    Ok(arrows)
}

/// Returns a file's path as seen from the project's folder.
fn short(root: &Path, file: &Path) -> String {
    let whole = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    whole.strip_prefix(root).unwrap_or(&whole).to_string_lossy().into_owned()
}

/// Returns name, whether it is a library, and root file of everything that cargo builds here.
fn targets(root: &Path, deadline: Instant) -> anyhow::Result<Vec<(String, bool, PathBuf)>> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = process::run(&mut command, deadline)?;
    if !output.succeeded() {
        bail!("{}", output.report(&command));
    }
    let metadata: Value = serde_json::from_str(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let targets = packages.iter().flat_map(|package| package["targets"].as_array());
    let mut all = Vec::new();
    for target in targets.flatten() {
        let name = target["name"].as_str().context("a target without a name")?;
        let source = target["src_path"].as_str().context("a target without a source")?;
        let kinds = target["kind"].as_array().context("a target without a kind")?;
        let is_library = kinds.iter().filter_map(Value::as_str).any(|kind| kind.ends_with("lib"));
        all.push((name.replace('-', "_"), is_library, PathBuf::from(source)));
    }
    Ok(all)
}

impl Target {
    /// Reads a module's file, and those of the modules in it, which lie in `folder`.
    fn read(
        &mut self,
        file: &Path,
        folder: &Path,
        module: ModulePath,
        found: &mut Vec<Found>,
    ) -> anyhow::Result<()> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let tokens: TokenStream =
            text.parse().map_err(|error| anyhow!("{}: {error}", file.display()))?;
        self.modules.entry(module.clone()).or_insert_with(|| file.to_owned());
        self.items(tokens, file, folder, &module, found)
    }

    /// Goes through the tokens of a module or of a block in it.
    fn items(
        &mut self,
        tokens: TokenStream,
        file: &Path,
        folder: &Path,
        module: &ModulePath,
        found: &mut Vec<Found>,
    ) -> anyhow::Result<()> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let (mut for_tests, mut elsewhere) = (false, Vec::new());
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let Some(attribute) = attribute(rest) {
                let text = attribute.to_string().replace(' ', "");
                for_tests |= text.starts_with("cfg(test") || text.starts_with("cfg(all(test");
                // Also in a `cfg_attr`, where each platform has a file of its own.
                let paths = text.split("path=\"").skip(1).filter_map(|rest| rest.split('"').next());
                elsewhere.extend(paths.map(str::to_owned));
                at += 2;
                continue;
            }
            if is_word(&rest[0], "macro_rules") {
                at += 4; // its text belongs to the files that use it: macro_rules ! name { .. }
                continue;
            }
            if let Some((name, body)) = module_item(rest) {
                let inner = [&module[..], std::slice::from_ref(&name)].concat();
                if for_tests {
                } else if let Some(body) = body {
                    self.modules.insert(inner.clone(), file.to_owned());
                    let folder = folder.join(elsewhere.first().unwrap_or(&name));
                    self.items(body, file, &folder, &inner, found)?;
                } else {
                    for (file, folder) in places(file, folder, &name, &elsewhere)? {
                        self.read(&file, &folder, inner.clone(), found)?;
                    }
                }
                (for_tests, elsewhere) = (false, Vec::new());
                at += 3;
                continue;
            }
            let line = rest[0].span().start().line;
            let mut add = |path| {
                found.push(Found { module: module.clone(), file: file.to_owned(), line, path });
            };
            if is_word(&rest[0], "use") {
                let end = rest.iter().position(|token| is_mark(token, ';')).unwrap_or(rest.len());
                leaves(&rest[1..end], &[]).into_iter().for_each(&mut add);
                at += end;
            } else if let TokenTree::Group(group) = &rest[0] {
                self.items(group.stream(), file, folder, module, found)?;
                if group.delimiter() == Delimiter::Brace {
                    (for_tests, elsewhere) = (false, Vec::new()); // the end of an item
                }
            } else if let (path, length @ 2..) = path(rest) {
                add(path);
                at += length - 1;
            } else if is_mark(&rest[0], ';') {
                (for_tests, elsewhere) = (false, Vec::new());
            }
            at += 1;
        }
        Ok(())
    }

    /// Finds the file that a path leads to, if it is one of the workspace.
    fn resolve<'a>(
        &'a self,
        found: &Found,
        other: impl Fn(&str) -> Option<&'a Target>,
    ) -> Option<&'a PathBuf> {
        let (first, rest) = found.path.split_first()?;
        let mut from = found.module.clone();
        match first.as_str() {
            "crate" => return self.file(rest),
            "self" => return self.file(&[&from, rest].concat()),
            "super" => {
                let ups = found.path.iter().take_while(|name| *name == "super").count();
                from.truncate(from.len().saturating_sub(ups));
                return self.file(&[&from, &found.path[ups..]].concat());
            }
            _ => {}
        }
        let child = [&from[..], std::slice::from_ref(first)].concat();
        if self.modules.contains_key(&child) {
            return self.file(&[&child, rest].concat());
        }
        other(first)?.file(rest)
    }

    /// Returns the file of the innermost module that a path leads through.
    fn file(&self, path: &[String]) -> Option<&PathBuf> {
        (0..=path.len()).rev().find_map(|length| self.modules.get(&path[..length]))
    }
}

/// Returns where a module's file lies, and the folder of the modules in it; several, where the platform
/// chooses one of several files.
fn places(
    file: &Path,
    folder: &Path,
    name: &str,
    elsewhere: &[String],
) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let own = folder.join(name);
    let parent = file.parent().unwrap_or(folder);
    let named = elsewhere.iter().map(|path| parent.join(path));
    let usual = [own.with_extension("rs"), own.join("mod.rs")];
    let files: Vec<PathBuf> = named.chain(usual).filter(|file| file.is_file()).collect();
    if files.is_empty() {
        bail!("{}: no file for mod {name}", file.display());
    }
    Ok(files.into_iter().map(|file| (file, own.clone())).collect())
}

#[cfg(test)]
mod tests;
