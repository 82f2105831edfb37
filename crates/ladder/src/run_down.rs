//! The pairs of the two variants that `crates/rundown` ships.
//!
//! They are used as anybody would use them.

use crate::variant::hold;
use rundown::Rundown;

/// Acquires and releases an object. Nobody drains it meanwhile, so nobody is refused.
#[inline(always)]
pub fn pair<R: Rundown + ?Sized>(object: &R) {
    let guard = object.try_acquire().expect("the object is live");
    hold();
    drop(guard);
}

/// Drains the object and makes it live again. Returns the holds that the drain has found.
pub fn reset<R: Rundown + ?Sized>(object: &R) -> i64 {
    object.begin_run_down();
    let left = object.outstanding().map_or(i64::MAX, |holds| holds as i64);
    // Holds that are left are a bug: then the object stays as it is, and the next call finds them again.
    let _ = object.reinitialize();
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use rundown::{RundownRef, Spin};

    #[test]
    fn a_hold_that_is_left_is_found_and_the_next_pair_finds_the_object_live() {
        let object = RundownRef::<Spin>::with_park();
        let held = object.try_acquire();
        assert_eq!(reset(&object), 1);
        assert_eq!(reset(&object), 1, "it is still there");
        drop(held);
        assert_eq!(reset(&object), 0);
        pair(&object);
        assert_eq!(reset(&object), 0);
    }

    #[test]
    #[should_panic(expected = "the object is live")]
    fn a_pair_of_an_object_that_is_run_down_is_refused() {
        let object = RundownRef::<Spin>::with_park_run_down();
        pair(&object);
    }
}
