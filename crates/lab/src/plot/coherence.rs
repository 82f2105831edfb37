//! Transfers of cache lines a pair, by the number of cores.
//!
//! There is a panel of bars for each variant.

use super::canvas::{At, INK, TEXT, width};
use super::look::colour;
use super::numbers;
use super::panels::Panels;
use super::plane::Plane;
use crate::data::{Data, variants};
use ladder::About;

/// Draws the figure. The axes are the same for all variants.
pub fn draw(data: &Data) -> String {
    let counted = variants(data.coherence.iter().map(|found| found.variant));
    let cores = data.coherence_cores();
    let top = data.coherence.iter().map(|found| found.transfers_per_pair).fold(2.0, f64::max);
    let up = 0.0..1.25 * scale(top); // with room for the number above the highest bar
    let places: Vec<(f64, u32)> = (0..).map(f64::from).zip(cores).collect();
    let panels = Panels {
        svg: [
            "coherence".to_owned(),
            "Transfers of cache lines a pair of acquire and release".to_owned(),
            description(data, &counted),
        ],
        lines: [
            "Transfers of cache lines a pair".to_owned(),
            "By cores, which take turns, access by access.".to_owned(),
            "Counted, not timed: the same in every run.".to_owned(),
        ],
        variants: counted.into_iter().map(|variant| (variant, String::new())).collect(),
        axes: [-0.5..places.len() as f64 - 0.5, up],
    };
    let axes = |plane: &mut Plane<'_>| {
        plane.across(steps(top).into_iter().map(|step| (scale(step), numbers::short(step))));
        plane.base(places.iter().copied());
    };
    panels.draw(axes, |plane, variant| bars(data, plane, variant, &places))
}

/// Draws the bars of a variant, each with its number; for 0 only the number.
fn bars(data: &Data, plane: &mut Plane<'_>, variant: &About, places: &[(f64, u32)]) {
    let size = size(data, plane);
    let mut bars = Vec::new();
    for found in data.coherence.iter().filter(|found| found.variant == variant) {
        let Some((place, _)) = places.iter().find(|(_, cores)| *cores == found.cores) else {
            continue;
        };
        let high = scale(found.transfers_per_pair);
        let corners = [(place - 0.32, high), (place + 0.32, 0.0)];
        if high > 0.0 {
            bars.push(corners.map(|corner| plane.place(corner)));
        }
        let (middle, top) = plane.place((*place, high));
        let number = numbers::short(found.transfers_per_pair);
        plane.canvas.write(&number, At::Middle, (middle, top - 20), size, INK);
    }
    plane.canvas.rectangles(&bars, colour(variant.kind));
}

/// The size of the numbers above the bars: the longest must not touch its neighbours.
fn size(data: &Data, plane: &Plane<'_>) -> f64 {
    let [left, right] = [0.0, 0.88].map(|place| plane.place((place, 0.0)).0);
    let numbers = data.coherence.iter().map(|found| numbers::short(found.transfers_per_pair));
    let longest = numbers.map(|number| width(&number, TEXT)).max().unwrap_or(1);
    TEXT * (f64::from(right - left) / f64::from(longest)).min(0.95)
}

/// The height of a value: log2(1 + value), which shows 0 as nothing, and 2 beside 100.
fn scale(value: f64) -> f64 {
    (1.0 + value).log2()
}

/// Values with a line of the grid: as many as have room for their labels.
fn steps(top: f64) -> Vec<f64> {
    let all: &[f64] = match top {
        ..32.0 => &[0.0, 2.0, 8.0],
        ..1000.0 => &[0.0, 2.0, 16.0, 128.0],
        _ => &[0.0, 16.0, 1024.0, 65536.0],
    };
    all.iter().copied().filter(|step| *step <= top).collect()
}

/// Returns the text for those who do not see the figure.
fn description(data: &Data, counted: &[&About]) -> String {
    let mut said = Vec::new();
    for &variant in counted {
        let found = data.coherence.iter().filter(|found| found.variant == variant);
        let values: Vec<String> = found
            .map(|found| {
                format!("{} with {}", numbers::short(found.transfers_per_pair), found.cores)
            })
            .collect();
        said.push(format!("{}: {}", variant.name, values.join(", ")));
    }
    format!("Transfers a pair by variant, each with its numbers of cores. {}.", said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use ladder::Kind;

    #[test]
    fn nothing_is_drawn_for_zero_but_its_number() {
        let mut data = sample::data();
        data.coherence.retain(|found| found.variant.name == "cache_aware");
        let svg = draw(&data);
        // Nothing in its colour; one 0 for each number of cores.
        assert!(!svg.contains(colour(Kind::OwnLine)));
        assert_eq!(svg.matches(">0</text>").count(), data.coherence.len() + 1); // and the axis
    }

    #[test]
    fn a_bar_is_as_high_as_its_value() {
        assert_eq!((scale(0.0), scale(1.0), scale(3.0)), (0.0, 1.0, 2.0));
        assert_eq!(steps(2.0), [0.0, 2.0]);
        assert_eq!([31.9, 32.0].map(steps), [vec![0.0, 2.0, 8.0], vec![0.0, 2.0, 16.0]]);
        assert_eq!([999.0, 1024.0].map(|top| steps(top).pop()), [Some(128.0), Some(1024.0)]);
    }
}
