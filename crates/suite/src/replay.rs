//! The replay in a real browser: it steps, plays and predicts, and comes to the counts of the plugin.
//!
//! Like the page of the figures (`page`) it is put into frames and looked at by a script, replay/probe.js, which uses it
//! as a person would: as wide as a phone and as a screen, in the colours for the dark, and as it is printed. What the
//! page has counted is compared with boots of the same variants, whose counts the plugin writes.

mod judge;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::browser::Browser;
use crate::context::Context;
use crate::frames;
use crate::image::Image;
use crate::rewrite;
use crate::step::{Outcome, Step, refused};
use runner::process;
use tools::cargo;

/// Seconds for a step.
const PATIENCE: u64 = 900;
/// What the tree holds: the page, and the still that README.md shows.
const STORED: [&str; 2] = ["docs/replay.html", "docs/replay.svg"];
/// The page must stay small enough for a tree.
const MOST_BYTES: u64 = 200_000;
/// What each page shows.
const VARIANTS: [&str; 3] = ["shared", "packed", "cache_aware"];
const CORES: [u32; 3] = [2, 4, 8];
/// Pairs of each core in its replay (`PAIRS` in crates/lab/src/steps.rs).
const PAIRS: u64 = 8;
/// A seed, and the script's options for it.
const SEED: [&str; 8] = ["--seed", "8", "--cores", "2", "--scenario", "drain", "--tier", "plugin"];
/// Sheets of paper.
const SHEETS: std::ops::RangeInclusive<usize> = 1..=4;

const PROBE: &str = include_str!("replay/probe.js");

/// The steps.
pub fn steps() -> Vec<Step> {
    vec![
        Step::new("replay: the copy in docs/ is what scripts/lab makes", PATIENCE, stored),
        Step::new("replay: steps, predicts, and counts as the plugin does", PATIENCE, counts),
        Step::new("replay: a seed is a page, and wrong usage one line", PATIENCE, seed),
        Step::new("replay: what is broken on purpose is noticed", PATIENCE, broken),
    ]
}

/// To the byte: the same code does the same steps in every run.
fn stored(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let page = make(context, deadline)?;
    let mut sum = Outcome::default();
    for (new, stored) in [page.clone(), page.with_extension("svg")].iter().zip(STORED) {
        let kept = std::fs::read(context.root().join(stored)).context(stored)?;
        sum.add(if std::fs::read(new)? == kept {
            Outcome::one()
        } else {
            let command = format!("scripts/lab --replay {}", STORED[0]);
            Outcome::failure(rewrite::file(context, new, stored, &command)?)
        });
    }
    let bytes = std::fs::metadata(&page)?.len();
    sum.add(Outcome::check(bytes < MOST_BYTES, || format!("the page has {bytes} bytes\n")));
    Ok(sum)
}

/// Makes the page of three variants.
fn make(context: &Context, deadline: Instant) -> anyhow::Result<PathBuf> {
    let page = context.scratch("replay")?.join("replay.html");
    let mut command = context.command("scripts/lab", "");
    command.arg("--replay").arg(&page);
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    Ok(page)
}

fn counts(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let path = context.root().join(STORED[0]);
    let page = std::fs::read_to_string(&path)?;
    let browser = Browser::find(context.scratch("replay")?)?;
    let frames = probe(context, &browser, &page, deadline)?;
    let mut wrong = judge::any(&frames);
    wrong.extend(judge::of_variants(&frames));
    let mut sum = Outcome::check(wrong.is_empty(), || wrong.join("\n") + "\n");
    for (cores, set) in CORES.iter().zip(0..) {
        let results = boot(context, *cores, deadline)?;
        for name in VARIANTS {
            let wanted = judge::row(&results, name, PAIRS * u64::from(*cores))?;
            for frame in &frames {
                let rows = frame["sets"][set]["rows"].as_array().context("no rows")?;
                let row = rows.iter().find(|row| row[0] == name);
                sum.add(Outcome::check(row == Some(&wanted), || {
                    format!("{cores} cores, {name}: {row:?}, not {wanted}\n")
                }));
            }
        }
    }
    browser.print(&path, &SHEETS, deadline)?;
    sum.add(Outcome::passed(1));
    Ok(sum)
}

/// Boots the variants once more, apart from the page. Returns the plugin's counts.
fn boot(context: &Context, cores: u32, deadline: Instant) -> anyhow::Result<Vec<Value>> {
    let library = cargo::plugin(context.root(), None)?;
    let out = context.scratch("replay")?.join(format!("counts-{cores}.json"));
    let _ = std::fs::remove_file(&out); // of a run before
    let mut command = context.boot(Image::Ladder)?;
    let (library, results) = (library.display(), out.display());
    let append = format!("mode=coherence pairs={PAIRS} rungs={}", VARIANTS.join(","));
    let plugin = format!("{library},mode=schedule,policy=round-robin,out={results}");
    command.env("QEMU_SMP", cores.to_string());
    command.env("QEMU_EXTRA", format!("-plugin '{plugin}' -append '{append}'"));
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    let text = std::fs::read_to_string(&out)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// Shows the page in four frames, and returns what the probe has seen in each.
fn probe(
    context: &Context,
    browser: &Browser,
    page: &str,
    deadline: Instant,
) -> anyhow::Result<Vec<Value>> {
    let dark = page.replace("@media screen and (prefers-color-scheme: dark)", "@media all");
    let printed =
        page.replace("@media screen", "@media speech").replace("@media print", "@media all");
    ensure!(dark != page && printed != page, "the style has no rules for the dark, or for paper");
    let frames = [(page, 390), (page, 1200), (&*dark, 390), (&*printed, 720)];
    let file = context.scratch("replay")?.join("frames.html");
    frames::look(browser, &file, PROBE, &frames, deadline)
}

/// What is done to the page, and a part of the complaint that must follow.
type Breakage = (fn(&str) -> String, &'static str);

fn broken(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let page = std::fs::read_to_string(context.root().join(STORED[0]))?;
    let browser = Browser::find(context.scratch("replay")?)?;
    let breakages: [Breakage; 9] = [
        (|page| page.replace("letters[core] = \"M\"", "letters[core] = \"E\""), "not the trail"),
        (
            |page| page.replace("letters[other] = \"S\"", "letters[other] = \"I\""),
            "counts otherwise",
        ),
        (|page| page.replace("+ step.gone", ""), "counts otherwise"),
        (|page| page.replace("move(state.done - 1)", "move(state.done - 2)"), "backwards"),
        (|page| page.replace("answers().has(step)", "true"), "predict"),
        (|page| page.replace("--faint: #a9b0b7", "--faint: #5a6168"), "contrast"),
        (|page| page.replace(".choices, .controls,", ""), "controls on paper"),
        (
            |page| {
                page.replace("cell.replaceChildren(letter, said)", "cell.replaceChildren(letter)")
            },
            "no name",
        ),
        (|page| page.replace("</main>", "<p style=\"width: 800px\">x</p></main>"), "wider than"),
    ];
    let mut sum = Outcome::default();
    for (how, wanted) in breakages {
        let broken = how(&page);
        ensure!(broken != page, "the page has nothing to break for {wanted:?}");
        let frames = probe(context, &browser, &broken, deadline)?;
        let wrong = [judge::any(&frames), judge::of_variants(&frames)].concat();
        sum.add(Outcome::check(wrong.iter().any(|line| line.contains(wanted)), || {
            format!("not noticed: {wanted:?}, but {wrong:?}\n")
        }));
    }
    Ok(sum)
}

fn seed(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let folder = context.scratch("replay")?;
    let page = folder.join("seed.html");
    let mut command = context.command("scripts/explore", "");
    command.args(SEED).arg("--page").arg(&page);
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    let browser = Browser::find(folder)?;
    let frames = probe(context, &browser, &std::fs::read_to_string(&page)?, deadline)?;
    let wrong = judge::any(&frames);
    let mut sum = Outcome::check(wrong.is_empty(), || wrong.join("\n") + "\n");

    let with = |tool, args: &[&str]| -> anyhow::Result<Outcome> {
        let mut command = context.tool(tool)?;
        refused(command.args(args), "rundown: ", deadline)
    };
    let nowhere = "/nonexistent/page.html";
    sum.add(with("explore", &["--seed", "1", "--page", "x.html"])?);
    sum.add(with("explore", &[&SEED[..], &["--page", nowhere]].concat())?);
    sum.add(with("lab", &["--replay", nowhere])?);
    sum.add(with("lab", &["--replay", "x.svg"])?);
    let left = Path::new("x.html").exists();
    sum.add(Outcome::check(!left, || "a file is left of wrong usage\n".to_owned()));
    Ok(sum)
}
