//! How a waiter waits, and how the last holder wakes it.

use core::task::Waker;

/// Waiting for a run-down, chosen by type: [`Spin`], or the platform's own sleep and wake-up.
///
/// The last holder wakes waiters *by address*: when [`unpark_all`](Park::unpark_all) runs, a waiter
/// may have freed the object already, so the address must not be dereferenced. What a wake-up needs
/// besides it (a lock, a list of sleepers) stands in memory of the implementation.
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
    type Deadline: Copy;

    /// Waits until `ready` returns true, or until the deadline has passed.
    ///
    /// Returns whether `ready` was seen true. It returns false only after a deadline; without one, a false is
    /// taken for a wake-up without a cause, and the wait goes on. `ready` only reads: it may be called
    /// at any rate, and again after every wake-up. An implementation that sleeps must not miss an
    /// [`unpark_all`](Park::unpark_all) with the same address that comes after `ready` was called.
    fn park_until(
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<Self::Deadline>,
    ) -> bool;

    /// Wakes everybody who waits at `address`, and every waker registered for it. Never dereferences
    /// it.
    fn unpark_all(address: *const ());

    /// Keeps `waker` for the next [`unpark_all`](Park::unpark_all) of `address`, for a `Future`.
    ///
    /// `ticket` names the registration: 0 for a new one, which gets a number other than 0; a number
    /// given before replaces that registration if it still stands. After this call no `unpark_all`
    /// may be missed. The default keeps nothing and wakes at once, so the future is polled again.
    fn register(_address: *const (), waker: &Waker, _ticket: &mut u64) {
        waker.wake_by_ref();
    }

    /// Forgets a registration, if it still stands.
    fn unregister(_address: *const (), _ticket: u64) {}
}

/// Waits by spinning. Needs nothing from the platform, and has no clock: a deadline counts looks.
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
