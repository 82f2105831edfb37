//! Throughput against one core, by the number of cores.
//!
//! There is a panel for each variant.

use super::canvas::{Failure, INK, OTHERS, svg};
use super::look::{colour, mark};
use super::plane::Plane;
use super::{numbers, panels};
use crate::data::{Data, Ladder, variants};
use ladder::About;
use std::ops::RangeInclusive;

/// Ratios come in thousandths; one that is written as 0 is drawn as half of one.
const LEAST: f64 = 0.0005;

/// Draws the figure.
pub fn draw(data: &Data) -> Result<String, Failure> {
    let timed = timed(data);
    let lines = heading(data);
    let title = "Throughput of each variant relative to one core";
    let height = panels::height(lines.len(), timed.len());
    svg("ladder", height, (title, &description(data)), |area| {
        panels::heading(area, &lines)?;
        for (number, variant) in timed.into_iter().enumerate() {
            let rectangle = panels::rectangle(lines.len(), number);
            panels::name(area, rectangle, variant.name, &summary(data, variant))?;
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
            lines_of(data, &plane, variant)?;
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
        format!("Dashes: ideal on {processors} processors. Grey: other variants."),
    ]
}

fn axes(data: &Data, plane: &Plane<'_, '_>, powers: &RangeInclusive<i32>) -> Result<(), Failure> {
    for power in numbers::labelled(powers, 4) {
        plane.across(f64::from(power), &numbers::times(power))?;
    }
    panels::cores_below(plane, &data.ladder_cores())?;
    plane.base()
}

/// Draws all lines of a panel. That of its own variant is the last, above the others.
fn lines_of(data: &Data, plane: &Plane<'_, '_>, variant: &About) -> Result<(), Failure> {
    for other in timed(data).into_iter().filter(|other| *other != variant) {
        plane.line(&points(data, other), OTHERS, 2)?;
    }
    plane.dashes(&ideal(data), INK)?;
    let (colour, mark) = (colour(variant.kind), mark(variant.kind));
    for found in of(data, variant) {
        let [lowest, highest] = [found.lowest, found.highest].map(log);
        plane.whisker((f64::from(found.cores).log2(), lowest, highest), colour)?;
    }
    let points = points(data, variant);
    plane.line(&points, colour, 4)?;
    plane.marks(&points, mark, colour)
}

fn timed(data: &Data) -> Vec<&'static About> {
    variants(data.ladder.iter().map(|found| found.variant))
}

/// Returns the measurements of a variant, by cores.
fn of<'a>(data: &'a Data, variant: &About) -> Vec<&'a Ladder> {
    let mut found: Vec<_> = data.ladder.iter().filter(|found| found.variant == variant).collect();
    found.sort_by_key(|found| found.cores);
    found
}

fn points(data: &Data, variant: &About) -> Vec<(f64, f64)> {
    let point = |found: &&Ladder| (f64::from(found.cores).log2(), log(found.relative_to_one));
    of(data, variant).iter().map(point).collect()
}

/// Returns where a ratio is on its axis.
fn log(ratio: f64) -> f64 {
    ratio.max(LEAST).log2()
}

/// Returns the best that the host's processors could give: as many cores as there are processors.
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

/// Returns the ratio with as many cores as the host has processors, or the next fewer: that one says most.
fn summary(data: &Data, variant: &About) -> String {
    let found = of(data, variant);
    let processors = data.conditions.host_processors;
    let fit = found.iter().rfind(|found| found.cores <= processors && found.cores > 1);
    fit.or(found.last()).map_or(String::new(), |shown| {
        format!("{} at {}", numbers::ratio(shown.relative_to_one), shown.cores)
    })
}

/// Returns the text for those who do not see the figure.
fn description(data: &Data) -> String {
    let said = |variant: &About| format!("{} {}", variant.name, summary(data, variant));
    let said: Vec<String> = timed(data).into_iter().map(said).collect();
    format!(
        "A panel for each variant, with the number of cores on a logarithmic axis. {}. All numbers are in the table.",
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
    fn a_panel_says_the_ratio_where_the_host_is_just_full() {
        let mut data = sample::data();
        let shared = ladder::find("shared").unwrap();
        assert_eq!(summary(&data, shared), "0.62× at 2");
        data.conditions.host_processors = 1;
        assert!(summary(&data, shared).ends_with(" at 64"));
        data.conditions.host_processors = 7;
        assert!(summary(&data, shared).ends_with(" at 4"));
        data.ladder.clear();
        assert_eq!(summary(&data, shared), "");
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
