//! No file imports one above it, and no two import each other.
//!
//! The arrows are read from the sources ([`sources`]); a new file or folder has its floor here.

mod graph;
mod sources;
mod tokens;

use crate::step::{Outcome, Step};

use sources::Arrow;

/// The rooms, from the ground up: a file imports files of its own room and of floors further down.
/// Rooms of one floor know nothing of each other. docs/architecture.md has the same as a picture.
const FLOORS: [&[&str]; 15] = [
    &[
        "crates/rundown/",
        "crates/parking/",
        "crates/cachescope/guest/",
        "crates/board-tree/",
        "crates/runner/",
        "crates/mutants/",
        "crates/pct/",
        "crates/book-links/",
    ],
    &["crates/ladder/", "crates/tools/", "crates/rundown-capi/routines/"],
    &["crates/paths/"],
    &["src/machine/arch/"],
    &["src/machine/board/"],
    &["src/machine/smp/"],
    &["src/machine/testing/", "src/machine/traps/"],
    &["src/machine/"],
    &["src/demo/"],
    &[
        "src/",
        "examples/ladder/",
        "examples/scenarios/",
        "examples/interrupts/",
        "examples/soak/",
        "examples/pool/",
        "examples/riscv/",
        "examples/",
        "course/",
        "tests/",
    ],
    &["crates/cachescope/", "crates/prove/"],
    &["crates/replay-page/"],
    &[
        "crates/rundown-capi/",
        "crates/bench/",
        "crates/explore/",
        "crates/lab/",
        "crates/kvm-test/",
        "crates/soak/",
    ],
    &["crates/grade/"],
    &["crates/rundown-capi/kernel-test/", "crates/suite/"],
];
/// Workspaces of their own below that of the root.
const WORKSPACES: [&str; 1] = ["examples/riscv"];
/// Fewer arrows than this have not been read, but overlooked.
const AT_LEAST: usize = 200;

/// The step.
pub fn step() -> Step {
    Step::new("no import runs up or in a circle", 60, |context, deadline| {
        let arrows = sources::arrows(context.root(), &WORKSPACES, deadline)?;
        let mut faults = faults(&arrows);
        if arrows.len() < AT_LEAST {
            faults.push(format!("only {} imports were found", arrows.len()));
        }
        Ok(Outcome::check(faults.is_empty(), || faults.join("\n") + "\n"))
    })
}

/// Names every import that runs up, every circle, and every file without a floor.
fn faults(arrows: &[Arrow]) -> Vec<String> {
    let mut faults: Vec<String> = arrows.iter().filter_map(upward).collect();
    for circle in graph::circles(arrows) {
        faults.push(format!("a circle of {} imports:", circle.len()));
        faults.extend(circle.iter().map(|arrow| format!("  {arrow}")));
    }
    faults
}

/// Says what is wrong with one arrow, if its floors forbid it.
fn upward(arrow: &Arrow) -> Option<String> {
    let [from, to] = [&arrow.from, &arrow.to].map(|file| room(file).ok_or(file));
    match (from, to) {
        (Err(file), _) | (_, Err(file)) => {
            Some(format!("{file} has no floor: give its folder one in crates/suite/src/arrows.rs"))
        }
        (Ok((_, from)), Ok((_, to))) if from == to => None,
        (Ok((above, _)), Ok((below, _))) if above > below => None,
        _ => Some(format!("an import runs up, or across: {arrow}")),
    }
}

/// Returns a file's floor and room: the longest folder of the table that it lies in.
fn room(file: &str) -> Option<(usize, &'static str)> {
    let all = FLOORS.iter().enumerate();
    let rooms = all.flat_map(|(floor, rooms)| rooms.iter().map(move |room| (floor, *room)));
    rooms.filter(|(_, room)| file.starts_with(room)).max_by_key(|(_, room)| room.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(from: &str, to: &str) -> Arrow {
        Arrow { from: from.to_owned(), to: to.to_owned(), line: 7, what: "thing".to_owned() }
    }

    #[test]
    fn an_import_that_runs_up_is_named_with_both_files() {
        let up = arrow("src/machine/arch/time.rs", "src/machine/board/gic.rs");
        let said = faults(&[up]);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("src/machine/arch/time.rs:7"), "{said:?}");
        assert!(said[0].contains("src/machine/board/gic.rs"), "{said:?}");
        assert!(
            faults(&[arrow("src/machine/board/gic.rs", "src/machine/arch/time.rs")]).is_empty()
        );
    }

    #[test]
    fn rooms_of_one_floor_know_nothing_of_each_other() {
        let across = arrow("examples/ladder/main.rs", "examples/scenarios/races.rs");
        assert_eq!(faults(&[across]).len(), 1);
        assert!(faults(&[arrow("examples/ladder/main.rs", "examples/ladder/time.rs")]).is_empty());
    }

    #[test]
    fn a_circle_in_one_room_is_named_with_its_files() {
        let said = faults(&[
            arrow("crates/lab/src/a.rs", "crates/lab/src/b.rs"),
            arrow("crates/lab/src/b.rs", "crates/lab/src/c.rs"),
            arrow("crates/lab/src/c.rs", "crates/lab/src/a.rs"),
            arrow("crates/lab/src/c.rs", "crates/lab/src/d.rs"),
        ]);
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(!said.concat().contains("d.rs"));
        // Another one, and one more that lies on the same file.
        let [one, two, three] = ["a", "b", "c"].map(|name| {
            let [from, to] =
                [format!("crates/lab/src/{name}.rs"), format!("crates/lab/src/{name}2.rs")];
            [arrow(&from, &to), arrow(&to, &from)]
        });
        let [more, back] = [
            arrow(&two[0].from, "crates/lab/src/e.rs"),
            arrow("crates/lab/src/e.rs", &two[0].from),
        ];
        let all: Vec<_> = one.into_iter().chain(two).chain(three).chain([more, back]).collect();
        assert_eq!(graph::circles(&all).len(), 3);
    }

    #[test]
    fn a_folder_without_a_floor_is_noticed() {
        let said = faults(&[arrow("crates/new/src/lib.rs", "crates/rundown/src/lib.rs")]);
        assert!(said.concat().contains("crates/new/src/lib.rs has no floor"), "{said:?}");
    }
}
