//! What the probe reports of a page that is right, and of pages that are not.

use super::*;

/// Returns what it reports in each frame.
fn good() -> Vec<Value> {
    let states = ["II", "MI", "IM", "MI", "IM", "MI", "IM"];
    let frames = WIDTHS.iter().enumerate().map(|(number, width)| {
        let paper = number + 1 == WIDTHS.len();
        let moved = ", which gives its copy up.";
        let from = |core: u32| format!("transfer: the line comes from core {core}{moved}");
        let cold = "Step 1: not hit, but cold: the line comes from memory.";
        let (right, another) = (format!("Step 2: right, {}", from(0)), format!("Step 3: not upgrade, but {}", from(1)));
        json!({
            "errors": [], "requests": [], "nameless": [], "faint": [], "wide": width, "room": width,
            "forwards": states, "backwards": states, "trail": states, "jumped": "IM", "pressed": 5,
            "home": 0, "controls": u32::from(!paper), "strip": 9, "stripShown": 1,
            "playing": [250, "Pause", 2, "off", null, "Play", "polite"],
            "sets": [{"rows": [["x", "1", "1", "0", "0", "0", "", "the same"]], "number": 1, "most": 1}],
            "said": format!("Step 6 of 9. shared: core 1: LDXR shared, {}", from(0)),
            "asked": [!paper, true, paper, paper, "Step 1 of shared: core 0: LDXR shared. What will it be?", 0],
            "guesses": [
                [1, "MI", cold, "0 of 1 right"], [2, "IM", right, "1 of 2 right"],
                [3, "MI", another, "1 of 3 right"], [2, "IM", right, "1 of 3 right"],
                [2, "IM", right, "1 of 3 right"], [3, "MI", another, "1 of 3 right"],
            ],
            "off": [false, true, true],
        })
    });
    frames.collect()
}

#[test]
fn a_right_page_is_not_complained_about() {
    assert_eq!([any(&good()), of_variants(&good())].concat(), [""; 0]);
    assert_eq!(any(&good()[..3]), ["3 frames were looked at"]);
}

#[test]
fn each_thing_that_is_wrong_is_said_once() {
    let changes = [
        ("errors", json!(["e"]), "an error: \"e\""),
        ("requests", json!(["r"]), "it loads: \"r\""),
        ("nameless", json!(["<td>"]), "no name: \"<td>\""),
        ("faint", json!(["x: 3"]), "too little contrast: \"x: 3\""),
        ("wide", json!(1201), "wider than Some(1200)"),
        ("room", json!(1201), "wider than Some(1201)"),
        ("backwards", json!([]), "backwards []"),
        ("jumped", json!("MI"), "lead elsewhere"),
        ("pressed", json!(4), "lead elsewhere"),
        ("home", json!(1), "lead elsewhere"),
        ("sets", json!([{"rows": [], "number": 1, "most": 1}]), "counts otherwise"),
        (
            "sets",
            json!([{"rows": [[0, 0, 0, 0, 0, 0, 0, "cold: 1"]], "number": 1, "most": 1}]),
            "counts otherwise",
        ),
        (
            "sets",
            json!([{"rows": [[0, 0, 0, 0, 0, 0, 0, "the same"]], "number": 1, "most": 2}]),
            "step 1 of 2",
        ),
        (
            "sets",
            json!([{"rows": [[0, 0, 0, 0, 0, 0, 0, "the same"]], "number": 0, "most": 0}]),
            "step 0 of 0",
        ),
        ("controls", json!(0), "0 controls"),
        ("strip", json!(4), "key steps: 4"),
        ("strip", json!(null), "key steps: null"),
        ("stripShown", json!(0), "key steps"),
        ("playing", json!([]), "playing: []"),
        ("trail", json!([]), "[] is not the trail"),
        ("said", json!("Step 7 of 9."), "it says"),
        ("said", json!("Step 6 of 9."), "it says"),
        ("asked", json!([]), "predict: []"),
        ("guesses", json!([]), "predict: []"),
        ("off", json!([]), "after predict"),
    ];
    for (name, value, wanted) in changes {
        let mut frames = good();
        frames[1][name] = value;
        let wrong = [any(&frames), of_variants(&frames)].concat();
        assert!(wrong.len() == 1 && wrong[0].contains(wanted), "{name}: {wrong:?}");
        assert!(wrong[0].starts_with("frame 1: "), "{wrong:?}");
    }
    let mut frames = good();
    frames[3]["controls"] = json!(1);
    assert_eq!(any(&frames), ["frame 3: 1 controls on paper"]);
    for short in ["forwards", "backwards"] {
        frames[1][short] = json!(["II", "MI", "IM", "MI", "IM", "MI"]);
    }
    assert!(any(&frames)[0].starts_with("frame 1: backwards"), "too few");
}

#[test]
fn a_row_is_what_the_plugin_has_counted() {
    let record = |name: &str, cold: u64| {
        json!({"record": "phase", "name": name, "loads": 1, "stores": 2, "atomics": 3, "cold": cold,
               "transfers": 10, "upgrades": 5, "invalidations": 6})
    };
    let results = [json!({"record": "run", "name": "x"}), record("x warm", 8), record("x", 4)];
    let wanted = json!(["x", "6", "4", "10", "5", "6", "2.5", "the same"]);
    assert_eq!(row(&results, "x", 4).unwrap(), wanted);
    assert!(row(&results, "y", 4).is_err() && row(&results[..1], "x", 4).is_err());
}
