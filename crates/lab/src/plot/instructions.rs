//! Instructions a pair on one core: a bar for each variant.

use super::axis::{Axis, Scale};
use super::canvas::{At, TEXT, WIDTH, svg};
use super::colour::{FAINT, INK};
use super::legend::{Legend, Sign};
use super::look::{self, colour};
use super::numbers;
use super::plane::Plane;
use crate::data::{Data, variants};

/// Above the legend; below it, where the title stands above the names; a bar, and the space to the next.
const HEADING: i32 = 98;
const TITLE: i32 = 62;
const STEP: i32 = 58;
/// Below the bars.
const BELOW: i32 = 104;
/// Left of the bars, where the names stand, and right of the longest, where its number stands.
const BESIDE: i32 = 244;
const RIGHT: i32 = 110;

/// Draws the figure.
pub fn draw(data: &Data) -> String {
    let count = i32::try_from(data.instructions.len()).unwrap_or(0);
    let counted = variants(data.instructions.iter().map(|found| found.variant));
    let legend = Legend(look::kinds(&counted, |kind| Sign::Bar(colour(kind))));
    let room = WIDTH - 24;
    let top = HEADING + legend.height(room) + TITLE;
    let height = top + count * STEP + BELOW;
    let title = "Instructions of a pair of acquire and release on one core";
    svg("instructions", height, (title, &description(data)), |canvas| {
        canvas.write_bold("Instructions a pair", At::Right, (12, 34), TEXT * 1.1, INK);
        let what = "On one core. A pair: one acquire, one release.";
        canvas.write(what, At::Right, (12, 76), TEXT, FAINT);
        legend.draw(canvas, (12, HEADING), room);
        let longest = data.instructions.iter().map(|found| found.per_pair).fold(1.0, f64::max);
        let linear = |what, last| Axis::new(what, Scale::Linear, [0.0, last], 0.0);
        let axes = [
            linear("Instructions a pair", longest),
            linear("Way to count users", f64::from(count.max(1))),
        ];
        let rectangle = [BESIDE, top, WIDTH - RIGHT + 1, top + count * STEP + 1];
        let mut plane = Plane { canvas, rectangle, axes, beside: BESIDE };
        plane.titles();
        plane.base(numbers::steps(longest));
        for (number, found) in (0..).zip(&data.instructions) {
            let height = f64::from(count - number) - 0.5;
            plane.bar((found.per_pair, height), colour(found.variant.kind));
            let (end, middle) = plane.place((found.per_pair, height));
            let name = found.variant.name;
            plane.canvas.write(name, At::Left, (BESIDE - 12, middle), TEXT, INK);
            let said = numbers::short(found.per_pair);
            plane.canvas.write(&said, At::Right, (end + 12, middle), TEXT, INK);
        }
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
        for bar in ["d=\"M244,212H395V251H244Z\"", "d=\"M244,270H850V309H244Z\""] {
            assert!(svg.contains(bar), "{svg}");
        }
        for place in ["x=\"407\" y=\"231\"", "x=\"862\" y=\"289\""] {
            assert!(svg.contains(&format!("<text {place} ")), "{svg}");
        }
    }
}
