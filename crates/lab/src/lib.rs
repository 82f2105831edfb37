//! Measures what caches do to shared counters, and draws it.
//!
//! - `arguments` reads the command line; `boots` boots everything (`machine`, `conditions`,
//!   `counts`) and tells how far it is (`progress`); `out` is where the results go. `transfers` prints a table of
//!   counts and that is all.
//! - [`store`] is measurements.json, `data` the same as structures, `read` the way from one to the
//!   other with its checks (`check`); `thresholds` judges them.
//! - `plot` draws the figures, `page` puts them and their tables into one HTML file.
//! - `steps` makes the replay, a page of its own.
//!
//! What is drawn depends on measurements.json alone, to the byte; the replay on what the kernel does.

mod arguments;
mod boots;
mod check;
mod conditions;
mod counts;
mod data;
pub mod escape;
mod machine;
mod out;
mod page;
mod plot;
mod progress;
mod read;
#[cfg(test)]
mod sample;
mod steps;
pub mod store;
mod table;
mod thresholds;
mod transfers;

use arguments::Arguments;
use data::Data;
use out::Out;
use replay_page::file;
use runner::exit_error::{ExitError, FAILED};
use runner::{process, settings};
use std::path::Path;
use steps::Replay;
use thresholds::Verdict;
use tools::measure::Measurement;

/// Does what the command line asks for.
pub fn run(args: &[String]) -> Result<(), ExitError> {
    let Some(arguments) = Arguments::parse(args)? else { return Ok(()) };
    process::end_with_us()?;
    if let Some(list) = &arguments.count {
        let variants = transfers::named(list)?;
        settings::note_that_cores_are_emulated();
        return transfers::print(&variants, &arguments);
    }
    if let Some(file) = &arguments.replay {
        return replay(file);
    }
    let out = Out(arguments.out());
    let (objects, replay) = match &arguments.from {
        Some(file) => (store::read(file)?, None),
        None => {
            out.prepare()?; // before it has measured for minutes
            settings::note_that_cores_are_emulated();
            let (objects, replay) = boots::measure(&arguments)?;
            (objects, Some(replay))
        }
    };
    let data = read::data(&objects).map_err(|why| match &arguments.from {
        Some(file) => store::wrong(file, &why),
        None => ExitError::new(FAILED, format!("the measurements are not whole: {why}")),
    })?;
    out.prepare()?;
    write(&out, &objects, &data, replay.as_ref())?;
    conclude(&data, &out)
}

/// Makes the replay, a page and a still beside it, and nothing else.
fn replay(page: &Path) -> Result<(), ExitError> {
    let still = page.with_extension("svg");
    for path in [page, &still] {
        file::prepare("--replay", path)?;
    }
    settings::note_that_cores_are_emulated();
    let Replay { page: html, still: svg } = boots::replay()?;
    file::write("--replay", page, &html)?;
    file::write("--replay", &still, &svg)?;
    println!("replay: {}", page.display());
    Ok(())
}

/// Writes all files.
fn write(
    out: &Out<'_>,
    objects: &[Measurement],
    data: &Data,
    replay: Option<&Replay>,
) -> Result<(), ExitError> {
    out.write("measurements.json", &store::text(objects))?;
    let figures = plot::all(data);
    for figure in &figures {
        out.write(&format!("figures/{}.svg", figure.name), &figure.svg)?;
    }
    if let Some(replay) = replay {
        out.write("replay.html", &replay.page)?;
        out.write("replay.svg", &replay.still)?;
    }
    out.write("index.html", &page::html(data, &figures, replay.is_some()))
}

/// Says which thresholds hold. An exact count that does not hold is a failure.
fn conclude(data: &Data, out: &Out<'_>) -> Result<(), ExitError> {
    let judged = thresholds::judge(data);
    judged.iter().for_each(|one| println!("{one}"));
    println!("figures: {}", out.0.join("index.html").display());
    match judged.iter().find(|one| one.exact && one.verdict != Verdict::Holds) {
        None => Ok(()),
        Some(one) => Err(ExitError::new(FAILED, format!("an exact count is wrong: {one}"))),
    }
}
