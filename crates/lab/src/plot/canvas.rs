//! An SVG that is being drawn: its size, texts, colours and names.

use crate::escape::escape;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Units across. The page shows them in 358 CSS pixels on a phone and in 500 or more elsewhere, so
/// that [`TEXT`] is 12 pixels high at least. Units are fine, because plotters rounds to whole ones.
pub const WIDTH: u32 = 960;
/// The size of most texts, in units.
pub const TEXT: f64 = 32.0;
/// The width of an average letter, by the size of the text: sans-serif fonts have 0.5 to 0.58.
const LETTER: f64 = 0.56;

/// Why drawing fails.
pub type Failure = DrawingAreaErrorKind<std::io::Error>;
/// What is drawn on.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Ink for texts; 16:1 against white.
pub const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
/// Ink for what is less important; 6:1.
pub const FAINT: RGBColor = RGBColor(0x59, 0x5f, 0x66);
/// Lines of a grid.
pub const GRID: RGBColor = RGBColor(0xd8, 0xdb, 0xdf);
/// The other variants, behind the one that a panel is about.
pub const OTHERS: RGBColor = RGBColor(0xc3, 0xc7, 0xcc);

/// Where a text stands, as seen from its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Begins there.
    Right,
    /// Ends there.
    Left,
    /// Around it.
    Middle,
}

/// Writes a text, its middle line at this height. Coordinates are units from the top left.
pub fn write(
    area: &Area<'_>,
    text: &str,
    at: At,
    place: (i32, i32),
    size: f64,
    colour: RGBColor,
) -> Result<(), Failure> {
    styled(area, text, at, place, (size, colour, FontStyle::Normal))
}

/// The same in bold.
pub fn write_bold(
    area: &Area<'_>,
    text: &str,
    at: At,
    place: (i32, i32),
    size: f64,
    colour: RGBColor,
) -> Result<(), Failure> {
    styled(area, text, at, place, (size, colour, FontStyle::Bold))
}

fn styled(
    area: &Area<'_>,
    text: &str,
    at: At,
    place: (i32, i32),
    (size, colour, weight): (f64, RGBColor, FontStyle),
) -> Result<(), Failure> {
    let side = match at {
        At::Right => HPos::Left,
        At::Left => HPos::Right,
        At::Middle => HPos::Center,
    };
    // The backend divides the size by 1.24 to make points of pixels; units are neither.
    let font = FontDesc::new(FontFamily::SansSerif, size * 1.24, weight);
    let style = font.color(&colour).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_owned(), place, style))
}

/// About how wide a text is, in units.
pub fn width(text: &str, size: f64) -> i32 {
    (text.chars().count() as f64 * size * LETTER).ceil() as i32
}

/// Makes a whole SVG: `height` units high, `name` for its identifiers, a title and a description for
/// those who do not see it.
pub fn svg(
    name: &str,
    height: u32,
    (title, description): (&str, &str),
    draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
    }
    // The backend's first element has neither a role nor a title.
    let body = text.split_once('>').map_or("", |(_, body)| body);
    let body = one_line_each(body);
    let (title, description) = (escape(title), escape(description));
    // Shown at a width that suits its texts, where nothing else is said.
    let (shown, high) = (WIDTH * 7 / 12, height * 7 / 12);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{shown}\" height=\"{high}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" \
         aria-describedby=\"{name}-description\">\n\
         <title>{title}</title>\n<desc id=\"{name}-description\">{description}</desc>{body}"
    ))
}

/// Puts each element on a line of its own, so that a change of a figure shows as the elements that
/// changed: the backend breaks texts into three lines, and says of everything that it is opaque.
fn one_line_each(body: &str) -> String {
    let (mut lines, mut in_a_text) = (String::new(), false);
    for line in body.lines() {
        if !in_a_text {
            lines.push('\n');
        }
        lines.push_str(&line.replace(" opacity=\"1\"", ""));
        in_a_text = (in_a_text || line.starts_with("<text")) && !line.ends_with("</text>");
    }
    lines + "\n"
}
