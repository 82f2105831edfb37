//! The legend of a figure: what its signs stand for.

use super::canvas::{At, Canvas, Mark, width};
use super::colour::{Colour, FAINT, SHADE};

/// Units of a row, of a sign across, and between a sign, its words and the next sign.
const ROW: i32 = 42;
const SIGN: i32 = 48;
const GAP: i32 = 12;
const NEXT: i32 = 30;
/// The size of the words.
const SIZE: f64 = 29.0;

/// What stands before the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A line through points.
    Points(Colour, Mark),
    /// A line alone.
    Line(Colour),
    Dashes(Colour),
    /// From the lowest to the highest.
    Whisker(Colour),
    Bar(Colour),
    /// What lies behind columns.
    Shade,
}

/// Signs, each with its words.
#[derive(Clone, Debug, Default)]
pub struct Legend(pub Vec<(Sign, String)>);

impl Legend {
    /// Returns its height, in units, if its rows have so much room.
    pub fn height(&self, room: i32) -> i32 {
        self.places(room).last().map_or(0, |(_, down)| down + ROW)
    }

    /// Draws it, from this place to the right and down.
    pub fn draw(&self, canvas: &mut Canvas, (left, top): (i32, i32), room: i32) {
        for ((sign, words), (right, down)) in self.0.iter().zip(self.places(room)) {
            let (start, middle) = (left + right, top + down + ROW / 2);
            sign.draw(canvas, (start, middle));
            canvas.write(words, At::Right, (start + SIGN + GAP, middle), SIZE, FAINT);
        }
    }

    /// Returns where each sign stands: side by side while there is room.
    fn places(&self, room: i32) -> Vec<(i32, i32)> {
        let (mut right, mut down) = (0, 0);
        let place = |(_, words): &(Sign, String)| {
            let wide = SIGN + GAP + width(words, SIZE);
            if right > 0 && right + wide > room {
                (right, down) = (0, down + ROW);
            }
            let place = (right, down);
            right += wide + NEXT;
            place
        };
        self.0.iter().map(place).collect()
    }
}

impl Sign {
    /// Draws it; the place is the middle of its left side.
    fn draw(self, canvas: &mut Canvas, (left, middle): (i32, i32)) {
        let (right, centre) = (left + SIGN, left + SIGN / 2);
        let line = [(left, middle), (right, middle)];
        let around = |half: i32| [[(left, middle - half), (right, middle + half)]];
        match self {
            Self::Points(colour, mark) => {
                canvas.lines(&[line.to_vec()], colour, 4);
                canvas.marks(&[(centre, middle)], mark, colour);
            }
            Self::Line(colour) => canvas.lines(&[line.to_vec()], colour, 2),
            Self::Dashes(colour) => canvas.dashes(&line, colour, 3),
            Self::Whisker(colour) => {
                canvas.whiskers(&[[(centre, middle - 15), (centre, middle + 15)]], colour)
            }
            Self::Bar(colour) => canvas.rectangles(&around(12), colour),
            Self::Shade => canvas.rectangles(&around(16), SHADE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_stand_side_by_side_while_there_is_room() {
        let legend = |words: &[&str]| {
            Legend(words.iter().map(|words| (Sign::Shade, (*words).to_owned())).collect())
        };
        // Ten letters are 163 units, with their sign 223 and 30 more to the next.
        let three = legend(&["ten letter"; 3]);
        assert_eq!(three.places(476), [(0, 0), (253, 0), (0, 42)]);
        assert_eq!(three.places(475), [(0, 0), (0, 42), (0, 84)]);
        assert_eq!([three.height(476), three.height(475), legend(&[]).height(475)], [84, 126, 0]);
    }
}
