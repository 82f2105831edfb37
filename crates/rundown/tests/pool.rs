//! Pools: what they give out, what they take back, and what they refuse.
//!
//! More than a screen or two, as each test sets a pool up and is short.

mod common;

use common::{Chosen, Page, Yield, page, run_on};
use rundown::{
    AcquireError, CACHE_LINE, InitError, MAX_POOL_BLOCK, POOL_ALIGNMENT, Pooled, PooledRundownRef,
    Rundown, SlotPool, StaticSlotPool,
};
use std::collections::HashSet;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

type Pool<'m> = SlotPool<'m, Chosen, Yield>;

/// Objects that a line of a row has words for.
const IN_A_LINE: usize = CACHE_LINE / size_of::<usize>();

/// Bytes of a block whose rows have so many lines.
fn block(slots: usize, lines: usize) -> usize {
    (2 + (slots + 1) * lines) * CACHE_LINE
}

/// The one object of a pool in the page, which has room for three slots.
fn pool_of_one(memory: &mut Page) -> Pool<'_> {
    Pool::init_in(&mut memory.0, 3, 1).unwrap()
}

fn address(object: &Pooled<'_, Chosen, Yield>) -> usize {
    object.slot_address(0).addr()
}

/// Takes objects until there are no more.
fn all<'p>(pool: &'p Pool<'_>) -> Vec<Pooled<'p, Chosen, Yield>> {
    let taken: Vec<_> = std::iter::from_fn(|| pool.take().ok()).collect();
    assert_eq!(pool.take().unwrap_err(), InitError::PoolIsFull);
    assert_eq!(pool.take_run_down().unwrap_err(), InitError::PoolIsFull);
    taken
}

#[test]
#[cfg(not(miri))] // hundreds of objects
fn a_fixed_pool_gives_out_each_object_once_and_again_when_it_is_back() {
    let layout = Pool::layout(2, MAX_POOL_BLOCK + 5).unwrap();
    assert_eq!(layout.align(), POOL_ALIGNMENT);
    let pages = layout.size().div_ceil(4096);
    let mut memory: Vec<_> = (0..pages).map(|_| Page([MaybeUninit::uninit(); 4096])).collect();
    // SAFETY: the pages lie one behind the other, and are borrowed for as long.
    let pool =
        unsafe { Pool::init_at(memory.as_mut_ptr().cast(), layout.size(), 2, MAX_POOL_BLOCK + 5) };
    let pool = pool.unwrap();
    assert_eq!((pool.capacity(), pool.slot_count()), (MAX_POOL_BLOCK + 5, 2));
    let mut taken = all(&pool);
    assert_eq!(taken.len(), MAX_POOL_BLOCK + 5);
    let addresses: HashSet<_> = taken.iter().map(address).collect();
    assert_eq!(addresses.len(), taken.len(), "no two have the same words");
    for number in [0, MAX_POOL_BLOCK, 7] {
        let back = taken.swap_remove(number);
        let place = address(&back);
        drop(back);
        let again = pool.take().unwrap();
        assert_eq!(address(&again), place);
        assert!(again.try_acquire().is_ok());
        taken.push(again);
        assert_eq!(pool.take().unwrap_err(), InitError::PoolIsFull);
    }
}

#[test]
fn an_object_is_kept_by_its_address() {
    let mut memory = page();
    let pool = pool_of_one(&mut memory);
    let taken = pool.take().unwrap();
    let slot = address(&taken);
    let raw = taken.into_raw();
    assert!(!raw.cast::<usize>().is_aligned(), "it is told from other objects' addresses");
    assert_eq!(pool.take().unwrap_err(), InitError::PoolIsFull);
    // SAFETY: the address of an object of this pool.
    let object = unsafe { PooledRundownRef::<Chosen, Yield>::at(raw).as_ref() };
    assert_eq!(object.slot_address(0).addr(), slot);
    assert!(object.try_acquire().is_ok());
    // SAFETY: as above; there is no other handle, and once it is dropped nobody takes the object.
    let handle = || unsafe { Pooled::<Chosen, Yield>::from_raw(raw) };
    let again = handle().expect("it is taken");
    assert_eq!(address(&again), slot);
    drop(again);
    assert!(handle().is_none(), "it is back");
    assert_eq!(address(&pool.take().unwrap()), slot);
}

#[test]
fn no_two_cores_write_to_the_same_cache_line() {
    let mut memory = page();
    let pool = Pool::init_in(&mut memory.0, 4, 2 * IN_A_LINE).unwrap();
    let taken = all(&pool);
    let lines = |core: usize| {
        let line =
            |object: &Pooled<'_, Chosen, Yield>| object.slot_address(core).addr() / CACHE_LINE;
        taken.iter().map(line).collect::<HashSet<_>>()
    };
    for core in 0..4 {
        assert_eq!(lines(core).len(), 2, "neighbours share a line");
        assert!((0..core).all(|other| lines(core).is_disjoint(&lines(other))));
        assert_eq!(taken[0].slot_address(core), taken[0].slot_address(core + 4));
    }
}

#[test]
fn a_pair_writes_to_its_own_word_and_to_no_neighbours() {
    static POOL: StaticSlotPool<Chosen, 2, 3, Yield> = StaticSlotPool::new();
    let [before, object, after] = [(); 3].map(|()| POOL.take().unwrap());
    run_on(1);
    let guard = object.try_acquire_n(2).unwrap();
    let words = |object: &PooledRundownRef<Chosen, Yield>| {
        // SAFETY: the address of a slot, which is an atomic word.
        let word = |slot| unsafe { &*object.slot_address(slot).cast::<AtomicUsize>() };
        [0, 1].map(|slot| word(slot).load(SeqCst))
    };
    assert_eq!(words(&object), [0, 4]);
    run_on(2);
    drop(guard);
    assert_eq!(words(&object), [0_usize.wrapping_sub(4), 4]);
    object.wait();
    for other in [&before, &after] {
        assert_eq!(words(other), [0, 0]);
        assert_eq!(format!("{other:?}"), "PooledRundownRef { state: live, slots: 2 }");
    }
    run_on(0);
}

#[test]
fn d05_memory_that_is_null_too_small_or_misaligned_is_an_error_and_stays_untouched() {
    let needed = Pool::layout(3, 5).unwrap().size();
    assert_eq!(needed, block(3, 3));
    let mut memory = page();
    memory.0.fill(MaybeUninit::new(0xa5));
    for given in [0, 1, needed - 1] {
        let error = Pool::init_in(&mut memory.0[..given], 3, 5).unwrap_err();
        assert_eq!(error, InitError::TooSmall { needed, given });
    }
    for offset in [1, 8, CACHE_LINE, 2048] {
        let address = memory.0[offset..].as_ptr().addr();
        let error = Pool::init_in(&mut memory.0[offset..], 3, 5).unwrap_err();
        assert_eq!(error, InitError::MisalignedPool { address });
    }
    // SAFETY: null is allowed, that is the test.
    let error = unsafe { Pool::init_at(std::ptr::null_mut(), 4096, 3, 5) }.unwrap_err();
    assert_eq!(error, InitError::Null);
    let untouched = |from: usize, memory: &Page| {
        let rest = &memory.0[from..];
        // SAFETY: filled above, so initialised; `u8` has the same layout.
        let bytes = unsafe { std::slice::from_raw_parts(rest.as_ptr().cast::<u8>(), rest.len()) };
        bytes == &[0xa5; 4096][from..]
    };
    assert!(untouched(0, &memory));
    assert_eq!(all(&Pool::init_in(&mut memory.0, 3, 5).unwrap()).len(), 5, "may be larger");
    assert!(untouched(needed, &memory), "but the rest is not used");
}

#[test]
fn a_layout_is_that_of_its_blocks() {
    let size = |slots, objects| Pool::layout(slots, objects).map(|layout| layout.size());
    for lines in (3..=MAX_POOL_BLOCK / IN_A_LINE).step_by(4) {
        assert_eq!(size(8, lines * IN_A_LINE), Ok(block(8, lines)));
        assert_eq!(
            size(8, lines.saturating_sub(4) * IN_A_LINE + 1),
            Ok(block(8, lines)),
            "the next longer row"
        );
    }
    let whole = block(8, MAX_POOL_BLOCK / IN_A_LINE).next_multiple_of(POOL_ALIGNMENT);
    assert_eq!(size(8, 3 * MAX_POOL_BLOCK + 1), Ok(3 * whole + block(8, 3)));
    for slots in [0, rundown::MAX_SLOTS + 1, usize::MAX] {
        assert_eq!(size(slots, 1), Err(InitError::SlotCount { slots }));
        let refused = Pool::init_in(&mut page().0, slots, 1).map(|pool| pool.capacity());
        assert_eq!(refused, Err(InitError::SlotCount { slots }));
        #[cfg(feature = "alloc")]
        assert_eq!(Pool::new(slots).unwrap_err(), InitError::SlotCount { slots });
    }
    for objects in [0, usize::MAX, isize::MAX as usize] {
        assert_eq!(size(1, objects), Err(InitError::ObjectCount { objects }));
    }
    assert!(size(rundown::MAX_SLOTS, 1).is_ok());
}

#[test]
fn an_object_that_comes_back_begins_anew() {
    let mut memory = page();
    let pool = pool_of_one(&mut memory);
    for round in 0..3 {
        let object = pool.take().unwrap();
        run_on(round);
        let (first, second) = (object.try_acquire().unwrap(), object.try_acquire_n(4).unwrap());
        run_on(round + 1);
        drop(first);
        assert!(!object.begin_run_down());
        assert_eq!(object.outstanding(), Some(4), "in round {round}");
        assert_eq!(second.leak(), 4);
        // SAFETY: the leaked holds.
        unsafe { object.release_n(4) };
        assert!(object.is_run_down());
        drop(object);
    }
    run_on(0);
    let object = pool.take().unwrap();
    assert_eq!(object.outstanding(), None, "live");
    #[cfg(feature = "holders")]
    assert_eq!(object.holders().count(), 0);
    assert!(object.begin_run_down(), "without holds");
}

#[test]
#[cfg(feature = "holders")]
fn the_next_owner_is_not_shown_forgotten_holders() {
    let mut memory = page();
    let pool = pool_of_one(&mut memory);
    let object = pool.take().unwrap();
    std::mem::forget(object.try_acquire().unwrap());
    let mine = object.try_acquire_n(1).unwrap().leak();
    // SAFETY: the leaked hold, and the forgotten one.
    unsafe { object.release_n(mine + 1) };
    std::mem::forget(object.try_acquire().unwrap());
    object.begin_run_down();
    // SAFETY: as above.
    unsafe { object.release_n(1) };
    drop(object);
    assert_eq!(pool.take().unwrap().holders().count(), 0);
}

#[test]
fn an_object_taken_run_down_is_enabled_by_its_owner() {
    let mut memory = page();
    let pool = pool_of_one(&mut memory);
    for state in ["new", "used"] {
        let object = pool.take_run_down().unwrap();
        assert!(object.is_run_down(), "{state}");
        assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown, "{state}");
        object.reinitialize().unwrap();
        drop(object.try_acquire().unwrap());
    }
}

#[test]
fn an_object_that_is_dropped_while_held_stays_taken() {
    let mut memory = page();
    let pool = Pool::init_in(&mut memory.0, 3, 2).unwrap();
    let held = pool.take().unwrap();
    let place = address(&held);
    assert_eq!(held.try_acquire_n(2).unwrap().leak(), 2);
    let panicked = catch_unwind(AssertUnwindSafe(|| drop(held))).unwrap_err();
    let text = panicked.downcast::<String>().unwrap();
    assert!(text.contains("dropped while 2 holds are outstanding"), "{text}");
    let rest = all(&pool);
    assert_eq!(rest.len(), 1);
    assert_ne!(address(&rest[0]), place);
    let over = catch_unwind(AssertUnwindSafe(|| {
        for object in rest {
            // SAFETY: not kept, that is the test. Nothing is protected by the object.
            unsafe { object.release_n(1) };
        }
    }));
    assert!(over.is_err());
    assert!(all(&pool).is_empty(), "nor one that was released too often");
}

#[test]
#[cfg(feature = "std")] // without it nobody can tell that a thread is unwinding
fn a_thread_that_panics_gives_back_what_nobody_holds() {
    let mut memory = page();
    let pool = Pool::init_in(&mut memory.0, 3, 2).unwrap();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let [_idle, held] = [(); 2].map(|()| pool.take().unwrap());
        let _ = held.try_acquire().unwrap().leak();
        panic!("on purpose");
    }));
    assert!(unwound.is_err());
    assert_eq!(all(&pool).len(), 1);
}

#[test]
fn a_handle_is_one_word_and_its_guards_are_two() {
    type Handle = Pooled<'static, Chosen, Yield>;
    assert_eq!(size_of::<Option<Handle>>(), size_of::<usize>());
    let record = usize::from(cfg!(feature = "holders"));
    let guard = size_of::<rundown::RundownGuard<'_, rundown::PooledRundownRef<Chosen, Yield>>>();
    assert_eq!(guard, (2 + record) * size_of::<usize>());
    fn shared<T: Send + Sync + std::panic::RefUnwindSafe>() {}
    shared::<Handle>();
    shared::<Pool<'static>>();
    shared::<StaticSlotPool<Chosen, 2, 3, Yield>>();
}
