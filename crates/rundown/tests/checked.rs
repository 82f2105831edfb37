//! A release too many, as a value: what an interface without panics builds on. (`waking.rs` has the rest.)

use rundown::{Checked, CurrentSlot, OverRelease, Rundown, RundownRef, Spin, StaticRundownRef};
use std::mem::ManuallyDrop;

struct Zero;
impl CurrentSlot for Zero {
    fn current_slot() -> usize {
        0
    }
}

#[test]
fn a_plain_object_tells_at_once_and_keeps_its_count() {
    let object: RundownRef<Spin> = RundownRef::with_park();
    let held = object.try_acquire_n(2).unwrap().leak();
    // SAFETY: more than is held, which is what this is about; nothing is freed.
    let error = unsafe { object.checked_release_n(held + 1) };
    assert_eq!(error, Err(OverRelease { held: 2, released: 3 }));
    assert_eq!(object.checked_outstanding(), Ok(None));
    assert_eq!(object.checked_wait_until(1), Ok(false), "held, and the deadline has passed");
    // SAFETY: exactly what is held.
    assert_eq!(unsafe { object.checked_release_n(held) }, Ok(()));
    assert_eq!(object.checked_wait(), Ok(()));
    assert_eq!(object.checked_wait_until(1), Ok(true));
    assert_eq!(object.checked_outstanding(), Ok(Some(0)));
}

#[test]
fn a_cache_aware_object_tells_every_waiter() {
    // Never dropped: that would panic, as it should.
    let object = ManuallyDrop::new(StaticRundownRef::<Zero, 4, Spin>::new());
    // SAFETY: nothing is held, which is what this is about; nothing is freed.
    assert_eq!(unsafe { object.checked_release_n(1) }, Ok(()), "no slot alone can tell");
    let excess = OverRelease { held: 0, released: 1 };
    for _ in 0..2 {
        assert_eq!(object.checked_wait(), Err(excess));
        assert_eq!(object.checked_wait_until(1), Err(excess));
        assert_eq!(object.checked_begin_run_down(), Err(excess));
        assert_eq!(object.checked_outstanding(), Err(excess));
    }
    assert!(object.try_acquire().is_err());
}
