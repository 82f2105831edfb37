//! Unit tests that set the words by hand: overflow, modular slots, what a refusal writes.

use super::*;
use crate::limits::{MAX_CLONED, MAX_SLOTS};
use crate::plain::RundownRef;
use crate::rundown::Rundown;
use crate::words::Slot;
use std::vec::Vec;

/// Makes an object of these words: those of the slots and, unless it is 0, the outstanding one.
macro_rules! object {
    ($object:ident, $slots:expr) => {
        object!($object, $slots, 0)
    };
    ($object:ident, $slots:expr, $outstanding:expr) => {
        let words = $slots.into_iter();
        let slots: Vec<_> = words.map(|word| Slot(AtomicUsize::new(word))).collect();
        let outstanding = Outstanding(AtomicUsize::new($outstanding));
        let $object = Protocol { outstanding: &outstanding, slots: &slots[..] };
    };
}

type Words<'a> = Protocol<'a, &'a [Slot]>;

fn values(object: Words<'_>) -> Vec<usize> {
    object.slots.iter().map(|slot| slot.0.load(Ordering::Relaxed)).collect()
}

/// All steps of an acquire, as `operations` does them.
fn acquire(object: Words<'_>, slot: usize, count: usize) -> Result<(), AcquireError> {
    if object.refuses() {
        return Err(AcquireError::RunDown);
    }
    if count.wrapping_sub(1) >= MAX_COUNT {
        return object.take_nothing(slot, count);
    }
    let judged = object.acquire(slot, count).map_or(Ok(()), |old| object.judge(old));
    if judged == Err(AcquireError::TooMany) {
        assert_eq!(release(object, slot, count), Ok(Released::NotLast));
    }
    judged
}

/// Both steps of a release.
fn release(object: Words<'_>, slot: usize, count: usize) -> ReleaseResult {
    let rest = object.release_any(slot, count);
    rest.map_or(Ok(Released::NotLast), |old| object.release_slow(slot, old, count))
}

/// `count` in the units of the words.
fn holds(count: isize) -> usize {
    (count as usize).wrapping_mul(ONE)
}

#[test]
fn an_acquire_that_would_overflow_is_refused_and_takes_nothing() {
    for words in [&[MAX_HOLDERS * ONE][..], &[MAX_HOLDERS * ONE, 0], &[MAX_HOLDERS * ONE - 2, 2]] {
        object!(object, words.iter().copied());
        assert_eq!(acquire(object, 0, 1), Err(AcquireError::TooMany));
        assert_eq!(values(object), words);
        assert_eq!(release(object, 0, 1), Ok(Released::NotLast));
        assert_eq!(acquire(object, 0, 2), Err(AcquireError::TooMany));
        assert_eq!(acquire(object, 0, 1), Ok(()), "exactly MAX_HOLDERS fit");
    }
}

#[test]
fn an_object_that_is_full_stays_as_it_was() {
    let object: RundownRef = RundownRef::new();
    object.slot.0.store(MAX_HOLDERS * ONE, Ordering::Relaxed);
    assert_eq!(object.try_acquire().unwrap_err(), AcquireError::TooMany);
    assert_eq!(object.slot.0.swap(0, Ordering::Relaxed), MAX_HOLDERS * ONE);
}

#[test]
fn a_guard_for_nothing_writes_nothing() {
    let object: RundownRef = RundownRef::new();
    let nothing = object.try_acquire_n(0).unwrap();
    // Even if the words are not those of an object any more: a release that is the last would wake.
    object.slot.0.store(MARK, Ordering::Relaxed);
    let before = object.outstanding.0.swap(holds(-3) | SWEPT, Ordering::Relaxed);
    drop(nothing);
    object.slot.0.store(0, Ordering::Relaxed);
    assert_eq!(object.outstanding.0.swap(before, Ordering::Relaxed), holds(-3) | SWEPT);
}

#[test]
fn the_count_covers_every_ulong_of_holders_and_two_to_the_61_in_all() {
    object!(object, [holds((MAX_HOLDERS - MAX_COUNT) as isize)]);
    assert_eq!(acquire(object, 0, MAX_COUNT + 1), Err(AcquireError::TooMany));
    assert_eq!(acquire(object, 0, MAX_COUNT), Ok(()));
    assert_eq!(acquire(object, 0, 1), Err(AcquireError::TooMany));
    assert_eq!(object.sweep(), Ok(Some(MAX_HOLDERS)));
    assert_eq!(object.left(), Ok(Some(MAX_HOLDERS)));
}

#[test]
fn the_limits_are_as_documented() {
    assert_eq!(MAX_HOLDERS, 1 << (usize::BITS - 3));
    assert_eq!(MAX_RESURRECTED, 1 << (usize::BITS - 4));
    assert_eq!(MAX_COUNT, usize::MAX >> (usize::BITS / 2), "any ULONG on 64-bit targets");
    assert_eq!(MAX_SLOTS, 1 << (usize::BITS / 4));
    assert!(holds(MAX_EVER as isize) as isize > 0, "still positive in the words");
    assert!((holds(MAX_EVER as isize + 1) as isize) < 0, "and one more is not");
}

#[test]
fn a_count_above_the_limit_is_refused_on_an_empty_object() {
    for count in [MAX_COUNT + 1, MAX_HOLDERS, usize::MAX / 2, usize::MAX / 2 + 1, usize::MAX] {
        object!(object, [0, 0]);
        assert_eq!(acquire(object, 1, count), Err(AcquireError::TooMany));
        assert_eq!(values(object), [0, 0]);
    }
}

#[test]
fn holds_beside_the_slot_count_for_the_limit() {
    // Released on other slots: the sum is small though one slot is far from zero, on either side.
    let far = (MAX_HOLDERS * ONE).wrapping_mul(3) & !MARK;
    object!(object, [far, far.wrapping_neg()]);
    assert_eq!(acquire(object, 0, 1), Ok(()));
    assert_eq!(acquire(object, 1, 1), Ok(()));
    // Left in `outstanding`: they count too.
    object!(object, [NEAR], MAX_HOLDERS * ONE);
    assert_eq!(acquire(object, 0, 1), Err(AcquireError::TooMany));
}

#[test]
fn a_slot_near_zero_is_granted_without_a_look_at_the_others() {
    object!(object, [NEAR - 2, MAX_HOLDERS * ONE]);
    assert_eq!(acquire(object, 0, 1), Ok(()), "inside the window");
    object!(most, [0, MAX_HOLDERS * ONE]);
    assert_eq!(acquire(most, 0, MAX_COUNT), Ok(()), "with the largest count, too");
    assert_eq!(acquire(object, 0, 1), Err(AcquireError::TooMany), "outside");
    assert_eq!(acquire(object, 1, 1), Err(AcquireError::TooMany));
    // What all slots let through unchecked, on top of a full object, still has its sign right.
    assert!(MAX_HOLDERS * ONE + MAX_SLOTS * (2 * NEAR + MAX_COUNT * ONE) < isize::MAX as usize);
    let below = [0usize.wrapping_sub(NEAR), 0usize.wrapping_sub(NEAR + 2)];
    object!(object, [below[0], below[1], MAX_HOLDERS * ONE + NEAR]);
    assert_eq!(acquire(object, 0, 1), Ok(()), "the window's lower end lies inside");
    object!(object, [below[1], 0usize.wrapping_sub(below[1]), MAX_HOLDERS * ONE]);
    assert_eq!(acquire(object, 0, 1), Err(AcquireError::TooMany), "below the window");
}

#[test]
fn a_slot_below_zero_is_marked_and_added_like_any_other() {
    // 32-bit truncation would lose the mark or the sign.
    for count in [1, 0x7fff, 0x4000_0000_isize] {
        object!(object, [0, holds(-count), holds(count + 2)]);
        assert_eq!(object.sweep(), Ok(Some(2)));
        assert!(values(object).iter().all(|word| word & MARK != 0), "every slot is marked");
        assert_eq!(object.left(), Ok(Some(2)));
        assert_eq!(release(object, 1, 1), Ok(Released::NotLast));
        assert_eq!(release(object, 1, 1), Ok(Released::Last));
        assert_eq!(object.left(), Ok(Some(0)));
    }
}

#[test]
fn after_the_sweep_a_refused_acquire_changes_no_word() {
    let words = [MARK, holds(7) | MARK, holds(-7) | MARK];
    object!(object, words, holds(5) | SWEPT);
    for slot in 0..7 {
        for count in [0, 1, 9, MAX_COUNT, MAX_COUNT + 1, usize::MAX] {
            assert_eq!(acquire(object, slot, count), Err(AcquireError::RunDown));
        }
    }
    assert_eq!(values(object), words);
    assert_eq!(object.left(), Ok(Some(5)));
}

#[test]
fn during_a_sweep_a_refused_acquire_changes_only_bits_that_nobody_reads() {
    object!(object, [holds(1) | MARK, holds(2)]);
    for count in [0, MAX_COUNT + 1] {
        assert_eq!(acquire(object, 0, count), Err(AcquireError::RunDown));
        assert_eq!(values(object), [holds(1) | MARK, holds(2)], "takes nothing anyway");
    }
    assert_eq!(acquire(object, 0, 5), Err(AcquireError::RunDown));
    assert_eq!(values(object), [holds(6) | MARK, holds(2)]);
    assert_eq!((object.left(), object.is_marked()), (Ok(None), true));
    assert_eq!(object.estimate(), holds(2), "what is dead is not counted");
}

#[test]
fn what_an_acquire_took_too_much_is_released_though_a_sweep_has_come_between() {
    object!(object, [holds(MAX_HOLDERS as isize - 1)]);
    let old = object.acquire(0, 2).expect("far from zero");
    assert_eq!(object.judge(old), Err(AcquireError::TooMany));
    assert_eq!(object.sweep(), Ok(Some(MAX_HOLDERS + 1)));
    assert_eq!(release(object, 0, 2), Ok(Released::NotLast));
    assert_eq!(release(object, 0, MAX_HOLDERS - 1), Ok(Released::Last));
    assert_eq!(object.left(), Ok(Some(0)));
}

#[test]
fn an_index_is_taken_modulo_the_number_of_slots() {
    object!(object, [0, 0, 0]);
    for (index, slot) in [(0, 0), (2, 2), (3, 0), (4, 1), (302, 2), (usize::MAX, usize::MAX % 3)] {
        let before = values(object)[slot];
        acquire(object, index, 1).unwrap();
        assert_eq!(values(object)[slot], before + ONE, "index {index}");
    }
}

#[test]
fn before_the_sweep_ends_no_release_can_end_the_run_down() {
    // A sweep under way: slot 0 is marked and counted, slot 1 is not yet, outstanding is even.
    object!(object, [holds(1) | MARK, holds(1)]);
    for _ in 0..2 {
        assert_eq!(release(object, 0, 1), Ok(Released::NotLast));
        assert_eq!((object.left(), object.is_marked()), (Ok(None), true));
    }
    assert_eq!(object.sweep(), Ok(None), "the sweep belongs to somebody else");
    assert_eq!(object.reinitialize(|| ()), Err(NotRunDown));
    assert_eq!(object.resurrect(), Err(NotRunDown));
}

#[test]
fn holds_that_survive_a_resurrect_are_released_on_a_single_slot() {
    object!(object, [0]);
    acquire(object, 0, 2).unwrap();
    object.sweep().unwrap();
    object.resurrect().unwrap();
    assert_eq!(release(object, 0, 1), Ok(Released::NotLast));
    assert_eq!(release(object, 0, 1), Ok(Released::NotLast));
    assert_eq!(object.sweep(), Ok(Some(0)));
    assert_eq!(object.left(), Ok(Some(0)));
}

#[test]
fn too_many_releases_after_a_resurrect_are_reported_by_the_drain() {
    for holds in 0..3 {
        object!(object, [0]);
        acquire(object, 0, holds).unwrap();
        object.sweep().unwrap();
        object.resurrect().unwrap();
        release(object, 0, holds).unwrap();
        let excess = OverRelease { held: 0, released: 1 };
        if holds == 0 {
            // Nobody held it, so nobody can want a further hold: the slot alone counts.
            assert_eq!(release(object, 0, 1), Err(excess));
        } else {
            assert_eq!(release(object, 0, 1), Ok(Released::NotLast));
            assert_eq!(object.sweep(), Err(excess));
        }
    }
}

#[test]
fn a_further_hold_that_found_a_mark_which_was_taken_back_is_released_like_any_other() {
    for order in [[1, 1], [2, 0]] {
        object!(object, [0]);
        acquire(object, 0, 1).unwrap();
        object.sweep().unwrap();
        let old = object.acquire(0, 1).expect("the mark is there");
        assert_eq!(object.judge(old), Err(AcquireError::RunDown));
        object.resurrect().unwrap(); // between the two steps
        assert_eq!(object.acquire_more(), Ok(()));
        for count in order {
            assert_eq!(release(object, 0, count), Ok(Released::NotLast), "{order:?}");
        }
        assert_eq!(object.sweep(), Ok(Some(0)));
    }
}

#[test]
fn a_further_hold_is_counted_wherever_the_sweep_is() {
    // Before its end: the sweep adds what it finds.
    object!(object, [holds(1) | MARK]);
    assert_eq!((object.acquire_more(), object.left()), (Ok(()), Ok(None)));
    assert_eq!(object.outstanding.0.load(Ordering::Relaxed), ONE);
    // After it.
    object!(object, [MARK], holds(1) | SWEPT);
    assert_eq!((object.acquire_more(), object.left()), (Ok(()), Ok(Some(2))));
    for (left, granted) in [(MAX_CLONED - 1, true), (MAX_CLONED, false)] {
        object!(object, [MARK], holds(left as isize) | SWEPT);
        assert_eq!(object.acquire_more().is_ok(), granted);
        assert_eq!(object.left(), Ok(Some(MAX_CLONED)));
    }
}

#[test]
fn resurrect_is_refused_while_more_are_left_than_a_round_may_carry_over() {
    for (left, granted) in [(MAX_RESURRECTED, true), (MAX_RESURRECTED + 1, false)] {
        object!(object, [MARK], (left * ONE) | SWEPT);
        assert_eq!(object.resurrect().is_ok(), granted);
        assert_eq!(acquire(object, 0, 1).is_ok(), granted);
    }
    // More released than acquired: never live again.
    object!(object, [MARK], holds(-1) | SWEPT);
    assert_eq!(object.resurrect(), Err(NotRunDown));
    assert_eq!(object.reinitialize(|| ()), Err(NotRunDown));
}

#[test]
fn releasing_more_than_was_acquired_is_reported_with_the_counts() {
    // One slot, live: at once, and the count is mended.
    object!(object, [holds(2)]);
    assert_eq!(release(object, 0, 3), Err(OverRelease { held: 2, released: 3 }));
    assert_eq!(values(object), [holds(2)]);
    for count in [MAX_EVER, MAX_EVER + 1, usize::MAX / 2 + 1, usize::MAX / 2 + 3, usize::MAX] {
        assert_eq!(release(object, 0, count).unwrap_err().released, count);
        assert_eq!(values(object), [holds(2)]);
    }
    // Draining and run down: at once.
    object.sweep().unwrap();
    assert_eq!(release(object, 0, 3), Err(OverRelease { held: 2, released: 3 }));
    assert_eq!(release(object, 0, 2), Ok(Released::Last));
    assert_eq!(release(object, 0, 1), Err(OverRelease { held: 0, released: 1 }));
    assert_eq!(object.left(), Ok(Some(0)), "it stays run down");
    // Several slots: by the drain, which knows the sum.
    object!(object, [holds(1), 0]);
    assert_eq!(release(object, 1, 3), Ok(Released::NotLast));
    assert_eq!(object.sweep(), Err(OverRelease { held: 0, released: 2 }));
    assert_eq!(object.left(), Err(OverRelease { held: 0, released: 2 }));
    assert_eq!(acquire(object, 0, 1), Err(AcquireError::RunDown));
}
