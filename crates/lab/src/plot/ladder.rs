//! Throughput against one core, by the number of cores.
//!
//! There is a panel for each variant.

use super::canvas::{INK, OTHERS};
use super::look::{colour, mark};
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
    let log = |cores: u32| f64::from(cores).log2();
    let [first, last] = [cores.first(), cores.last()].map(|cores| cores.copied().unwrap_or(1));
    let powers = powers(data);
    let up = f64::from(*powers.start()) - 0.15..f64::from(*powers.end()) + 0.15;
    let (rounds, processors) = (data.conditions.rounds, data.conditions.host_processors);
    let panels = Panels {
        svg: [
            "ladder".to_owned(),
            "Throughput of each variant relative to one core".to_owned(),
            description(&said),
        ],
        lines: [
            "Throughput relative to one core".to_owned(),
            format!("Line: median of {rounds} rounds. Bars: lowest to highest."),
            format!("Dashes: ideal on {processors} processors. Grey: other variants."),
        ],
        variants: said,
        axes: [log(first) - 0.4..log(last) + 0.4, up],
    };
    // The grey line of a panel's own variant lies below its coloured one.
    let all: Vec<_> = timed.iter().map(|variant| points(data, variant)).collect();
    let axes = |plane: &mut Plane<'_>| {
        let steps = numbers::labelled(&powers, 4).into_iter();
        plane.across(steps.map(|power| (f64::from(power), numbers::times(power))));
        plane.base(cores.iter().map(|&cores| (log(cores), cores)));
        plane.lines(&all, OTHERS, 2);
        plane.dashes(&ideal(data), INK);
    };
    panels.draw(axes, |plane, variant| own_line(data, plane, variant))
}

/// Draws the line of a panel's own variant.
fn own_line(data: &Data, plane: &mut Plane<'_>, variant: &About) {
    let (colour, mark) = (colour(variant.kind), mark(variant.kind));
    let range =
        |found: &Ladder| (f64::from(found.cores).log2(), [found.lowest, found.highest].map(log));
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
