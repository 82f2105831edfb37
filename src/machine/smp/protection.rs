//! Run-down protection in this kernel: a slot for each core, waiters that sleep.

use crate::arch::time;
use crate::smp::{cores, jobs, park};
use alloc::boxed::Box;
use core::sync::atomic::{AtomicUsize, Ordering};
use rundown::{CacheAwareRundownRef, CurrentSlot, Park};

/// The run-down object of this kernel. Made by [`object`], its slots are as far apart as the caches ask for.
pub type Object = CacheAwareRundownRef<OwnLines, Sleep>;

/// The slot of the calling core is its index.
#[derive(Debug)]
pub struct ThisCore;

impl CurrentSlot for ThisCore {
    #[inline]
    fn current_slot() -> usize {
        cores::this_index()
    }
}

/// The slot of the calling core, so far from the next core's that they never share what a cache writes at
/// once. How far is found at boot and stands in the core's data, so asking costs what the index costs.
#[derive(Debug)]
pub struct OwnLines;

impl CurrentSlot for OwnLines {
    #[inline]
    fn current_slot() -> usize {
        cores::this_slot()
    }
}

/// Returns how many slots an object has for so many cores, of which each uses that of [`OwnLines`].
pub fn slots(cores: usize) -> usize {
    // As many behind the last core's slot as make its granule whole: what follows is somebody else's.
    cores::slot_of(cores - 1) + cores::slots_apart()
}

/// Makes an object with a slot for each of so many cores. Panics when there is no memory for it.
pub fn object(cores: usize) -> Box<Object> {
    Object::boxed(slots(cores)).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the words of all slots of an object, as they are now.
pub fn slot_words<C: CurrentSlot, P: Park>(
    object: &CacheAwareRundownRef<C, P>,
) -> impl Iterator<Item = usize> {
    (0..object.slot_count()).map(|slot| {
        let word = object.slot_address(slot).cast::<usize>().cast_mut();
        // SAFETY: a slot is one atomic word, and lives as long as the object, which is borrowed.
        unsafe { AtomicUsize::from_ptr(word) }.load(Ordering::Relaxed)
    })
}

/// Waiting for a run-down in [`park::wait`].
#[derive(Clone, Copy, Debug)]
pub struct Sleep;

/// Without a deadline of its own a wait gets this one: nothing in this kernel waits for ever. It comes before that of
/// the job that waits, which could not say for whom.
const LONGEST_MS: u64 = jobs::DEADLINE_MS - 5_000;

/// What the message of a late wait ends with: how to see who holds. Empty where the list is there already.
pub const HOW_TO_SEE_WHO: &str = if cfg!(feature = "holders") {
    ""
} else {
    "; who holds it is said by the same command with `--features holders`: `cargo run --features holders`"
};

impl Park for Sleep {
    /// Ticks of [`time::now`].
    type Deadline = u64;

    fn park_until(
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<u64>,
    ) -> bool {
        let latest = deadline.unwrap_or_else(|| time::after_ms(LONGEST_MS));
        let done = park::wait(address, &mut *ready, latest);
        if !done && deadline.is_none() {
            let core = cores::this_index();
            let who = who_holds(address);
            panic!("core {core} waited {LONGEST_MS} ms for the run-down at {address:p}{who}");
        }
        done
    }

    fn unpark_all(address: *const ()) {
        park::wake(address);
    }
}

/// Names who holds the object at this address. Takes no lock: whoever has one may be who is waited for.
#[cfg(feature = "holders")]
fn who_holds(address: *const ()) -> impl core::fmt::Display {
    core::fmt::from_fn(move |f| write!(f, "; {}", rundown::holders::Holders::of(address)))
}

/// Says how to see who holds the object.
#[cfg(not(feature = "holders"))]
fn who_holds(_: *const ()) -> &'static str {
    HOW_TO_SEE_WHO
}
