//! How a waiter waits, and how the last holder wakes it.

use core::task::Waker;

/// Waiting for a run-down, chosen by type: [`Spin`], or the platform's own sleep and wake-up.
///
/// The last holder wakes waiters *by address*: when [`unpark_all`](Park::unpark_all) runs, a waiter
/// may have freed the object already, so the address must not be dereferenced. What a wake-up needs
/// besides it (a lock, a list of sleepers) stands in memory of the implementation.
///
/// Two functions are enough:
///
/// ```
/// use rundown::{Park, Rundown, RundownRef};
/// use std::thread;
/// use std::time::{Duration, Instant};
///
/// /// Gives the processor away between two looks.
/// struct Yield;
///
/// impl Park for Yield {
///     type Deadline = Instant;
///
///     fn park_until(
///         _address: *const (),
///         ready: &mut dyn FnMut() -> bool,
///         deadline: Option<Instant>,
///     ) -> bool {
///         while !ready() {
///             if deadline.is_some_and(|end| Instant::now() >= end) {
///                 return false;
///             }
///             thread::yield_now();
///         }
///         true
///     }
///
///     fn unpark_all(_address: *const ()) {} // nobody sleeps
/// }
///
/// let device: RundownRef<Yield> = RundownRef::with_park();
/// let user = device.try_acquire()?;
/// assert!(device.wait_until(Instant::now() + Duration::from_millis(10)).is_err());
/// drop(user);
/// device.wait();
/// # Ok::<(), rundown::AcquireError>(())
/// ```
///
/// One that sleeps, and keeps wakers for futures:
///
/// ```
/// use rundown::{Park, Rundown, RundownRef};
/// use std::mem;
/// use std::sync::{Condvar, Mutex};
/// use std::task::Waker;
/// use std::time::Instant;
///
/// /// One lock for all that wait, whatever for: threads are few, and each looks again when it is woken.
/// struct Sleep;
///
/// struct Waiting {
///     last_ticket: u64,
///     /// Address, ticket and waker of each future.
///     futures: Vec<(usize, u64, Waker)>,
/// }
///
/// static WAITING: Mutex<Waiting> = Mutex::new(Waiting { last_ticket: 0, futures: Vec::new() });
/// static WOKEN: Condvar = Condvar::new();
///
/// impl Park for Sleep {
///     type Deadline = Instant;
///
///     fn park_until(
///         _address: *const (),
///         ready: &mut dyn FnMut() -> bool,
///         deadline: Option<Instant>,
///     ) -> bool {
///         // Asked under the lock that a wake-up takes: none falls between the look and the sleep.
///         let mut waiting = WAITING.lock().unwrap();
///         while !ready() {
///             waiting = match deadline.map(|end| end.saturating_duration_since(Instant::now())) {
///                 None => WOKEN.wait(waiting).unwrap(),
///                 Some(left) if left.is_zero() => return false,
///                 Some(left) => WOKEN.wait_timeout(waiting, left).unwrap().0,
///             };
///         }
///         true
///     }
///
///     fn unpark_all(address: *const ()) {
///         let mut waiting = WAITING.lock().unwrap();
///         WOKEN.notify_all();
///         let all = mem::take(&mut waiting.futures);
///         let (woken, others): (Vec<_>, _) = all.into_iter().partition(|one| one.0 == address.addr());
///         waiting.futures = others;
///         drop(waiting); // a waker is foreign code
///         woken.into_iter().for_each(|(.., waker)| waker.wake());
///     }
///
///     fn register(address: *const (), waker: &Waker, ticket: &mut u64) {
///         Self::unregister(address, *ticket);
///         let waker = waker.clone();
///         let mut waiting = WAITING.lock().unwrap();
///         waiting.last_ticket += 1;
///         *ticket = waiting.last_ticket;
///         waiting.futures.push((address.addr(), *ticket, waker));
///     }
///
///     fn unregister(_address: *const (), ticket: u64) {
///         let mut waiting = WAITING.lock().unwrap();
///         let at = waiting.futures.iter().position(|one| one.1 == ticket);
///         let gone = at.map(|at| waiting.futures.swap_remove(at));
///         drop(waiting);
///         drop(gone); // foreign code, too
///     }
/// }
///
/// let device: RundownRef<Sleep> = RundownRef::with_park();
/// let user = device.try_acquire()?;
/// # use std::{future::Future, pin::pin, sync::Arc, sync::atomic::{AtomicBool, Ordering}, task::{Context, Wake}};
/// # struct Flag(AtomicBool);
/// # impl Wake for Flag { fn wake(self: Arc<Self>) { self.0.store(true, Ordering::SeqCst) } }
/// # let flag = Arc::new(Flag(AtomicBool::new(false)));
/// # let waker = Waker::from(flag.clone());
/// # let mut drained = pin!(device.drained());
/// # assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
/// # assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
/// # assert_eq!(WAITING.lock().unwrap().futures.len(), 1);
/// # assert!(!flag.0.load(Ordering::SeqCst));
/// std::thread::scope(|threads| {
///     threads.spawn(|| device.wait());
///     drop(user);
/// });
/// # assert!(flag.0.load(Ordering::SeqCst));
/// # assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
/// # Ok::<(), rundown::AcquireError>(())
/// ```
///
/// # What a wrong implementation can do
///
/// It is a safe trait, so no wait takes its word for the end of a run-down: the object's own word is
/// read again. At worst a wait without a deadline never returns or spins, a wait with one gives up too
/// early or too late (with the error, never as if the object were run down), a future is never polled
/// again, or a panic in it leaves the operation that called it: after a panic in `park_until` or
/// `register` the run-down goes on, and after one in `unpark_all` the release, the re-initialisation or
/// the marking that it belongs to has been done. It may call operations of the same object.
pub trait Park {
    /// A point in time after which waiting ends, on the platform's own clock.
    ///
    /// Only handed on to [`park_until`](Self::park_until): nothing relies on what it means, or on a
    /// clock that goes forward.
    /// See the examples of [`Park`].
    type Deadline: Copy;

    /// Waits until `ready` returns true, or until the deadline has passed.
    ///
    /// Returns whether `ready` was seen true. It returns false only after a deadline; without one, a false is
    /// taken for a wake-up without a cause, and the wait goes on. `ready` only reads: it may be called
    /// at any rate, and again after every wake-up. An implementation that sleeps must not miss an
    /// [`unpark_all`](Park::unpark_all) with the same address that comes after `ready` was called.
    /// See the examples of [`Park`].
    fn park_until(
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<Self::Deadline>,
    ) -> bool;

    /// Wakes everybody who waits at `address`, and every waker registered for it. Never dereferences
    /// it. See the examples of [`Park`].
    fn unpark_all(address: *const ());

    /// Keeps `waker` for the next [`unpark_all`](Park::unpark_all) of `address`, for a `Future`.
    ///
    /// `ticket` names the registration: 0 for a new one, which gets a number other than 0; a number
    /// given before replaces that registration if it still stands. After this call no `unpark_all`
    /// may be missed. The default keeps nothing and wakes at once, so the future is polled again.
    /// See the second example of [`Park`].
    fn register(_address: *const (), waker: &Waker, _ticket: &mut u64) {
        waker.wake_by_ref();
    }

    /// Forgets a registration, if it still stands. See the second example of [`Park`].
    fn unregister(_address: *const (), _ticket: u64) {}
}

/// Waits by spinning. Needs nothing from the platform, and has no clock: a deadline counts looks.
///
/// ```
/// use rundown::{Rundown, RundownRef, Spin};
///
/// static DEVICE: RundownRef<Spin> = RundownRef::with_park();
///
/// let user = DEVICE.try_acquire()?;
/// assert!(DEVICE.wait_until(1000).is_err(), "looked a thousand times");
/// # drop(user);
/// # Ok::<(), rundown::AcquireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Spin;

impl Park for Spin {
    /// How many times to look before giving up.
    type Deadline = u64;

    fn park_until(
        _address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<u64>,
    ) -> bool {
        let mut looks = 0;
        while !ready() {
            looks += 1;
            if deadline.is_some_and(|most| looks >= most) {
                return false;
            }
            relax();
        }
        true
    }

    fn unpark_all(_address: *const ()) {}
}

#[cfg(not(rundown_loom))]
fn relax() {
    core::hint::spin_loop();
}
#[cfg(rundown_loom)]
fn relax() {
    loom::thread::yield_now();
}
