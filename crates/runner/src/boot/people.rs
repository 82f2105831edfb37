//! What a person at a terminal is shown of a report: all but the lines for tools.

use std::io::{IsTerminal, stdout};

/// How the lines for tools begin. Pipes and files get them.
const FOR_TOOLS: &[u8] = b"# measure {";

/// Takes them out of a report, in whatever pieces that comes. All else is passed on as soon as it is clear that it is
/// no such line.
#[derive(Debug)]
pub enum Shown {
    /// All of it.
    Everything,
    /// So many bytes of the line are there, and held back: those of [`FOR_TOOLS`] so far.
    Undecided(usize),
    /// The rest of this line.
    Line,
    /// Nothing up to the end of this line.
    Nothing,
}

impl Shown {
    /// For our stdout.
    pub fn here() -> Self {
        if stdout().is_terminal() { Self::Undecided(0) } else { Self::Everything }
    }

    /// Returns what is to be shown of the next piece.
    pub fn piece(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            match *self {
                Self::Everything | Self::Line => shown.push(byte),
                Self::Undecided(held) if byte == FOR_TOOLS[held] => {
                    let all = held + 1 == FOR_TOOLS.len();
                    *self = if all { Self::Nothing } else { Self::Undecided(held + 1) };
                }
                Self::Undecided(held) => {
                    shown.extend(&FOR_TOOLS[..held]);
                    shown.push(byte);
                    *self = Self::Line;
                }
                Self::Nothing => {}
            }
            if byte == b'\n' && !matches!(self, Self::Everything) {
                *self = Self::Undecided(0);
            }
        }
        shown
    }

    /// Returns what is held back when no more comes.
    pub fn rest(&self) -> &'static [u8] {
        if let Self::Undecided(held) = *self { &FOR_TOOLS[..held] } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "1..1\n# measure {\"a\":1}\n# measures\r\n#\n\n# measure {}\r\nok 1 x";

    fn shown(mut how: Shown, pieces: &[&str]) -> String {
        let mut all: Vec<u8> =
            pieces.iter().flat_map(|piece| how.piece(piece.as_bytes())).collect();
        all.extend(how.rest());
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn the_lines_for_tools_are_left_out_in_whatever_pieces_they_come() {
        let wanted = "1..1\n# measures\r\n#\n\nok 1 x";
        assert_eq!(shown(Shown::Undecided(0), &[REPORT]), wanted);
        for at in 0..=REPORT.len() {
            let (one, other) = REPORT.split_at(at);
            assert_eq!(shown(Shown::Undecided(0), &[one, other]), wanted, "{at}");
        }
        let each: Vec<_> = REPORT.split("").collect();
        assert_eq!(shown(Shown::Undecided(0), &each), wanted);
    }

    #[test]
    fn pipes_and_files_get_everything() {
        assert_eq!(
            shown(Shown::Everything, &[REPORT, "# measure "]),
            format!("{REPORT}# measure ")
        );
    }

    #[test]
    fn a_line_that_only_begins_so_is_shown_at_the_end_and_others_at_once() {
        assert_eq!(shown(Shown::Undecided(0), &["x\n# meas"]), "x\n# meas");
        let mut how = Shown::Undecided(0);
        assert_eq!(how.piece(b"# m"), b"");
        assert_eq!(how.piece(b"y"), b"# my");
        assert_eq!(how.piece(b"# measure {"), b"# measure {", "in the middle of a line");
    }
}
