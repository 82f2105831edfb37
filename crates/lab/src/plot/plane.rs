//! One system of axes, and what is drawn in it.

use super::canvas::{At, Canvas, Colour, FAINT, GRID, TEXT, width};
use std::ops::Range;

/// A system of axes on a canvas.
pub struct Plane<'a> {
    /// What it is drawn on.
    pub canvas: &'a mut Canvas,
    rectangle: [i32; 4],
    x: Range<f64>,
    y: Range<f64>,
    beside: i32,
}

/// What marks a point, besides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A disc.
    Disc,
    /// A square.
    Square,
    /// A triangle.
    Triangle,
    /// A cross.
    Cross,
}

impl<'a> Plane<'a> {
    /// Makes one in the rectangle from `left`, `top` to `right`, `bottom`, in units, the last two not
    /// included. Left of it are `beside` units for labels.
    pub fn new(
        canvas: &'a mut Canvas,
        rectangle: [i32; 4],
        x: Range<f64>,
        y: Range<f64>,
        beside: i32,
    ) -> Plane<'a> {
        Plane { canvas, rectangle, x, y, beside }
    }

    /// Returns where a point is, in units.
    pub fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let [left, top, right, bottom] = self.rectangle;
        (along(x, &self.x, [left, right - 1]), along(y, &self.y, [bottom - 1, top]))
    }

    /// Draws a line of the grid across, with its label at the left.
    pub fn across(&mut self, value: f64, label: &str) {
        self.line(&[(self.x.start, value), (self.x.end, value)], GRID, 2);
        let (left, middle) = self.place((self.x.start, value));
        let fits = f64::from(self.beside - 12) / f64::from(width(label, TEXT));
        self.canvas.write(label, At::Left, (left - 10, middle), TEXT * fits.min(1.0), FAINT);
    }

    /// Writes a label below, with a short stroke.
    pub fn below(&mut self, value: f64, label: &str) {
        let (middle, bottom) = self.place((value, self.y.start));
        self.canvas.line(&[(middle, bottom), (middle, bottom + 8)], FAINT, 2);
        self.canvas.write(label, At::Middle, (middle, bottom + 28), TEXT, FAINT);
    }

    /// Draws the line that everything stands on.
    pub fn base(&mut self) {
        self.line(&[(self.x.start, self.y.start), (self.x.end, self.y.start)], FAINT, 2);
    }

    /// Draws a line through points.
    pub fn line(&mut self, points: &[(f64, f64)], colour: Colour, width: u32) {
        let points = self.places(points);
        self.canvas.line(&points, colour, width);
    }

    /// Draws a dashed line through points.
    pub fn dashes(&mut self, points: &[(f64, f64)], colour: Colour) {
        let points = self.places(points);
        self.canvas.dashes(&points, colour, 3);
    }

    /// Draws a line from the lower to the upper value, with a foot at each end.
    pub fn whisker(&mut self, (x, lower, upper): (f64, f64, f64), colour: Colour) {
        let ends = [lower, upper].map(|value| self.place((x, value)));
        let foot = |(at, height)| [(at, height), (at - 7, height), (at + 7, height), (at, height)];
        self.canvas.line(&ends.map(foot).concat(), colour, 3);
    }

    /// Fills the rectangle between the lower left and the upper right corner.
    pub fn block(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        let [(left, bottom), (right, top)] = [from, to].map(|corner| self.place(corner));
        self.canvas.rectangle((left, top), (right, bottom), colour);
    }

    /// Draws marks of points.
    pub fn marks(&mut self, points: &[(f64, f64)], mark: Mark, colour: Colour) {
        for (x, y) in self.places(points) {
            let from_there = |(right, down)| (x + right, y + down);
            match mark {
                Mark::Disc => self.canvas.disc((x, y), 8, colour),
                Mark::Square => self.canvas.rectangle((x - 7, y - 7), (x + 7, y + 7), colour),
                Mark::Triangle => {
                    let corners = [(0, -10), (-9, 5), (9, 5)].map(from_there);
                    self.canvas.polygon(&corners, colour);
                }
                Mark::Cross => {
                    let strokes = [(-7, -7), (7, 7), (0, 0), (-7, 7), (7, -7)].map(from_there);
                    self.canvas.line(&strokes, colour, 4);
                }
            }
        }
    }

    fn places(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().map(|point| self.place(*point)).collect()
    }
}

/// Returns how far a value is on the way between the ends of an axis: the last whole unit that it has reached,
/// or the next one if only rounding keeps it from it.
fn along(value: f64, axis: &Range<f64>, [from, to]: [i32; 2]) -> i32 {
    let way = f64::from(to - from) * (value - axis.start) / (axis.end - axis.start);
    from + (way + 1e-3 * way.signum()).trunc() as i32
}
