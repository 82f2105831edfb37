//! Throughput against one core, by the number of cores: a panel for each rung.

use super::canvas::{Failure, INK, OTHERS, svg};
use super::look::{colour, mark};
use super::plane::Plane;
use super::{numbers, panels};
use crate::data::{Data, Ladder, rungs};
use std::ops::RangeInclusive;

/// Ratios come in thousandths; one that is written as 0 is drawn as half of one.
const LEAST: f64 = 0.0005;

/// Draws the figure.
pub fn draw(data: &Data) -> Result<String, Failure> {
    let names = names(data);
    let lines = heading(data);
    let title = "Throughput of each rung of the ladder relative to one core";
    let height = panels::height(lines.len(), names.len());
    svg("ladder", height, (title, &description(data)), |area| {
        panels::heading(area, &lines)?;
        for (number, name) in names.iter().enumerate() {
            let rectangle = panels::rectangle(lines.len(), number);
            panels::name(area, rectangle, name, &about(data, name))?;
            let powers = powers(data);
            let up = f64::from(*powers.start()) - 0.15..f64::from(*powers.end()) + 0.15;
            let plane = Plane::new(
                area,
                rectangle,
                panels::across(&data.ladder_cores()),
                up,
                panels::BESIDE,
            )?;
            axes(data, &plane, &powers)?;
            rung(data, &plane, name)?;
        }
        Ok(())
    })
}

/// The lines above the panels.
fn heading(data: &Data) -> [String; 3] {
    let processors = data.conditions.host_processors;
    [
        "Throughput relative to one core".to_owned(),
        format!("Line: median of {} rounds. Bars: lowest to highest.", data.conditions.rounds),
        format!("Dashes: ideal on {processors} processors. Grey: other rungs."),
    ]
}

fn axes(data: &Data, plane: &Plane<'_, '_>, powers: &RangeInclusive<i32>) -> Result<(), Failure> {
    for power in numbers::labelled(powers, 4) {
        plane.across(f64::from(power), &numbers::times(power))?;
    }
    panels::cores_below(plane, &data.ladder_cores())?;
    plane.base()
}

/// All lines of a panel; that of its own rung is the last, above the others.
fn rung(data: &Data, plane: &Plane<'_, '_>, name: &str) -> Result<(), Failure> {
    for other in names(data).iter().filter(|other| **other != name) {
        plane.line(&points(data, other), OTHERS, 2)?;
    }
    plane.dashes(&ideal(data), INK)?;
    for found in of(data, name) {
        let [lowest, highest] = [found.lowest, found.highest].map(log);
        plane.whisker((f64::from(found.cores).log2(), lowest, highest), colour(name))?;
    }
    let points = points(data, name);
    plane.line(&points, colour(name), 4)?;
    plane.marks(&points, mark(name), colour(name))
}

fn names(data: &Data) -> Vec<&str> {
    rungs(data.ladder.iter().map(|found| &found.rung))
}

/// The measurements of a rung, by cores.
fn of<'a>(data: &'a Data, rung: &str) -> Vec<&'a Ladder> {
    let mut found: Vec<_> = data.ladder.iter().filter(|found| found.rung == rung).collect();
    found.sort_by_key(|found| found.cores);
    found
}

fn points(data: &Data, rung: &str) -> Vec<(f64, f64)> {
    let point = |found: &&Ladder| (f64::from(found.cores).log2(), log(found.relative_to_one));
    of(data, rung).iter().map(point).collect()
}

/// Where a ratio is on its axis.
fn log(ratio: f64) -> f64 {
    ratio.max(LEAST).log2()
}

/// What the host's processors could give at best: as many cores as they are.
fn ideal(data: &Data) -> Vec<(f64, f64)> {
    let most = data.ladder_cores().last().copied().unwrap_or(1);
    let corner = data.conditions.host_processors.clamp(1, most);
    [(1, 1), (corner, corner), (most, corner)]
        .map(|(cores, times): (u32, u32)| (f64::from(cores).log2(), f64::from(times).log2()))
        .into()
}

fn powers(data: &Data) -> RangeInclusive<i32> {
    let found = data.ladder.iter().flat_map(|found| [found.lowest, found.highest]);
    let found = found.map(|ratio| ratio.max(LEAST));
    let ideal = ideal(data).into_iter().map(|(_, times)| times.exp2());
    numbers::powers(2.0, found.chain(ideal))
}

/// The ratio with as many cores as the host has processors, or the next fewer: there it says most.
fn about(data: &Data, rung: &str) -> String {
    let found = of(data, rung);
    let processors = data.conditions.host_processors;
    let fit = found.iter().rfind(|found| found.cores <= processors && found.cores > 1);
    let told = fit.or(found.last());
    told.map_or(String::new(), |told| {
        format!("{} at {}", numbers::ratio(told.relative_to_one), told.cores)
    })
}

/// For those who do not see it.
fn description(data: &Data) -> String {
    let said = names(data).into_iter().map(|name| format!("{name} {}", about(data, name)));
    let said: Vec<String> = said.collect();
    format!(
        "A panel for each rung, with the number of cores on a logarithmic axis. {}. All numbers are in the table.",
        said.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_ideal_ends_at_the_processors_of_the_host() {
        let mut data = sample::data();
        assert_eq!(ideal(&data), [(0.0, 0.0), (1.0, 1.0), (6.0, 1.0)]);
        data.conditions.host_processors = 128;
        assert_eq!(ideal(&data), [(0.0, 0.0), (6.0, 6.0), (6.0, 6.0)]);
    }

    #[test]
    fn a_panel_tells_where_the_host_is_just_full() {
        let mut data = sample::data();
        assert_eq!(about(&data, "shared"), "0.62× at 2");
        data.conditions.host_processors = 1;
        assert!(about(&data, "shared").ends_with(" at 64"));
        data.conditions.host_processors = 7;
        assert!(about(&data, "shared").ends_with(" at 4"));
        assert_eq!(about(&data, "none"), "");
    }

    #[test]
    fn every_value_lies_within_the_axes() {
        let data = sample::data();
        let powers = powers(&data);
        for found in &data.ladder {
            assert!(log(found.lowest) >= f64::from(*powers.start()));
            assert!(log(found.highest) <= f64::from(*powers.end()));
        }
    }
}
