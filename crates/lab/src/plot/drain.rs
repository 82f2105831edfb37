//! The drain, by the number of slots: time, instructions, lines moved.

use super::axis::{Axis, Scale};
use super::canvas::{At, Canvas, Mark, TEXT, WIDTH, svg};
use super::colour::{Colour, INK, colour};
use super::legend::{Legend, Sign};
use super::look::{DISC, SQUARE};
use super::numbers;
use super::plane::Plane;
use crate::data::Data;

/// Above the legend; of each panel: the title above its axes, the axes, and the labels and the title below.
const HEADING: i32 = 64;
const TITLE: i32 = 80;
const AXES: i32 = 230;
const BELOW: i32 = 104;
/// Left and right of the axes.
const BESIDE: i32 = 152;
const RIGHT: i32 = 116;
/// The colours of both.
const TIME: Colour = colour("#D55E00", "#FF9D5C");
const LENGTH: Colour = colour("#005A9C", "#6CB6FF");

/// One panel: a value for each number of slots, perhaps with a range.
struct Panel {
    what: &'static str,
    points: Vec<(u32, f64)>,
    ranges: Vec<(u32, f64, f64)>,
    look: (Colour, Mark),
}

/// Draws the figure.
pub fn draw(data: &Data) -> String {
    let panels = panels(data);
    let legend = legend(data);
    let room = WIDTH - 24;
    let above = HEADING + legend.height(room);
    let count = i32::try_from(panels.len()).unwrap_or(0);
    let height = above + count * (TITLE + AXES + BELOW);
    let title = "What a drain costs, against the number of slots";
    svg("drain", height, (title, &description(&panels)), |canvas| {
        canvas.write_bold("Drain of an idle object", At::Right, (12, 34), TEXT * 1.1, INK);
        legend.draw(canvas, (12, HEADING), room);
        for (number, panel) in (0..).zip(&panels) {
            draw_one(canvas, panel, above + number * (TITLE + AXES + BELOW) + TITLE);
        }
    })
}

/// Says what the signs stand for.
fn legend(data: &Data) -> Legend {
    let time = format!("time, median of {} rounds", data.conditions.rounds);
    Legend(vec![
        (Sign::Points(TIME, DISC), time),
        (Sign::Whisker(TIME), "lowest to highest".to_owned()),
        (Sign::Points(LENGTH, SQUARE), "instructions, counted".to_owned()),
    ])
}

fn draw_one(canvas: &mut Canvas, panel: &Panel, top: i32) {
    let drawn = |value: f64| value.max(1.0);
    let values = panel.ranges.iter().flat_map(|(_, low, high)| [*low, *high]);
    let values = values.chain(panel.points.iter().map(|(_, value)| *value));
    let powers = numbers::powers(10.0, values.map(drawn));
    let slots: Vec<u32> = panel.points.iter().map(|(slots, _)| *slots).collect();
    let rectangle = [BESIDE, top, WIDTH - RIGHT, top + AXES];
    let ends = [*powers.start(), *powers.end()].map(|power| 10_f64.powi(power));
    let axes =
        [Axis::of_counts("Slots", &slots), Axis::new(panel.what, Scale::Logarithmic, ends, 0.0)];
    let mut plane = Plane { canvas, rectangle, axes, beside: BESIDE };
    plane.titles();
    let steps = numbers::labelled(&powers, 4).into_iter().map(|power| 10_f64.powi(power));
    plane.across(steps.map(|step| (step, numbers::short(step))));
    plane.base(slots);
    let range = |(slots, low, high): &(u32, f64, f64)| ((*slots).into(), [*low, *high].map(drawn));
    let (colour, mark) = panel.look;
    plane.whiskers(&panel.ranges.iter().map(range).collect::<Vec<_>>(), colour);
    let place = |(slots, value): &(u32, f64)| ((*slots).into(), drawn(*value));
    let points: Vec<_> = panel.points.iter().map(place).collect();
    plane.marked(&points, mark, colour);
    if let (Some(point), Some((_, value))) = (points.last(), panel.points.last()) {
        let (right, middle) = plane.place(*point);
        plane.canvas.write(&numbers::short(*value), At::Right, (right + 16, middle), TEXT, INK);
    }
}

fn panels(data: &Data) -> [Panel; 2] {
    let mut times = data.drain_slots.clone();
    times.sort_by_key(|found| found.slots);
    let mut lengths = data.drain_instructions.clone();
    lengths.sort_by_key(|found| found.slots);
    [
        Panel {
            what: "Nanoseconds",
            points: times.iter().map(|found| (found.slots, found.nanoseconds)).collect(),
            ranges: times.iter().map(|found| (found.slots, found.lowest, found.highest)).collect(),
            look: (TIME, DISC),
        },
        Panel {
            what: "Instructions",
            points: lengths.iter().map(|found| (found.slots, found.per_drain)).collect(),
            ranges: Vec::new(),
            look: (LENGTH, SQUARE),
        },
    ]
}

/// Returns the text for those who do not see the figure.
fn description(panels: &[Panel]) -> String {
    let mut said = Vec::new();
    for panel in panels {
        let values = panel.points.iter();
        let values = values.map(|(slots, value)| format!("{} for {slots}", numbers::short(*value)));
        said.push(format!("{}: {}", panel.what, values.collect::<Vec<_>>().join(", ")));
    }
    format!("Lines on logarithmic axes. {}.", said.join(". "))
}
