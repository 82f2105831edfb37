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
/// What marks a point besides its colour, as a path of SVG that starts there, drawn 4 units wide and filled.
pub type Mark = &'static str;
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
/// What looks alike and belongs together is one element.
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

    /// Draws lines, each through its points.
    pub fn lines(&mut self, lines: &[Vec<(i32, i32)>], colour: Colour, width: u32) {
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        self.path(&style, &lines.iter().map(|line| through(line)).collect::<String>());
    }

    /// Draws a dashed line through points.
    pub fn dashes(&mut self, points: &[(i32, i32)], colour: Colour, width: u32) {
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        self.path(&format!("{style} stroke-dasharray=\"12 9\""), &through(points));
    }

    /// Fills the rectangles, each from its upper left corner to its lower right.
    pub fn rectangles(&mut self, rectangles: &[[(i32, i32); 2]], colour: Colour) {
        let path = rectangles.iter().map(|[(left, top), (right, bottom)]| {
            format!("M{left},{top}H{right}V{bottom}H{left}Z")
        });
        self.path(&format!("fill=\"{colour}\""), &path.collect::<String>());
    }

    /// Draws the same mark at each place.
    pub fn marks(&mut self, places: &[(i32, i32)], mark: Mark, colour: Colour) {
        let path = places.iter().map(|(x, y)| format!("M{x},{y}{mark}"));
        let style = format!("fill=\"{colour}\" stroke=\"{colour}\" stroke-width=\"4\"");
        self.path(&style, &path.collect::<String>());
    }

    /// Writes one element, however many parts the path has; none, if it has none.
    fn path(&mut self, style: &str, path: &str) {
        if !path.is_empty() {
            self.0 += &format!("<path {style} d=\"{path}\"/>\n");
        }
    }

    /// Begins a group of elements, which [`again`](Self::again) draws elsewhere, too.
    pub fn begin(&mut self, name: &str) {
        self.0 += &format!("<g id=\"{name}\">\n");
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.0 += "</g>\n";
    }

    /// Draws a group once more, so far to the right and down.
    pub fn again(&mut self, name: &str, (right, down): (i32, i32)) {
        self.0 += &format!("<use href=\"#{name}\" x=\"{right}\" y=\"{down}\"/>\n");
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
    canvas.rectangles(&[[(0, 0), (WIDTH, height)]], "#FFFFFF");
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
