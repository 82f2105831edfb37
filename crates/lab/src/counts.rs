//! Makes measurements of what the plugin has counted.
//!
//! crates/cachescope/src/report.rs says what the plugin writes.

use super::data::COUNTS;
use runner::exit_error::{ExitError, FAILED};
use serde_json::{Map, Value, json};
use tools::measure::Measurement;

/// Returns the counts of the variants and of the drains. The kernel does `pairs` on each core, and names a
/// phase after its variant, or `drain N` for N slots; a phase `X warm` comes before `X` and does not count.
pub fn measurements(results: &str, pairs: u64) -> Result<Vec<Measurement>, ExitError> {
    read(results, pairs)
        .map_err(|why| ExitError::new(FAILED, format!("the plugin's results: {why}")))
}

fn read(results: &str, pairs: u64) -> Result<Vec<Measurement>, String> {
    let read = |line| serde_json::from_str::<Value>(line).map_err(|error| error.to_string());
    let records: Vec<Value> = results.lines().map(read).collect::<Result<_, _>>()?;
    let of = |kind: &'static str| records.iter().filter(move |record| record["record"] == kind);
    let run = of("run").next().ok_or("they do not say what was run")?;
    let (cores, line) = (count(run, "cores")?, count(run, "line")?);
    let mut found = Vec::new();
    for phase in of("phase").filter(|phase| phase["phase"] != 0) {
        let name = phase["name"].as_str().unwrap_or_default();
        let (what, warms_up) = match name.strip_suffix(" warm") {
            Some(what) => (what, true),
            None => (name, false),
        };
        let slots = what.strip_prefix("drain ").and_then(|slots| slots.parse::<u64>().ok());
        let variant = ladder::find(what);
        if slots.is_none() && variant.is_none() {
            return Err(format!("a phase {name:?}, which is neither a variant nor a drain"));
        }
        if warms_up {
            continue;
        }
        let mut object = Map::new();
        if let Some(about) = variant {
            let all = pairs * cores;
            let transfers = count(phase, "transfers")?;
            object.extend(copied(phase, &COUNTS)?);
            object.extend([
                ("name".to_owned(), "coherence".into()),
                ("rung".to_owned(), about.name.into()),
                ("cores".to_owned(), cores.into()),
                ("pairs".to_owned(), all.into()),
                ("transfers_per_pair".to_owned(), per_pair(transfers, all)),
            ]);
        }
        if let Some(slots) = slots {
            // All its accesses are those of one core; what it does with lines is what counts.
            object.extend(copied(phase, &COUNTS[3..])?);
            object.insert("name".to_owned(), "coherence_drain".into());
            object.insert("slots".to_owned(), slots.into());
        }
        object.insert("line".to_owned(), line.into());
        found.push(object);
    }
    if found.is_empty() { Err("no phase of a variant".to_owned()) } else { Ok(found) }
}

/// To three decimal places: the counts themselves are there for more.
fn per_pair(transfers: u64, pairs: u64) -> Value {
    json!((transfers as f64 / pairs as f64 * 1000.0).round() / 1000.0)
}

fn copied(phase: &Value, names: &[&str]) -> Result<Map<String, Value>, String> {
    names.iter().map(|name| Ok(((*name).to_owned(), count(phase, name)?.into()))).collect()
}

fn count(record: &Value, name: &str) -> Result<u64, String> {
    record[name].as_u64().ok_or_else(|| format!("no number {name:?} in {record}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS: &str = r#"{"record":"run","mode":"schedule","line":64,"cores":8,"api":1}
{"record":"phase","phase":0,"name":"","loads":9,"stores":9,"atomics":9,"cold":1,"transfers":9,"upgrades":9,"invalidations":9}
{"record":"phase","phase":1,"name":"shared warm","loads":9,"stores":9,"atomics":9,"cold":1,"transfers":9,"upgrades":9,"invalidations":9}
{"record":"phase","phase":2,"name":"shared","loads":800,"stores":0,"atomics":1600,"cold":0,"transfers":1601,"upgrades":3,"invalidations":4}
{"record":"phase","phase":3,"name":"drain 8 warm","loads":9,"stores":9,"atomics":9,"cold":8,"transfers":9,"upgrades":9,"invalidations":9}
{"record":"phase","phase":4,"name":"drain 8","loads":9,"stores":1,"atomics":9,"cold":0,"transfers":8,"upgrades":0,"invalidations":8}
{"record":"core","phase":4,"core":0,"loads":9,"stores":1,"atomics":9,"cold":0,"transfers":8,"upgrades":0,"invalidations":8}
{"record":"schedule","policy":"round-robin","steps":1,"spins":0,"trace":"0"}
"#;

    #[test]
    fn a_phase_of_a_variant_and_one_of_a_drain_are_measurements() {
        let found = measurements(RESULTS, 100).unwrap();
        let wanted = json!([
            {"name": "coherence", "rung": "shared", "cores": 8, "line": 64, "pairs": 800,
             "loads": 800, "stores": 0, "atomics": 1600, "cold": 0, "transfers": 1601,
             "upgrades": 3, "invalidations": 4, "transfers_per_pair": 2.001},
            {"name": "coherence_drain", "slots": 8, "line": 64, "cold": 0, "transfers": 8,
             "upgrades": 0, "invalidations": 8}
        ]);
        assert_eq!(json!(found), wanted);
    }

    #[test]
    fn results_that_are_cut_or_empty_are_refused() {
        for (results, why) in [
            ("", "what was run"),
            ("{\"record\":\"run\",\"cores\":8,\"line\":64}\n", "no phase of a variant"),
            ("{\"record\":\"run\",\"cores\":8}\n", "no number \"line\""),
            (&RESULTS[..RESULTS.len() / 2], "EOF"),
            (&RESULTS.replace("\"cold\":0,", ""), "no number \"cold\""),
            (&RESULTS.replace("\"shared\"", "\"x\""), "a phase \"x\", which is neither"),
            (&RESULTS.replace("shared warm", "x warm"), "a phase \"x warm\", which is neither"),
        ] {
            let said = measurements(results, 100).unwrap_err();
            assert!(said.status == 1 && said.line.contains(why), "{}", said.line);
        }
    }
}
