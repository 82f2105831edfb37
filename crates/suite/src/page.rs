//! The page of the figures in a real browser: it loads, shows every figure, fits a phone, and prints.
//!
//! The page is put into frames of a page around it (`frames`), as wide as a phone and as wide as a screen, in the colours
//! for the dark, and as it is printed, and probe.js looks at each. That this notices what is wrong is tested too, with pages that are broken on purpose.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::ensure;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::context::Context;
use crate::frames;
use crate::step::{Outcome, Step};
use runner::process;

/// Seconds for a step.
const PATIENCE: u64 = 300;
/// The figures, as the page calls their sections.
const NAMES: [&str; 5] = ["hero", "ladder", "coherence", "drain", "instructions"];
/// What stands on the page, from its beginning.
const ORDER: [&str; 8] =
    ["hero", "finding", "ladder", "coherence", "drain", "instructions", "conditions", "tables"];
/// The frames, and how wide they are, in CSS pixels.
const FRAMES: [(&str, u32); 4] = [("phone", 390), ("screen", 1200), ("dark", 390), ("paper", 720)];
/// Where the finding ends at the latest, in CSS pixels from the top: on the first screen of a phone.
const OPENING: f64 = 844.0;
/// The least height of a line of text in a figure, in CSS pixels.
const SMALLEST: f64 = 9.0;
/// Sheets of paper: some for figures, and some for tables.
const SHEETS: std::ops::RangeInclusive<usize> = 4..=12;

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
    browser.print(&page, &SHEETS, deadline)?;
    Ok(Outcome::passed(NAMES.len() * FRAMES.len() + 1))
}

/// The end of a drawing, with a text on something as dark.
const ON_INK: &str = "<path fill=\"#1F2328\" d=\"M0,0H99V99H0Z\"/>\
<text x=\"9\" y=\"50\" fill=\"#595F66\">x</text></svg>";

/// What is done to the page, and a part of the complaint that must follow.
type Breakage = (fn(&str) -> String, &'static str);

fn broken(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let file = draw(context, deadline)?;
    let page = std::fs::read_to_string(&file)?;
    let browser = Browser::find(context.scratch("browser")?)?;
    let breakages: [Breakage; 11] = [
        (|page| page.replacen("<svg ", "<span ", 1), "hero is not there"),
        (|page| page.replace("</main>", "<script>nothing.at.all()</script></main>"), "error: "),
        (
            |page| page.replace("</main>", "<img src=\"https://example.org/x.png\"></main>"),
            "wants ",
        ),
        (|page| page.replace("</main>", "<p style=\"width: 2000px\">x</p></main>"), "wider than"),
        (|page| page.replace("figure svg {", "figure svg { max-height: 0;"), "has no size"),
        (|page| page.replacen(" x=\"12\"", " x=\"800\"", 1), "is cut"),
        (|page| page.replace("fill: #AAB4BF", "fill: #58606A"), "dark: too little contrast"),
        (|page| page.replacen("</svg>", ON_INK, 1), "phone: too little contrast"),
        (|page| page.replace("--faint: #595f66", "--faint: #8a9096"), "paper: too little contrast"),
        (|page| page.replace("id=\"ladder\"", "id=\"conditions\""), "it shows "),
        (|page| page.replace("<h1>", "<h1 style=\"padding-top: 600px\">"), "the finding ends at"),
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
    let empty = "<p style=\"break-before: page; height: 1px\"></p></main>";
    std::fs::write(&file, page.replace("</main>", empty))?;
    let printed = browser.print(&file, &SHEETS, deadline);
    sum.add(Outcome::check(printed.is_err_and(|why| why.to_string().contains("empty")), || {
        "not noticed: an empty sheet\n".to_owned()
    }));
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

/// Loads the page in all frames and returns what probe.js reports.
fn probe(
    context: &Context,
    browser: &Browser,
    page: &str,
    deadline: Instant,
) -> anyhow::Result<Vec<Value>> {
    let dark = page.replace("@media screen and (prefers-color-scheme: dark)", "@media all");
    let printed =
        page.replace("@media screen", "@media speech").replace("@media print", "@media all");
    ensure!(dark != page && printed != page, "the style has no rules for the dark, or for paper");
    let pages = [page, page, &*dark, &*printed];
    let frames = pages.into_iter().zip(FRAMES).map(|(page, (_, width))| (page, width));
    let frames: Vec<_> = frames.collect();
    let file = context.scratch("page")?.join("frames.html");
    frames::look(browser, &file, &script(), &frames, deadline)
}

/// Returns the probe, which is told the names of the figures.
fn script() -> String {
    let names = NAMES.map(|name| format!("\"{name}\"")).join(", ");
    format!("const NAMES = [{names}];\n{PROBE}")
}

/// Returns everything that is wrong.
fn judge(frames: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    if frames.len() != FRAMES.len() {
        wrong.push(format!("{} frames were looked at", frames.len()));
    }
    for (frame, (name, width)) in frames.iter().zip(FRAMES) {
        let mut say = |what: String| wrong.push(format!("{name}: {what}"));
        let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
        list(frame, "errors").iter().for_each(|error| say(format!("{error}")));
        list(frame, "requests").iter().for_each(|name| say(format!("it loads {name}")));
        list(frame, "faint").iter().for_each(|text| say(format!("too little contrast: {text}")));
        if frame["order"] != json!(ORDER) {
            say(format!("it shows {}, not {ORDER:?}", frame["order"]));
        }
        match frame["opening"].as_f64() {
            Some(end) if end <= OPENING => {}
            end => say(format!("the finding ends at {end:?}, not by {OPENING}")),
        }
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

    /// Returns what probe.js reports of a page that is right.
    fn good() -> Vec<Value> {
        let figure = json!({
            "width": 300, "height": 200, "texts": 10, "title": "t", "smallest": 9, "cut": [], "touching": [],
        });
        let figures: serde_json::Map<String, Value> =
            NAMES.iter().map(|name| ((*name).to_owned(), figure.clone())).collect();
        let frame = |(_, width): (&str, u32)| {
            json!({
                "errors": [], "requests": [], "faint": [], "order": ORDER, "opening": OPENING,
                "wide": width, "room": width, "figures": figures,
            })
        };
        FRAMES.map(frame).into()
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
        let changes: [(Change, &str); 19] = [
            (|frame| frame["errors"] = json!(["e"]), "\"e\""),
            (|frame| frame["requests"] = json!(["r"]), "it loads \"r\""),
            (|frame| frame["faint"] = json!(["f: 3"]), "too little contrast: \"f: 3\""),
            (|frame| frame["order"][0] = json!("conditions"), "it shows [\"conditions\","),
            (|frame| frame["opening"] = json!(844.1), "the finding ends at Some(844.1)"),
            (|frame| frame["opening"] = json!(null), "the finding ends at None"),
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
            assert!(wrong[0].starts_with("screen: "), "{wrong:?}");
        }
        assert_eq!(judge(&good()[..1]), ["1 frames were looked at"]);
    }

    #[test]
    fn the_probe_knows_the_names() {
        let names =
            "const NAMES = [\"hero\", \"ladder\", \"coherence\", \"drain\", \"instructions\"];\n";
        assert_eq!(script(), format!("{names}{PROBE}"));
    }
}
