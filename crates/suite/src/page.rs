//! The page of the figures in a real browser: it loads, shows every figure, fits a phone, and prints.
//!
//! The page is put into two frames of a page around it (`frames`), as wide as a phone and as wide as a screen, and
//! probe.js looks at both. That this notices what is wrong is tested too, with pages that are broken on purpose.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::ensure;
use serde_json::Value;

use crate::browser::Browser;
use crate::context::Context;
use crate::frames;
use crate::step::{Outcome, Step};
use runner::process;

/// Seconds for a step.
const PATIENCE: u64 = 300;
/// The figures, as the page calls their sections.
const NAMES: [&str; 4] = ["ladder", "coherence", "drain", "instructions"];
/// Widths of the frames, in CSS pixels.
const WIDTHS: [u32; 2] = [390, 1200];
/// The least height of a line of text in a figure, in CSS pixels.
const SMALLEST: f64 = 9.0;
/// Pages on paper: one for each figure, and some for tables.
const PAGES: std::ops::RangeInclusive<usize> = 4..=12;

const PROBE: &str = include_str!("page/probe.js");

/// The steps.
pub fn steps() -> Vec<Step> {
    vec![
        Step::new("page: loads, shows every figure, fits a phone, prints", PATIENCE, good),
        Step::new("page: what is broken on purpose is noticed", PATIENCE, broken),
    ]
}

fn good(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let page = draw(context, deadline)?;
    let browser = Browser::find(context.scratch("browser")?)?;
    let text = std::fs::read_to_string(&page)?;
    let wrong = judge(&probe(context, &browser, &text, deadline)?);
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    let pages = browser.pages(&page, deadline)?;
    ensure!(PAGES.contains(&pages), "it prints {pages} pages, not {PAGES:?}");
    Ok(Outcome::passed(NAMES.len() * WIDTHS.len() + 1))
}

/// What is done to the page, and a part of the complaint that must follow.
type Breakage = (fn(&str) -> String, &'static str);

fn broken(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let page = std::fs::read_to_string(draw(context, deadline)?)?;
    let browser = Browser::find(context.scratch("browser")?)?;
    let breakages: [Breakage; 6] = [
        (|page| page.replacen("<svg ", "<span ", 1), "ladder is not there"),
        (|page| page.replace("</main>", "<script>nothing.at.all()</script></main>"), "error: "),
        (
            |page| page.replace("</main>", "<img src=\"https://example.org/x.png\"></main>"),
            "wants ",
        ),
        (|page| page.replace("</main>", "<p style=\"width: 2000px\">x</p></main>"), "wider than"),
        (|page| page.replace("figure svg {", "figure svg { max-height: 0;"), "has no size"),
        (|page| page.replacen(" x=\"12\"", " x=\"800\"", 1), "is cut"),
    ];
    let mut sum = Outcome::default();
    for (how, wanted) in breakages {
        let broken = how(&page);
        ensure!(broken != page, "the page has nothing to break for {wanted:?}");
        let wrong = judge(&probe(context, &browser, &broken, deadline)?);
        sum.add(Outcome::check(wrong.iter().any(|line| line.contains(wanted)), || {
            format!("not noticed: {wanted:?}, but {wrong:?}\n")
        }));
    }
    Ok(sum)
}

/// Draws the page from the stored measurements.
fn draw(context: &Context, deadline: Instant) -> anyhow::Result<PathBuf> {
    let folder = context.scratch("page")?;
    let mut command = context.tool("lab")?;
    command.args(["--from", crate::figures::STORED, "--out"]).arg(&folder);
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    Ok(folder.join("index.html"))
}

/// Loads the page in both frames and returns what probe.js reports.
fn probe(
    context: &Context,
    browser: &Browser,
    page: &str,
    deadline: Instant,
) -> anyhow::Result<Vec<Value>> {
    let file = context.scratch("page")?.join("frames.html");
    frames::look(browser, &file, &script(), &WIDTHS.map(|width| (page, width)), deadline)
}

/// Returns the probe, which is told the names of the figures.
fn script() -> String {
    let names = NAMES.map(|name| format!("\"{name}\"")).join(", ");
    format!("const NAMES = [{names}];\n{PROBE}")
}

/// Returns everything that is wrong.
fn judge(frames: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    if frames.len() != WIDTHS.len() {
        wrong.push(format!("{} frames were looked at", frames.len()));
    }
    for (frame, width) in frames.iter().zip(WIDTHS) {
        let mut say = |what: String| wrong.push(format!("{width} pixels: {what}"));
        let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
        list(frame, "errors").iter().for_each(|error| say(format!("{error}")));
        list(frame, "requests").iter().for_each(|name| say(format!("it loads {name}")));
        let (wide, room) = (frame["wide"].as_u64(), frame["room"].as_u64());
        if room != Some(width.into()) || wide > room {
            say(format!("the page is {wide:?} wide, wider than {room:?}"));
        }
        for name in NAMES {
            let figure = &frame["figures"][name];
            let number = |of: &str| figure[of].as_f64().unwrap_or(0.0);
            if figure.is_null() {
                say(format!("{name} is not there"));
                continue;
            }
            if number("width") < 300.0 || number("height") < 200.0 {
                say(format!("{name} has no size: {figure}"));
            }
            if number("texts") < 10.0 || figure["title"].as_str().unwrap_or_default().is_empty() {
                say(format!("{name} has no texts: {figure}"));
            }
            if number("smallest") < SMALLEST {
                say(format!("{name} has texts that are {} pixels high", number("smallest")));
            }
            list(figure, "cut").iter().for_each(|text| say(format!("{name}: {text} is cut")));
            list(figure, "touching").iter().for_each(|pair| say(format!("{name}: {pair} touch")));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns what probe.js reports of a page that is right.
    fn good() -> Vec<Value> {
        let figure = json!({
            "width": 300, "height": 200, "texts": 10, "title": "t", "smallest": 9, "cut": [], "touching": [],
        });
        let figures: serde_json::Map<String, Value> =
            NAMES.iter().map(|name| ((*name).to_owned(), figure.clone())).collect();
        let frame = |width: u32| json!({ "errors": [], "requests": [], "wide": width, "room": width, "figures": figures });
        WIDTHS.map(frame).into()
    }

    #[test]
    fn a_right_page_is_not_complained_about() {
        assert_eq!(judge(&good()), [""; 0]);
        let mut narrow = good();
        narrow[1]["wide"] = json!(1199);
        assert_eq!(judge(&narrow), [""; 0]);
    }

    #[test]
    fn each_thing_that_is_wrong_is_said_once() {
        type Change = fn(&mut Value);
        let changes: [(Change, &str); 15] = [
            (|frame| frame["errors"] = json!(["e"]), "\"e\""),
            (|frame| frame["requests"] = json!(["r"]), "it loads \"r\""),
            (|frame| frame["wide"] = json!(1201), "wider than Some(1200)"),
            (|frame| frame["room"] = json!(1201), "wider than Some(1201)"),
            (|frame| frame["room"] = json!(null), "wider than None"),
            (|frame| frame["figures"]["drain"] = json!(null), "drain is not there"),
            (|frame| frame["figures"]["drain"]["width"] = json!(299), "drain has no size"),
            (|frame| frame["figures"]["drain"]["height"] = json!(199), "drain has no size"),
            (|frame| frame["figures"]["drain"]["texts"] = json!(9), "drain has no texts"),
            (|frame| frame["figures"]["drain"]["title"] = json!(""), "drain has no texts"),
            (|frame| frame["figures"]["drain"]["title"] = json!(null), "drain has no texts"),
            (|frame| frame["figures"]["drain"]["smallest"] = json!(8.9), "8.9 pixels high"),
            (|frame| frame["figures"]["drain"]["smallest"] = json!(null), "0 pixels high"),
            (|frame| frame["figures"]["drain"]["cut"] = json!(["c"]), "drain: \"c\" is cut"),
            (|frame| frame["figures"]["drain"]["touching"] = json!(["a b"]), "\"a b\" touch"),
        ];
        for (change, wanted) in changes {
            let mut frames = good();
            change(&mut frames[1]);
            let wrong = judge(&frames);
            assert!(wrong.len() == 1 && wrong[0].contains(wanted), "{wanted}: {wrong:?}");
            assert!(wrong[0].starts_with("1200 pixels: "), "{wrong:?}");
        }
        assert_eq!(judge(&good()[..1]), ["1 frames were looked at"]);
    }

    #[test]
    fn the_probe_knows_the_names() {
        let names = "const NAMES = [\"ladder\", \"coherence\", \"drain\", \"instructions\"];\n";
        assert_eq!(script(), format!("{names}{PROBE}"));
    }
}
