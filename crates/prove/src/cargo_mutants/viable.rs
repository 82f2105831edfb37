//! Builds a copy with many mutations, without those that the compiler refuses.

use crate::cargo_mutants::list::Mutation;
use crate::project::Project;
use mutants::changes::{self, Change};
use mutants::schemata::Arm;
use mutants::tree::{Changed, Tree};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// How often the compiler is asked: it reports the types first, then the borrows.
const ROUNDS: usize = 12;

/// A copy that can be built, and what it has.
pub struct Viable {
    /// The copy.
    pub tree: Tree,
    /// What cargo says that built it.
    pub messages: String,
    /// The mutations that are not in it, because they need a build of their own.
    pub alone: BTreeSet<usize>,
    /// The mutations that the compiler refuses.
    pub refused: BTreeSet<usize>,
}

impl Viable {
    /// Returns the mutations that are in it.
    pub fn numbers(&self, mutations: &BTreeMap<usize, Mutation>) -> Vec<usize> {
        let left_out =
            |number: &&usize| self.refused.contains(*number) || self.alone.contains(*number);
        mutations.keys().filter(|number| !left_out(number)).copied().collect()
    }
}

/// Builds a copy with these mutations by `build`, which returns cargo's messages, and whether it succeeded.
pub fn build(
    project: &Project,
    place: &Path,
    mutations: &BTreeMap<usize, Mutation>,
    build: impl Fn(&Path) -> Result<(bool, String), String>,
) -> Result<Viable, String> {
    let (mut alone, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..ROUNDS {
        let all = mutations.iter().filter(|(number, _)| !refused.contains(*number));
        let all = all.filter(|(number, _)| !alone.contains(*number));
        let all: BTreeMap<usize, Change> =
            all.map(|(number, mutation)| (*number, mutation.change.clone())).collect();
        let (changed, arms, left_out) = changes::woven(&project.root, &all)?;
        alone.extend(left_out);
        let tree = Tree::copy(&project.root, place, &changed)?;
        let (succeeded, messages) = build(tree.root())?;
        if succeeded {
            return Ok(Viable { tree, messages, alone, refused });
        }
        let (wrong, unclear) = wrong(&messages, &arms);
        if wrong.is_empty() && unclear.is_empty() {
            // What cargo itself says is no JSON.
            let lines = messages.lines().filter(|line| !line.starts_with('{')).map(str::to_owned);
            let rendered = errors(&messages)
                .filter_map(|error| error["message"]["rendered"].as_str().map(str::to_owned));
            let all = lines.chain(rendered).collect::<Vec<_>>().join("\n");
            return Err(format!("the copy does not build, and not for a mutation:\n{all}"));
        }
        // A body of another type is wrong beside others, but may be right alone.
        let opaque = wrong.iter().filter(|number| mutations[number].opaque);
        alone.extend(opaque.chain(&unclear));
        refused.extend(wrong.iter().filter(|number| !mutations[number].opaque));
    }
    Err(format!("the copy does not build after {ROUNDS} rounds without what is refused"))
}

/// Builds a copy with one mutation, in the same way. `None`: the compiler refuses it.
pub fn build_alone(
    project: &Project,
    place: &Path,
    mutation: &Mutation,
    build: impl Fn(&Path) -> Result<(bool, String), String>,
) -> Result<Option<(Tree, String)>, String> {
    let changed: Changed = changes::one(&project.root, &mutation.change)?;
    let tree = Tree::copy(&project.root, place, &changed)?;
    let (succeeded, messages) = build(tree.root())?;
    Ok(succeeded.then_some((tree, messages)))
}

/// Returns the mutations that errors name, and those of functions in which an error names no mutation.
fn wrong(messages: &str, arms: &BTreeMap<PathBuf, Vec<Arm>>) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let (mut wrong, mut unclear) = (BTreeSet::new(), BTreeSet::new());
    for error in errors(messages) {
        let mut places = Vec::new();
        spans(&error["message"], &mut places);
        let within = |range: fn(&Arm) -> &std::ops::Range<usize>| {
            let arms = places.iter().flat_map(|(file, at)| {
                let arms = arms.get(file).into_iter().flatten();
                arms.filter(move |arm| range(arm).contains(at))
            });
            arms.map(|arm| arm.number).collect::<BTreeSet<_>>()
        };
        let named = within(|arm| &arm.range);
        if named.is_empty() {
            unclear.extend(within(|arm| &arm.function));
        }
        wrong.extend(named);
    }
    unclear.retain(|number| !wrong.contains(number));
    (wrong, unclear)
}

/// Returns the compiler's errors among cargo's messages.
fn errors(messages: &str) -> impl Iterator<Item = Value> {
    let json = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    json.filter(|message| message["message"]["level"] == "error")
}

/// Collects the places of an error, those in macros by where these are called.
fn spans(message: &Value, places: &mut Vec<(PathBuf, usize)>) {
    for span in message["spans"].as_array().into_iter().flatten() {
        let mut span = span;
        loop {
            let start = span["byte_start"].as_u64().and_then(|start| usize::try_from(start).ok());
            if let Some((file, start)) = span["file_name"].as_str().zip(start) {
                places.push((plain(Path::new(file)), start));
            }
            match &span["expansion"]["span"] {
                Value::Null => break,
                outer => span = outer,
            }
        }
    }
}

/// Returns a path without `..`, which `#[path]` brings in.
fn plain(file: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in file.components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(level: &str, spans: &Value) -> String {
        json!({ "reason": "compiler-message", "message": { "level": level, "spans": spans } })
            .to_string()
    }

    #[test]
    fn an_error_names_the_body_or_the_function_that_it_lies_in() {
        let arm = |number, range| Arm { number, range, function: 10..100 };
        let arms = BTreeMap::from([(PathBuf::from("a.rs"), vec![arm(1, 20..30), arm(2, 30..40)])]);
        let at = |file: &str, start| json!({ "file_name": file, "byte_start": start });
        let of = |level, spans: &[Value]| wrong(&error(level, &json!(spans)), &arms);
        let set = |numbers: &[usize]| numbers.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(of("error", &[at("a.rs", 30)]), (set(&[2]), set(&[])));
        assert_eq!(of("error", &[at("a.rs", 50), at("a.rs", 29)]), (set(&[1]), set(&[])));
        assert_eq!(of("error", &[at("a.rs", 50)]), (set(&[]), set(&[1, 2])));
        assert_eq!(of("error", &[at("b.rs", 30), at("a.rs", 100)]), (set(&[]), set(&[])));
        assert_eq!(of("warning", &[at("a.rs", 30)]), (set(&[]), set(&[])));
        assert_eq!(of("error", &[at("x/../a.rs", 30)]), (set(&[2]), set(&[])));
        let mut inner = at("/std/macros.rs", 7);
        inner["expansion"] = json!({ "span": at("a.rs", 25) });
        assert_eq!(of("error", &[inner]), (set(&[1]), set(&[])));
    }
}
