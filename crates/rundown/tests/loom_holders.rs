//! Models of the holders' table, each named after the race that it excludes.
//!
//! Nothing of the protocol depends on the table, and no memory: what a missing ordering would do is
//! show one holder with another's slot or count. Run by `scripts/prove`, or by hand with
//! `RUSTFLAGS="--cfg rundown_loom"` and feature `holders`.
#![cfg(all(rundown_loom, feature = "holders"))]

mod loom_model;

use loom::thread;
use loom_model::{OnCore, explore as model, run_on};
use rundown::{Rundown, Spin, StaticRundownRef};
use std::sync::Arc;

type Object = StaticRundownRef<OnCore, 1, Spin>;

/// Lists the holders of an object whose only holders, if any, have this slot and count.
fn list(object: &Object, slot: usize, count: usize) {
    for holder in object.holders() {
        assert_eq!((holder.slot, holder.count), (slot, count), "of another holder");
        assert!(holder.site.file().ends_with("loom_holders.rs"));
    }
}

#[test]
fn a_list_against_an_entry_that_is_being_made() {
    model(|| {
        let object = Arc::new(Object::new());
        let other = object.clone();
        let user = thread::spawn(move || {
            run_on(5);
            drop(other.try_acquire_n(3).unwrap());
        });
        list(&object, 5, 3);
        user.join().unwrap();
        assert_eq!(object.holders().count(), 0);
    });
}

#[test]
fn an_entry_that_is_given_back_against_its_next_owner() {
    model(|| {
        let mine = Object::new();
        let user = thread::spawn(|| {
            let others = Object::new();
            run_on(5);
            let mut guard = others.try_acquire_n(3).unwrap();
            drop(guard.split(1)); // writes to the entry once more
            drop(guard);
        });
        run_on(6);
        let guard = mine.try_acquire_n(7).unwrap();
        list(&mine, 6, 7);
        user.join().unwrap();
        list(&mine, 6, 7);
        drop(guard);
    });
}

#[test]
fn an_entry_that_another_thread_settles_against_its_next_owner() {
    model(|| {
        let object = Arc::new(Object::new());
        // One leaked hold stands in the second entry, so that the other thread's comes before it.
        let first = object.try_acquire().unwrap();
        let _ = object.try_acquire().unwrap().leak();
        drop(first);
        let other = object.clone();
        let user = thread::spawn(move || {
            run_on(3); // the search of slots 0, 3 and 6 starts at the same entry
            other.try_acquire().unwrap().leak()
        });
        let mine = Object::new();
        // SAFETY: the leaked hold. Which of the two entries is taken out does not matter.
        unsafe { object.release_n(1) };
        run_on(6);
        let guard = mine.try_acquire_n(7).unwrap();
        list(&mine, 6, 7);
        let count = user.join().unwrap();
        list(&mine, 6, 7);
        drop(guard);
        // SAFETY: the hold that the other thread leaked.
        unsafe { object.release_n(count) };
        assert_eq!(object.holders().count(), 0);
    });
}
