//! Runs that are made of a few records.

use super::*;
use crate::records::phases;
use serde_json::json;

pub const STEPS: &str = r#"{"record":"phase","phase":1,"name":"x warm","cores":2}
{"record":"line","line":"0x80","name":"b","copies":"II"}
{"record":"step","core":0,"access":"load","instruction":"LDR","line":"0x80","word":"b","at":"0x10"}
{"record":"line","line":"0x40","name":"a","copies":"IM"}
{"record":"step","core":1,"access":"atomic","instruction":"LDXR","line":"0x40","word":"a+8","at":"0x20"}
{"record":"phase","phase":2,"name":"x","cores":2}
{"record":"line","line":"0x80","name":"b","copies":"II"}
{"record":"step","core":1,"access":"load","instruction":"LDR","line":"0x80","word":"b","at":"0x10"}
"#;
pub const RESULTS: &str = r#"{"record":"run","cores":2}
{"record":"core","phase":2,"loads":9}
{"record":"phase","phase":1,"loads":1,"stores":0,"atomics":1,"cold":1,"transfers":0,"upgrades":0,"invalidations":0}
{"record":"phase","phase":2,"loads":1,"stores":0,"atomics":0,"cold":1,"transfers":0,"upgrades":0,"invalidations":0}
"#;

fn made(steps: &str, results: &str) -> Result<Run, String> {
    let place = |address| Place {
        function: "f".to_owned(),
        line: format!("x.rs:{address}"),
        text: "a += 1;".to_owned(),
    };
    Run::new(("x", "an x"), &phases(steps).unwrap(), results, &mut |address| {
        (address == 0x20).then(|| place(address))
    })
}

#[test]
fn each_thing_is_there_once_and_lines_are_in_order() {
    let run = made(STEPS, RESULTS).unwrap();
    assert_eq!((run.cores, &*run.name, &*run.meaning), (2, "x", "an x"));
    assert_eq!(run.lines, ["a", "b"]);
    assert_eq!(run.words, [("b".to_owned(), 1), ("a+8".to_owned(), 0)]);
    assert_eq!(run.steps, [(0, 0, 0), (1, 1, 1), (1, 0, 0)]);
    let sites = json!([
        {"instruction": "LDR", "access": "load", "line": "", "function": "", "text": ""},
        {"instruction": "LDXR", "access": "atomic", "line": "x.rs:32", "function": "f", "text": "a += 1;"},
    ]);
    assert_eq!(json!(run.sites), sites);
    let firsts: Vec<_> = run.phases.iter().map(|part| (&*part.name, part.first)).collect();
    assert_eq!(firsts, [("x warm", 0), ("x", 2)]);
    assert_eq!(run.phases[0].counted["atomics"], 1);
    assert_eq!(run.phases[1].counted["loads"], 1, "those of the phase, not of a core");
}

/// A line is in no cache if nothing is said; but one that was used before may have been taken out of all.
#[test]
fn what_the_caches_have_is_kept_where_it_does_not_follow() {
    let run = made(STEPS, RESULTS).unwrap();
    assert_eq!(run.found, [(1, 0, "IM".to_owned()), (2, 1, "II".to_owned())]);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let without_line = STEPS.lines().filter(|line| !line.contains("\"0x40\",\"name\""));
    let without_line = without_line.collect::<Vec<_>>().join("\n");
    for (steps, results, why) in [
        (STEPS, "", "nothing in phase 1"),
        (&without_line, RESULTS, "a line without a state"),
        (&STEPS[..60], RESULTS, "x has no steps"),
        (&STEPS.replace("0x40", "40"), RESULTS, "\"40\" is no address"),
        ("", "", "x has no steps"),
    ] {
        let steps = steps.lines().filter(|line| line.ends_with('}')).collect::<Vec<_>>().join("\n");
        assert_eq!(made(&steps, results).map_err(|error| error.contains(why)), Err(true), "{why}");
    }
}
