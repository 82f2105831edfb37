//! The drain, by the number of slots: time, instructions, lines moved.

use super::canvas::{At, Canvas, Colour, FAINT, INK, Mark, TEXT, WIDTH, svg};
use super::look::{DISC, SQUARE};
use super::numbers;
use super::plane::Plane;
use crate::data::Data;

/// Above the panels; of each: its name, its axes, the labels below and the space to the next.
const ABOVE: i32 = 56;
const NAME: i32 = 72;
const AXES: i32 = 230;
const BELOW: i32 = 74;
/// Left and right of the axes.
const BESIDE: i32 = 152;
const RIGHT: i32 = 116;
/// The colours of the three.
const COLOURS: [Colour; 3] = ["#D55E00", "#005A9C", "#933F76"];

/// One panel: a value for each number of slots, perhaps with a range.
struct Panel {
    name: String,
    points: Vec<(u32, f64)>,
    ranges: Vec<(u32, f64, f64)>,
    mark: Mark,
}

/// Draws the figure.
pub fn draw(data: &Data) -> String {
    let panels = panels(data);
    let count = i32::try_from(panels.len()).unwrap_or(0);
    let height = ABOVE + count * (NAME + AXES + BELOW);
    let title = "What a drain costs, against the number of slots";
    svg("drain", height, (title, &description(&panels)), |canvas| {
        let what = "Drain of an idle object, by slots";
        canvas.write_bold(what, At::Right, (12, 34), TEXT * 1.1, INK);
        for (number, (panel, colour)) in (0..).zip(panels.iter().zip(COLOURS)) {
            let top = ABOVE + number * (NAME + AXES + BELOW);
            canvas.write(&panel.name, At::Right, (12, top + 24), TEXT, FAINT);
            draw_one(canvas, panel, top + NAME, colour);
        }
    })
}

fn draw_one(canvas: &mut Canvas, panel: &Panel, top: i32, colour: Colour) {
    let log = |slots: u32| f64::from(slots).log2();
    let values = panel.ranges.iter().flat_map(|(_, low, high)| [low.max(1.0), *high]);
    let values = values.chain(panel.points.iter().map(|(_, value)| *value));
    let powers = numbers::powers(10.0, values.map(|value| value.max(1.0)));
    let slots = panel.points.iter().map(|(slots, _)| *slots);
    let most = slots.clone().max().unwrap_or(1);
    let rectangle = [BESIDE, top, WIDTH - RIGHT, top + AXES];
    let up = f64::from(*powers.start())..f64::from(*powers.end());
    let across = -0.3..log(most).max(1.0) + 0.3;
    let mut plane = Plane { canvas, rectangle, x: across, y: up, beside: BESIDE };
    let steps = numbers::labelled(&powers, 4).into_iter();
    plane.across(steps.map(|power| (power.into(), numbers::short(10_f64.powi(power)))));
    plane.base(slots.map(|slots| (log(slots), slots)));
    let range =
        |(slots, low, high): &(u32, f64, f64)| (log(*slots), [low.max(1.0), *high].map(f64::log10));
    plane.whiskers(&panel.ranges.iter().map(range).collect::<Vec<_>>(), colour);
    let place = |(slots, value): &(u32, f64)| (log(*slots), value.max(1.0).log10());
    let points: Vec<_> = panel.points.iter().map(place).collect();
    plane.marked(&points, panel.mark, colour);
    if let (Some(point), Some((_, value))) = (points.last(), panel.points.last()) {
        let (right, middle) = plane.place(*point);
        plane.canvas.write(&numbers::short(*value), At::Right, (right + 16, middle), TEXT, INK);
    }
}

fn panels(data: &Data) -> Vec<Panel> {
    let conditions = &data.conditions;
    let mut times = data.drain_slots.clone();
    times.sort_by_key(|found| found.slots);
    let mut lengths = data.drain_instructions.clone();
    lengths.sort_by_key(|found| found.slots);
    vec![
        Panel {
            name: format!("Nanoseconds, median of {}, lowest to highest", conditions.rounds),
            points: times.iter().map(|found| (found.slots, found.nanoseconds)).collect(),
            ranges: times.iter().map(|found| (found.slots, found.lowest, found.highest)).collect(),
            mark: DISC,
        },
        Panel {
            name: "Instructions, counted".to_owned(),
            points: lengths.iter().map(|found| (found.slots, found.per_drain)).collect(),
            ranges: Vec::new(),
            mark: SQUARE,
        },
    ]
}

/// Returns the text for those who do not see the figure.
fn description(panels: &[Panel]) -> String {
    let mut said = Vec::new();
    for panel in panels {
        let values = panel.points.iter();
        let values = values.map(|(slots, value)| format!("{} for {slots}", numbers::short(*value)));
        said.push(format!("{}: {}", panel.name, values.collect::<Vec<_>>().join(", ")));
    }
    format!("Lines on logarithmic axes. {}.", said.join(". "))
}
