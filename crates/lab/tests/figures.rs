//! The figures of docs/ are drawn anew from their measurements, and what contradicts a threshold is refused.

use lab::store;
use runner::exit_error::{ExitError, FAILED, SETUP};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/figures")
}

/// Draws what a file holds, into the folder `out` of `folder`.
fn draw(from: &Path, folder: &TempDir) -> Result<(), ExitError> {
    let out = folder.path().join("out");
    let args = ["--from", from.to_str().unwrap(), "--out", out.to_str().unwrap()];
    lab::run(&args.map(str::to_owned))
}

#[test]
fn the_figures_of_docs_are_drawn_from_their_measurements() {
    let folder = tempfile::tempdir().unwrap();
    draw(&docs().join("measurements.json"), &folder).unwrap();
    let out = folder.path().join("out");
    let text = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    let page = text(out.join("index.html"));
    let mut figures = 0;
    for entry in fs::read_dir(docs()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let drawn = match name.ends_with(".svg") {
            true => out.join("figures").join(&name),
            false => out.join(&name),
        };
        // Not by assert_eq!, which would print both.
        assert!(text(drawn.clone()) == text(docs().join(&name)), "{} differs", drawn.display());
        if let Some(name) = name.strip_suffix(".svg") {
            figures += 1;
            assert!(page.contains(name), "the page has no {name}");
        }
    }
    assert_eq!(fs::read_dir(out.join("figures")).unwrap().count(), figures);
}

#[test]
fn an_exact_count_that_is_wrong_is_a_failure_and_a_time_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let changed = |name: &str, rung: &str, change: fn(&mut serde_json::Map<_, _>)| {
        let mut objects = store::read(&docs().join("measurements.json")).unwrap();
        let wanted = |object: &&mut serde_json::Map<String, _>| {
            object["name"] == name && object["rung"] == rung && object["cores"] == 2
        };
        change(objects.iter_mut().find(wanted).unwrap());
        let file = folder.path().join("changed.json");
        fs::write(&file, store::text(&objects)).unwrap();
        draw(&file, &folder)
    };
    let error = changed("coherence", "packed", |object| {
        object["transfers"] = json!(3 * object["pairs"].as_u64().unwrap());
        object["transfers_per_pair"] = json!(3.0);
    });
    let error = error.unwrap_err();
    assert!(error.status == FAILED && error.line.contains("an exact count is wrong"), "{error}");
    let timed = changed("ladder", "shared", |object| {
        for key in ["lowest", "relative_to_one", "highest"] {
            object.insert(key.to_owned(), json!(3.0));
        }
    });
    assert_eq!(timed, Ok(()));
}

#[test]
fn what_is_no_file_of_measurements_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.json");
    fs::write(&large, " ".repeat((16 << 20) + 1)).unwrap();
    for path in [&large, folder.path()] {
        let error = store::read(path).unwrap_err();
        assert!(error.status == SETUP && error.line.contains("no file of measurements"), "{error}");
    }
    // One that is as large as it may be.
    fs::write(&large, " ".repeat((16 << 20) - 2) + "[]").unwrap();
    assert_eq!(store::read(&large), Ok(Vec::new()));
}
