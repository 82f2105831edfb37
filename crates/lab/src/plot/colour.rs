//! The colours of figures: each has a light look and a dark one.
//!
//! An element names the light one, so that whatever does not know of styles shows a figure on white paper; a style in
//! the SVG puts the dark ones in their place where the reader's screen is dark. Paper stays light.

use std::collections::BTreeSet;

/// A colour on light paper and on dark, as SVG writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour {
    /// What elements name. No two colours have the same.
    pub light: &'static str,
    /// What a dark screen shows instead.
    pub dark: &'static str,
}

/// Returns a colour.
pub const fn colour(light: &'static str, dark: &'static str) -> Colour {
    Colour { light, dark }
}

/// What everything is drawn on.
pub const PAPER: Colour = colour("#FFFFFF", "#0D1117");
/// Ink for texts.
pub const INK: Colour = colour("#1F2328", "#E6EDF3");
/// Ink for what is less important.
pub const FAINT: Colour = colour("#595F66", "#AAB4BF");
/// Lines of a grid.
pub const GRID: Colour = colour("#D8DBDF", "#30363D");
/// The other variants, behind the one that a panel is about.
pub const OTHERS: Colour = colour("#B4B9BF", "#5C6570");
/// Behind what the host has too few processors for.
pub const SHADE: Colour = colour("#F6EDD8", "#2E2715");

/// Returns the style that shows the dark looks of these colours on a dark screen.
pub fn style(colours: &BTreeSet<Colour>) -> String {
    let rule = |Colour { light, dark }: &Colour| {
        format!("[fill=\"{light}\"] {{ fill: {dark} }} [stroke=\"{light}\"] {{ stroke: {dark} }}\n")
    };
    let rules: String = colours.iter().map(rule).collect();
    format!("<style>\n@media screen and (prefers-color-scheme: dark) {{\n{rules}}}\n</style>\n")
}

/// Returns the contrast of an ink with what is behind it (WCAG 2.2, "contrast ratio"), in both looks.
#[cfg(test)]
pub fn contrasts(ink: Colour, behind: Colour) -> [f64; 2] {
    let light = |colour: &str| {
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    [[ink.light, behind.light], [ink.dark, behind.dark]].map(|pair| {
        let [one, other] = pair.map(light);
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_contrast_with_what_is_behind_them() {
        assert_eq!(contrasts(colour("#000000", "#FFFFFF"), PAPER)[0], 21.0);
        for (ink, behind) in [(INK, PAPER), (FAINT, PAPER), (INK, SHADE), (FAINT, SHADE)] {
            let found = contrasts(ink, behind);
            assert!(found.iter().all(|contrast| *contrast >= 4.5), "{ink:?}: {found:?}");
        }
    }

    #[test]
    fn every_colour_has_a_rule_for_dark_screens_only() {
        let style = style(&[INK, GRID].into());
        let (screen, rules) = style.split_once("{\n").unwrap();
        assert_eq!(screen, "<style>\n@media screen and (prefers-color-scheme: dark) ");
        for colour in [INK, GRID] {
            let Colour { light, dark } = colour;
            for what in ["fill", "stroke"] {
                assert!(rules.contains(&format!("[{what}=\"{light}\"] {{ {what}: {dark} }}")));
            }
        }
    }
}
