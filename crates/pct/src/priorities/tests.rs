//! Priorities by hand, and the guarantee, counted.

use super::*;

extern crate std;
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

/// Cores in this order, with these change points.
fn priorities<const N: usize>(order: [usize; N], changes: &[u64]) -> Priorities<N> {
    let mut priorities = Priorities::new(0, N, 1, 1000);
    priorities.order = order;
    priorities.count = changes.len();
    priorities.changes[..changes.len()].copy_from_slice(changes);
    priorities
}

#[test]
fn the_highest_that_is_ready_runs() {
    let priorities = priorities([2, 0, 1], &[]);
    assert_eq!(priorities.choose(|_| true), Some(2));
    assert_eq!(priorities.choose(|core| core != 2), Some(0));
    assert_eq!(priorities.choose(|core| core == 1), Some(1));
    assert_eq!(priorities.choose(|_| false), None);
}

#[test]
fn a_core_falls_at_its_step_and_not_before_or_after() {
    let mut priorities = priorities([0, 1, 2], &[3]);
    for order in [[0, 1, 2], [0, 1, 2], [1, 2, 0], [1, 2, 0]] {
        priorities.step(0);
        assert_eq!(priorities.order, order);
    }
}

#[test]
fn steps_of_all_cores_count_together_and_who_makes_it_falls() {
    let mut priorities = priorities([0, 1, 2], &[3]);
    for (core, order) in [(0, [0, 1, 2]), (2, [0, 1, 2]), (1, [0, 2, 1])] {
        priorities.step(core);
        assert_eq!(priorities.order, order);
    }
}

#[test]
fn of_two_that_fall_the_change_points_say_who_is_last() {
    let falls = |changes: [u64; 2]| {
        let mut priorities = priorities([0, 1, 2, 3], &changes);
        priorities.step(0);
        priorities.step(1);
        priorities.order
    };
    assert_eq!(falls([1, 2]), [2, 3, 1, 0], "core 0 fell at the first of the list");
    assert_eq!(falls([2, 1]), [2, 3, 0, 1], "core 1 did, though later");
    assert_eq!(falls([1, 9]), [1, 2, 3, 0]);
    let mut twice = priorities([0, 1, 2], &[2, 2]);
    (0..2).for_each(|_| twice.step(0));
    assert_eq!(twice.order, [1, 2, 0]);
}

#[test]
fn who_gives_way_falls_behind_all() {
    let mut priorities = priorities([0, 1, 2], &[1]);
    priorities.step(0);
    assert_eq!(priorities.order, [1, 2, 0]);
    priorities.give_way(1);
    assert_eq!(priorities.order, [2, 0, 1], "also behind one that fell at a change point");
    priorities.give_way(0);
    assert_eq!(priorities.order, [2, 1, 0]);
    // Two that wait for a third let it run, in turn with each other.
    priorities.give_way(2);
    assert_eq!(priorities.order, [1, 0, 2]);
}

#[test]
fn who_makes_more_steps_in_a_row_than_a_run_takes_gives_way() {
    let mut priorities = Priorities::<2>::new(0, 2, 1, 10);
    let first = priorities.order[0];
    (0..10).for_each(|_| priorities.step(first));
    assert_eq!(priorities.order[0], first, "a whole run may be one core's");
    priorities.step(first);
    assert_eq!(priorities.order[1], first);
    // The other one alternates with it, and has no such row.
    let second = priorities.order[0];
    let mut others = Priorities::<2>::new(0, 2, 1, 10);
    for core in [[first; 6], [second; 6], [first; 6], [second; 6]].concat() {
        others.step(core);
        assert_eq!(others.order, [first, second]);
    }
    // One step of another core in between, and the row begins anew.
    for core in [[second; 10], [first; 10]].concat() {
        priorities.step(core);
        assert_eq!(priorities.order[0], second);
    }
}

#[test]
fn a_seed_is_one_order_and_every_order_and_depth_comes_equally_often() {
    let (mut orders, mut depths) = (BTreeMap::<_, u32>::new(), [0; 3]);
    for seed in 0..12_000 {
        let one = Priorities::<3>::new(seed, 3, 0, 50);
        assert_eq!(one, Priorities::new(seed, 3, 0, 50));
        *orders.entry(one.order).or_default() += 1;
        depths[one.count] += 1;
        let changes = &one.changes[..one.count];
        assert!(changes.iter().all(|step| (1..=50).contains(step)), "{changes:?}");
    }
    assert_eq!(orders.len(), 6);
    assert!(orders.values().all(|times| (1_800..2_200).contains(times)), "{orders:?}");
    assert!(depths.iter().all(|times| (3_700..4_300).contains(times)), "{depths:?}");
    assert_eq!(Priorities::<3>::new(5, 3, 4, 50).count, 3, "the depth that was asked for");
    let steps: BTreeSet<u64> =
        (0..2_000).map(|seed| Priorities::<3>::new(seed, 3, 2, 50).changes[0]).collect();
    assert_eq!(steps, (1..=50).collect(), "each step can be a change point");
}

/// Runs cores of `each` steps to their end. Returns the order of their steps.
fn schedule<const N: usize>(mut priorities: Priorities<N>, each: usize) -> Vec<usize> {
    let mut left = [each; N];
    let mut steps = Vec::new();
    while let Some(core) = priorities.choose(|core| left[core] > 0) {
        left[core] -= 1;
        steps.push(core);
        priorities.step(core);
    }
    steps
}

/// A bug of depth 2: the second step of core 0 comes first, and all of core 1 before the third. One of depth
/// 1: all of core 2 before all others. One of depth 3: core 0, 1, 0, 1 alternate at single steps.
#[test]
fn bugs_are_found_as_often_as_is_guaranteed() {
    const RUNS: u64 = 200_000;
    let each = 4;
    let k = 2 * each as u64;
    let within = |wanted: &[usize], steps: &[usize]| steps == wanted;
    for (depth, wanted) in [
        (1, [1, 1, 1, 1, 0, 0, 0, 0]),
        (2, [0, 0, 1, 1, 1, 1, 0, 0]),
        (3, [0, 1, 1, 0, 0, 0, 1, 1]),
        (3, [0, 1, 1, 1, 0, 0, 0, 1]),
    ] {
        let runs = (0..RUNS).filter(|&seed| {
            within(&wanted, &schedule(Priorities::<2>::new(seed, 2, depth, k), each))
        });
        let found = runs.count() as u64;
        let least = RUNS / (2 * k.pow(depth as u32 - 1));
        // A tenth less, for the luck of the draw: some hundreds are expected, or more.
        assert!(found * 10 >= least * 9, "depth {depth}: {found} of {RUNS}, {least} guaranteed");
    }
}
