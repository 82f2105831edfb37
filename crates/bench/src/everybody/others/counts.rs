//! Counts of users that somebody else keeps.

use crate::everybody::candidate::{Host, Made, refuse, repeat};
use arc_swap::ArcSwap;
use ladder::hold;
use sharded_slab::Slab;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Makes `Arc`, cloned and dropped.
pub fn arc(_host: Host) -> Option<Made> {
    let object = Arc::new(());
    Some(Made::new(
        || Arc::new(()),
        move |_, count| {
            repeat(count, || {
                let share = Arc::clone(&object);
                hold();
                drop(share);
            });
        },
    ))
}

/// Makes `Weak`, upgraded, and the share dropped.
pub fn weak(_host: Host) -> Option<Made> {
    let object = Arc::new(());
    let [live, dead] = [Arc::downgrade(&object), Arc::downgrade(&Arc::new(()))];
    let one = || {
        let object = Arc::new(());
        (Arc::downgrade(&object), object)
    };
    let made = Made::new(one, move |_, count| {
        let _stays = &object;
        repeat(count, || {
            let share = live.upgrade().expect("`object` is a share");
            hold();
            drop(share);
        });
    });
    Some(made.refusing(move |count| refuse(count, || dead.upgrade().is_some())))
}

/// Makes `arc-swap`, borrowed: the crate's shorter way.
pub fn arc_swap(_host: Host) -> Option<Made> {
    let object = ArcSwap::from_pointee(());
    Some(Made::new(
        || ArcSwap::from_pointee(()),
        move |_, count| {
            repeat(count, || {
                let value = object.load();
                hold();
                drop(value);
            });
        },
    ))
}

/// Makes `arc-swap`, as a share of its own.
pub fn arc_swap_full(_host: Host) -> Option<Made> {
    let object = ArcSwap::from_pointee(());
    Some(Made::new(
        || ArcSwap::from_pointee(()),
        move |_, count| {
            repeat(count, || {
                let value = object.load_full();
                hold();
                drop(value);
            });
        },
    ))
}

/// Makes an entry of `sharded-slab`, found by its key.
pub fn sharded_slab(_host: Host) -> Option<Made> {
    let slab = Slab::new();
    let [live, removed] = [(); 2].map(|()| slab.insert(()).expect("there is room"));
    assert!(slab.remove(removed));
    let slab = Arc::new(slab);
    let same = Arc::clone(&slab);
    let store = Slab::new();
    let made = Made::new(
        || store.insert(()).expect("there is room"),
        move |_, count| {
            let slab = &*slab;
            repeat(count, || {
                let entry = slab.get(live).expect("it was not removed");
                hold();
                drop(entry);
            });
        },
    );
    Some(made.refusing(move |count| {
        let slab = &*same;
        refuse(count, || slab.get(removed).is_some());
    }))
}

/// Makes the crate `run-down`.
pub fn run_down(_host: Host) -> Option<Made> {
    let [live, run_down] = [(); 2].map(|()| ::run_down::RundownRef::new());
    run_down.wait_for_rundown();
    let made = Made::new(::run_down::RundownRef::new, move |_, count| {
        repeat(count, || {
            let guard = live.try_acquire().expect("the object is live");
            hold();
            drop(guard);
        });
    });
    Some(made.refusing(move |count| refuse(count, || run_down.try_acquire().is_ok())))
}

/// Makes a token of a `TaskTracker`, as for work that is no task.
pub fn task_tracker(_host: Host) -> Option<Made> {
    let tracker = TaskTracker::new();
    Some(Made::new(TaskTracker::new, move |_, count| {
        repeat(count, || {
            let token = tracker.token();
            hold();
            drop(token);
        });
    }))
}
