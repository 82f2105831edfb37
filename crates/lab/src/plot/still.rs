//! A still of the replay: what the caches have of each line after some steps.

use super::canvas::{At, Canvas, TEXT, WIDTH, svg};
use super::colour::{Colour, FAINT, GRID, INK, PAPER, colour};
use cachescope::directory;
use replay_page::records::Access;
use replay_page::run::Run;

/// Steps that are done: every line is in a cache, and every core has had its turn more than once.
const DONE: usize = 43;
/// Where the cells begin, in units from the left; the names of the lines stand before them.
const CELLS: i32 = 300;
/// Units of a row; of what stands above the rows of a run; and of what stands above all.
const ROW: i32 = 58;
const HEADING: i32 = 84;
const TOP: i32 = 124;

/// Letters on colours that are light on dark paper, too.
const BLACK: Colour = colour("#000000", "#000000");

/// What the caches have after the steps.
#[derive(Debug, PartialEq, Eq)]
struct Moment {
    /// A letter for each core, line by line.
    lines: Vec<String>,
    /// Lines that have travelled.
    transfers: usize,
    /// Core and line of the last step, and what the caches had of that line before it.
    last: (usize, usize, String),
}

/// Returns the still of runs with the same number of cores.
pub fn still(runs: &[Run]) -> String {
    let moments: Vec<Moment> = runs.iter().map(|run| moment(run, DONE)).collect();
    let cores = runs.iter().map(|run| run.cores).max().unwrap_or(1) as i32;
    let title = format!("{cores} caches after {DONE} steps of each variant");
    let sums: Vec<String> = runs
        .iter()
        .zip(&moments)
        .map(|(run, moment)| format!("{} {}", run.name, moment.transfers))
        .collect();
    let description = format!(
        "A still of the replay: what each cache has of each line. Lines that have come from another cache so far: {}. \
         M: modified, E: exclusive, S: shared, I: invalid.",
        sums.join(", ")
    );
    let rows: usize = runs.iter().map(|run| run.lines.len()).sum();
    let height = TOP + runs.len() as i32 * HEADING + rows as i32 * ROW + 20;
    let wide = (WIDTH - 20 - CELLS) / cores;
    svg("replay", height, (&title, &description), |canvas| {
        canvas.write_bold(&title, At::Right, (20, 36), TEXT, INK);
        for core in 0..cores {
            let middle = CELLS + core * wide + wide / 2;
            canvas.write(&format!("core {core}"), At::Middle, (middle, 96), TEXT, FAINT);
        }
        let mut top = TOP;
        for (run, moment) in runs.iter().zip(&moments) {
            draw(canvas, run, moment, (top, wide));
            top += HEADING + run.lines.len() as i32 * ROW;
        }
    })
}

/// Draws a run whose heading begins at `top`, with cells so wide.
fn draw(canvas: &mut Canvas, run: &Run, moment: &Moment, (top, wide): (i32, i32)) {
    let middle = top + HEADING / 2;
    canvas.lines(&[vec![(20, top + 8), (WIDTH - 20, top + 8)]], GRID, 2);
    canvas.write_bold(&run.name, At::Right, (20, middle), TEXT, INK);
    let travelled = format!("{} lines have travelled", moment.transfers);
    canvas.write_bold(&travelled, At::Left, (WIDTH - 20, middle), TEXT, INK);
    let (last_core, last_line, before) = &moment.last;
    for (line, (name, copies)) in run.lines.iter().zip(&moment.lines).enumerate() {
        let row = top + HEADING + line as i32 * ROW;
        canvas.write(name, At::Right, (20, row + ROW / 2), TEXT, INK);
        for (core, letter) in copies.chars().enumerate() {
            let left = CELLS + core as i32 * wide;
            let inside = [(left + 4, row + 4), (left + wide - 4, row + ROW - 4)];
            let [(left, upper), (right, lower)] = inside;
            let frame =
                [(left, upper), (right, upper), (right, lower), (left, lower), (left, upper)];
            let (paper, ink) = colours(letter);
            canvas.rectangles(&[inside], paper);
            let place = ((left + right) / 2, (upper + lower) / 2);
            canvas.write_bold(&letter.to_string(), At::Middle, place, TEXT, ink);
            if (core, line) == (*last_core, *last_line) {
                canvas.lines(&[frame.to_vec()], INK, 6);
            } else if line == *last_line && before[core..].starts_with(['M', 'E']) {
                canvas.dashes(&frame, INK, 4);
            } else {
                canvas.lines(&[frame.to_vec()], GRID, 2);
            }
        }
    }
}

/// Returns the colours of a cell and of its letter: those of the page (style.css).
fn colours(letter: char) -> (Colour, Colour) {
    match letter {
        'M' => (colour("#B34700", "#FF9D5C"), PAPER),
        'E' => (colour("#F0C36B", "#E0B65E"), BLACK),
        'S' => (colour("#9CC7E8", "#7FB4DE"), BLACK),
        _ => (PAPER, FAINT),
    }
}

/// Plays the first steps of a run that begins with empty caches.
fn moment(run: &Run, steps: usize) -> Moment {
    let mut lines = vec![directory::Line::default(); run.lines.len()];
    let (mut transfers, mut last) = (0, (usize::MAX, usize::MAX, String::new()));
    for &(core, word, site) in run.steps.iter().take(steps) {
        let line = run.words[word].1;
        let access = match run.sites[site].access {
            Access::Load => directory::Access::Load,
            Access::Store => directory::Access::Store,
            Access::Atomic => directory::Access::Atomic,
        };
        last = (core, line, lines[line].copies(run.cores));
        transfers += usize::from(lines[line].access(core, access).transfer);
    }
    let lines = lines.iter().map(|line| line.copies(run.cores)).collect();
    Moment { lines, transfers, last }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::colour::contrasts;
    use replay_page::run::Site;

    /// One word, which two cores add to in turn.
    fn run() -> Run {
        let site = |access| Site {
            instruction: "X".to_owned(),
            access,
            line: String::new(),
            function: String::new(),
            text: String::new(),
        };
        Run {
            name: "shared".to_owned(),
            meaning: String::new(),
            cores: 2,
            lines: vec!["shared".to_owned(), "other <".to_owned()],
            words: vec![("shared".to_owned(), 0), ("other".to_owned(), 1)],
            sites: [Access::Load, Access::Store, Access::Atomic].map(site).into(),
            phases: Vec::new(),
            found: Vec::new(),
            steps: vec![(0, 0, 2), (1, 0, 2), (0, 1, 0), (0, 0, 1), (1, 0, 0)],
        }
    }

    #[test]
    fn a_moment_follows_from_the_steps_before_it() {
        let at = |steps| moment(&run(), steps);
        let lines = |letters: [&str; 2]| letters.map(str::to_owned).to_vec();
        assert_eq!((at(0).lines, at(0).transfers), (lines(["II", "II"]), 0));
        let second =
            Moment { lines: lines(["IM", "II"]), transfers: 1, last: (1, 0, "MI".to_owned()) };
        assert_eq!(at(2), second);
        assert_eq!((at(4).lines, at(4).transfers), (lines(["MI", "EI"]), 2));
        let all =
            Moment { lines: lines(["SS", "EI"]), transfers: 3, last: (1, 0, "MI".to_owned()) };
        assert_eq!([at(5), at(99)].map(|moment| moment == all), [true; 2]);
    }

    #[test]
    fn every_state_is_a_letter_and_the_last_step_has_a_frame() {
        let svg = still(&[run()]);
        assert!(svg.contains("after 43 steps") && svg.contains("3 lines have travelled"));
        let count = |part: &str| svg.matches(part).count();
        assert_eq!(["S", "E", "I"].map(|letter| count(&format!(">{letter}</text>"))), [2, 1, 1]);
        assert_eq!((count("stroke-width=\"6\""), count("stroke-dasharray")), (1, 1));
        assert_eq!(
            [colours('S'), colours('E')].map(|(paper, _)| count(&format!("\"{}\" d", paper.light))),
            [2, 1]
        );
        let four = ['M', 'E', 'S', 'I'].map(colours);
        assert!((1..4).all(|at| !four[..at].contains(&four[at])), "two states look alike");
        for (paper, ink) in four {
            assert!(contrasts(ink, paper).iter().all(|contrast| *contrast >= 4.5), "{ink:?}");
        }
        assert!(svg.contains("shared 3.") && svg.contains(">other &lt;</text>"));
    }
}
