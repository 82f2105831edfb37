//! Instructions a pair on one core: a bar for each variant.

use super::canvas::{At, FAINT, INK, TEXT, WIDTH, svg};
use super::look::colour;
use super::numbers;
use crate::data::Data;

/// Where the first bar begins, how far to the next, how high it is.
const TOP: i32 = 116;
const STEP: i32 = 58;
const HIGH: i32 = 38;
/// Left of the bars, where the names stand, and right of the longest, where its number stands.
const BESIDE: i32 = 244;
const RIGHT: i32 = 110;

/// Draws the figure.
pub fn draw(data: &Data) -> String {
    let count = i32::try_from(data.instructions.len()).unwrap_or(0);
    let height = TOP + count * STEP + 10;
    let title = "Instructions of a pair of acquire and release on one core";
    svg("instructions", height, (title, &description(data)), |canvas| {
        canvas.write_bold("Instructions a pair", At::Right, (12, 34), TEXT * 1.1, INK);
        let what = "On one core. A pair: one acquire, one release.";
        canvas.write(what, At::Right, (12, 76), TEXT, FAINT);
        let longest = data.instructions.iter().map(|found| found.per_pair).fold(1.0, f64::max);
        let room = f64::from(WIDTH - BESIDE - RIGHT);
        for (number, found) in (0..).zip(&data.instructions) {
            let middle = TOP + number * STEP + HIGH / 2;
            let name = found.variant.name;
            canvas.write(name, At::Left, (BESIDE - 12, middle), TEXT, INK);
            let end = BESIDE + (room * found.per_pair / longest).round() as i32;
            let corners = [(BESIDE, middle - HIGH / 2), (end, middle + HIGH / 2)];
            canvas.rectangles(&[corners], colour(found.variant.kind));
            let said = numbers::short(found.per_pair);
            canvas.write(&said, At::Right, (end + 12, middle), TEXT, INK);
        }
        let last = TOP + count * STEP - STEP + HIGH + 8;
        canvas.lines(&[vec![(BESIDE, TOP - 8), (BESIDE, last)]], FAINT, 2);
    })
}

/// Returns the text for those who do not see the figure.
fn description(data: &Data) -> String {
    let said = data.instructions.iter();
    let said =
        said.map(|found| format!("{} {}", found.variant.name, numbers::short(found.per_pair)));
    format!("Bars with numbers: {}.", said.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::width;
    use crate::sample;
    use ladder::VARIANTS;

    #[test]
    fn there_is_room_for_every_name() {
        for variant in &VARIANTS {
            assert!(width(variant.name, TEXT) <= BESIDE - 24, "{}", variant.name);
        }
    }

    #[test]
    fn bars_are_as_long_as_their_numbers_and_below_each_other() {
        let mut data = sample::data();
        data.instructions.truncate(2);
        (data.instructions[0].per_pair, data.instructions[1].per_pair) = (5.0, 20.0);
        let svg = draw(&data);
        // 606 units for 20 instructions.
        for bar in ["d=\"M244,116H396V154H244Z\"", "d=\"M244,174H850V212H244Z\""] {
            assert!(svg.contains(bar), "{svg}");
        }
        for place in ["x=\"408\" y=\"135\"", "x=\"862\" y=\"193\""] {
            assert!(svg.contains(&format!("<text {place} ")), "{svg}");
        }
    }
}
