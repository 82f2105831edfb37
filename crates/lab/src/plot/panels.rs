//! Small panels, one a variant, two beside each other.
//!
//! They are in the same places in every figure.

use super::canvas::{Area, At, FAINT, Failure, INK, TEXT, WIDTH, width, write, write_bold};
use super::plane::Plane;
use std::ops::Range;

/// Height of what stands above the panels, for each of its lines.
const LINE: i32 = 42;
/// Of a panel: its name, its axes, the labels below, and the space to the next.
const NAME: i32 = 48;
const AXES: i32 = 196;
const BELOW: i32 = 46;
const GAP: i32 = 26;
/// Left of the axes, where the labels of the values stand.
pub const BESIDE: i32 = 82;
/// Between two panels, and at the edges.
const BETWEEN: i32 = 30;
const EDGE: i32 = 12;

/// The height of a figure with so many lines above and so many panels.
pub fn height(lines: usize, panels: usize) -> u32 {
    let panels = i32::try_from(panels.div_ceil(2)).unwrap_or(0);
    let height = top(lines) + panels * (NAME + AXES + BELOW + GAP);
    height.unsigned_abs()
}

fn top(lines: usize) -> i32 {
    30 + LINE * i32::try_from(lines).unwrap_or(0)
}

/// Writes the lines above all panels, the first in bold.
pub fn heading(area: &Area<'_>, lines: &[String]) -> Result<(), Failure> {
    for (number, line) in (0..).zip(lines) {
        let place = (EDGE, 34 + number * LINE);
        match number {
            0 => write_bold(area, line, At::Right, place, TEXT * 1.1, INK)?,
            _ => write(area, line, At::Right, place, TEXT, FAINT)?,
        }
    }
    Ok(())
}

/// Where the axes of panel `number` are: left, top, right, bottom.
pub fn rectangle(lines: usize, number: usize) -> [i32; 4] {
    let (row, column) = (number / 2, number % 2);
    let [row, column] = [row, column].map(|index| i32::try_from(index).unwrap_or(0));
    let width = (WIDTH.cast_signed() - 2 * EDGE - BETWEEN) / 2;
    let left = EDGE + column * (width + BETWEEN);
    let above = top(lines) + row * (NAME + AXES + BELOW + GAP) + NAME;
    [left + BESIDE, above, left + width - 14, above + AXES]
}

/// Writes a panel's name, and on its right something about it.
pub fn name(
    area: &Area<'_>,
    [left, top, right, _]: [i32; 4],
    name: &str,
    about: &str,
) -> Result<(), Failure> {
    let height = top - NAME + 18;
    write_bold(area, name, At::Right, (left - BESIDE, height), TEXT, INK)?;
    if about.is_empty() {
        return Ok(());
    }
    write(area, about, At::Left, (right + 12, height), TEXT * 0.94, INK)
}

/// The axis of core counts, logarithmic, with some room on both sides.
pub fn across(cores: &[u32]) -> Range<f64> {
    let [first, last] = [cores.first(), cores.last()].map(|cores| cores.copied().unwrap_or(1));
    f64::from(first).log2() - 0.4..f64::from(last).log2() + 0.4
}

/// The labels of that axis.
pub fn cores_below(plane: &Plane<'_, '_>, cores: &[u32]) -> Result<(), Failure> {
    labels_below(plane, cores.iter().map(|cores| (f64::from(*cores).log2(), *cores)))
}

/// Numbers at places below a plane; those that would touch their left neighbour are left out.
pub fn labels_below(
    plane: &Plane<'_, '_>,
    labels: impl Iterator<Item = (f64, u32)>,
) -> Result<(), Failure> {
    let mut free = i32::MIN;
    for (place, number) in labels {
        let label = number.to_string();
        let half = width(&label, TEXT) / 2;
        let (middle, _) = plane.place((place, 0.0));
        if middle - half >= free {
            plane.below(place, &label)?;
            free = middle + half + 8;
        }
    }
    Ok(())
}
