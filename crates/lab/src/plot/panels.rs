//! Small panels, one a variant, two beside each other.
//!
//! They are in the same places in every figure.

use super::canvas::{At, FAINT, INK, TEXT, WIDTH, svg};
use super::plane::Plane;
use ladder::About;
use std::ops::Range;

/// Height of what stands above the panels, for each of its lines, and in all.
const LINE: i32 = 42;
const TOP: i32 = 30 + 3 * LINE;
/// Of a panel: its name, its axes, and all with the labels below and the space to the next.
const NAME: i32 = 48;
const AXES: i32 = 196;
const ROW: i32 = NAME + AXES + 72;
/// Left of the axes, where the labels of the values stand.
const BESIDE: i32 = 82;
/// Between two panels, and at the edges.
const BETWEEN: i32 = 30;
const EDGE: i32 = 12;
/// The width of a panel.
const WIDE: i32 = (WIDTH - 2 * EDGE - BETWEEN) / 2;

/// A figure of panels.
pub struct Panels {
    /// Its name, title and description.
    pub svg: [String; 3],
    /// What stands above all panels, the first line in bold.
    pub lines: [String; 3],
    /// The variants, and on the right of a panel's name something about it.
    pub variants: Vec<(&'static About, String)>,
    /// The axes of every panel.
    pub axes: [Range<f64>; 2],
}

impl Panels {
    /// Draws it: in each panel what all of them show alike, and above it what is the variant's own.
    pub fn draw(
        &self,
        alike: impl Fn(&mut Plane<'_>),
        own: impl Fn(&mut Plane<'_>, &'static About),
    ) -> String {
        let [name, title, description] = &self.svg;
        let axes = format!("{name}-axes");
        let rows = i32::try_from(self.variants.len().div_ceil(2)).unwrap_or(0);
        svg(name, TOP + rows * ROW, (title, description), |canvas| {
            for (number, line) in (0..).zip(&self.lines) {
                let place = (EDGE, 34 + number * LINE);
                match number {
                    0 => canvas.write_bold(line, At::Right, place, TEXT * 1.1, INK),
                    _ => canvas.write(line, At::Right, place, TEXT, FAINT),
                }
            }
            for (number, (variant, about)) in (0..).zip(&self.variants) {
                let (right, down) = (number % 2 * (WIDE + BETWEEN), number / 2 * ROW);
                let (left, top) = (EDGE + right, TOP + down + NAME);
                let [x, y] = self.axes.clone();
                let rectangle = [left + BESIDE, top, left + WIDE - 14, top + AXES];
                let mut plane = Plane { canvas: &mut *canvas, rectangle, x, y, beside: BESIDE };
                let height = top - NAME + 18;
                plane.canvas.write_bold(variant.name, At::Right, (left, height), TEXT, INK);
                if !about.is_empty() {
                    let place = (left + WIDE - 2, height);
                    plane.canvas.write(about, At::Left, place, TEXT * 0.94, INK);
                }
                if number == 0 {
                    plane.canvas.begin(&axes);
                    alike(&mut plane);
                    plane.canvas.end();
                } else {
                    plane.canvas.again(&axes, (right, down));
                }
                own(&mut plane, variant);
            }
        })
    }
}
