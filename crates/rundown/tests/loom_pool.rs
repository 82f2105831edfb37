//! Models of pools, each named after the race that it excludes.
//!
//! What an object does by itself is the protocol's, and its models are in `loom.rs`. Blocks have two objects
//! here. Run by `scripts/prove`, or by hand with `RUSTFLAGS="--cfg rundown_loom"` and feature `alloc`.
#![cfg(all(rundown_loom, feature = "alloc"))]

mod loom_model;

use loom::cell::UnsafeCell;
use loom::thread::{self, JoinHandle};
use loom_model::{OnCore, explore as model, run_on};
use rundown::{CurrentSlot, Park, Pooled, PooledRundownRef, Rundown, SlotPool};
use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

/// Waits by letting others go first.
struct Yield;

impl Park for Yield {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        while !ready() {
            thread::yield_now();
        }
        true
    }

    fn unpark_all(_: *const ()) {}
}

std::thread_local! {
    /// How often a slot was asked for. (All threads of a model run on one of the system's.)
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// The core of the model, and a count of who asks: a refusal by the hint does not.
struct Asked;

impl CurrentSlot for Asked {
    fn current_slot() -> usize {
        ASKED.set(ASKED.get() + 1);
        OnCore::current_slot()
    }
}

type Pool = SlotPool<'static, Asked, Yield>;
type Handle = Pooled<'static, Asked, Yield>;
type Object = PooledRundownRef<Asked, Yield>;

/// A pool, and what one of its objects protects.
struct World {
    pool: Pool,
    data: UnsafeCell<usize>,
}

// SAFETY: the cell is loom's, which reports every access that is not ordered.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self { pool: Pool::new(2).unwrap(), data: UnsafeCell::new(0) })
    }

    fn take(&self) -> Handle {
        lengthened(self.pool.take().unwrap())
    }

    /// What a holder does with the protected, and its owner.
    fn work(&self) {
        // SAFETY: loom checks the order.
        self.data.with_mut(|cell| unsafe { *cell += 1 });
    }
}

/// For a thread of its own: every model drops its objects before their pool.
fn lengthened(object: Pooled<'_, Asked, Yield>) -> Handle {
    // SAFETY: the lifetimes differ, nothing else.
    unsafe { std::mem::transmute(object) }
}

/// Starts a thread on `core`.
fn on(
    world: &Arc<World>,
    core: usize,
    act: impl FnOnce(&World) + Send + 'static,
) -> JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || {
        run_on(core);
        act(&world);
    })
}

fn is(object: &Object, address: usize) -> bool {
    ptr::from_ref(object).addr() == address
}

#[test]
fn take_against_take_from_an_empty_pool() {
    model(|| {
        let world = World::new();
        let other = on(&world, 1, |world| {
            let (one, two) = (world.take(), world.take());
            assert!(!ptr::eq(&*one, &*two));
            drop(one.try_acquire().expect("live"));
            drop(two.try_acquire().expect("live"));
        });
        let one = world.take();
        drop(one.try_acquire().expect("live"));
        other.join().unwrap();
        assert!(one.begin_run_down(), "nobody else has it");
    });
}

#[test]
fn take_against_take_of_the_last_one() {
    model(|| {
        let world = World::new();
        let first = world.take();
        let other = on(&world, 1, |world| {
            let object = world.take();
            let guard = object.try_acquire().expect("live");
            assert!(!object.begin_run_down());
            drop(guard);
            assert!(object.is_run_down());
        });
        let object = world.take();
        let guard = object.try_acquire().expect("live");
        assert!(!object.begin_run_down());
        drop(guard);
        assert!(object.is_run_down());
        other.join().unwrap();
        drop(first);
    });
}

#[test]
fn take_against_where_another_looks_next() {
    model(|| {
        let world = World::new();
        let other = on(&world, 1, |world| {
            let [old, rest] = [(); 2].map(|()| world.take());
            let newer = [(); 2].map(|()| world.take());
            drop(old);
            let again = world.take(); // of a block behind the first, where it looks next time
            drop((again, rest, newer));
        });
        drop(world.take().try_acquire().expect("live"));
        other.join().unwrap();
    });
}

#[test]
fn take_against_give_back() {
    model(|| {
        let world = World::new();
        let (neighbour, object) = (world.take(), world.take());
        let address = ptr::from_ref(&*object).addr();
        let other = on(&world, 1, move |world| {
            drop(object.try_acquire().expect("live"));
            world.work();
            drop(object);
        });
        let mine = world.take();
        if is(&mine, address) {
            world.work();
        }
        drop(mine.try_acquire().expect("live, whether new or used"));
        drop(mine);
        other.join().unwrap();
        drop(neighbour);
    });
}

#[test]
fn take_run_down_against_give_back() {
    model(|| {
        let world = World::new();
        let (neighbour, object) = (world.take(), world.take());
        let other = on(&world, 1, move |_| drop(object));
        let mine = lengthened(world.pool.take_run_down().unwrap());
        assert!(mine.is_run_down());
        assert!(mine.try_acquire().is_err());
        drop(mine);
        other.join().unwrap();
        drop(neighbour);
    });
}

#[test]
fn acquire_and_release_against_wait_beside_a_neighbour() {
    model(|| {
        let world = World::new();
        let (neighbour, object) = (world.take(), Arc::new(world.take()));
        let user = {
            let object = object.clone();
            on(&world, 1, move |world| {
                neighbour.begin_run_down();
                if let Ok(guard) = object.try_acquire() {
                    world.work();
                    run_on(0);
                    drop(guard);
                }
                assert!(neighbour.is_run_down());
                assert!(neighbour.try_acquire().is_err());
            })
        };
        object.wait();
        world.work();
        user.join().unwrap();
    });
}

#[test]
fn the_hint_of_a_sweep_against_reinitialize() {
    model(|| {
        let world = World::new();
        let object = Arc::new(world.take());
        let sweeper = {
            let object = object.clone();
            on(&world, 1, move |_| {
                object.begin_run_down();
            })
        };
        if object.is_run_down() {
            object.reinitialize().unwrap();
            drop(object.try_acquire().expect("nobody else runs it down"));
        }
        sweeper.join().unwrap();
        assert!(object.begin_run_down());
        assert!(object.try_acquire().is_err());
    });
}

#[test]
fn the_hint_of_a_reset_against_the_next_sweep() {
    model(|| {
        let world = World::new();
        let object = Arc::new(lengthened(world.pool.take_run_down().unwrap()));
        let sweeper = {
            let object = object.clone();
            on(&world, 1, move |_| {
                object.begin_run_down();
            })
        };
        object.reinitialize().unwrap();
        sweeper.join().unwrap();
        let before = ASKED.get();
        let live = object.try_acquire().is_ok();
        assert_eq!(live, !object.is_run_down());
        assert!(live || ASKED.get() == before, "a refusal has looked at a slot");
    });
}

#[test]
fn give_back_and_take_against_the_last_release() {
    model(|| {
        let world = World::new();
        let (neighbour, object) = (world.take(), world.take());
        let address = ptr::from_ref(&*object).addr();
        let count = object.try_acquire().unwrap().leak();
        // SAFETY: the object stays where it is, and is not given back before the release.
        let shared: &'static Object = unsafe { &*ptr::from_ref(&*object) };
        let user = on(&world, 1, move |world| {
            world.work();
            // SAFETY: the leaked hold.
            unsafe { shared.release_n(count) };
        });
        object.wait();
        drop(object);
        let mine = world.take();
        assert!(is(&mine, address), "the only one that is free");
        world.work();
        let guard = mine.try_acquire().expect("live");
        assert!(!mine.begin_run_down());
        assert_eq!(mine.outstanding(), Some(1), "nothing is left of the last round");
        drop(guard);
        user.join().unwrap();
        drop((mine, neighbour));
    });
}

#[test]
fn free_against_the_last_release() {
    model(|| {
        let world = World::new();
        let mut object = world.take();
        // SAFETY: the object stays where it is.
        let shared: &'static Object = unsafe { &*ptr::from_ref(&*object) };
        let counts = [(); 2].map(|()| shared.try_acquire().unwrap().leak());
        let users = [0, 1].map(|core| {
            on(&world, core, move |_| {
                // SAFETY: a leaked hold each.
                unsafe { shared.release_n(counts[core]) };
            })
        });
        object.wait();
        // SAFETY: no other object has been taken.
        unsafe { object.reclaim() };
        users.into_iter().for_each(|user| user.join().unwrap());
        drop(object);
    });
}
