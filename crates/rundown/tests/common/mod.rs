//! What the host tests share: slot choice, waiting, and a macro that runs a test on every form.
#![allow(dead_code, unused_macros, unused_imports, reason = "each test file uses a part of it")]

use rundown::{CurrentSlot, Park, Pooled, PooledRundownRef, Rundown};
use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    static SLOT: Cell<usize> = const { Cell::new(0) };
}

/// The slot that the test says this thread is on.
pub struct Chosen;

impl CurrentSlot for Chosen {
    fn current_slot() -> usize {
        SLOT.get()
    }
}

/// Pretends that this thread runs on core `core` from now on.
pub fn run_on(core: usize) {
    SLOT.set(core);
}

/// Waits by giving the processor away; the deadline is a real one.
pub struct Yield;

impl Park for Yield {
    type Deadline = Instant;

    fn park_until(
        _address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<Instant>,
    ) -> bool {
        while !ready() {
            if deadline.is_some_and(|end| Instant::now() >= end) {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    fn unpark_all(_address: *const ()) {}
}

/// A deadline that a passing test never reaches.
pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// A deadline that has as good as passed.
pub fn at_once() -> Instant {
    Instant::now() + Duration::from_millis(if cfg!(miri) { 1 } else { 20 })
}

/// Memory for an object in the caller's hands, aligned to a page.
#[repr(align(4096))]
pub struct Page(pub [core::mem::MaybeUninit<u8>; 4096]);

pub fn page() -> Box<Page> {
    Box::new(Page([core::mem::MaybeUninit::uninit(); 4096]))
}

/// Drops the object, or only frees its memory if more was released than acquired: its drop panics.
pub fn finish<R: Rundown + ?Sized>(object: Box<R>) {
    let look = std::panic::AssertUnwindSafe(|| object.outstanding());
    if std::panic::catch_unwind(look).is_err() {
        let layout = std::alloc::Layout::for_value(&*object);
        // SAFETY: allocated by `Box` with this layout; it has nothing but atomic words.
        unsafe { std::alloc::dealloc(Box::into_raw(object).cast(), layout) };
    }
}

/// Checks an object of a pool, between neighbours that are held, drained and run down. Gives it back, unless
/// more was released than acquired: its drop panics.
pub fn in_a_pool<'p, P: Park>(
    take: impl Fn() -> Pooled<'p, Chosen, P>,
    check: impl FnOnce(&PooledRundownRef<Chosen, P>),
) {
    let neighbours = [take(), take()];
    let held = neighbours.each_ref().map(|one| one.try_acquire_n(3).unwrap());
    let object = take();
    let drained = take();
    neighbours[1].begin_run_down();
    drained.wait();
    check(&object);
    assert_eq!([&neighbours[1], &drained].map(|one| one.outstanding()), [Some(3), Some(0)]);
    drop(held);
    let look = std::panic::AssertUnwindSafe(|| object.outstanding());
    if std::panic::catch_unwind(look).is_err() {
        std::mem::forget(object);
    }
}

/// As [`in_a_pool`], while a thread drains and uses both neighbours all the time.
pub fn beside_busy_neighbours<P: Park>(
    take: impl Fn() -> Pooled<'static, Chosen, P>,
    check: impl FnOnce(&PooledRundownRef<Chosen, P>),
) {
    let done = std::sync::atomic::AtomicBool::new(false);
    let [before, after] = [take(), take()];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                for one in [&before, &after] {
                    drop(one.try_acquire().unwrap());
                    one.wait();
                    one.reinitialize().unwrap();
                }
                std::thread::yield_now();
            }
        });
        let checked = std::panic::AssertUnwindSafe(|| in_a_pool(take, check));
        let checked = std::panic::catch_unwind(checked);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        checked.unwrap_or_else(|failure| std::panic::resume_unwind(failure));
    });
}

/// Makes a test of each form, which gives a fresh object to the function `check` beside it.
macro_rules! forms {
    ($($(#[$meta:meta])* $form:ident: $object:expr;)*) => {$(
        $(#[$meta])*
        #[test]
        fn $form() {
            let object = $object;
            check(&*object);
            common::finish(object);
        }
    )*};
}
pub(crate) use forms;

/// Runs the body on a fresh live object of every form; the object is left as the body leaves it.
macro_rules! on_every_form {
    ($(fn $name:ident($object:ident) $body:block)*) => {$(
        mod $name {
            use super::*;
            use rundown::{CacheAwareRundownRef, RundownRef, SlotPool, StaticRundownRef, StaticSlotPool};

            fn check<R>($object: &R)
            where
                R: Rundown + ?Sized,
                R::Park: Park<Deadline = std::time::Instant>,
            $body

            common::forms! {
                plain: Box::new(RundownRef::<Yield>::with_park());
                cache_aware_of_one_slot: Box::new(StaticRundownRef::<Chosen, 1, Yield>::new());
                cache_aware_with_constant_slots: Box::new(StaticRundownRef::<Chosen, 4, Yield>::new());
                #[cfg(feature = "alloc")]
                cache_aware_in_an_allocation: CacheAwareRundownRef::<Chosen, Yield>::boxed(5).unwrap();
                #[cfg(feature = "std")]
                cache_aware_that_sleeps:
                    Box::new(StaticRundownRef::<Chosen, 4, rundown::Blocking>::new());
                // Under Miri there are no sections, and a restartable object is a cache-aware one.
                #[cfg(all(feature = "std", not(miri)))]
                restartable:
                    rundown::RestartableRundownRef::<Yield, Chosen>::boxed_with(rundown::ProcessorSlot::slot_count())
                        .unwrap();
                // Processors from the second on have no counter.
                #[cfg(all(feature = "std", not(miri)))]
                restartable_of_one_slot:
                    Box::new(rundown::StaticRestartableRundownRef::<1, Yield, Chosen>::new());
                #[cfg(all(feature = "std", not(miri)))]
                restartable_that_sleeps:
                    Box::new(rundown::StaticRestartableRundownRef::<4, rundown::Blocking, Chosen>::new());
            }

            #[test]
            fn cache_aware_in_the_callers_memory() {
                let mut memory = page();
                let object = CacheAwareRundownRef::<Chosen, Yield>::init_in(&mut memory.0, 3);
                let object: &CacheAwareRundownRef<Chosen, Yield> = object.unwrap();
                check(object);
            }

            #[cfg(feature = "alloc")]
            #[test]
            fn pooled() {
                let pool = SlotPool::<Chosen, Yield>::new(3).unwrap();
                common::in_a_pool(|| pool.take().unwrap(), check);
            }

            #[test]
            fn pooled_in_the_callers_memory() {
                let mut memory = page();
                let pool = SlotPool::<Chosen, Yield>::init_in(&mut memory.0, 3, 4).unwrap();
                common::in_a_pool(|| pool.take().unwrap(), check);
            }

            #[cfg(not(miri))] // tests/pool_threads.rs has threads beside each other
            #[test]
            fn pooled_beside_busy_neighbours_in_a_static() {
                static POOL: StaticSlotPool<Chosen, 4, 3, Yield> = StaticSlotPool::new();
                common::beside_busy_neighbours(|| POOL.take().unwrap(), check);
            }
        }
    )*};
}
pub(crate) use on_every_form;
