//! The demo under the plugin cachescope: counted line by line, and a part of it under a schedule.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::context::{Context, Image};
use crate::count;
use crate::step::{Outcome, Step};
use runner::process;
use tools::cargo;

/// Seconds: the plugin is built first; the demo takes some times as long under it.
const PATIENCE: u64 = 900;
/// Pairs of acquire and release that each core does before the drain (`PAIRS` in src/demo/worker.rs).
const PAIRS: u64 = 100_000;

/// The steps.
pub fn steps() -> Vec<Step> {
    let waiters = "cachescope: a seed is a schedule of the demo's two waiters";
    let mut steps: Vec<Step> = [4, 8].map(slots_stay).into();
    steps.push(Step::new(waiters, PATIENCE, scheduled));
    steps
}

fn slots_stay(cores: u64) -> Step {
    let what = "and no slot travels before the drain";
    let name = format!("cachescope: the demo passes on {cores} cores, {what}");
    Step::new(name, PATIENCE, move |context, deadline| counted(context, cores, deadline))
}

/// Boots the demo under the plugin. Returns what came of it, and the plugin's records.
fn boot(
    context: &Context,
    cores: u64,
    arguments: &str,
    deadline: Instant,
) -> anyhow::Result<(Outcome, Vec<Value>)> {
    let library = cargo::plugin(context.root(), None)?;
    let out = context.scratch("cachescope")?.join("demo.json");
    let _ = std::fs::remove_file(&out); // of a run before
    let image = Image::DemoRelease;
    let mut command = context.boot(image)?;
    let library = library.display();
    command.env("QEMU_SMP", cores.to_string()).env("QEMU_TIMEOUT", "300");
    command.env("QEMU_EXTRA", format!("-plugin '{library},{arguments},out={}'", out.display()));
    let output = process::run(&mut command, deadline)?;
    let outcome = count::outcome(&output, &command, image.promise().least(context.root())?);
    let text = std::fs::read_to_string(&out).with_context(|| outcome.output.clone())?;
    let records = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok((outcome, records))
}

fn counted(context: &Context, cores: u64, deadline: Instant) -> anyhow::Result<Outcome> {
    let (mut sum, records) = boot(context, cores, "mode=count", deadline)?;
    for round in [1, 2] {
        let pairs = slots(&records, &format!("pairs {round}"))?;
        let drain = slots(&records, &format!("drain {round}"))?;
        ensure!(pairs.len() as u64 == cores, "round {round}: {} slots", pairs.len());
        for line in pairs {
            // Holds that went to another core were released on that core's own slot.
            let moves = ["transfers", "upgrades", "invalidations"].map(|what| line[what].as_u64());
            let own = line["cold"] == 1 && moves == [Some(0); 3];
            let used = line["atomics"].as_u64() > Some(PAIRS) && line["loads"] == PAIRS;
            sum.add(check(own && used, line));
        }
        // The drain fetches every slot but that of the core that drains.
        for line in drain.iter().filter(|line| line["name"] != "slot[0]") {
            sum.add(check(line["transfers"].as_u64() > Some(0), line));
        }
    }
    Ok(sum)
}

fn check(good: bool, line: &Value) -> Outcome {
    Outcome::check(good, || format!("not as expected: {line}\n"))
}

/// Returns the records of the slots' lines in a phase.
fn slots<'a>(records: &'a [Value], phase: &str) -> anyhow::Result<Vec<&'a Value>> {
    let named = records.iter().find(|one| one["record"] == "phase" && one["name"] == phase);
    let number = &named.with_context(|| format!("there is no phase {phase:?}"))?["phase"];
    let slot = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("slot["));
    let lines = records.iter().filter(|one| one["record"] == "line" && one["phase"] == *number);
    Ok(lines.filter(|one| slot(&one["name"])).collect())
}

fn scheduled(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    let mut traces = Vec::new();
    for seed in [1, 1, 2, 2, 3, 3] {
        let arguments = format!("mode=schedule,policy=random,seed={seed}");
        let (outcome, records) = boot(context, 4, &arguments, deadline)?;
        sum.add(outcome);
        let schedule = records.iter().find(|one| one["record"] == "schedule");
        let schedule = schedule.context("the plugin has no record of a schedule")?;
        ensure!(schedule["steps"].as_u64() > Some(10), "too few steps: {schedule}");
        traces.push(schedule["trace"].clone());
    }
    let same = traces.chunks(2).all(|pair| pair[0] == pair[1]);
    traces.dedup();
    sum.add(Outcome::check(same && traces.len() == 3, || {
        format!("a hash for each seed is wanted, not {traces:?}\n")
    }));
    Ok(sum)
}
