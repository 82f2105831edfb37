//! An SVG that is being drawn: its size, texts, shapes and colours.

use crate::escape::escape;

/// Units across. The page shows them in 358 CSS pixels on a phone and in 500 or more elsewhere, so
/// that [`TEXT`] is 12 pixels high at least.
pub const WIDTH: i32 = 960;
/// The size of most texts, in units.
pub const TEXT: f64 = 32.0;
/// The width of an average letter, by the size of the text: sans-serif fonts have 0.5 to 0.58.
const LETTER: f64 = 0.56;

/// A colour, as SVG writes it.
pub type Colour = &'static str;
/// Ink for texts; 16:1 against white.
pub const INK: Colour = "#1F2328";
/// Ink for what is less important; 6:1.
pub const FAINT: Colour = "#595F66";
/// Lines of a grid.
pub const GRID: Colour = "#D8DBDF";
/// The other variants, behind the one that a panel is about.
pub const OTHERS: Colour = "#C3C7CC";

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

/// What is drawn so far: an element a line, so that a change of a figure shows as the elements that changed.
/// Coordinates are units from the top left.
#[derive(Debug, Default)]
pub struct Canvas(String);

impl Canvas {
    /// Writes a text, its middle line at this height.
    pub fn write(&mut self, text: &str, at: At, place: (i32, i32), size: f64, colour: Colour) {
        self.text(text, at, place, size, &format!("fill=\"{colour}\""));
    }

    /// Writes a text in bold.
    pub fn write_bold(&mut self, text: &str, at: At, place: (i32, i32), size: f64, colour: Colour) {
        self.text(text, at, place, size, &format!("fill=\"{colour}\" font-weight=\"bold\""));
    }

    fn text(&mut self, text: &str, at: At, (x, y): (i32, i32), size: f64, style: &str) {
        let anchor = match at {
            At::Right => "start",
            At::Left => "end",
            At::Middle => "middle",
        };
        self.0 += &format!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.5ex\" text-anchor=\"{anchor}\" \
             font-family=\"sans-serif\" font-size=\"{size}\" {style}>{}</text>\n",
            escape(text)
        );
    }

    /// Draws a line through points.
    pub fn line(&mut self, points: &[(i32, i32)], colour: Colour, width: u32) {
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        self.through("polyline", &style, points);
    }

    /// Draws a dashed line through points.
    pub fn dashes(&mut self, points: &[(i32, i32)], colour: Colour, width: u32) {
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        self.through("polyline", &format!("{style} stroke-dasharray=\"12 9\""), points);
    }

    /// Fills the area between points.
    pub fn polygon(&mut self, points: &[(i32, i32)], colour: Colour) {
        self.through("polygon", &format!("fill=\"{colour}\""), points);
    }

    fn through(&mut self, element: &str, style: &str, points: &[(i32, i32)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.0 += &format!("<{element} {style} points=\"{}\"/>\n", points.join(" "));
    }

    /// Fills the rectangle from one corner, its upper left, to the other.
    pub fn rectangle(
        &mut self,
        (left, top): (i32, i32),
        (right, bottom): (i32, i32),
        colour: Colour,
    ) {
        let (width, height) = (right - left, bottom - top);
        self.0 += &format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>\n"
        );
    }

    /// Fills a circle.
    pub fn disc(&mut self, (x, y): (i32, i32), radius: u32, colour: Colour) {
        self.0 += &format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\"/>\n");
    }
}

/// About how wide a text is, in units.
pub fn width(text: &str, size: f64) -> i32 {
    (text.chars().count() as f64 * size * LETTER).ceil() as i32
}

/// Makes a whole SVG: `height` units high, `name` for its identifiers, a title and a description for
/// those who do not see it.
pub fn svg(
    name: &str,
    height: i32,
    (title, description): (&str, &str),
    draw: impl FnOnce(&mut Canvas),
) -> String {
    let mut canvas = Canvas::default();
    canvas.rectangle((0, 0), (WIDTH, height), "#FFFFFF");
    draw(&mut canvas);
    let (title, description) = (escape(title), escape(description));
    // Shown at a width that suits its texts, where nothing else is said.
    let (shown, high) = (WIDTH * 7 / 12, height * 7 / 12);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{shown}\" height=\"{high}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" \
         aria-describedby=\"{name}-description\">\n\
         <title>{title}</title>\n<desc id=\"{name}-description\">{description}</desc>\n{}</svg>\n",
        canvas.0
    )
}
