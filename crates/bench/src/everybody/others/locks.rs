//! Locks, held for reading, and two copies, of which readers have one.

use crate::everybody::candidate::{Host, Made, refuse, repeat};
use crossbeam_utils::sync::ShardedLock;
use ladder::hold;
use left_right::{Absorb, ReadHandle};
use std::sync::RwLock;

/// Makes `std::sync::RwLock`, held for reading.
pub fn std(_host: Host) -> Option<Made> {
    let lock = RwLock::new(());
    Some(Made::new(
        || RwLock::new(()),
        move |_, count| {
            repeat(count, || {
                let held = lock.read().expect("nobody has panicked");
                hold();
                drop(held);
            });
        },
    ))
}

/// Makes the lock of `parking_lot`, held for reading.
pub fn parking_lot(_host: Host) -> Option<Made> {
    let lock = ::parking_lot::RwLock::new(());
    Some(Made::new(
        || ::parking_lot::RwLock::new(()),
        move |_, count| {
            repeat(count, || {
                let held = lock.read();
                hold();
                drop(held);
            });
        },
    ))
}

/// Makes the lock of `crossbeam-utils`, held for reading.
pub fn sharded(_host: Host) -> Option<Made> {
    let lock = ShardedLock::new(());
    Some(Made::new(
        || ShardedLock::new(()),
        move |_, count| {
            repeat(count, || {
                let held = lock.read().expect("nobody has panicked");
                hold();
                drop(held);
            });
        },
    ))
}

/// A value that is never written.
#[derive(Clone)]
struct Value;

impl Absorb<()> for Value {
    fn absorb_first(&mut self, _: &mut (), _: &Self) {}

    fn sync_with(&mut self, _: &Self) {}
}

/// Makes `left-right`.
pub fn left_right(_host: Host) -> Option<Made> {
    let (writer, reader) = ::left_right::new_from_empty::<_, ()>(Value);
    let (live, dead) = (reader.factory(), gone().factory());
    // A write handle belongs to one thread at a time; here it only has to stay.
    std::mem::forget(writer);
    let made = Made::new(
        || ::left_right::new_from_empty::<_, ()>(Value),
        move |_, count| {
            // A reader has a handle of its own.
            let handle = live.handle();
            repeat(count, || {
                let guard = handle.enter().expect("the writer is there");
                hold();
                drop(guard);
            });
        },
    );
    Some(made.refusing(move |count| {
        let handle = dead.handle();
        refuse(count, || handle.enter().is_some());
    }))
}

/// Returns a handle whose writer is gone.
fn gone() -> ReadHandle<Value> {
    ::left_right::new_from_empty::<_, ()>(Value).1
}
