//! One system of axes, and what is drawn in it.

use super::canvas::{Area, At, FAINT, Failure, GRID, TEXT, width, write};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::ops::Range;

type Chart<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A system of axes in an area.
pub struct Plane<'a, 'b> {
    area: &'a Area<'b>,
    chart: Chart<'b>,
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

impl<'a, 'b> Plane<'a, 'b> {
    /// Makes one in the rectangle from `left`, `top` to `right`, `bottom`, in units. Left of it are
    /// `beside` units for labels.
    pub fn new(
        area: &'a Area<'b>,
        [left, top, right, bottom]: [i32; 4],
        x: Range<f64>,
        y: Range<f64>,
        beside: i32,
    ) -> Result<Plane<'a, 'b>, Failure> {
        let (width, height) = area.dim_in_pixel();
        let (width, height) = (width.cast_signed(), height.cast_signed());
        let inner = area.margin(top, height - bottom, left, width - right);
        let chart = ChartBuilder::on(&inner).build_cartesian_2d(x.clone(), y.clone())?;
        Ok(Plane { area, chart: chart.plotting_area().clone(), x, y, beside })
    }

    /// What it is drawn on.
    pub fn area(&self) -> &Area<'b> {
        self.area
    }

    /// Where a point is, in units.
    pub fn place(&self, point: (f64, f64)) -> (i32, i32) {
        self.chart.map_coordinate(&point)
    }

    /// A line of the grid across, with its label at the left.
    pub fn across(&self, value: f64, label: &str) -> Result<(), Failure> {
        let line = vec![(self.x.start, value), (self.x.end, value)];
        self.chart.draw(&PathElement::new(line, GRID.stroke_width(2)))?;
        let (left, middle) = self.place((self.x.start, value));
        let fits = f64::from(self.beside - 12) / f64::from(width(label, TEXT));
        write(self.area, label, At::Left, (left - 10, middle), TEXT * fits.min(1.0), FAINT)
    }

    /// A label below, with a short stroke.
    pub fn below(&self, value: f64, label: &str) -> Result<(), Failure> {
        let (middle, bottom) = self.place((value, self.y.start));
        let stroke = vec![(middle, bottom), (middle, bottom + 8)];
        self.area.draw(&PathElement::new(stroke, FAINT.stroke_width(2)))?;
        write(self.area, label, At::Middle, (middle, bottom + 28), TEXT, FAINT)
    }

    /// The line that everything stands on.
    pub fn base(&self) -> Result<(), Failure> {
        let line = vec![(self.x.start, self.y.start), (self.x.end, self.y.start)];
        self.chart.draw(&PathElement::new(line, FAINT.stroke_width(2)))
    }

    /// A line through points.
    pub fn line(&self, points: &[(f64, f64)], colour: RGBColor, width: u32) -> Result<(), Failure> {
        self.chart.draw(&PathElement::new(points.to_vec(), colour.stroke_width(width)))
    }

    /// A dashed one.
    pub fn dashes(&self, points: &[(f64, f64)], colour: RGBColor) -> Result<(), Failure> {
        let style = colour.stroke_width(3);
        self.chart.draw(&plotters::element::DashedPathElement::new(points.to_vec(), 12, 9, style))
    }

    /// From the lower to the upper value, with a foot at each end.
    pub fn whisker(
        &self,
        (x, lower, upper): (f64, f64, f64),
        colour: RGBColor,
    ) -> Result<(), Failure> {
        let [low, high] = [lower, upper].map(|value| self.place((x, value)));
        let style = colour.stroke_width(3);
        self.area.draw(&PathElement::new(vec![low, high], style))?;
        for (at, height) in [low, high] {
            self.area.draw(&PathElement::new(vec![(at - 7, height), (at + 7, height)], style))?;
        }
        Ok(())
    }

    /// A rectangle of this colour between two corners.
    pub fn block(&self, from: (f64, f64), to: (f64, f64), colour: RGBColor) -> Result<(), Failure> {
        self.chart.draw(&Rectangle::new([from, to], colour.filled()))
    }

    /// Marks of points.
    pub fn marks(
        &self,
        points: &[(f64, f64)],
        mark: Mark,
        colour: RGBColor,
    ) -> Result<(), Failure> {
        for &point in points {
            let (x, y) = self.place(point);
            match mark {
                Mark::Disc => self.area.draw(&Circle::new((x, y), 8, colour.filled()))?,
                Mark::Square => {
                    self.area
                        .draw(&Rectangle::new([(x - 7, y - 7), (x + 7, y + 7)], colour.filled()))?;
                }
                Mark::Triangle => {
                    self.area.draw(&TriangleMarker::new((x, y), 10, colour.filled()))?
                }
                Mark::Cross => {
                    self.area.draw(&Cross::new((x, y), 7, colour.stroke_width(4)))?;
                }
            }
        }
        Ok(())
    }
}
