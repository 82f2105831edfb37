//! Instructions a pair on one core: a bar for each variant.

use super::canvas::{At, FAINT, Failure, INK, TEXT, WIDTH, svg, width, write, write_bold};
use super::look::colour;
use super::numbers;
use crate::data::Data;
use plotters::prelude::*;

/// Where the first bar begins, how far to the next, how high it is.
const TOP: i32 = 116;
const STEP: i32 = 58;
const HIGH: i32 = 38;
/// Left of the bars, where the names stand, and right of the longest, where its number stands.
const BESIDE: i32 = 244;
const RIGHT: i32 = 110;

/// Draws the figure.
pub fn draw(data: &Data) -> Result<String, Failure> {
    let count = i32::try_from(data.instructions.len()).unwrap_or(0);
    let height = (TOP + count * STEP + 10).unsigned_abs();
    let title = "Instructions of a pair of acquire and release on one core";
    svg("instructions", height, (title, &description(data)), |area| {
        write_bold(area, "Instructions a pair", At::Right, (12, 34), TEXT * 1.1, INK)?;
        write(
            area,
            "On one core. A pair: one acquire, one release.",
            At::Right,
            (12, 76),
            TEXT,
            FAINT,
        )?;
        let longest = data.instructions.iter().map(|found| found.per_pair).fold(1.0, f64::max);
        let room = f64::from(WIDTH.cast_signed() - BESIDE - RIGHT);
        for (number, found) in (0..).zip(&data.instructions) {
            let middle = TOP + number * STEP + HIGH / 2;
            let name = found.variant.name;
            let size = TEXT.min(TEXT * f64::from(BESIDE - 24) / f64::from(width(name, TEXT)));
            write(area, name, At::Left, (BESIDE - 12, middle), size, INK)?;
            let end = BESIDE + (room * found.per_pair / longest).round() as i32;
            let corners = [(BESIDE, middle - HIGH / 2), (end, middle + HIGH / 2)];
            area.draw(&Rectangle::new(corners, colour(found.variant.kind).filled()))?;
            let said = numbers::short(found.per_pair);
            write(area, &said, At::Right, (end + 12, middle), TEXT, INK)?;
        }
        let last = TOP + count * STEP - STEP + HIGH + 8;
        let line = vec![(BESIDE, TOP - 8), (BESIDE, last)];
        area.draw(&PathElement::new(line, FAINT.stroke_width(2)))
    })
}

/// Returns the text for those who do not see the figure.
fn description(data: &Data) -> String {
    let said = data.instructions.iter();
    let said =
        said.map(|found| format!("{} {}", found.variant.name, numbers::short(found.per_pair)));
    format!("Bars with numbers: {}.", said.collect::<Vec<_>>().join(", "))
}
