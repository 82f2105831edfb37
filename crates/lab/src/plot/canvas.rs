//! An SVG that is being drawn: its size, texts and shapes.

use super::colour::{Colour, PAPER, style};
use crate::escape::escape;
use std::collections::BTreeSet;

/// Units across. The page shows them in 358 CSS pixels on a phone and in 500 or more elsewhere, so
/// that [`TEXT`] is 12 pixels high at least.
pub const WIDTH: i32 = 960;
/// The size of most texts, in units.
pub const TEXT: f64 = 32.0;
/// The width of an average letter, by the size of the text: sans-serif fonts have 0.5 to 0.58.
const LETTER: f64 = 0.56;

/// What marks a point besides its colour, as a path of SVG that starts there, drawn 4 units wide and filled.
pub type Mark = &'static str;

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
/// What looks alike and belongs together is one element.
/// Coordinates are units from the top left.
#[derive(Debug, Default)]
pub struct Canvas {
    elements: String,
    /// Those of the elements.
    colours: BTreeSet<Colour>,
}

impl Canvas {
    /// Writes a text, its middle line at this height.
    pub fn write(&mut self, text: &str, at: At, place: (i32, i32), size: f64, colour: Colour) {
        let fill = self.paint("fill", colour);
        self.text(text, at, place, size, &fill);
    }

    /// Writes a text in bold.
    pub fn write_bold(&mut self, text: &str, at: At, place: (i32, i32), size: f64, colour: Colour) {
        let style = self.paint("fill", colour) + " font-weight=\"bold\"";
        self.text(text, at, place, size, &style);
    }

    fn text(&mut self, text: &str, at: At, (x, y): (i32, i32), size: f64, style: &str) {
        let anchor = match at {
            At::Right => "start",
            At::Left => "end",
            At::Middle => "middle",
        };
        self.elements += &format!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.5ex\" text-anchor=\"{anchor}\" \
             font-family=\"sans-serif\" font-size=\"{size}\" {style}>{}</text>\n",
            escape(text)
        );
    }

    /// Draws lines, each through its points.
    pub fn lines(&mut self, lines: &[Vec<(i32, i32)>], colour: Colour, width: u32) {
        let style = self.stroke(colour, width);
        self.path(&style, &lines.iter().map(|line| through(line)).collect::<String>());
    }

    /// Draws a dashed line through points.
    pub fn dashes(&mut self, points: &[(i32, i32)], colour: Colour, width: u32) {
        let style = self.stroke(colour, width) + " stroke-dasharray=\"12 9\"";
        self.path(&style, &through(points));
    }

    /// Draws a line from each lower to its upper end, with a foot at each.
    pub fn whiskers(&mut self, whiskers: &[[(i32, i32); 2]], colour: Colour) {
        let foot = |(at, height)| [(at, height), (at - 7, height), (at + 7, height), (at, height)];
        let lines: Vec<_> = whiskers.iter().map(|ends| ends.map(foot).concat()).collect();
        self.lines(&lines, colour, 3);
    }

    /// Fills the rectangles, each from its upper left corner to its lower right.
    pub fn rectangles(&mut self, rectangles: &[[(i32, i32); 2]], colour: Colour) {
        let path = rectangles.iter().map(|[(left, top), (right, bottom)]| {
            format!("M{left},{top}H{right}V{bottom}H{left}Z")
        });
        let (path, fill) = (path.collect::<String>(), self.paint("fill", colour));
        self.path(&fill, &path);
    }

    /// Draws the same mark at each place.
    pub fn marks(&mut self, places: &[(i32, i32)], mark: Mark, colour: Colour) {
        let path = places.iter().map(|(x, y)| format!("M{x},{y}{mark}"));
        let [fill, stroke] = ["fill", "stroke"].map(|what| self.paint(what, colour));
        self.path(&format!("{fill} {stroke} stroke-width=\"4\""), &path.collect::<String>());
    }

    /// Returns the attribute that gives something its colour.
    fn paint(&mut self, what: &str, colour: Colour) -> String {
        self.colours.insert(colour);
        format!("{what}=\"{}\"", colour.light)
    }

    /// Returns the attributes of a line, so many units wide.
    fn stroke(&mut self, colour: Colour, width: u32) -> String {
        format!("fill=\"none\" {} stroke-width=\"{width}\"", self.paint("stroke", colour))
    }

    /// Writes one element, however many parts the path has; none, if it has none.
    fn path(&mut self, style: &str, path: &str) {
        if !path.is_empty() {
            self.elements += &format!("<path {style} d=\"{path}\"/>\n");
        }
    }

    /// Begins a group of elements, which [`again`](Self::again) draws elsewhere, too.
    pub fn begin(&mut self, name: &str) {
        self.elements += &format!("<g id=\"{name}\">\n");
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.elements += "</g>\n";
    }

    /// Draws a group once more, so far to the right and down.
    pub fn again(&mut self, name: &str, (right, down): (i32, i32)) {
        self.elements += &format!("<use href=\"#{name}\" x=\"{right}\" y=\"{down}\"/>\n");
    }
}

/// Returns a path through points.
fn through(points: &[(i32, i32)]) -> String {
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    format!("M{}", points.join(" "))
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
    canvas.rectangles(&[[(0, 0), (WIDTH, height)]], PAPER);
    draw(&mut canvas);
    let (title, description) = (escape(title), escape(description));
    // Shown at a width that suits its texts, where nothing else is said.
    let (shown, high) = (WIDTH * 7 / 12, height * 7 / 12);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{shown}\" height=\"{high}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" \
         aria-describedby=\"{name}-description\">\n\
         <title>{title}</title>\n<desc id=\"{name}-description\">{description}</desc>\n{}{}</svg>\n",
        style(&canvas.colours),
        canvas.elements
    )
}
