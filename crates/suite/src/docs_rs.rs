//! The documentation of rundown as docs.rs builds it: which feature an item needs stands beside it, and the manual's
//! links into the repository lead to something.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use regex::Regex;

use crate::context::Context;
use crate::nightly;
use crate::step::{Outcome, Step};

/// What stands in rundown's Cargo.toml, for docs.rs.
const ASKED_FOR: &str = "\
[package.metadata.docs.rs]
all-features = true
# Each item says which feature it needs: see the top of src/lib.rs.
rustdoc-args = [\"--cfg\", \"docsrs\"]
";
/// Pages, and what they say that their item needs; nothing of the form is to be said of the last two.
const PAGES: [(&str, Option<&str>); 6] = [
    ("struct.ThreadSlot.html", Some("std")),
    ("struct.OwnedRundownGuard.html", Some("alloc")),
    ("holders/index.html", Some("holders")),
    ("trait.Checked.html", Some("holders")),
    ("type.DefaultPark.html", None),
    ("type.StaticRundownRef.html", None),
];
/// Fewer links into the repository than this have not been found.
const AT_LEAST: usize = 8;
/// What a page says of an item that is not always there, and of what.
static AVAILABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"Available on <strong>([^/]*?)<code>([^<]*)</code></strong>"#).expect("a pattern")
});

/// The step.
pub fn step() -> Step {
    Step::new("docs.rs shows which feature an item of rundown needs", 600, check)
}

fn check(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let manifest = fs::read_to_string(context.root().join("crates/rundown/Cargo.toml"))?;
    ensure!(
        manifest.contains(ASKED_FOR),
        "crates/rundown/Cargo.toml asks docs.rs for something else"
    );
    let pages = nightly::document(context, "--cfg docsrs -D warnings", deadline)?.join("rundown");
    let mut sum = Outcome::default();
    for (page, feature) in PAGES {
        let path = pages.join(page);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let needed = needed(&text);
        let good = match feature {
            Some(feature) => needed.contains(feature),
            None => needed.is_empty(),
        };
        sum.add(Outcome::check(good, || {
            format!("{page}: {feature:?} is needed, the page says {needed:?}\n")
        }));
    }
    let manual = fs::read_to_string(pages.join("index.html"))?;
    let repository = repository(context.root())?;
    let links = links(&manual, &repository);
    ensure!(links.len() >= AT_LEAST, "only {} links to {repository} were found", links.len());
    for path in links {
        let is_there = context.root().join(&path).exists();
        sum.add(Outcome::check(is_there, || format!("the manual links to {path}: not there\n")));
    }
    Ok(sum)
}

/// Returns all that some item of a page needs.
fn needed(page: &str) -> BTreeSet<&str> {
    AVAILABLE.captures_iter(page).filter_map(|found| Some(found.get(2)?.as_str())).collect()
}

/// Returns the files and folders of the repository that a page links to.
fn links(page: &str, repository: &str) -> BTreeSet<String> {
    let start = format!("href=\"{repository}/");
    let ends = page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next());
    let inside = ends.filter_map(|path| {
        path.strip_prefix("blob/main/").or_else(|| path.strip_prefix("tree/main/"))
    });
    inside.map(str::to_owned).collect()
}

/// Returns the one place's name of the repository.
fn repository(root: &Path) -> anyhow::Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("repository = \""));
    Ok(line.and_then(|rest| rest.strip_suffix('"')).context("Cargo.toml: no repository")?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_its_items_need() {
        let page = r#"<div>Available on <strong>crate feature <code>std</code></strong> only.</div>
            Available on <strong>non-<code>loom</code></strong> only."#;
        assert_eq!(needed(page), ["loom", "std"].into());
        assert!(needed("<p>Available everywhere</p>").is_empty());
    }

    #[test]
    fn links_into_the_repository_are_those_to_its_files_and_folders() {
        let page = r#"<a href="https://x/y/blob/main/docs/a.md">a</a> <a href="https://x/y">y</a>
            <a href="https://x/y/tree/main/docs">docs</a> <a href="https://z/blob/main/b.md">b</a>"#;
        let wanted = ["docs", "docs/a.md"].map(str::to_owned).into();
        assert_eq!(links(page, "https://x/y"), wanted);
    }
}
