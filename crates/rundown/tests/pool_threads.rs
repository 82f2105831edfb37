//! Pools that many threads use, and pools that grow.

mod common;

use common::{Chosen, Yield, page, run_on, soon};
use rundown::{InitError, Pooled, Rundown, SlotPool, StaticSlotPool};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Instant;

type Pool<'m> = SlotPool<'m, Chosen, Yield>;

fn address(object: &Pooled<'_, Chosen, Yield>) -> usize {
    object.slot_address(0).addr()
}

#[test]
fn many_threads_take_use_and_give_back_and_never_the_same() {
    const OBJECTS: usize = 3;
    static POOL: StaticSlotPool<Chosen, 2, 3, Yield> = StaticSlotPool::new();
    // All but three stay out, so that there are never enough.
    let _rest: Vec<_> = (OBJECTS..POOL.capacity()).map(|_| POOL.take().unwrap()).collect();
    let owned: [AtomicUsize; OBJECTS] = [const { AtomicUsize::new(0) }; OBJECTS];
    let places: Vec<usize> = {
        let free: Vec<_> = std::iter::from_fn(|| POOL.take().ok()).collect();
        free.iter().map(address).collect()
    };
    let deadline = soon();
    let work = |core: usize| {
        run_on(core);
        for round in 0..if cfg!(miri) { 5 } else { 2000 } {
            let object = loop {
                match POOL.take() {
                    Ok(object) => break object,
                    Err(error) => assert_eq!(error, InitError::PoolIsFull),
                }
                assert!(Instant::now() < deadline, "no object in time");
                thread::yield_now();
            };
            let number = places.iter().position(|&place| place == address(&object)).unwrap();
            assert_eq!(owned[number].swap(1, SeqCst), 0, "two owners");
            let guard = object.try_acquire().expect("live");
            run_on(core + round);
            assert!(!object.begin_run_down());
            assert_eq!(object.outstanding(), Some(1));
            drop(guard);
            assert!(object.is_run_down());
            owned[number].store(0, SeqCst);
        }
    };
    thread::scope(|scope| {
        (0..4).for_each(|core| drop(scope.spawn(move || work(core))));
    });
    assert_eq!(std::iter::from_fn(|| POOL.take().ok()).collect::<Vec<_>>().len(), OBJECTS);
}

#[test]
fn d10_the_waiter_frees_the_object_and_the_pool_at_once_while_neighbours_are_at_work() {
    for round in 0..if cfg!(miri) { 2 } else { 50 } {
        let memory = Box::into_raw(page());
        // SAFETY: freed below, after everybody's last use.
        let pool = unsafe { Pool::init_at(memory.cast(), 4096, 2, 2) }.unwrap();
        // SAFETY: it is the pool's lifetime that is lengthened; it is dropped after the objects.
        let take = || unsafe {
            std::mem::transmute::<Pooled<'_, Chosen, Yield>, Pooled<'static, Chosen, Yield>>(
                pool.take().unwrap(),
            )
        };
        let (object, neighbour) = (Box::into_raw(Box::new(take())), take());
        let done = AtomicBool::new(false);
        // SAFETY: the handle is there until the wait below has returned, which the guards delay.
        let guards = [0, 1].map(|_| unsafe { &*object }.try_acquire().unwrap());
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    drop(neighbour.try_acquire().unwrap());
                    neighbour.wait();
                    neighbour.reinitialize().unwrap();
                }
            });
            let users = guards.map(|guard| {
                thread::spawn(move || {
                    run_on(round);
                    drop(guard);
                })
            });
            // SAFETY: run down after the wait, so this thread is the only one that uses it.
            unsafe {
                (*object).wait();
                drop(Box::from_raw(object));
            }
            drop(take());
            done.store(true, SeqCst);
            users.into_iter().for_each(|user| user.join().unwrap());
        });
        drop(neighbour);
        drop(pool);
        // SAFETY: from `into_raw` above; nobody uses it any more.
        drop(unsafe { Box::from_raw(memory) });
    }
}

#[cfg(feature = "alloc")]
mod that_grow {
    use super::*;
    use rundown::{CACHE_LINE, MAX_POOL_BLOCK};
    use std::collections::HashSet;
    use std::sync::Barrier;

    /// Objects that a line of a row has words for.
    const IN_A_LINE: usize = CACHE_LINE / size_of::<usize>();

    /// Bytes of a block whose rows have so many lines.
    fn block(slots: usize, lines: usize) -> usize {
        (2 + (slots + 1) * lines) * CACHE_LINE
    }

    #[test]
    fn the_numbers_are_those_of_the_blocks() {
        let pool = Pool::new(5).unwrap();
        assert_eq!((pool.capacity(), pool.bytes(), pool.slot_count()), (0, 0, 5));
        let mut taken = vec![pool.take().unwrap()];
        assert_eq!((pool.capacity(), pool.bytes()), (3 * IN_A_LINE, block(5, 3)));
        taken.extend((0..3 * IN_A_LINE).map(|_| pool.take().unwrap()));
        assert_eq!((pool.capacity(), pool.bytes()), (6 * IN_A_LINE, 2 * block(5, 3)));
        let text = format!("{pool:?}");
        assert!(text.starts_with("SlotPool { slots: 5, capacity: "), "{text}");
        assert_eq!(taken.iter().map(address).collect::<HashSet<_>>().len(), taken.len());
        drop(taken);
        drop((0..6 * IN_A_LINE).map(|_| pool.take().unwrap()).collect::<Vec<_>>());
        assert_eq!(pool.capacity(), 6 * IN_A_LINE, "what is back is used first");
    }

    #[test]
    #[cfg(not(miri))] // thousands of objects
    fn beyond_a_thousand_objects_one_costs_at_most_nine_bytes_a_core() {
        if !cfg!(target_pointer_width = "64") {
            return;
        }
        let pool = SlotPool::<Chosen, Yield>::new(64).unwrap();
        let taken: Vec<_> = (1..=12_000)
            .map(|count| {
                let object = pool.take().unwrap();
                let most = 9 * 64 * count;
                assert!(count < 1000 || pool.bytes() <= most, "{} of {most}", pool.bytes());
                object
            })
            .collect();
        assert!(taken.iter().all(|object| object.try_acquire().is_ok()));
        let longest = block(64, MAX_POOL_BLOCK / IN_A_LINE);
        let before = pool.bytes();
        let more: Vec<_> = (taken.len()..=pool.capacity()).map(|_| pool.take().unwrap()).collect();
        assert_eq!(pool.bytes() - before, longest, "then in the longest rows");
        drop((taken, more));
    }

    #[test]
    fn threads_that_need_more_at_the_same_time_never_get_the_same() {
        let pool = Pool::new(2).unwrap();
        let count = if cfg!(miri) { 12 } else { 300 };
        let start = Barrier::new(3);
        let take = || {
            start.wait();
            (0..count).map(|_| pool.take().unwrap()).collect::<Vec<_>>()
        };
        let taken: Vec<_> = thread::scope(|scope| {
            let threads = [(); 3].map(|()| scope.spawn(take));
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(taken.iter().map(address).collect::<HashSet<_>>().len(), 3 * count);
        assert!(taken.iter().all(|object| object.try_acquire().is_ok()));
        assert!(pool.capacity() >= 3 * count);
    }
}
