//! The first figure: lines that travel a pair on one word for all cores, and with a line for each.
//!
//! [`finding`] says in words what it shows. Both come from the counts; without them there is no figure.

use super::axis::{Axis, Scale};
use super::canvas::{At, TEXT, WIDTH, svg, width};
use super::colour::{FAINT, INK};
use super::legend::Legend;
use super::look::{self, colour, mark};
use super::numbers;
use super::plane::Plane;
use crate::data::Data;
use ladder::About;

/// Both ways to count, by the names of their variants.
const BOTH: [&str; 2] = ["shared", "cache_aware"];
/// Of the figure: the title, the note below it, the axes, and what is below them.
const TITLE: i32 = 34;
const NOTE: i32 = 122;
const TOP: i32 = 290;
const BOTTOM: i32 = TOP + 230;
const HEIGHT: i32 = BOTTOM + 104;
/// Left of the axes.
const BESIDE: i32 = 82;

/// What was counted of one way, with each number of cores from two on: cores, and lines a pair.
struct Counted {
    variant: &'static About,
    points: Vec<(u32, f64)>,
}

/// Draws the figure, if both were counted on two cores or more.
pub fn draw(data: &Data) -> Option<String> {
    let both = counted(data)?;
    let titles = [said("One word for all", &both[0]), said("A line a core", &both[1])];
    let cores: Vec<u32> = both[0].points.iter().map(|(cores, _)| *cores).collect();
    let most = both.iter().flat_map(|one| &one.points).map(|(_, lines)| *lines).fold(2.0, f64::max);
    let legend = Legend(
        both.iter()
            .map(|Counted { variant: About { name, kind, .. }, .. }| {
                (look::points(*kind), format!("{name}: {}", look::words(*kind)))
            })
            .collect(),
    );
    let axes = [
        Axis::of_counts("Cores", &cores),
        Axis::new("Cache lines that travel, a pair", Scale::Linear, [0.0, 1.25 * most], 0.0),
    ];
    let title = titles.join(". ");
    let svg = svg("hero", HEIGHT, (&title, &description(&both)), |canvas| {
        let widest =
            titles.each_ref().map(|line| width(line, TEXT * 1.1)).into_iter().fold(1, i32::max);
        let size = TEXT * 1.1 * (f64::from(WIDTH - 24) / f64::from(widest)).min(1.0);
        for (line, number) in titles.iter().zip(0..) {
            canvas.write_bold(line, At::Right, (12, TITLE + 44 * number), size, INK);
        }
        let note = "A pair: one acquire, one release. Counted, not timed.";
        canvas.write(note, At::Right, (12, NOTE), TEXT, FAINT);
        legend.draw(canvas, (12, NOTE + 26), WIDTH - 24);
        let rectangle = [BESIDE, TOP, WIDTH - 14, BOTTOM];
        let mut plane = Plane { canvas, rectangle, axes, beside: BESIDE };
        plane.titles();
        plane.across(numbers::steps(most).into_iter().map(|step| (step.into(), step.to_string())));
        plane.base(cores.iter().copied());
        for Counted { variant: About { name, kind, .. }, points } in &both {
            let points: Vec<_> =
                points.iter().map(|(cores, lines)| ((*cores).into(), *lines)).collect();
            plane.marked(&points, mark(*kind), colour(*kind));
            if let Some(last) = points.last() {
                let (right, height) = plane.place(*last);
                let label = format!("{name}: {}", numbers::short(last.1));
                plane.canvas.write_bold(&label, At::Left, (right, height - 30), TEXT, INK);
            }
        }
    });
    Some(svg)
}

/// Says what the figure shows, or why there is none.
pub fn finding(data: &Data) -> String {
    let [one, other] = BOTH;
    let Some(both) = counted(data) else {
        return format!(
            "The first picture is left out: this run has no counts of {one} and {other} on two cores or more."
        );
    };
    let [shared, aware] = both.each_ref().map(lines);
    let cores: Vec<u32> = both[0].points.iter().map(|(cores, _)| *cores).collect();
    let cores = match cores[..] {
        [first, .., last] => format!("{first} to {last}"),
        _ => cores[0].to_string(),
    };
    format!(
        "On {cores} cores that take turns, a count in one word that all share ({one}) costs {shared} transfers of \
         its cache line for each acquire and release. A count with a line for each core ({other}) costs {aware}."
    )
}

/// Returns the counts of both with the numbers of cores that both have, if there are any.
fn counted(data: &Data) -> Option<[Counted; 2]> {
    let of = |name: &str, cores: u32| {
        let mut found = data.coherence.iter();
        let found = found.find(|found| found.variant.name == name && found.cores == cores)?;
        Some(found.transfers as f64 / found.pairs as f64)
    };
    let cores = data.coherence_cores().into_iter().filter(|&cores| cores >= 2);
    let cores: Vec<u32> =
        cores.filter(|&cores| BOTH.iter().all(|name| of(name, cores).is_some())).collect();
    let one = |name: &str| {
        let points = cores.iter().filter_map(|&cores| Some((cores, of(name, cores)?)));
        Some(Counted { variant: ladder::find(name)?, points: points.collect() })
    };
    let [shared, aware] = BOTH.map(one);
    Some([shared?, aware?]).filter(|_| !cores.is_empty())
}

/// Returns how many lines travel a pair: a number, or from the fewest to the most.
fn lines(counted: &Counted) -> String {
    let all = || counted.points.iter().map(|(_, lines)| *lines);
    let ends = [all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max)];
    match ends.map(numbers::short) {
        [fewest, most] if fewest == most => most,
        [fewest, most] => format!("{fewest} to {most}"),
    }
}

/// Says it in the words of a title.
fn said(way: &str, counted: &Counted) -> String {
    match &*lines(counted) {
        "0" => format!("{way}: none moves"),
        "1" => format!("{way}: every pair moves its line once"),
        "2" => format!("{way}: every pair moves its line twice"),
        lines => format!("{way}: every pair moves its line {lines} times"),
    }
}

/// Returns the text for those who do not see the figure.
fn description(both: &[Counted; 2]) -> String {
    let said = both.each_ref().map(|Counted { variant, points }| {
        let values = points.iter();
        let values =
            values.map(|(cores, lines)| format!("{} with {cores}", numbers::short(*lines)));
        format!("{}: {}", variant.name, values.collect::<Vec<_>>().join(", "))
    });
    format!("Cache lines that travel a pair, each with its number of cores. {}.", said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// Measurements of which these variants and cores are left.
    fn left(wanted: impl Fn(&str, u32) -> bool) -> Data {
        let mut data = sample::data();
        data.coherence.retain(|found| wanted(found.variant.name, found.cores));
        data
    }

    fn values(data: &Data) -> [Vec<(u32, f64)>; 2] {
        counted(data).unwrap().map(|one| one.points)
    }

    #[test]
    fn the_values_are_those_that_were_counted() {
        let mut data = sample::data();
        assert_eq!(
            values(&data),
            [2.0, 0.0].map(|lines| vec![(2, lines), (8, lines), (64, lines)])
        );
        let titles = "aria-label=\"One word for all: every pair moves its line twice. A line a core: none moves\"";
        assert!(draw(&data).unwrap().contains(titles));
        let found = finding(&data);
        assert!(
            found.starts_with("On 2 to 64 cores") && found.contains(" costs 2 transfers"),
            "{found}"
        );
        assert!(found.ends_with(" costs 0."), "{found}");
        // The slightest other count shows.
        for found in &mut data.coherence {
            found.transfers += u64::from(found.cores == 8);
        }
        assert_eq!(values(&data)[0][1], (8, 2.0 + 1.0 / 800.0));
        let svg = draw(&data).unwrap();
        assert!(svg.contains(">One word for all: every pair moves its line 2 to 2.0 times</text>"));
        assert!(
            svg.contains(">A line a core: every pair moves its line 0 to &lt;0.1 times</text>")
        );
        assert!(finding(&data).ends_with(" costs 0 to <0.1."));
    }

    #[test]
    fn what_part_of_the_counts_has_is_shown() {
        let data = left(|name, cores| cores <= 8 && (name != "shared" || cores <= 2));
        assert_eq!(values(&data), [vec![(2, 2.0)], vec![(2, 0.0)]]);
        assert!(finding(&data).starts_with("On 2 cores "));
        assert!(draw(&data).unwrap().contains(">shared: 2</text>"));
    }

    #[test]
    fn without_counts_there_is_no_figure_and_a_line_that_says_why() {
        let apart = |name: &str, cores| if name == "shared" { cores == 2 } else { cores == 8 };
        for data in [left(|_, cores| cores == 1), left(|name, _| name != "shared"), left(apart)] {
            assert_eq!(draw(&data), None);
            assert!(
                finding(&data)
                    .contains("left out: this run has no counts of shared and cache_aware")
            );
        }
    }
}
