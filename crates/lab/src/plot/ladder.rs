//! Throughput against one core, by the number of cores.
//!
//! There is a panel for each variant.

use super::axis::{Axis, Scale};
use super::colour::{INK, OTHERS};
use super::legend::{Legend, Sign};
use super::look::{self, colour, mark};
use super::numbers;
use super::panels::Panels;
use super::plane::Plane;
use crate::data::{Data, Ladder, variants};
use ladder::About;
use std::ops::RangeInclusive;

/// Ratios come in thousandths; one that is written as 0 is drawn as half of one.
const LEAST: f64 = 0.0005;

/// Draws the figure.
pub fn draw(data: &Data) -> String {
    let timed = variants(data.ladder.iter().map(|found| found.variant));
    let said = timed.iter().map(|&variant| (variant, summary(data, variant)));
    let said: Vec<(&'static About, String)> = said.collect();
    let cores = data.ladder_cores();
    let powers = powers(data);
    let ends = [*powers.start(), *powers.end()].map(|power| 2_f64.powi(power));
    let beyond = beyond(data);
    let panels = Panels {
        svg: [
            "ladder".to_owned(),
            "Throughput of each variant relative to one core".to_owned(),
            description(&said),
        ],
        lines: [
            "Throughput relative to one core".to_owned(),
            format!("Timed: the median of {} rounds.", data.conditions.rounds),
        ],
        legend: legend(data, &timed, beyond.is_some()),
        variants: said,
        axes: [
            Axis::of_counts("Cores", &cores),
            Axis::new("Throughput, one core is 1×", Scale::Logarithmic, ends, 0.15),
        ],
        unit: "cores",
    };
    // The grey line of a panel's own variant lies below its coloured one.
    let all: Vec<_> = timed.iter().map(|variant| points(data, variant)).collect();
    let axes = |plane: &mut Plane<'_>| {
        if let Some(beyond) = beyond {
            plane.shade(beyond);
        }
        let steps = numbers::labelled(&powers, 4).into_iter();
        plane.across(steps.map(|power| (2_f64.powi(power), numbers::times(power))));
        plane.base(cores.iter().copied());
        plane.lines(&all, OTHERS, 2);
        plane.dashes(&ideal(data), INK);
    };
    panels.draw(axes, |plane, variant| own_line(data, plane, variant))
}

/// Says what the signs stand for.
fn legend(data: &Data, timed: &[&About], shaded: bool) -> Legend {
    let mut signs = look::kinds(timed, look::points);
    signs.push((Sign::Whisker(INK), "lowest to highest".to_owned()));
    signs.push((Sign::Line(OTHERS), "other variants".to_owned()));
    let processors = data.conditions.host_processors;
    signs.push((Sign::Dashes(INK), format!("ideal on {processors} processors")));
    if shaded {
        signs.push((Sign::Shade, "more cores than the host has".to_owned()));
    }
    Legend(signs)
}

/// Returns from which number of cores on columns are shaded: half-way, by the scale, between the last that the host has
/// processors for and the next. `None`: it has enough for all.
fn beyond(data: &Data) -> Option<f64> {
    let cores = data.ladder_cores();
    let (enough, more) =
        cores.split_at(cores.partition_point(|&cores| cores <= data.conditions.host_processors));
    let first = f64::from(*more.first()?);
    Some((enough.last().map_or(first / 2.0, |&last| last.into()) * first).sqrt())
}

/// Draws the line of a panel's own variant.
fn own_line(data: &Data, plane: &mut Plane<'_>, variant: &About) {
    let (colour, mark) = (colour(variant.kind), mark(variant.kind));
    let range = |found: &Ladder| (found.cores.into(), [found.lowest, found.highest].map(drawn));
    let ranges: Vec<_> = of(data, variant).into_iter().map(range).collect();
    plane.whiskers(&ranges, colour);
    plane.marked(&points(data, variant), mark, colour);
}

/// Returns the measurements of a variant, by cores.
fn of<'a>(data: &'a Data, variant: &About) -> Vec<&'a Ladder> {
    let mut found: Vec<_> = data.ladder.iter().filter(|found| found.variant == variant).collect();
    found.sort_by_key(|found| found.cores);
    found
}

fn points(data: &Data, variant: &About) -> Vec<(f64, f64)> {
    let point = |found: &&Ladder| (found.cores.into(), drawn(found.relative_to_one));
    of(data, variant).iter().map(point).collect()
}

/// Returns the ratio that is drawn.
fn drawn(ratio: f64) -> f64 {
    ratio.max(LEAST)
}

/// Returns the best that the host's processors could give: as many cores as there are processors.
fn ideal(data: &Data) -> Vec<(f64, f64)> {
    let most = data.ladder_cores().last().copied().unwrap_or(1);
    let corner = data.conditions.host_processors.clamp(1, most);
    [(1, 1), (corner, corner), (most, corner)]
        .map(|(cores, times): (u32, u32)| (cores.into(), times.into()))
        .into()
}

fn powers(data: &Data) -> RangeInclusive<i32> {
    let found = data.ladder.iter().flat_map(|found| [found.lowest, found.highest]);
    let ideal = ideal(data).into_iter().map(|(_, times)| times);
    numbers::powers(2.0, found.map(drawn).chain(ideal))
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
fn description(said: &[(&About, String)]) -> String {
    let said: Vec<String> =
        said.iter().map(|(variant, summary)| format!("{} {summary}", variant.name)).collect();
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
        assert_eq!(ideal(&data), [(1.0, 1.0), (2.0, 2.0), (64.0, 2.0)]);
        data.conditions.host_processors = 128;
        assert_eq!(ideal(&data), [(1.0, 1.0), (64.0, 64.0), (64.0, 64.0)]);
    }

    #[test]
    fn the_columns_beyond_the_processors_of_the_host_are_shaded_and_no_other() {
        let mut data = sample::data();
        for processors in 0..=65 {
            data.conditions.host_processors = processors;
            let from = beyond(&data);
            for cores in data.ladder_cores() {
                let shaded = from.is_some_and(|from| f64::from(cores) > from);
                assert_eq!(shaded, cores > processors, "{cores} cores on {processors} processors");
            }
            // The legend says so where there is something to say, and the shade is drawn once for all panels.
            let svg = draw(&data);
            let count = |part: &str| svg.matches(part).count();
            let there = usize::from(processors < 64);
            assert_eq!(count(">more cores than the host has</text>"), there);
            let shade = format!("<path fill=\"{}\"", crate::plot::colour::SHADE.light);
            assert_eq!(count(&shade), 2 * there, "{processors} processors");
        }
        data.conditions.host_processors = 2;
        assert_eq!(beyond(&data), Some(8_f64.sqrt()));
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
            assert!(drawn(found.lowest) >= 2_f64.powi(*powers.start()));
            assert!(drawn(found.highest) <= 2_f64.powi(*powers.end()));
        }
    }
}
