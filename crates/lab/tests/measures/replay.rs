//! The replay by itself.

use crate::boots::{check, replayed};
use crate::fakes::Fakes;
use std::fs;

#[test]
fn a_replay_alone_is_three_boots_and_two_files() {
    let fakes = Fakes::new();
    let page = fakes.0.path().join("replay.html");
    let (status, stdout, stderr) = fakes.run_as_it_is(&["--replay", page.to_str().unwrap()], "tcg");
    assert_eq!(status, Some(0), "{stderr}");
    assert_eq!(stdout, format!("replay: {}\n", page.display()));
    check(&fakes, &[2, 4, 8].map(replayed));
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("\"name\":\"cache_aware\"") && html.contains("\"pairs\":64"));
    let svg = fs::read_to_string(page.with_extension("svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains(">packed</text>"));
    assert!(!fakes.0.path().join("out").exists());
}

#[test]
fn a_replay_without_its_steps_or_its_place_is_one_line() {
    let fakes = Fakes::new();
    fakes.file("steps", "{");
    let page = fakes.0.path().join("replay.html");
    let (status, _, stderr) = fakes.run_as_it_is(&["--replay", page.to_str().unwrap()], "tcg");
    let line = stderr.lines().last().unwrap();
    assert!(status == Some(1) && line.contains("the plugin's steps: step record 1: "), "{stderr}");
    let (status, _, stderr) = fakes.run_as_it_is(&["--replay", "/nowhere/x.html"], "tcg");
    assert!(
        status == Some(2) && stderr.starts_with("rundown: --replay /nowhere/x.html: "),
        "{stderr}"
    );
    assert_eq!(fakes.log().len(), 1, "nothing is booted for it");
}
