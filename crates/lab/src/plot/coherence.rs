//! Transfers of cache lines a pair, by the number of cores.
//!
//! There is a panel for each variant, with its numbers above its points.

use super::axis::{Axis, Scale};
use super::canvas::{At, TEXT, width};
use super::colour::INK;
use super::legend::Legend;
use super::look::{self, colour, mark};
use super::numbers;
use super::panels::Panels;
use super::plane::Plane;
use crate::data::{Coherence, Data, variants};
use ladder::About;

/// The size of the numbers above the points, and the units from a point to the middle of its number.
const SIZE: f64 = TEXT * 0.85;
const ABOVE: i32 = 25;

/// Draws the figure. The axes are the same for all variants.
pub fn draw(data: &Data) -> String {
    let counted = variants(data.coherence.iter().map(|found| found.variant));
    let cores = data.coherence_cores();
    let top = data.coherence.iter().map(|found| found.transfers_per_pair).fold(2.0, f64::max);
    let mut up = Axis::new("Cache lines a pair", Scale::OnePlus, [0.0, top], 0.0);
    let room = up.range.end / 4.0; // for the number above the highest point, and a whole mark at 0
    up.range = -room / 5.0..up.range.end + room;
    let panels = Panels {
        svg: [
            "coherence".to_owned(),
            "Transfers of cache lines a pair of acquire and release".to_owned(),
            description(data, &counted),
        ],
        lines: [
            "Cache lines that travel for each pair".to_owned(),
            "Counted while cores take turns, access by access.".to_owned(),
        ],
        legend: Legend(look::kinds(&counted, look::points)),
        variants: counted.into_iter().map(|variant| (variant, String::new())).collect(),
        axes: [Axis::of_counts("Cores", &cores), up],
        unit: "cores",
    };
    let axes = |plane: &mut Plane<'_>| {
        plane.across(steps(top).into_iter().map(|step| (step, numbers::short(step))));
        plane.base(cores.iter().copied());
    };
    panels.draw(axes, |plane, variant| own_line(data, plane, variant))
}

/// Draws the line of a panel's own variant, and numbers above its points; those that would touch their left neighbour
/// are left out.
fn own_line(data: &Data, plane: &mut Plane<'_>, variant: &About) {
    let mut found: Vec<&Coherence> =
        data.coherence.iter().filter(|found| found.variant == variant).collect();
    found.sort_by_key(|found| found.cores);
    let point = |found: &&Coherence| (f64::from(found.cores), found.transfers_per_pair);
    let points: Vec<_> = found.iter().map(point).collect();
    plane.marked(&points, mark(variant.kind), colour(variant.kind));
    let mut free = i32::MIN;
    for point in points {
        let (middle, height) = plane.place(point);
        let number = numbers::short(point.1);
        let half = width(&number, SIZE) / 2;
        if middle - half >= free {
            free = middle + half;
            plane.canvas.write(&number, At::Middle, (middle, height - ABOVE), SIZE, INK);
        }
    }
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
    fn every_point_has_its_number_and_zero_is_one() {
        let mut data = sample::data();
        data.coherence.retain(|found| found.variant.name == "cache_aware");
        let svg = draw(&data);
        // One 0 for each number of cores.
        assert_eq!(svg.matches(">0</text>").count(), data.coherence.len() + 1); // and the axis
    }

    #[test]
    fn numbers_that_would_touch_their_left_neighbour_are_left_out() {
        let mut data = sample::data();
        data.coherence.retain(|found| found.variant.name == "shared" && found.cores > 1);
        for (found, cores) in data.coherence.iter_mut().zip([63, 64, 1]) {
            found.cores = cores;
        }
        assert_eq!(draw(&data).matches(">2</text>").count(), 2 + 1); // and the axis
    }

    #[test]
    fn steps_go_as_far_as_the_highest_value() {
        assert_eq!(steps(2.0), [0.0, 2.0]);
        assert_eq!([31.9, 32.0].map(steps), [vec![0.0, 2.0, 8.0], vec![0.0, 2.0, 16.0]]);
        assert_eq!([999.0, 1024.0].map(|top| steps(top).pop()), [Some(128.0), Some(1024.0)]);
    }
}
