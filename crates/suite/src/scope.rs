//! The demo under the plugin cachescope: counted line by line, and a part of it under a schedule.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::context::Context;
use crate::count;
use crate::image::Image;
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
    let mut steps: Vec<Step> = [4, 8].map(|cores| slots_stay(Image::DemoRelease, cores)).into();
    steps.push(slots_stay(Image::DemoPooled, 4));
    steps.push(Step::new(waiters, PATIENCE, scheduled));
    steps
}

fn slots_stay(image: Image, cores: u64) -> Step {
    let what = "and no slot travels before the drain";
    let name = format!("cachescope: {image:?} passes on {cores} cores, {what}");
    Step::new(name, PATIENCE, move |context, deadline| counted(context, image, cores, deadline))
}

/// Boots the demo under the plugin. Returns what came of it, and the plugin's records.
fn boot(
    context: &Context,
    image: Image,
    cores: u64,
    arguments: &str,
    deadline: Instant,
) -> anyhow::Result<(Outcome, Vec<Value>)> {
    let library = cargo::plugin(context.root(), None)?;
    let out = context.scratch("cachescope")?.join("demo.json");
    let _ = std::fs::remove_file(&out); // of a run before
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

fn counted(
    context: &Context,
    image: Image,
    cores: u64,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let (mut sum, records) = boot(context, image, cores, "mode=count", deadline)?;
    sum.add(of_slots(&records, cores)?);
    Ok(sum)
}

/// Judges what the plugin has counted on the slots.
fn of_slots(records: &[Value], cores: u64) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for round in [1, 2] {
        let pairs = slots(records, &format!("pairs {round}"), 2 * round - 1)?;
        let drain = slots(records, &format!("drain {round}"), 2 * round)?;
        ensure!(pairs.len() as u64 == cores, "round {round}: {} slots", pairs.len());
        for line in pairs {
            // Holds that went to another core were released on that core's own slot.
            let moves = ["transfers", "upgrades", "invalidations"].map(|what| line[what].as_u64());
            let own = line["cold"] == 1 && moves == [Some(0); 3];
            // An acquire looks at the word that all cores share, and not at its slot.
            let used = line["atomics"].as_u64() > Some(PAIRS) && line["loads"] == 0;
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
fn slots<'a>(records: &'a [Value], phase: &str, number: u64) -> anyhow::Result<Vec<&'a Value>> {
    let known = |one: &&Value| one["record"] == "phase" && one["name"] == phase;
    let named = records.iter().filter(known).find(|one| one["phase"] == number);
    named.with_context(|| format!("there is no phase {number}, {phase:?}"))?;
    let slot = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("slot["));
    let lines = records.iter().filter(|one| one["record"] == "line" && one["phase"] == number);
    Ok(lines.filter(|one| slot(&one["name"])).collect())
}

fn scheduled(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    let mut traces = Vec::new();
    for seed in [1, 1, 2, 2, 3, 3] {
        let arguments = format!("mode=schedule,policy=random,seed={seed}");
        let (outcome, records) = boot(context, Image::DemoRelease, 4, &arguments, deadline)?;
        sum.add(outcome);
        traces.push(trace(&records)?);
    }
    sum.add(in_pairs(traces));
    Ok(sum)
}

/// Returns the hash of the schedule that the plugin made.
fn trace(records: &[Value]) -> anyhow::Result<Value> {
    let schedule = records.iter().find(|one| one["record"] == "schedule");
    let schedule = schedule.context("the plugin has no record of a schedule")?;
    ensure!(schedule["steps"].as_u64() > Some(10), "too few steps: {schedule}");
    Ok(schedule["trace"].clone())
}

/// Judges the hashes of three seeds, each of which ran twice.
fn in_pairs(mut traces: Vec<Value>) -> Outcome {
    let same = traces.chunks(2).all(|pair| pair[0] == pair[1]);
    traces.dedup();
    Outcome::check(same && traces.len() == 3, || {
        format!("a hash for each seed is wanted, not {traces:?}\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns the records of a demo on two cores, with one change of each line of a phase.
    fn records(changed: &str, change: fn(&mut Value)) -> Vec<Value> {
        let mut all = Vec::new();
        for (number, phase) in (1..).zip(&["pairs 1", "drain 1", "pairs 2", "drain 2"]) {
            all.push(json!({ "record": "phase", "name": phase, "phase": number }));
            for name in ["slot[0]", "slot[1]", "other"] {
                let drained = phase.starts_with("drain") && name == "slot[1]";
                let mut line = json!({
                    "record": "line", "phase": number, "name": name, "cold": 1, "upgrades": 0,
                    "transfers": u64::from(drained), "invalidations": 0, "atomics": PAIRS + 1, "loads": 0,
                });
                if *phase == changed {
                    change(&mut line);
                }
                all.push(line);
            }
        }
        all
    }

    fn judged(changed: &str, change: fn(&mut Value)) -> (u64, u64) {
        let outcome = Outcome::from(of_slots(&records(changed, change), 2));
        (outcome.passed, outcome.failed)
    }

    #[test]
    fn a_slot_is_used_by_its_core_alone_until_it_is_drained() {
        assert_eq!(judged("", |_| ()), (6, 0));
        let changes: [fn(&mut Value); 6] = [
            |line| line["transfers"] = json!(1),
            |line| line["upgrades"] = json!(1),
            |line| line["invalidations"] = json!(1),
            |line| line["cold"] = json!(0),
            |line| line["atomics"] = json!(PAIRS),
            |line| line["loads"] = json!(1),
        ];
        for change in changes {
            assert_eq!(judged("pairs 2", change), (4, 2));
        }
        assert_eq!(judged("drain 1", |line| line["transfers"] = json!(0)), (5, 1));
        assert_eq!(judged("pairs 1", |line| line["name"] = json!("slot")), (0, 1), "no slots");
        assert_eq!(judged("pairs 1", |line| line["phase"] = json!(9)), (0, 1));
        assert_eq!(judged("pairs 1", |line| line["record"] = json!("x")), (0, 1));
        let lacks = records("", |_| ()).into_iter().filter(|one| one["name"] != "drain 2");
        assert!(of_slots(&lacks.collect::<Vec<_>>(), 2).is_err());
        let mut late = records("", |_| ());
        late.iter_mut().filter(|one| one["phase"] == 4).for_each(|one| one["phase"] = json!(5));
        assert!(of_slots(&late, 2).is_err(), "another number");
        let renamed = |one: &mut Value| one["record"] = json!("line");
        let mut other = records("", |_| ());
        renamed(&mut other[0]);
        assert!(of_slots(&other, 2).is_err(), "a line is no phase");
    }

    #[test]
    fn a_schedule_has_steps_and_its_hash_is_that_of_its_seed() {
        let of = |steps: u64| {
            let records = [
                json!({ "record": "x", "trace": 1 }),
                json!({ "record": "schedule", "steps": steps, "trace": 7 }),
            ];
            trace(&records).ok()
        };
        assert_eq!([of(11), of(10)], [Some(json!(7)), None]);
        assert!(trace(&[]).is_err());
        let pairs = |traces: [u64; 6]| in_pairs(traces.map(|one| json!(one)).into()).failed == 0;
        assert!(pairs([1, 1, 2, 2, 3, 3]));
        assert!(
            !pairs([1, 2, 2, 2, 3, 3]) && !pairs([1, 1, 1, 1, 3, 3]) && !pairs([1, 1, 2, 2, 3, 4])
        );
    }
}
