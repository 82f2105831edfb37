//! The plots: each is one SVG, which stands alone and in the page.
//!
//! - [`canvas`] makes the SVG and its texts, [`colour`] its colours, light and dark; [`plane`] is one system of axes in
//!   it, [`axis`] one axis, and [`legend`] says what the signs stand for.
//! - [`hero`], [`ladder`], [`coherence`], [`drain`] and [`instructions`] draw one figure each.
//! - [`still`](mod@still) draws a moment of the replay.
//! - [`look`] has the colour and the mark of a variant, [`numbers`] says numbers in few letters.
//!
//! The hero figure comes first and shows two variants. In the others each variant has a panel, in the same place in every figure: ten lines in one panel could not be told
//! apart. What an outline means is always said in words or numbers too, not by colour alone.

mod axis;
mod canvas;
mod coherence;
mod colour;
mod drain;
pub mod hero;
mod instructions;
mod ladder;
mod legend;
mod look;
pub mod numbers;
mod panels;
mod plane;
pub mod still;

use super::data::Data;

/// A drawn figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What its file is called, without `.svg`.
    pub name: &'static str,
    /// The SVG, as a file of its own.
    pub svg: String,
}

/// Draws all figures, the hero figure if the measurements have one.
pub fn all(data: &Data) -> Vec<Figure> {
    let hero = hero::draw(data).map(|svg| ("hero", svg));
    let others = [
        ("ladder", ladder::draw(data)),
        ("coherence", coherence::draw(data)),
        ("drain", drain::draw(data)),
        ("instructions", instructions::draw(data)),
    ];
    hero.into_iter().chain(others).map(|(name, svg)| Figure { name, svg }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// The titles of the axes of each figure, and parts of its legend.
    const SAID: [(&str, &[&str], &[&str]); 5] = [
        (
            "hero",
            &["Cache lines that travel, a pair", "Cores (logarithmic scale)"],
            &["shared: one word for all cores", "cache_aware: a line for each core"],
        ),
        (
            "ladder",
            &["Throughput, one core is 1× (logarithmic scale)", "Cores (logarithmic scale)"],
            &["a line for each core", "a lock", "other variants", "more cores than the host has"],
        ),
        (
            "coherence",
            &["Cache lines a pair (logarithmic scale from 0)", "Cores (logarithmic scale)"],
            &["a line for each core", "one word for all cores", "a lock", "wrong: loses counts"],
        ),
        (
            "drain",
            &[
                "Nanoseconds (logarithmic scale)",
                "Instructions (logarithmic scale)",
                "Slots (logarithmic scale)",
            ],
            &["time, median of 9 rounds", "lowest to highest", "instructions, counted"],
        ),
        (
            "instructions",
            &["Way to count users", "Instructions a pair"],
            &["a line for each core", "one word for all cores"],
        ),
    ];

    #[test]
    fn every_figure_has_the_titles_of_its_axes_and_a_legend() {
        let figures = all(&sample::data());
        assert_eq!(
            figures.iter().map(|figure| figure.name).collect::<Vec<_>>(),
            SAID.map(|(name, ..)| name)
        );
        for (figure, (name, titles, legend)) in figures.iter().zip(SAID) {
            for said in titles.iter().chain(legend) {
                assert!(figure.svg.contains(&format!(">{said}</text>")), "{name}: {said}");
            }
        }
    }

    /// Whether an element is a filled rectangle in a colour that something measured has.
    fn is_bar(element: &str) -> bool {
        let background =
            [colour::PAPER, colour::SHADE].map(|colour| format!("fill=\"{}\"", colour.light));
        element.starts_with("<path fill=\"#")
            && ["H", "V"].iter().all(|part| element.contains(part))
            && !background.iter().any(|colour| element.contains(colour))
    }

    #[test]
    fn there_are_bars_only_where_all_scales_are_linear() {
        let figures = all(&sample::data());
        let barred = figures.iter().filter(|figure| figure.svg.lines().any(is_bar));
        let barred: Vec<_> =
            barred.map(|figure| (figure.name, figure.svg.contains("logarithmic"))).collect();
        assert_eq!(barred, [("instructions", false)]);
    }

    #[test]
    fn every_figure_follows_a_dark_screen() {
        for figure in all(&sample::data()) {
            assert_eq!(
                figure.svg.matches("@media screen and (prefers-color-scheme: dark) {").count(),
                1
            );
        }
    }
}
