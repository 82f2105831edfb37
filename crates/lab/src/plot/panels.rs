//! Small panels, one a variant, two beside each other.
//!
//! They are in the same places in every figure.

use super::axis::Axis;
use super::canvas::{At, TEXT, WIDTH, svg};
use super::colour::{FAINT, INK};
use super::legend::Legend;
use super::plane::Plane;
use ladder::About;

/// Height of the two lines above the legend, and of the title of the axis that goes up, below it.
const HEADING: i32 = 98;
const TITLE: i32 = 58;
/// Of a panel: its name, its axes, and all with the labels below and the space to the next.
const NAME: i32 = 48;
const AXES: i32 = 196;
const ROW: i32 = NAME + AXES + 72;
/// Below the last row, where the title of the axis across stands.
const BELOW: i32 = 40;
/// Left of the axes, where the labels of the values stand.
const BESIDE: i32 = 82;
/// Between two panels, and at the edges.
const BETWEEN: i32 = 30;
const EDGE: i32 = 12;
/// The width of a panel, and of all that is not one.
const WIDE: i32 = (WIDTH - 2 * EDGE - BETWEEN) / 2;
const ROOM: i32 = WIDTH - 2 * EDGE;

/// A figure of panels.
pub struct Panels {
    /// Its name, title and description.
    pub svg: [String; 3],
    /// What stands above all panels, the first in bold.
    pub lines: [String; 2],
    pub legend: Legend,
    /// The variants, and on the right of a panel's name something about it.
    pub variants: Vec<(&'static About, String)>,
    /// The axes of every panel, and what the one across counts, in a word.
    pub axes: [Axis; 2],
    pub unit: &'static str,
}

impl Panels {
    /// Draws it: in each panel what all of them show alike, and above it what is the variant's own.
    pub fn draw(
        &self,
        alike: impl Fn(&mut Plane<'_>),
        own: impl Fn(&mut Plane<'_>, &'static About),
    ) -> String {
        let [name, title, description] = &self.svg;
        let [heading, note] = &self.lines;
        let [across, up] = self.axes.each_ref().map(Axis::title);
        let axes = format!("{name}-axes");
        let rows = i32::try_from(self.variants.len().div_ceil(2)).unwrap_or(0);
        let above = HEADING + self.legend.height(ROOM);
        let panels = above + TITLE;
        let height = panels + rows * ROW + BELOW;
        svg(name, height, (title, description), |canvas| {
            canvas.write_bold(heading, At::Right, (EDGE, 34), TEXT * 1.1, INK);
            canvas.write(note, At::Right, (EDGE, 76), TEXT, FAINT);
            self.legend.draw(canvas, (EDGE, HEADING), ROOM);
            canvas.write(&up, At::Right, (EDGE, above + TITLE / 2), TEXT, INK);
            canvas.write(&across, At::Middle, (WIDTH / 2, height - BELOW + 4), TEXT, INK);
            for (number, (variant, about)) in (0..).zip(&self.variants) {
                let (right, down) = (number % 2 * (WIDE + BETWEEN), number / 2 * ROW);
                let (left, top) = (EDGE + right, panels + down + NAME);
                let rectangle = [left + BESIDE, top, left + WIDE - 14, top + AXES];
                let mut plane = Plane {
                    canvas: &mut *canvas,
                    rectangle,
                    axes: self.axes.clone(),
                    beside: BESIDE,
                };
                let height = top - NAME + 18;
                plane.canvas.write_bold(variant.name, At::Right, (left, height), TEXT, INK);
                if !about.is_empty() {
                    let place = (left + WIDE - 2, height);
                    plane.canvas.write(about, At::Left, place, TEXT * 0.94, INK);
                }
                if number == 0 {
                    plane.canvas.begin(&axes);
                    alike(&mut plane);
                    let place = (left + BESIDE - 10, top + AXES + 27);
                    plane.canvas.write(self.unit, At::Left, place, TEXT * 0.75, FAINT);
                    plane.canvas.end();
                } else {
                    plane.canvas.again(&axes, (right, down));
                }
                own(&mut plane, variant);
            }
        })
    }
}
