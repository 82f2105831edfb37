//! Waiting that sleeps, for programs with `std`.

use crate::park::Park;
use crate::sync::{Condvar, Mutex, MutexGuard, table};
use crate::unwinding::{in_drop, unheard};
use core::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::PoisonError;
use std::task::Waker;
use std::thread::panicking;
use std::time::Instant;
use std::vec::Vec;

/// Waits asleep: the thread leaves the processor until the last hold is released.
///
/// Sleepers and wakers stand in a static table of buckets, found by the object's address: whoever
/// releases last needs nothing of the object any more. A bucket is a `Mutex` and a `Condvar`, which
/// the standard library builds on the system's own wait by address (a futex on Linux).
///
/// Not a futex on the object's word itself: that call compares 32 bits, and the word has 64, so a
/// change of the upper half (2^31 holds and more) would be missed.
///
/// The last release takes a lock to wake the waiters. It is therefore not for signal handlers; all
/// other releases, and every acquire, are.
///
/// ```
/// use rundown::{Blocking, Rundown, RundownRef};
/// use std::time::{Duration, Instant};
///
/// static DEVICE: RundownRef<Blocking> = RundownRef::new(); // with feature `std` the default
///
/// let user = DEVICE.try_acquire()?;
/// assert!(DEVICE.wait_until(Instant::now() + Duration::from_millis(10)).is_err());
/// drop(user);
/// DEVICE.wait();
/// # Ok::<(), rundown::AcquireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Blocking;

struct Bucket {
    wakers: Mutex<Vec<Registered>>,
    woken: Condvar,
}

struct Registered {
    address: usize,
    ticket: u64,
    waker: Waker,
}

/// A power of two, so that a bucket is a few bits of the address.
const BUCKETS: usize = 64;

table! {
    static TABLE: [Bucket; BUCKETS] =
        [Bucket { wakers: Mutex::new(Vec::new()), woken: Condvar::new() }; BUCKETS];
}

impl Bucket {
    fn of(address: *const ()) -> &'static Self {
        // Fibonacci hashing: objects lie at multiples of a line or a page, the low bits are zero.
        let hash = (address.addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &TABLE[(hash >> (u64::BITS - BUCKETS.ilog2())) as usize]
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Registered>> {
        // Nothing panics inside: the list is whole even if a thread died with the lock.
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Park for Blocking {
    type Deadline = Instant;

    fn park_until(
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<Instant>,
    ) -> bool {
        let bucket = Bucket::of(address);
        let mut list = bucket.lock();
        // `ready` is asked under the lock, and a wake-up takes the lock: it comes before the question,
        // which then answers yes, or after the thread has gone to sleep, and wakes it.
        while !ready() {
            list = match deadline.map(|end| end.saturating_duration_since(Instant::now())) {
                None => bucket.woken.wait(list).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return false,
                Some(left) => {
                    let woken = bucket.woken.wait_timeout(list, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    fn unpark_all(address: *const ()) {
        let bucket = Bucket::of(address);
        let mut list = bucket.lock();
        let all = mem::take(&mut *list).into_iter();
        let (woken, others) = all.partition(|entry| entry.address == address.addr());
        *list = others;
        bucket.woken.notify_all();
        drop(list); // a waker is foreign code: not under the lock
        wake(woken);
    }

    fn register(address: *const (), waker: &Waker, ticket: &mut u64) {
        let waker = waker.clone(); // foreign code, too
        let mut list = Bucket::of(address).lock();
        let known = list.iter_mut().find(|entry| *ticket != 0 && entry.ticket == *ticket);
        let old = match known {
            Some(entry) => Some(mem::replace(&mut entry.waker, waker)),
            None => {
                *ticket = next_ticket();
                list.push(Registered { address: address.addr(), ticket: *ticket, waker });
                None
            }
        };
        drop(list);
        in_drop(|| drop(old));
    }

    fn unregister(address: *const (), ticket: u64) {
        let mut list = Bucket::of(address).lock();
        let at = list.iter().position(|entry| entry.ticket == ticket);
        let entry = at.map(|at| list.swap_remove(at));
        drop(list);
        in_drop(|| drop(entry));
    }
}

/// Wakes every one, also when one of the wakers panics, and hands the first panic on unless there is one already:
/// a second one would abort.
fn wake(woken: Vec<Registered>) {
    let mut panicked = None;
    for entry in woken {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| entry.waker.wake())) {
            match panicked {
                None => panicked = Some(panic),
                Some(_) => unheard(|| drop(panic)),
            }
        }
    }
    match panicked {
        Some(panic) if !panicking() => resume_unwind(panic),
        lost => unheard(|| drop(lost)),
    }
}

/// Returns a number that was not given out before, never 0.
fn next_ticket() -> u64 {
    static LAST: std::sync::Mutex<u64> = std::sync::Mutex::new(0);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    *last += 1;
    *last
}
