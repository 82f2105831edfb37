//! The figures of docs/: they are what their measurements say, and the exact ones are still true.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use regex::Regex;

use crate::context::Context;
use crate::step::{Outcome, Step, refused};
use lab::store;
use runner::process;
use tools::measure::Measurement;

/// Seconds for a step.
const PATIENCE: u64 = 600;
/// The measurements that the tree holds; the figures drawn from them lie beside them.
pub const STORED: &str = "docs/figures/measurements.json";
/// A screen is so high, in CSS pixels.
const SCREEN: f64 = 900.0;
/// What is the same in every run, whatever the host does.
const EXACT: [&str; 4] = ["coherence", "coherence_drain", "instructions", "drain_instructions"];

/// The steps.
pub fn steps() -> Vec<Step> {
    vec![
        Step::new("figures: wrong usage is one line and status 2", PATIENCE, usage),
        Step::new("figures: those of docs/ are drawn from their measurements", PATIENCE, drawn),
        Step::new("figures: the stored exact counts are those of a new run", PATIENCE, true_still),
        Step::new("figures: README.md shows at most one screen of them", PATIENCE, one_screen),
    ]
}

/// Runs scripts/lab as a person does, with these arguments; it must succeed and write into `out`.
fn lab(context: &Context, args: &[&str], out: &Path, deadline: Instant) -> anyhow::Result<()> {
    let mut command = context.command("scripts/lab", "");
    command.args(args).arg("--out").arg(out);
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    Ok(())
}

/// Byte by byte, so that also what draws is always the same.
fn drawn(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let out = context.scratch("figures-drawn")?;
    lab(context, &["--from", STORED], &out, deadline)?;
    let docs = context.root().join("docs/figures");
    let mut sum = Outcome::default();
    let svgs = ["hero", "ladder", "coherence", "drain", "instructions"];
    let svgs = svgs.map(|name| (format!("figures/{name}.svg"), format!("{name}.svg")));
    let json = ("measurements.json".to_owned(), "measurements.json".to_owned());
    for (new, kept) in svgs.into_iter().chain([json]) {
        let [new, kept] = [out.join(new), docs.join(kept)];
        let [drawn, stored] = [&new, &kept]
            .map(|path| std::fs::read(path).with_context(|| path.display().to_string()));
        let [new, kept] = [new.display(), kept.display()];
        sum.add(Outcome::check(drawn? == stored?, || {
            format!("{kept} is not what its measurements give: {new}\n")
        }));
    }
    Ok(sum)
}

/// Counts depend on the code alone. When this fails, the code has changed: measure anew.
fn true_still(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let out = context.scratch("figures-new")?;
    lab(context, &["--quick", "--cores", "1,2,8"], &out, deadline)?;
    let stored = store::read(&context.root().join(STORED))?;
    let new = store::read(&out.join("measurements.json"))?;
    let mut sum = Outcome::default();
    for name in EXACT {
        let of_name = || new.iter().filter(|object| object["name"] == name);
        ensure!(of_name().count() > 0, "the new run has no {name:?}");
        of_name().for_each(|object| sum.add(same(object, &stored)));
    }
    Ok(sum)
}

fn same(object: &Measurement, stored: &[Measurement]) -> Outcome {
    let text = serde_json::json!(object);
    Outcome::check(stored.contains(object), || {
        format!(
            "{STORED} does not hold {text}; when that is right, run scripts/lab on a quiet machine and \
             copy out/measurements.json and out/figures/*.svg to docs/figures/\n"
        )
    })
}

fn one_screen(context: &Context, _: Instant) -> anyhow::Result<Outcome> {
    let file = |name: &str| {
        let path = context.root().join(name);
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let high = height(&file("README.md")?, file)?;
    Ok(Outcome::check(high <= SCREEN, || format!("its pictures are {high:.0} pixels high\n")))
}

/// Returns how high all pictures of a page are, in CSS pixels. Each is an SVG that is shown at a width.
fn height(page: &str, file: impl Fn(&str) -> anyhow::Result<String>) -> anyhow::Result<f64> {
    let shown = Regex::new("<img src=\"([^\"]*)\" width=\"([0-9]+)\"")?;
    let size = Regex::new("^<svg [^>]*width=\"([0-9]+)\" height=\"([0-9]+)\"")?;
    let (mut count, mut sum) = (0, 0.0);
    for (_, [name, width]) in shown.captures_iter(page).map(|found| found.extract()) {
        let svg = file(name)?;
        let (_, [across, high]) = size.captures(&svg).with_context(|| name.to_owned())?.extract();
        sum += width.parse::<f64>()? * high.parse::<f64>()? / across.parse::<f64>()?;
        count += 1;
    }
    let pictures = page.matches("<img").count() + page.matches("![").count();
    ensure!(count == pictures && count > 0, "{count} of {pictures} pictures have a width");
    Ok(sum)
}

fn usage(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let folder = context.scratch("figures-usage")?;
    let [broken, lacking] = ["broken.json", "lacking.json"].map(|name| folder.join(name));
    std::fs::write(&broken, "[{\"name\":")?;
    std::fs::write(&lacking, "[{\"name\":\"ladder\"}]")?;
    let [broken, lacking] = [broken, lacking].map(|path| path.display().to_string());
    let cases: [&[&str]; 9] = [
        &["--cores", "0"],
        &["--cores", "x"],
        &["--cores", "600"],
        &["--nonsense"],
        &["--quick", "--out", "/dev/null/out"],
        &["--from", "/nonexistent/measurements.json"],
        &["--from", &broken],
        &["--from", &lacking],
        &["--from", STORED, "--out", "/dev/null/out"],
    ];
    let mut sum = Outcome::default();
    for args in cases {
        let mut command = context.tool("lab")?;
        sum.add(refused(command.args(args), "rundown: ", deadline)?);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_differs_by_one_is_noticed() {
        let text = "[{\"name\":\"coherence\",\"rung\":\"shared\",\"cores\":2,\"transfers\":400}]";
        let stored = store::parse(text).unwrap();
        assert_eq!(same(&stored[0], &stored).passed, 1);
        let changed = store::parse(&text.replace("400", "401")).unwrap();
        let outcome = same(&changed[0], &stored);
        assert!(outcome.failed == 1 && outcome.output.contains("401"));
    }

    #[test]
    fn pictures_are_as_high_as_their_width_makes_them() {
        let file = |name: &str| match name {
            "a.svg" => Ok("<svg xmlns=\"x\" width=\"400\" height=\"300\">".to_owned()),
            _ => anyhow::bail!("no {name}"),
        };
        let one = "<a href=\"x\"><img src=\"a.svg\" width=\"200\" alt=\"\"></a>";
        assert_eq!(height(&format!("{one} text\n{one}"), file).unwrap(), 300.0);
        for wrong in
            [&format!("{one} ![](a.svg)"), "<img src=\"a.svg\">", "", &one.replace("a.", "b.")]
        {
            assert!(height(wrong, file).is_err(), "{wrong}");
        }
    }
}
