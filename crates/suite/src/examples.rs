//! Every public item of rundown has an example in its documentation, or a link to an item that has one.
//!
//! What is public, and where a link leads, says rustdoc itself, in the form that programs read. That form is
//! unstable, so a toolchain that never changes writes it.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::nightly;
use crate::step::{Outcome, Step};

/// What rustdoc is to write, and that a broken link is an error.
const AS_DATA: &str = "-D warnings -Z unstable-options --output-format json";
/// Fewer items than this have not been seen, but overlooked.
const AT_LEAST: usize = 150;
/// What a code block may say about itself and be an example. One that must not compile, or is not run at all, is
/// none.
const RUN: [&str; 4] = ["", "rust", "no_run", "should_panic"];

/// The step.
pub fn step() -> Step {
    Step::new("every public item of rundown has an example", 600, |context, deadline| {
        let file = nightly::document(context, AS_DATA, deadline)?.join("rundown.json");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let items = public(&serde_json::from_str(&text)?)?;
        ensure!(items.len() >= AT_LEAST, "only {} public items were found", items.len());
        let mut sum = Outcome::default();
        for item in items {
            sum.add(Outcome::check(item.is_shown, || {
                format!("{} has no example, and no link to an item that has one\n", item.path)
            }));
        }
        Ok(sum)
    })
}

/// A public item, and whether an example shows it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    path: String,
    is_shown: bool,
}

/// Returns all public items of a crate that rustdoc has described, but for fields, which belong to their type.
fn public(of_crate: &Value) -> anyhow::Result<BTreeSet<Item>> {
    let mut walk = Walk { index: &of_crate["index"], items: BTreeSet::new() };
    walk.visit(&of_crate["root"], "")?;
    Ok(walk.items)
}

struct Walk<'a> {
    index: &'a Value,
    items: BTreeSet<Item>,
}

impl Walk<'_> {
    /// Returns an item of this crate.
    fn get(&self, id: &Value) -> Option<&Value> {
        self.index.get(id.to_string())
    }

    /// Takes the item in that has this number, and what belongs to it.
    fn visit(&mut self, id: &Value, above: &str) -> anyhow::Result<()> {
        let item = self.get(id).with_context(|| format!("{above}: no item {id}"))?.clone();
        let (kind, inner) = inner(&item)?;
        match kind {
            "use" => return self.visit(&inner["id"], above),
            "impl" if inner["trait"].is_null() => {
                return self.visit_all(&inner["items"], above);
            }
            // What a trait says is documented there.
            "impl" => return Ok(()),
            _ => {}
        }
        let name = item["name"].as_str().with_context(|| format!("{above}: a {kind}, no name"))?;
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}::{name}") };
        self.items.insert(Item { path: path.clone(), is_shown: self.is_shown(&item) });
        match kind {
            "module" | "trait" => self.visit_all(&inner["items"], &path),
            "struct" | "union" => self.visit_all(&inner["impls"], &path),
            "enum" => {
                self.visit_all(&inner["variants"], &path)?;
                self.visit_all(&inner["impls"], &path)
            }
            _ => Ok(()),
        }
    }

    fn visit_all(&mut self, ids: &Value, above: &str) -> anyhow::Result<()> {
        let ids = ids.as_array().with_context(|| format!("{above}: no list of items"))?;
        ids.iter().try_for_each(|id| self.visit(id, above))
    }

    fn is_shown(&self, item: &Value) -> bool {
        let links = item["links"].as_object().into_iter().flat_map(|links| links.values());
        has_example(item) || links.filter_map(|id| self.get(id)).any(has_example)
    }
}

/// Returns what an item is, and what is said about such.
fn inner(item: &Value) -> anyhow::Result<(&str, &Value)> {
    let inner = item["inner"].as_object().and_then(|inner| inner.iter().next());
    let (kind, inner) = inner.with_context(|| format!("no kind of item: {item}"))?;
    Ok((kind, inner))
}

/// Returns whether an item's documentation has a code block that is run as a test.
fn has_example(item: &Value) -> bool {
    let mut fences = item["docs"].as_str().unwrap_or_default().lines().filter_map(|line| {
        line.trim_start().strip_prefix("```").map(|tags| tags.trim_start_matches('`'))
    });
    let mut found = false;
    while let Some(tags) = fences.next() {
        found |= tags.split([',', ' ']).all(|tag| RUN.contains(&tag));
        fences.next(); // its end
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CODE: &str = "Does it.\n\n```\nassert!(true);\n```";

    /// A crate `a` with these functions: their documentation, and the number of what it links to.
    fn described(functions: &[(&str, Option<usize>)]) -> Value {
        let numbers: Vec<_> = (1..=functions.len()).collect();
        let module = json!({"module": {"items": numbers}});
        let mut index = json!({"0": {"name": "a", "docs": CODE, "links": {}, "inner": module}});
        for (at, (docs, link)) in functions.iter().enumerate() {
            let links = link.map_or(json!({}), |to| json!({"it": to}));
            index[(at + 1).to_string()] = json!({
                "name": format!("f{}", at + 1),
                "docs": docs,
                "links": links,
                "inner": {"function": {}},
            });
        }
        json!({"root": 0, "index": index})
    }

    /// Returns the functions without an example.
    fn without(functions: &[(&str, Option<usize>)]) -> Vec<String> {
        let items = public(&described(functions)).unwrap();
        assert_eq!(items.len(), functions.len() + 1);
        items.into_iter().filter(|item| !item.is_shown).map(|item| item.path).collect()
    }

    #[test]
    fn an_item_is_shown_by_its_own_example_or_by_one_that_it_links_to() {
        assert!(without(&[(CODE, None), ("See there.", Some(1))]).is_empty());
        assert_eq!(without(&[(CODE, None), ("Does it.", None)]), ["a::f2"]);
        let chain = [(CODE, None), ("See there.", Some(1)), ("See there.", Some(2))];
        assert_eq!(without(&chain), ["a::f3"], "a link to a link is none");
        assert_eq!(without(&[("Of another crate.", Some(99))]), ["a::f1"]);
    }

    #[test]
    fn code_that_is_not_run_is_no_example() {
        for tags in ["text", "compile_fail", "compile_fail,E0277", "ignore", "toml", "rust,ignore"]
        {
            let docs = format!("Does it.\n```{tags}\na = 1\n```\nMore.");
            assert_eq!(without(&[(&docs, None)]), ["a::f1"], "{tags}");
            let docs = format!("{docs}\n```no_run\nrun();\n```");
            assert!(without(&[(&docs, None)]).is_empty(), "{tags}, and one more");
        }
    }

    #[test]
    fn methods_and_variants_are_items_and_what_a_trait_says_is_the_traits() {
        let leaf = |name: &str, kind: &str| {
            let mut item = json!({"name": name, "docs": "", "links": {}, "inner": {}});
            item["inner"][kind] = json!({});
            item
        };
        let index = json!({
            "0": {"name": "a", "docs": CODE, "links": {}, "inner": {"module": {"items": [1]}}},
            "1": {"name": null, "docs": null, "links": {}, "inner": {"use": {"id": 2}}},
            "2": {"name": "E", "docs": CODE, "links": {},
                  "inner": {"enum": {"variants": [3], "impls": [4, 5]}}},
            "3": leaf("V", "variant"),
            "4": {"name": null, "docs": null, "links": {},
                  "inner": {"impl": {"trait": null, "items": [6]}}},
            "5": {"name": null, "docs": null, "links": {},
                  "inner": {"impl": {"trait": {"path": "Clone"}, "items": [7]}}},
            "6": leaf("method", "function"),
            "7": leaf("clone", "function"),
        });
        let items = public(&json!({"root": 0, "index": index})).unwrap();
        let all: Vec<_> = items.iter().map(|item| (item.path.as_str(), item.is_shown)).collect();
        let wanted = [("a", true), ("a::E", true), ("a::E::V", false), ("a::E::method", false)];
        assert_eq!(all, wanted);
    }
}
