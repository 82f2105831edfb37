//! The commands that the documents name for documentation show all of it.

use std::env;
use std::fs;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::context::Context;
use crate::step::{Outcome, Step};
use runner::process;

/// Documents with such a command, and a page that is only there with all features, beside the first one.
const NAMED: [(&str, &str); 2] =
    [("README.md", "struct.ThreadSlot.html"), ("crates/cachescope/README.md", "index.html")];

/// Returns a step for each.
pub fn steps() -> impl Iterator<Item = Step> {
    NAMED.iter().map(|(file, page)| {
        let name = format!("the documentation that {file} has one open");
        Step::new(name, 1200, |context, deadline| check(file, page, context, deadline))
    })
}

/// Runs the command word for word, with a browser that only writes down what it is to show.
fn check(file: &str, page: &str, context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let text = fs::read_to_string(context.root().join(file))?;
    let (_, after) = text.split_once("`cargo doc").context("no command in backticks")?;
    let words = after.split('`').next().map(|rest| format!("doc{rest}")).unwrap_or_default();
    ensure!(words.ends_with("--open"), "cargo {words} opens nothing");

    let folder = context.scratch("documents")?;
    let (browser, shown) = (folder.join("browser"), folder.join("shown"));
    tools::script::write(&browser, &format!("#!/bin/sh\necho \"$1\" >'{}'\n", shown.display()))?;
    fs::write(&shown, "")?;
    let mut command = context.command("cargo", "");
    command.args(words.split(' ')).env("BROWSER", &browser).env("RUSTDOCFLAGS", "-D warnings");
    let output = process::run(&mut command, deadline)?;

    let opened = fs::read_to_string(&shown)?;
    let opened = env::current_dir()?.join(opened.trim());
    let good = output.succeeded() && opened.is_file() && opened.with_file_name(page).is_file();
    Ok(Outcome::check(good, || {
        format!(
            "{}\nopened: {}; wanted beside it: {page}\n",
            output.report(&command),
            opened.display()
        )
    }))
}
