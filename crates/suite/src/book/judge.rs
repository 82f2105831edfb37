//! Says what is wrong with what the probe has seen of the book.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// Widths of the frames of each page, in CSS pixels.
pub const WIDTHS: [u32; 2] = [390, 1200];
/// A page with fewer letters than this is empty.
const LETTERS: u64 = 100;
/// What the page is when all themes have been chosen.
const LAST_THEME: &str = "ayu";

/// Judges every frame of so many pages of the project in this folder.
pub fn judge(frames: &[Value], pages: usize, root: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    if frames.len() != pages * WIDTHS.len() {
        wrong.push(format!("{} frames were looked at", frames.len()));
    }
    let ids: BTreeMap<_, _> =
        frames.iter().map(|frame| (frame["page"].as_str(), &frame["ids"])).collect();
    for (frame, width) in frames.iter().zip(WIDTHS.iter().cycle()) {
        let page = frame["page"].as_str().unwrap_or_default();
        let mut say = |what: String| wrong.push(format!("{page}, {width} pixels: {what}"));
        let list = |name: &str| frame[name].as_array().cloned().unwrap_or_default();
        for (name, what) in [("wide", "wider than its room"), ("faint", "too little contrast")] {
            list(name).iter().for_each(|one| say(format!("{what}: {one}")));
        }
        for file in list("loads") {
            if !file.as_str().is_some_and(|file| file.starts_with("file:")) {
                say(format!("it loads {file}"));
            }
        }
        for link in list("links") {
            let part = |number: usize| link[number].as_str().unwrap_or_default();
            let (target, anchor) = (Path::new(part(1)), part(2));
            match part(0) {
                "https:" => {}
                "file:" if !target.starts_with(root) || !target.exists() => {
                    say(format!("{} is not there", target.display()));
                }
                "file:" => {
                    let ids = ids.get(&target.to_str()).and_then(|ids| ids.as_array());
                    if !anchor.is_empty() && ids.is_some_and(|ids| !ids.contains(&anchor.into())) {
                        say(format!("{} has no heading {anchor:?}", target.display()));
                    }
                }
                _ => say(format!("a link of another kind: {link}")),
            }
        }
        if list("links").is_empty() || frame["words"].as_u64() < Some(LETTERS) {
            say("the page is empty".to_owned());
        }
        if frame["width"] != *width {
            say(format!("it is {} wide", frame["width"]));
        }
        if !frame["theme"].as_str().is_some_and(|theme| theme.ends_with(LAST_THEME)) {
            say(format!("its theme is {}", frame["theme"]));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns what the probe reports of a page in a folder, which is right.
    fn good(root: &Path) -> Vec<Value> {
        let page = root.join("a.html");
        std::fs::write(&page, "").unwrap();
        let links = json!([["https:", "/", ""], ["file:", page, "here"], ["file:", root, ""]]);
        let frame = |width: u32| {
            json!({
                "page": page, "width": width, "wide": [], "faint": [], "loads": ["file:///a.css"],
                "links": links, "ids": ["here"], "words": 100, "theme": "js ayu",
            })
        };
        WIDTHS.map(frame).into()
    }

    #[test]
    fn each_thing_that_is_wrong_is_said_once() {
        type Change = fn(&mut Value);
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(judge(&good(root), 1, root), [""; 0]);
        let changes: [(Change, &str); 13] = [
            (|frame| frame["wide"] = json!(["MAIN"]), "wider than its room: \"MAIN\""),
            (|frame| frame["faint"] = json!(["x: 1.0"]), "too little contrast: \"x: 1.0\""),
            (|frame| frame["loads"] = json!(["http://x"]), "it loads \"http://x\""),
            (|frame| frame["loads"] = json!([null]), "it loads null"),
            (|frame| frame["links"][0][0] = json!("http:"), "a link of another kind: [\"http:\""),
            (|frame| frame["links"][1][1] = json!("/none/a.html"), "/none/a.html is not there"),
            (|frame| frame["links"][1][1] = json!("/"), "/ is not there"),
            (|frame| frame["links"][1][2] = json!("there"), "a.html has no heading \"there\""),
            (|frame| frame["links"] = json!([]), "the page is empty"),
            (|frame| frame["words"] = json!(99), "the page is empty"),
            (|frame| frame["words"] = json!(null), "the page is empty"),
            (|frame| frame["width"] = json!(1199), "it is 1199 wide"),
            (|frame| frame["theme"] = json!("js light"), "its theme is \"js light\""),
        ];
        for (change, wanted) in changes {
            let mut frames = good(root);
            change(&mut frames[1]);
            let wrong = judge(&frames, 1, root);
            assert!(wrong.len() == 1 && wrong[0].contains(wanted), "{wanted}: {wrong:?}");
            assert!(wrong[0].contains("a.html, 1200 pixels: "), "{wrong:?}");
        }
        let mut outside = good(root);
        outside[0]["links"][1] = json!(["file:", root.join("b"), ""]);
        assert_eq!(judge(&outside, 1, root).len(), 1, "a file of the project that is not there");
        assert_eq!(judge(&good(root)[..1], 1, root), ["1 frames were looked at"]);
    }
}
