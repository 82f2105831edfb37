//! Transfers of cache lines a pair, by the number of cores.
//!
//! There is a panel of bars for each variant.

use super::canvas::{Area, At, Failure, INK, TEXT, svg, width, write};
use super::look::colour;
use super::plane::Plane;
use super::{numbers, panels};
use crate::data::{Coherence, Data, variants};
use ladder::About;

/// Draws the figure.
pub fn draw(data: &Data) -> Result<String, Failure> {
    let counted = variants(data.coherence.iter().map(|found| found.variant));
    let lines = [
        "Transfers of cache lines a pair".to_owned(),
        "By cores, which take turns, access by access.".to_owned(),
        "Counted, not timed: the same in every run.".to_owned(),
    ];
    let title = "Transfers of cache lines a pair of acquire and release";
    let height = panels::height(lines.len(), counted.len());
    svg("coherence", height, (title, &description(data, &counted)), |area| {
        panels::heading(area, &lines)?;
        for (number, variant) in counted.into_iter().enumerate() {
            let rectangle = panels::rectangle(lines.len(), number);
            panels::name(area, rectangle, variant.name, "")?;
            panel(data, area, rectangle, variant)?;
        }
        Ok(())
    })
}

/// Draws the axes and the bars of one variant. The axes are the same for all.
fn panel(
    data: &Data,
    area: &Area<'_>,
    rectangle: [i32; 4],
    variant: &About,
) -> Result<(), Failure> {
    let cores = data.coherence_cores();
    let top = data.coherence.iter().map(|found| found.transfers_per_pair).fold(2.0, f64::max);
    let up = 0.0..1.25 * scale(top); // with room for the number above the highest bar
    let across = -0.5..cores.len() as f64 - 0.5;
    let plane = Plane::new(area, rectangle, across, up, panels::BESIDE)?;
    for value in steps(top) {
        plane.across(scale(value), &numbers::short(value))?;
    }
    let places = cores.iter().zip(0..).map(|(cores, place)| (f64::from(place), *cores));
    for (place, cores) in places.clone() {
        let here = |found: &&Coherence| found.variant == variant && found.cores == cores;
        for found in data.coherence.iter().filter(here) {
            bar(&plane, place, found, size(data, &plane))?;
        }
    }
    panels::labels_below(&plane, places)?;
    plane.base()
}

/// Draws one bar with its number; for 0 only the number.
fn bar(plane: &Plane<'_, '_>, place: f64, found: &Coherence, size: f64) -> Result<(), Failure> {
    let high = scale(found.transfers_per_pair);
    if high > 0.0 {
        plane.block((place - 0.32, 0.0), (place + 0.32, high), colour(found.variant.kind))?;
    }
    let (middle, top) = plane.place((place, high));
    let number = numbers::short(found.transfers_per_pair);
    write(plane.area(), &number, At::Middle, (middle, top - 20), size, INK)
}

/// The size of the numbers above the bars: the longest must not touch its neighbours.
fn size(data: &Data, plane: &Plane<'_, '_>) -> f64 {
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

    #[test]
    fn nothing_is_drawn_for_zero_but_its_number() {
        let mut data = sample::data();
        data.coherence.retain(|found| found.variant.name == "cache_aware");
        let svg = draw(&data).unwrap();
        // The white ground is the only rectangle; one 0 for each number of cores.
        assert_eq!(svg.matches("<rect").count(), 1);
        assert_eq!(svg.matches("\n0\n").count(), data.coherence.len() + 1); // and the axis
    }

    #[test]
    fn a_bar_is_as_high_as_its_value() {
        assert_eq!((scale(0.0), scale(1.0), scale(3.0)), (0.0, 1.0, 2.0));
        assert_eq!(steps(2.0), [0.0, 2.0]);
        assert_eq!(steps(64.0), [0.0, 2.0, 16.0]);
    }
}
