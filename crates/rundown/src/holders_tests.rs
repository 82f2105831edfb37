//! Unit tests that set an entry by hand: what others see while a core is in the middle of a change.

use super::*;

/// An entry of the table that nobody else uses, with these fields; free again when dropped.
struct ByHand {
    entry: &'static Entry,
    object: *mut (),
}

impl ByHand {
    fn new(object: &usize, site: *mut Location<'static>, holds: usize) -> Self {
        let claim = |entry: &&Entry| {
            let (free, ordering) = (ptr::null_mut(), Ordering::SeqCst);
            entry.object.compare_exchange(free, CLAIMED, ordering, ordering).is_ok()
        };
        let entry = TABLE.iter().find(claim).expect("the table is not full");
        entry.site.store(site, Ordering::SeqCst);
        entry.slot.store(7, Ordering::SeqCst);
        entry.holds.store(holds, Ordering::SeqCst);
        let object = address(object).cast_mut();
        entry.object.store(object, Ordering::SeqCst);
        Self { entry, object }
    }

    fn holds(&self) -> usize {
        self.entry.holds.load(Ordering::SeqCst)
    }

    fn is_free(&self) -> bool {
        self.entry.object.load(Ordering::SeqCst) != self.object
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        // Unless it was freed by the test, and perhaps taken by another one.
        let ordering = Ordering::SeqCst;
        let _ =
            self.entry.object.compare_exchange(self.object, ptr::null_mut(), ordering, ordering);
    }
}

fn address(object: &usize) -> *const () {
    ptr::from_ref(object).cast()
}

fn here() -> *mut Location<'static> {
    ptr::from_ref(Location::caller()).cast_mut()
}

#[test]
fn an_entry_that_is_being_emptied_or_has_no_site_yet_is_not_listed() {
    let object = 0;
    let _emptied = ByHand::new(&object, here(), LEAKED);
    let _nameless = ByHand::new(&object, ptr::null_mut(), 4);
    assert_eq!(Holders::of(address(&object)).count(), 0);
    let _whole = ByHand::new(&object, here(), 2);
    let listed: std::vec::Vec<_> = Holders::of(address(&object)).collect();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].slot, listed[0].count, listed[0].leaked), (7, 1, false));
}

#[test]
fn an_entry_that_another_core_is_emptying_is_left_to_it() {
    let object = 0;
    let emptied = ByHand::new(&object, here(), LEAKED);
    Record::take_leaked(address(&object), 3);
    assert_eq!((emptied.is_free(), emptied.holds()), (false, LEAKED));
}

#[test]
fn holds_that_a_guard_stands_for_are_not_taken() {
    let object = 0;
    let guarded = ByHand::new(&object, here(), 6);
    let leaked = ByHand::new(&object, here(), 6 | LEAKED);
    Record::take_leaked(address(&object), 2);
    assert_eq!((guarded.holds(), leaked.holds()), (6, 2 | LEAKED));
    Record::take_leaked(address(&object), 1);
    assert_eq!((guarded.is_free(), leaked.is_free()), (false, true), "empty, so free");
}
