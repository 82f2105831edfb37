//! One system of axes, and what is drawn in it.

use super::axis::{Axis, Scale};
use super::canvas::{At, Canvas, Mark, TEXT, width};
use super::colour::{Colour, FAINT, GRID, SHADE};

/// Half of a bar's breadth, on the axis that it stands on.
const HALF: f64 = 0.33;

/// A system of axes on a canvas. What is drawn is told by its values.
pub struct Plane<'a> {
    /// What it is drawn on.
    pub canvas: &'a mut Canvas,
    /// Left, top, right and bottom, in units, the last two not included.
    pub rectangle: [i32; 4],
    /// The axis across, and the one up.
    pub axes: [Axis; 2],
    /// Units left of it, for labels.
    pub beside: i32,
}

impl Plane<'_> {
    /// Returns where a point is, in units.
    pub fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let [left, top, right, bottom] = self.rectangle;
        let [across, up] = &self.axes;
        (across.along(x, [left, right - 1]), up.along(y, [bottom - 1, top]))
    }

    /// Writes the titles of the axes: above the one that goes up, and below the one across.
    pub fn titles(&mut self) {
        let [left, top, right, bottom] = self.rectangle;
        let [across, up] = self.axes.each_ref().map(Axis::title);
        self.canvas.write(&up, At::Right, (left - self.beside + 12, top - 34), TEXT, FAINT);
        self.canvas.write(&across, At::Middle, ((left + right) / 2, bottom + 72), TEXT, FAINT);
    }

    /// Draws the grid: a line across for each value, with its label at the left.
    pub fn across(&mut self, steps: impl IntoIterator<Item = (f64, String)>) {
        let [left, top, right, bottom] = self.rectangle;
        let mut lines = Vec::new();
        for (value, label) in steps {
            let middle = self.axes[1].along(value, [bottom - 1, top]);
            let fits = f64::from(self.beside - 12) / f64::from(width(&label, TEXT));
            self.canvas.write(&label, At::Left, (left - 10, middle), TEXT * fits.min(1.0), FAINT);
            lines.push(vec![(left, middle), (right - 1, middle)]);
        }
        self.canvas.lines(&lines, GRID, 2);
    }

    /// Draws the line that everything stands on, and numbers below it, each with a short stroke; those that
    /// would touch their left neighbour are left out.
    pub fn base(&mut self, numbers: impl IntoIterator<Item = u32>) {
        let [left, _, right, bottom] = self.rectangle;
        let bottom = bottom - 1;
        let (mut lines, mut free) = (vec![vec![(left, bottom), (right - 1, bottom)]], i32::MIN);
        for number in numbers {
            let middle = self.axes[0].along(number.into(), [left, right - 1]);
            let label = number.to_string();
            let half = width(&label, TEXT) / 2;
            if middle - half >= free {
                free = middle + half + 8;
                lines.push(vec![(middle, bottom), (middle, bottom + 8)]);
                self.canvas.write(&label, At::Middle, (middle, bottom + 28), TEXT, FAINT);
            }
        }
        self.canvas.lines(&lines, FAINT, 2);
    }

    /// Shades everything to the right of a value.
    pub fn shade(&mut self, from: f64) {
        let [left, top, right, bottom] = self.rectangle;
        let from = self.axes[0].along(from, [left, right - 1]);
        self.canvas.rectangles(&[[(from, top), (right, bottom - 1)]], SHADE);
    }

    /// Draws lines, each through its points.
    pub fn lines(&mut self, lines: &[Vec<(f64, f64)>], colour: Colour, width: u32) {
        let lines: Vec<_> = lines.iter().map(|line| self.places(line)).collect();
        self.canvas.lines(&lines, colour, width);
    }

    /// Draws a dashed line through points.
    pub fn dashes(&mut self, points: &[(f64, f64)], colour: Colour) {
        let points = self.places(points);
        self.canvas.dashes(&points, colour, 3);
    }

    /// Draws a line from each lower to its upper value, with a foot at each end.
    pub fn whiskers(&mut self, whiskers: &[(f64, [f64; 2])], colour: Colour) {
        let line = |(x, ends): &(f64, [f64; 2])| ends.map(|value| self.place((*x, value)));
        let lines: Vec<_> = whiskers.iter().map(line).collect();
        self.canvas.whiskers(&lines, colour);
    }

    /// Draws a line through points, and their marks.
    pub fn marked(&mut self, points: &[(f64, f64)], mark: Mark, colour: Colour) {
        let points = self.places(points);
        self.canvas.marks(&points, mark, colour);
        self.canvas.lines(&[points], colour, 4);
    }

    /// Draws a bar from 0 to the right, at this height. A bar that were not as long as its value would lie: the axis
    /// has to be linear.
    pub fn bar(&mut self, (value, height): (f64, f64), colour: Colour) {
        assert_eq!(self.axes[0].scale, Scale::Linear, "a bar on {}", self.axes[0].title());
        let corners = [(0.0, height + HALF), (value, height - HALF)];
        let corners = corners.map(|corner| self.place(corner));
        self.canvas.rectangles(&[corners], colour);
    }

    fn places(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().map(|point| self.place(*point)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::svg;
    use crate::plot::colour::INK;

    /// Draws in a plane of 100 by 50 units at (20, 10), whose axes go to 10 and to 5.
    fn drawn(draw: impl FnOnce(&mut Plane<'_>)) -> String {
        let axis = |what, last| Axis::new(what, Scale::Linear, [0.0, last], 0.0);
        svg("x", 100, ("", ""), |canvas| {
            let (rectangle, axes) = ([20, 10, 121, 61], [axis("cores", 10.0), axis("lines", 5.0)]);
            draw(&mut Plane { canvas, rectangle, axes, beside: 100 });
        })
    }

    #[test]
    fn a_value_lies_on_its_unit() {
        drawn(|plane| {
            assert_eq!(plane.place((0.0, 0.0)), (20, 60));
            assert_eq!(plane.place((10.0, 5.0)), (120, 10));
            assert_eq!(plane.place((2.59, 1.99)), (45, 41));
        });
    }

    #[test]
    fn both_axes_have_their_titles() {
        let svg = drawn(|plane| {
            plane.axes[0].scale = Scale::Logarithmic;
            plane.titles();
        });
        for title in ["lines", "cores (logarithmic scale)"] {
            assert!(svg.contains(&format!(">{title}</text>")), "{svg}");
        }
    }

    #[test]
    fn numbers_that_would_touch_their_left_neighbour_are_left_out() {
        // A digit is 18 units wide, 8 are free between two, and a number is 10 from the next.
        let svg = drawn(|plane| plane.base([0, 1, 2, 3, 5, 6, 7]));
        let labels = [(20, 0), (50, 3), (80, 6)].map(|(x, number)| {
            let start = format!("<text x=\"{x}\" y=\"88\" ");
            svg.lines().any(|line| {
                line.starts_with(&start) && line.ends_with(&format!(">{number}</text>"))
            })
        });
        assert_eq!(labels, [true; 3], "{svg}");
        assert_eq!(svg.matches("<text").count(), 3, "{svg}");
        assert!(svg.contains("d=\"M20,60 120,60M20,60 20,68M50,60 50,68M80,60 80,68\""), "{svg}");
    }

    #[test]
    fn a_label_that_is_too_wide_is_written_smaller() {
        let svg = drawn(|plane| plane.across([(0.0, "1".to_owned()), (5.0, "123456".to_owned())]));
        // 88 units for 6 letters that need 108.
        assert!(svg.contains("<text x=\"10\" y=\"60\" ") && svg.contains("font-size=\"32\""));
        let smaller = 32.0 * 88.0 / 108.0;
        assert!(svg.contains(&format!("font-size=\"{smaller}")), "{svg}");
        assert!(svg.contains("d=\"M20,60 120,60M20,10 120,10\""), "{svg}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_value() {
        let svg = drawn(|plane| plane.bar((5.0, 2.0), INK));
        assert!(svg.contains("d=\"M20,37H70V44H20Z\""), "{svg}");
    }

    #[test]
    #[should_panic(expected = "a bar on cores (logarithmic scale)")]
    fn there_is_no_bar_on_a_scale_that_is_not_linear() {
        drawn(|plane| {
            plane.axes[0].scale = Scale::Logarithmic;
            plane.bar((5.0, 2.0), INK);
        });
    }
}
