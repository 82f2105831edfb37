//! Models on the shipped types, each named after the race that it excludes.
//!
//! Run by `scripts/prove`, or by hand:
//! `RUSTFLAGS="--cfg rundown_loom" cargo test -p rundown --release --test loom`. With
//! `RUNDOWN_LOOM_LONG=1` the models are explored without a bound on preemptions.
//!
//! One long file, because each model is a few lines and all share the same world (`loom_model/world.rs`).
//!
//! What the object protects is modelled by loom's `UnsafeCell`: a missing ordering is a data race on
//! it. Waiting sleeps on a mutex and a condition variable, so a lost wake-up is a deadlock. What
//! a free does to the object's own memory is modelled by `reclaim`.
#![cfg(rundown_loom)]

mod loom_model;
#[path = "loom_model/world.rs"]
mod world;

use loom::thread;
use loom_model::{OnCore, run_on};
#[cfg(feature = "std")]
use rundown::StaticRestartableRundownRef;
use rundown::{
    Checked as _, MAX_RESURRECTED, NotRunDown, Protected, Rundown, RundownGuard, RundownRef,
    StaticRundownRef,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst};
#[cfg(feature = "std")]
use world::Restartable;
use world::{One, Shelf, Sleep, Two, World, block_on, cloner, model, on, releaser, user};

/// Runs the model on the plain object, on one with two slots, and on a restartable one.
macro_rules! on_both {
    ($(fn $name:ident($world:ident: &Arc<World<_>>) $body:block)*) => {$(
        mod $name {
            use super::*;

            fn race<R: Rundown<Park = Sleep> + Send + 'static>($world: &Arc<World<R>>) $body

            #[test]
            fn plain() {
                model(|| race(&World::new(One::with_park())));
            }

            #[test]
            fn two_slots() {
                model(|| race(&World::new(Two::new())));
            }

            #[cfg(feature = "std")]
            #[test]
            fn restartable() {
                model(|| race(&World::new(Restartable::new())));
            }
        }
    )*};
}

on_both! {
    fn acquire_and_release_against_wait(world: &Arc<World<_>>) {
        let user = user(world, 1, 1);
        world.object.wait();
        world.own();
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn refused_acquire_against_wait_and_reinitialize(world: &Arc<World<_>>) {
        let user = on(world, 1, |world| {
            if let Ok(guard) = world.object.try_acquire_n(3) {
                world.look(0);
                drop(guard);
            }
        });
        world.object.wait();
        world.work(0);
        world.object.reinitialize().unwrap();
        user.join().unwrap();
        assert!(world.object.begin_run_down(), "what was refused left no trace");
    }

    fn last_release_against_begin_and_poll(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let user = releaser(world, 0, count);
        if world.object.begin_run_down() {
            assert_eq!(world.own(), 1);
        }
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn last_release_against_a_wait_that_gives_up(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let user = releaser(world, 0, count);
        match world.object.wait_until(()) {
            Ok(()) => assert_eq!(world.own(), 1),
            Err(late) => assert_eq!(late.outstanding, Some(1)),
        }
        user.join().unwrap();
        assert!(world.object.is_run_down(), "the run-down goes on");
    }

    fn release_on_another_slot_against_wait(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let user = releaser(world, 0, count);
        world.object.wait();
        assert_eq!(world.own(), 1, "the wait returned before the release");
        user.join().unwrap();
    }

    fn two_releases_on_two_slots_against_wait(world: &Arc<World<_>>) {
        assert_eq!(world.object.try_acquire_n(2).unwrap().leak(), 2);
        let users = [0, 1].map(|core| {
            on(world, core, move |world| {
                world.work(core);
                // SAFETY: one of the leaked holds.
                unsafe { world.object.release_n(1) };
            })
        });
        world.object.wait();
        assert_eq!(world.own(), 2, "the wait returned before both releases");
        users.into_iter().for_each(|user| user.join().unwrap());
    }

    fn two_waits_against_the_last_release(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let user = releaser(world, 0, count);
        let other = on(world, 0, |world| {
            world.object.wait();
            assert_eq!(world.look(0), 1);
        });
        world.object.wait();
        assert_eq!(world.look(0), 1);
        user.join().unwrap();
        other.join().unwrap();
    }

    fn two_run_downs_begin_at_once(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let other = on(world, 1, |world| assert!(!world.object.begin_run_down()));
        assert!(!world.object.begin_run_down());
        other.join().unwrap();
        assert_eq!(world.object.outstanding(), Some(1), "counted once");
        // SAFETY: the leaked hold.
        unsafe { world.object.release_n(count) };
        assert!(world.object.is_run_down());
    }

    fn acquire_on_one_slot_against_release_on_the_other_and_wait(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let taker = user(world, 0, 0);
        let giver = releaser(world, 1, count);
        world.object.wait();
        assert!(world.own() >= 1);
        taker.join().unwrap();
        giver.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn a_hold_that_moves_between_slots_against_wait(world: &Arc<World<_>>) {
        let user = on(world, 0, |world| {
            if let Ok(guard) = world.object.try_acquire() {
                world.work(0);
                run_on(1);
                drop(guard);
                if let Ok(guard) = world.object.try_acquire() {
                    world.work(0);
                    run_on(0);
                    drop(guard);
                }
            }
        });
        world.object.wait();
        world.own();
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn two_reinitialize_at_once(world: &Arc<World<_>>) {
        world.object.wait();
        let won = Arc::new(AtomicUsize::new(0));
        let counter = won.clone();
        let reinitialize = move |world: &World<_>| {
            if Rundown::reinitialize(&world.object).is_ok() {
                counter.fetch_add(1, SeqCst);
            }
        };
        let other = on(world, 1, reinitialize.clone());
        reinitialize(world);
        other.join().unwrap();
        assert_eq!(won.load(SeqCst), 1);
        assert!(world.object.try_acquire().is_ok());
    }

    fn reinitialize_against_resurrect(world: &Arc<World<_>>) {
        world.object.wait();
        let other = on(world, 1, |world| {
            if world.object.resurrect().is_ok() {
                world.work(0);
            }
        });
        let renewed = world.object.reinitialize().is_ok();
        other.join().unwrap();
        assert!(renewed ^ (world.look(0) == 1), "one of the two");
        drop(world.object.try_acquire().expect("live"));
        assert!(world.object.begin_run_down());
    }

    fn reinitialize_without_a_wait_against_the_last_release(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        world.object.begin_run_down();
        let user = releaser(world, 0, count);
        if world.object.reinitialize() == Ok(()) {
            let guard = world.object.try_acquire().expect("live");
            assert_eq!(world.look(0), 1, "the next round comes after the last");
            drop(guard);
        }
        user.join().unwrap();
    }

    fn reinitialize_against_acquire(world: &Arc<World<_>>) {
        world.object.wait();
        let user = on(world, 1, |world| {
            if let Ok(guard) = world.object.try_acquire() {
                assert_eq!(world.look(0), 1, "the owner's work comes first");
                drop(guard);
            }
        });
        world.work(0);
        world.object.reinitialize().unwrap();
        user.join().unwrap();
        assert!(world.object.begin_run_down());
    }

    fn reinitialize_against_acquire_and_wait(world: &Arc<World<_>>) {
        world.object.wait();
        let user = user(world, 1, 1);
        let owner = on(world, 0, |world| world.object.reinitialize().unwrap());
        // Either before the re-initialisation, and then at once; or of the new round.
        world.object.wait();
        owner.join().unwrap();
        world.object.wait();
        world.own();
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn a_wait_that_overlaps_a_reinitialize_is_woken(world: &Arc<World<_>>) {
        let waiter = on(world, 1, |world| world.object.wait());
        world.object.wait();
        if world.object.reinitialize().is_ok() {
            world.object.wait();
        }
        waiter.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn two_run_downs_of_an_idle_object_are_both_told(world: &Arc<World<_>>) {
        let waiter = on(world, 1, |world| world.object.wait());
        world.object.begin_run_down();
        waiter.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn a_wait_that_begins_during_a_reinitialize_is_woken(world: &Arc<World<_>>) {
        world.object.wait();
        let waiter = on(world, 1, |world| world.object.wait());
        world.object.reinitialize().unwrap();
        waiter.join().unwrap();
    }

    fn begin_against_resurrect(world: &Arc<World<_>>) {
        let owner = on(world, 1, |world| {
            world.work(0);
            world.object.begin_run_down();
        });
        if world.object.resurrect() == Ok(()) {
            let guard = world.object.try_acquire().expect("live");
            assert_eq!(world.look(0), 1, "what came before the run-down");
            drop(guard);
            assert!(world.object.begin_run_down(), "every slot was cleared");
        }
        owner.join().unwrap();
    }

    fn release_against_resurrect_and_wait(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        world.object.begin_run_down();
        let user = releaser(world, 0, count);
        world.object.resurrect().unwrap();
        world.object.wait();
        assert_eq!(world.own(), 1, "the wait returned before the release");
        user.join().unwrap();
    }

    fn two_resurrects_at_once_against_a_release(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        world.object.begin_run_down();
        let user = releaser(world, 0, count);
        let other = on(world, 0, |world| {
            let _ = world.object.resurrect();
        });
        let _ = world.object.resurrect();
        user.join().unwrap();
        other.join().unwrap();
        assert!(world.object.try_acquire().is_ok());
        assert!(world.object.begin_run_down(), "nothing is left");
    }

    fn resurrect_against_a_round_that_leaves_more_than_the_limit(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        world.object.begin_run_down();
        let other = on(world, 1, |world| {
            let _ = world.object.resurrect();
        });
        // SAFETY: the leaked hold.
        unsafe { world.object.release_n(count) };
        if world.object.reinitialize().is_err() {
            return other.join().unwrap(); // it has taken the first round back
        }
        let many = world.object.try_acquire_n(MAX_RESURRECTED + 1).unwrap();
        assert!(!world.object.begin_run_down());
        other.join().unwrap();
        assert!(world.object.try_acquire().is_err(), "too many are left to take it back");
        drop(many);
        assert!(world.object.is_run_down());
    }

    fn wait_against_resurrect_and_release(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let waiter = on(world, 1, |world| {
            world.object.wait();
            assert_eq!(world.look(0), 1);
        });
        let _ = world.object.resurrect();
        world.work(0);
        // SAFETY: the leaked hold.
        unsafe { world.object.release_n(count) };
        waiter.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn a_further_hold_against_wait(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        let user = cloner(world, count);
        world.object.wait();
        assert_eq!(world.own(), 2, "the wait returned before the further hold was released");
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn a_further_hold_against_a_run_down_that_is_taken_back(world: &Arc<World<_>>) {
        let count = world.object.try_acquire().unwrap().leak();
        world.object.begin_run_down();
        let user = cloner(world, count);
        world.object.resurrect().unwrap();
        world.object.wait();
        assert_eq!(world.own(), 2, "the wait returned before the further hold was released");
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn the_further_hold_of_another_thread_against_wait(world: &Arc<World<_>>) {
        // Its maker leaves first, and says so with no order: only the releases have one.
        let count = world.object.try_acquire().unwrap().leak();
        let maker = on(world, 1, move |world| {
            // SAFETY: the leaked hold.
            let first = unsafe { RundownGuard::adopt(&world.object, count) };
            let second = first.try_clone().unwrap();
            drop(first);
            world.work(0);
            drop(second);
        });
        world.object.wait();
        assert_eq!(world.own(), 1);
        maker.join().unwrap();
    }

    fn acquire_during_resurrect_is_counted_once(world: &Arc<World<_>>) {
        world.object.begin_run_down();
        let user = user(world, 1, 0);
        world.object.resurrect().unwrap();
        world.object.wait();
        world.own();
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }
}

/// Runs the model with a world whose cells are what `Protected` protects; it brings its own object.
macro_rules! of_protected {
    ($(fn $name:ident($world:ident: &Arc<World<()>>) $body:block)*) => {$(
        #[test]
        fn $name() {
            fn race($world: &Arc<World<()>>) $body
            model(|| race(&World::new(())));
        }
    )*};
}

/// A value that is the world itself.
type Value = Protected<Arc<World<()>>, One>;

/// One thread puts a value into an empty place, another one runs it down.
fn put_against(world: &Arc<World<()>>, take: fn(&Value) -> Option<Arc<World<()>>>) {
    let value = Arc::new(Value::empty(One::with_park()));
    let other = value.clone();
    let taker = thread::spawn(move || take(&other).is_some());
    assert!(value.put(world.clone()).is_ok());
    let taken = taker.join().unwrap();
    assert_eq!(value.try_acquire().is_err(), taken, "run down only with the value in hand");
    assert_eq!(value.put(world.clone()).is_ok(), taken);
}

of_protected! {
    fn take_against_take_and_a_user(world: &Arc<World<()>>) {
        let value = Arc::new(Value::new(One::with_park(), world.clone()));
        let user = value.clone();
        let user = thread::spawn(move || {
            if let Ok(guard) = user.try_acquire() {
                guard.work(0);
                guard.work(1);
            }
        });
        // Who has the value comes after its users, and who is told that another has it, too.
        let take = |value: &Value, world: &World<()>| {
            let taken = value.run_down();
            world.look(1);
            taken.inspect(|world| world.work(0)).is_some()
        };
        let (other, others) = (value.clone(), world.clone());
        let taker = thread::spawn(move || take(&other, &others));
        let mine = take(&value, world);
        assert!(mine ^ taker.join().unwrap(), "exactly once");
        user.join().unwrap();
    }

    fn put_against_run_down(world: &Arc<World<()>>) {
        put_against(world, Value::run_down);
    }

    fn put_against_a_poll_for_the_value(world: &Arc<World<()>>) {
        put_against(world, Value::try_run_down);
    }

    fn take_and_put_against_run_down(world: &Arc<World<()>>) {
        let value = Arc::new(Value::new(One::with_park(), world.clone()));
        let other = value.clone();
        let mover = thread::spawn(move || match other.try_run_down() {
            Some(world) => other.put(world).is_ok(),
            None => true,
        });
        let taken = value.run_down().is_some();
        assert!(mover.join().unwrap(), "empty");
        assert_eq!(value.try_acquire().is_err(), taken, "run down only with the value in hand");
    }

    fn a_user_of_a_new_value_can_run_it_down(world: &Arc<World<()>>) {
        let value = Arc::new(Value::empty(One::with_park()));
        let other = value.clone();
        let user = thread::spawn(move || {
            if let Ok(guard) = other.try_acquire() {
                drop(guard);
                assert!(other.try_run_down().is_some(), "it was there");
            }
        });
        assert!(value.put(world.clone()).is_ok());
        user.join().unwrap();
    }

    fn put_against_take(world: &Arc<World<()>>) {
        let value = Arc::new(Value::empty(One::with_park()));
        let other = value.clone();
        let taker = thread::spawn(move || other.try_run_down().inspect(|world| world.work(0)).is_some());
        assert!(value.put(world.clone()).is_ok());
        if let Ok(user) = value.try_acquire() {
            user.work(0);
        }
        let mine = value.run_down().inspect(|world| world.work(0)).is_some();
        assert!(mine ^ taker.join().unwrap(), "exactly once");
        assert!(value.put(world.clone()).is_ok(), "empty again");
        value.try_acquire().expect("live").work(0);
    }
}

/// The same for futures.
type Awaited = Protected<Arc<World<()>>, RundownRef<Shelf>>;

of_protected! {
    fn a_future_for_the_value_against_a_user_who_asks_for_it_next(world: &Arc<World<()>>) {
        let value = Arc::new(Awaited::new(RundownRef::with_park(), world.clone()));
        let user = value.try_acquire().unwrap();
        // Who has the value comes after its users, and who is told that another has it, too.
        let take = |value: &Awaited, world: &World<()>| {
            let taken = block_on(value.run_down_async());
            world.look(1);
            taken.inspect(|world| world.work(0)).is_some()
        };
        let (other, others) = (value.clone(), world.clone());
        let taker = thread::spawn(move || take(&other, &others));
        user.work(1);
        drop(user);
        let mine = take(&value, world);
        assert!(mine ^ taker.join().unwrap(), "exactly once");
    }

    fn take_and_put_against_a_future_for_the_value(world: &Arc<World<()>>) {
        let value = Arc::new(Awaited::new(RundownRef::with_park(), world.clone()));
        let other = value.clone();
        let mover = thread::spawn(move || match other.try_run_down() {
            Some(world) => other.put(world).is_ok(),
            None => true,
        });
        let taken = block_on(value.run_down_async()).is_some();
        assert!(mover.join().unwrap(), "empty");
        assert_eq!(value.try_acquire().is_err(), taken, "run down only with the value in hand");
    }

    fn put_against_a_future_for_the_value(world: &Arc<World<()>>) {
        let value = Arc::new(Awaited::empty(RundownRef::with_park()));
        let other = value.clone();
        let taker = thread::spawn(move || block_on(other.run_down_async()).is_some());
        assert!(value.put(world.clone()).is_ok());
        let taken = taker.join().unwrap();
        assert_eq!(value.try_acquire().is_err(), taken, "run down only with the value in hand");
        assert_eq!(value.put(world.clone()).is_ok(), taken);
    }
}

/// The waiter takes the memory for something else as soon as its wait returns.
macro_rules! free_after_wait {
    ($($(#[$meta:meta])* $name:ident: $object:ty, releases on $cores:expr;)*) => {$(
        $(#[$meta])*
        #[test]
        fn $name() {
            model(|| {
                let object = Box::into_raw(Box::new(<$object>::default()));
                let users = $cores.map(|core| {
                    // SAFETY: live until the wait below returns.
                    let count = unsafe { &*object }.try_acquire().unwrap().leak();
                    let shared = AtomicPtr::new(object);
                    thread::spawn(move || {
                        run_on(core);
                        // SAFETY: the leaked hold keeps the object alive.
                        unsafe { (*shared.into_inner()).release_n(count) };
                    })
                });
                // SAFETY: after the wait the object is ours alone; boxed again for loom's sake only
                // when nobody can touch it any more.
                unsafe {
                    (*object).wait();
                    (*object).reclaim();
                    users.into_iter().for_each(|user| user.join().unwrap());
                    drop(Box::from_raw(object));
                }
            });
        }
    )*};
}

free_after_wait! {
    free_against_the_last_release_of_the_plain_object: One, releases on [0];
    free_against_the_last_release_on_another_slot: Two, releases on [1];
    free_against_two_releases_on_two_slots: Two, releases on [0, 1];
    free_against_two_releases_of_the_plain_object: One, releases on [0, 0];
    #[cfg(feature = "std")]
    free_against_the_last_release_in_a_section: Restartable, releases on [1];
    #[cfg(feature = "std")]
    free_against_a_release_in_a_section_and_one_on_a_slot: Restartable, releases on [0, 2];
}

macro_rules! a_future_against_the_last_release {
    ($($(#[$meta:meta])* $name:ident: $object:ty;)*) => {$(
        $(#[$meta])*
        #[test]
        fn $name() {
            model(|| {
                let world = World::new(<$object>::default());
                let count = world.object.try_acquire().unwrap().leak();
                let user = releaser(&world, 0, count);
                block_on(world.object.drained());
                assert_eq!(world.own(), 1, "ready before the release");
                user.join().unwrap();
            });
        }
    )*};
}

a_future_against_the_last_release! {
    a_future_against_the_last_release_of_the_plain_object: RundownRef<Shelf>;
    a_future_against_the_last_release_on_another_slot: StaticRundownRef<OnCore, 2, Shelf>;
    #[cfg(feature = "std")]
    a_future_against_the_last_release_in_a_section: StaticRestartableRundownRef<2, Shelf, OnCore>;
}

/// Runs the model on a restartable object. Core 2 has no counter, and uses the slot of core 0.
#[cfg(feature = "std")]
macro_rules! of_sections_and_slots {
    ($(fn $name:ident($world:ident: &Arc<World<Restartable>>) $body:block)*) => {$(
        #[test]
        fn $name() {
            fn race($world: &Arc<World<Restartable>>) $body
            model(|| race(&World::new(Restartable::new())));
        }
    )*};
}

#[cfg(feature = "std")]
of_sections_and_slots! {
    fn acquire_in_a_section_and_release_on_a_slot_against_wait(world: &Arc<World<Restartable>>) {
        let user = user(world, 0, 2);
        world.object.wait();
        world.own();
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn acquire_on_a_slot_and_release_in_a_section_against_wait(world: &Arc<World<Restartable>>) {
        let user = user(world, 2, 1);
        world.object.wait();
        world.own();
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn acquire_in_a_section_against_one_on_a_slot_and_wait(world: &Arc<World<Restartable>>) {
        let one = user(world, 0, 0);
        let other = on(world, 2, |world| {
            if let Ok(guard) = world.object.try_acquire() {
                world.work(1);
                drop(guard);
            }
        });
        world.object.wait();
        world.own();
        one.join().unwrap();
        other.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn two_acquires_on_one_processor_against_wait(world: &Arc<World<Restartable>>) {
        let users = [0, 1].map(|part| {
            on(world, 1, move |world| {
                if let Ok(guard) = world.object.try_acquire() {
                    world.work(part);
                    drop(guard);
                }
            })
        });
        world.object.wait();
        world.own();
        users.into_iter().for_each(|user| user.join().unwrap());
        assert!(world.object.is_run_down());
    }

    fn reinitialize_against_a_hold_that_leaves_its_section(world: &Arc<World<Restartable>>) {
        world.object.wait();
        let user = on(world, 1, |world| {
            if let Ok(guard) = world.object.try_acquire() {
                assert_eq!(world.look(0), 1, "the owner's work comes first");
                run_on(2);
                drop(guard);
            }
        });
        world.work(0);
        world.object.reinitialize().unwrap();
        world.object.wait();
        user.join().unwrap();
        assert!(world.object.is_run_down());
    }

    fn resurrect_against_a_release_on_a_slot(world: &Arc<World<Restartable>>) {
        let count = world.object.try_acquire().unwrap().leak();
        world.object.begin_run_down();
        let user = on(world, 2, move |world| {
            world.work(0);
            // SAFETY: the leaked hold.
            unsafe { world.object.release_n(count) };
        });
        world.object.resurrect().unwrap();
        world.object.wait();
        assert_eq!(world.own(), 1, "the wait returned before the release");
        user.join().unwrap();
    }
}

#[test]
fn reinitialize_of_a_held_object_is_refused_while_a_sweep_runs() {
    model(|| {
        let world = World::new(Two::new());
        let count = world.object.try_acquire().unwrap().leak();
        let sweeper = on(&world, 1, |world| {
            world.object.begin_run_down();
        });
        assert_eq!(world.object.reinitialize(), Err(NotRunDown), "held all the time");
        // SAFETY: the leaked hold.
        unsafe { world.object.release_n(count) };
        sweeper.join().unwrap();
        world.object.wait();
    });
}

#[test]
fn the_first_reinitialize_of_an_object_that_starts_disabled_against_acquire() {
    model(|| {
        let world = World::new(Two::new_run_down());
        let user = user(&world, 1, 1);
        world.object.reinitialize().unwrap();
        user.join().unwrap();
        assert!(world.object.begin_run_down(), "no hold was lost while the slots were cleared");
    });
}

#[test]
fn settle_and_reinitialize_of_what_is_run_down_by_its_first_word_against_acquire() {
    model(|| {
        let world = World::new(One::run_down_by_its_first_word());
        let user = on(&world, 1, |world| {
            if let Ok(guard) = world.object.try_acquire() {
                assert_eq!(world.look(0), 1, "the owner's work comes first");
                world.work(1);
                drop(guard);
            }
        });
        world.work(0);
        world.object.settle();
        world.object.reinitialize().unwrap();
        world.object.wait();
        world.own();
        user.join().unwrap();
        assert!(world.object.begin_run_down(), "no hold was lost while the slot was cleared");
    });
}
