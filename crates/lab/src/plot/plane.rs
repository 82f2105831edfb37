//! One system of axes, and what is drawn in it.

use super::canvas::{At, Canvas, Colour, FAINT, GRID, Mark, TEXT, width};
use std::ops::Range;

/// A system of axes on a canvas.
pub struct Plane<'a> {
    /// What it is drawn on.
    pub canvas: &'a mut Canvas,
    /// Left, top, right and bottom, in units, the last two not included.
    pub rectangle: [i32; 4],
    /// What the axis across goes from and to.
    pub x: Range<f64>,
    /// The same of the other axis.
    pub y: Range<f64>,
    /// Units left of it, for labels.
    pub beside: i32,
}

impl Plane<'_> {
    /// Returns where a point is, in units.
    pub fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let [left, top, right, bottom] = self.rectangle;
        (along(x, &self.x, [left, right - 1]), along(y, &self.y, [bottom - 1, top]))
    }

    /// Draws the grid: a line across for each value, with its label at the left.
    pub fn across(&mut self, steps: impl IntoIterator<Item = (f64, String)>) {
        let mut lines = Vec::new();
        for (value, label) in steps {
            let ends = [self.x.start, self.x.end].map(|end| self.place((end, value)));
            let fits = f64::from(self.beside - 12) / f64::from(width(&label, TEXT));
            let (left, middle) = ends[0];
            self.canvas.write(&label, At::Left, (left - 10, middle), TEXT * fits.min(1.0), FAINT);
            lines.push(ends.to_vec());
        }
        self.canvas.lines(&lines, GRID, 2);
    }

    /// Draws the line that everything stands on, and numbers below it, each with a short stroke; those that
    /// would touch their left neighbour are left out.
    pub fn base(&mut self, labels: impl IntoIterator<Item = (f64, u32)>) {
        let ends = [self.x.start, self.x.end].map(|end| self.place((end, self.y.start)));
        let (mut lines, mut free) = (vec![ends.to_vec()], i32::MIN);
        for (value, number) in labels {
            let (middle, bottom) = self.place((value, self.y.start));
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
        let foot = |(at, height)| [(at, height), (at - 7, height), (at + 7, height), (at, height)];
        let line =
            |(x, ends): &(f64, [f64; 2])| ends.map(|value| foot(self.place((*x, value)))).concat();
        let lines: Vec<_> = whiskers.iter().map(line).collect();
        self.canvas.lines(&lines, colour, 3);
    }

    /// Draws a line through points, and their marks.
    pub fn marked(&mut self, points: &[(f64, f64)], mark: Mark, colour: Colour) {
        let points = self.places(points);
        self.canvas.marks(&points, mark, colour);
        self.canvas.lines(&[points], colour, 4);
    }

    fn places(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().map(|point| self.place(*point)).collect()
    }
}

/// Returns how far a value is on the way between the ends of an axis: the last whole unit that it has reached,
/// or the next one if only rounding keeps it from it.
fn along(value: f64, axis: &Range<f64>, [from, to]: [i32; 2]) -> i32 {
    let way = f64::from(to - from) * (value - axis.start) / (axis.end - axis.start);
    from + (way + 1e-3_f64.copysign(way)).trunc() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::svg;

    /// Draws in a plane of 100 by 50 units at (20, 10), whose axes go to 10 and to 5.
    fn drawn(draw: impl FnOnce(&mut Plane<'_>)) -> String {
        svg("x", 100, ("", ""), |canvas| {
            let rectangle = [20, 10, 121, 61];
            draw(&mut Plane { canvas, rectangle, x: 0.0..10.0, y: 0.0..5.0, beside: 100 });
        })
    }

    #[test]
    fn a_value_lies_on_its_unit() {
        drawn(|plane| {
            assert_eq!(plane.place((0.0, 0.0)), (20, 60));
            assert_eq!(plane.place((10.0, 5.0)), (120, 10));
            assert_eq!(plane.place((2.59, 1.99)), (45, 41));
        });
        // Only rounding keeps the last one from its unit.
        let along = |value| along(value, &(0.0..10.0), [0, 100]);
        assert_eq!([2.99, 2.99995, 3.0].map(along), [29, 30, 30]);
        assert_eq!([-2.99, -2.99995].map(along), [-29, -30]);
    }

    #[test]
    fn numbers_that_would_touch_their_left_neighbour_are_left_out() {
        // A digit is 18 units wide, and 8 are free between two.
        let svg = drawn(|plane| plane.base([(0.0, 1), (2.5, 2), (2.6, 3), (5.1, 4), (5.2, 5)]));
        let labels = [(20, 1), (46, 3), (72, 5)].map(|(x, number)| {
            let start = format!("<text x=\"{x}\" y=\"88\" ");
            svg.lines().any(|line| {
                line.starts_with(&start) && line.ends_with(&format!(">{number}</text>"))
            })
        });
        assert_eq!(labels, [true; 3], "{svg}");
        assert_eq!(svg.matches("<text").count(), 3, "{svg}");
        assert!(svg.contains("d=\"M20,60 120,60M20,60 20,68M46,60 46,68M72,60 72,68\""), "{svg}");
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
}
