//! Says what is wrong with what the probe has seen.

use anyhow::Context as _;
use serde_json::{Value, json};

/// Widths of the frames, in CSS pixels; the last is the page as it is printed.
const WIDTHS: [u32; 4] = [390, 1200, 390, 720];

/// Judges what holds for every page, frame by frame.
pub fn any(frames: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    if frames.len() != WIDTHS.len() {
        wrong.push(format!("{} frames were looked at", frames.len()));
    }
    for (number, (frame, width)) in frames.iter().zip(WIDTHS).enumerate() {
        let paper = number + 1 == WIDTHS.len();
        let mut say = |what: String| wrong.push(format!("frame {number}: {what}"));
        let list = |name: &str| frame[name].as_array().cloned().unwrap_or_default();
        for (name, what) in [
            ("errors", "an error"),
            ("requests", "it loads"),
            ("nameless", "no name"),
            ("faint", "too little contrast"),
        ] {
            list(name).iter().for_each(|one| say(format!("{what}: {one}")));
        }
        let (wide, room) = (frame["wide"].as_u64(), frame["room"].as_u64());
        if room != Some(width.into()) || wide > room {
            say(format!("the page is {wide:?} wide, wider than {room:?}"));
        }
        let forwards = list("forwards");
        if forwards.len() < 7 || frame["forwards"] != frame["backwards"] {
            say(format!("backwards {}, forwards {}", frame["backwards"], frame["forwards"]));
        }
        if forwards.get(4) != Some(&frame["jumped"])
            || [&frame["pressed"], &frame["home"]] != [5, 0]
        {
            say(format!("the range or the keys lead elsewhere: {}", frame["jumped"]));
        }
        for set in list("sets") {
            let rows = set["rows"].as_array().cloned().unwrap_or_default();
            if rows.is_empty() || rows.iter().any(|row| row[7] != "the same") {
                say(format!("the page counts otherwise than the plugin: {}", set["rows"]));
            }
            if set["number"] != set["most"] || set["most"] == 0 {
                say(format!("its end is step {} of {}", set["number"], set["most"]));
            }
        }
        // On paper nothing is pressed; the key steps are there.
        let controls = frame["controls"].as_u64().unwrap_or(9);
        if controls != u64::from(!paper) {
            say(format!("{controls} controls{}", if paper { " on paper" } else { "" }));
        }
        if frame["strip"].as_u64() < Some(5) || frame["stripShown"] != 1 {
            say(format!("key steps: {}", frame["strip"]));
        }
        let playing = json!([250, "Pause", 2, "off", null, "Play", "polite"]);
        if frame["playing"] != playing {
            say(format!("playing: {}, not {playing}", frame["playing"]));
        }
    }
    wrong
}

/// Judges the page of the variants: `shared` on two cores, worked out by hand.
pub fn of_variants(frames: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        let mut say = |what: String| wrong.push(format!("frame {number}: {what}"));
        let trail = json!(["II", "MI", "IM", "MI", "IM", "MI", "IM"]);
        if frame["trail"] != trail {
            say(format!("{} is not the trail of two cores in turn", frame["trail"]));
        }
        let said = frame["said"].as_str().unwrap_or_default();
        let sentence = "shared: core 1: LDXR shared, transfer: the line comes from core 0, which gives its copy up.";
        if !said.starts_with("Step 6 of ") || !said.contains(sentence) {
            say(format!("it says {said:?}"));
        }
        let paper = number + 1 == WIDTHS.len();
        let question = "Step 1 of shared: core 0: LDXR shared. What will it be?";
        // On paper there is no question, and the counts are never hidden.
        let asked = json!([!paper, true, paper, paper, question, 0]);
        if frame["asked"] != asked {
            say(format!("predict: {}, not {asked}", frame["asked"]));
        }
        let [cold, transfer, another] = [
            "Step 1: not hit, but cold: the line comes from memory.",
            "Step 2: right, transfer: the line comes from core 0, which gives its copy up.",
            "Step 3: not upgrade, but transfer: the line comes from core 1, which gives its copy up.",
        ];
        let guesses = json!([
            [1, "MI", cold, "0 of 1 right"],
            [2, "IM", transfer, "1 of 2 right"],
            [3, "MI", another, "1 of 3 right"],
            [2, "IM", transfer, "1 of 3 right"],
            [2, "IM", transfer, "1 of 3 right"],
            [3, "MI", another, "1 of 3 right"],
        ]);
        if frame["guesses"] != guesses {
            say(format!("predict: {}, not {guesses}", frame["guesses"]));
        }
        if frame["off"] != json!([false, true, true]) {
            say(format!("after predict: {}", frame["off"]));
        }
    }
    wrong
}

/// Returns the row of a phase in the page's table, as the plugin has counted it.
pub fn row(results: &[Value], name: &str, pairs: u64) -> anyhow::Result<Value> {
    let phase = |record: &&Value| record["record"] == "phase" && record["name"] == name;
    let phase = results.iter().find(phase).with_context(|| format!("no phase {name}"))?;
    let count = |what: &str| phase[what].as_u64().with_context(|| format!("{name}: no {what}"));
    let steps = count("loads")? + count("stores")? + count("atomics")?;
    let a_pair = format!("{:.1}", count("transfers")? as f64 / pairs as f64);
    let counts = ["cold", "transfers", "upgrades", "invalidations"];
    let counts = counts.map(|what| count(what).map(|count| count.to_string()));
    let mut row = vec![name.to_owned(), steps.to_string()];
    for count in counts {
        row.push(count?);
    }
    row.extend([a_pair, "the same".to_owned()]);
    Ok(json!(row))
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
