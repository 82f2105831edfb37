//! An object and its run-down protection in one: lent out under protection, given back at the end.
//!
//! One file, although it is long: owner and guard rest on one argument, and examples take much of it.

use crate::error::{AcquireError, TimedOut};
use crate::future::Drained;
use crate::holders::Record;
use crate::operations;
use crate::park::Park;
use crate::plain::RundownRef;
use crate::rundown::Rundown;
use crate::sync::{AtomicUsize, Ordering, const_unless_loom};
use core::cell::UnsafeCell;
use core::convert::Infallible;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::panic::RefUnwindSafe;

/// Owns a `T`, lends it to many users at a time, and gives it back when the last one has left.
///
/// ```
/// use rundown::Protected;
///
/// let device: Protected<String> = Protected::new(rundown::RundownRef::new(), "disk".into());
/// let user = device.try_acquire().expect("live");
/// assert_eq!(user.len(), 4);
/// drop(user);
/// let name: String = device.run_down().expect("the first to ask gets it");
/// assert!(device.try_acquire().is_err());
/// assert!(device.run_down().is_none(), "exactly once");
/// device.put(name + "2").expect("empty");
/// assert_eq!(&**device.try_acquire().unwrap(), "disk2");
/// ```
///
/// Users on several threads share the `T`, so it must be `Sync`; who runs it down takes it along to
/// its own thread, so it must be `Send` as well. What is not, is refused at compile time:
///
/// ```compile_fail,E0277
/// fn shared(value: impl Sync) {}
/// // A Cell may not be used by two threads at a time.
/// shared(rundown::Protected::<_>::new(rundown::RundownRef::new(), std::cell::Cell::new(1)));
/// ```
///
/// ```compile_fail,E0277
/// fn shared(value: impl Sync) {}
/// // A MutexGuard may not be dropped by another thread than its own.
/// let lock = std::sync::Mutex::new(1);
/// shared(rundown::Protected::<_>::new(rundown::RundownRef::new(), lock.lock().unwrap()));
/// ```
///
/// ```compile_fail,E0277
/// fn sent(value: impl Send) {}
/// let cell = rundown::Protected::<_>::new(rundown::RundownRef::new(), std::cell::Cell::new(1));
/// sent(cell.try_acquire().unwrap());
/// ```
///
/// A borrow of the value can't outlive its guard:
///
/// ```compile_fail,E0505
/// let text = rundown::Protected::<_>::new(rundown::RundownRef::new(), String::new());
/// let user = text.try_acquire().unwrap();
/// let borrow: &str = &user;
/// drop(user);
/// borrow.len();
/// ```
///
/// # Panics
///
/// As its run-down object, it panics when it is dropped while a guard has been forgotten.
pub struct Protected<T, R: Rundown = RundownRef> {
    /// Never handed out: making it live again while the value is out would be unsound.
    object: R,
    /// `FULL` or `EMPTY`, plus `BUSY` while one caller moves the value; the rest counts in `ROUND`s.
    state: AtomicUsize,
    value: UnsafeCell<Option<T>>,
}

/// What the place is, and how often a value was taken out: a state never comes back.
const EMPTY: usize = 0;
const FULL: usize = 1;
const BUSY: usize = 2;
const ROUND: usize = 4;

// SAFETY: `&Protected` gives `&T` to several threads (T: Sync) and moves the T out on any of them
// (T: Send). The cell is written only between `begin(..)` and `end(..)`, by one thread at a time, and
// while the object is run down, so no `&T` exists.
unsafe impl<T: Send + Sync, R: Rundown + Sync> Sync for Protected<T, R> {}

// As for a lock that needs no poison: users only get `&T`, and the place changes in steps that do not panic.
impl<T: RefUnwindSafe, R: Rundown + RefUnwindSafe> RefUnwindSafe for Protected<T, R> {}

impl<T, R: Rundown> Protected<T, R> {
    const_unless_loom! {
        /// Protects `value` with `object`, which may be run down: then nothing is lent out, and
        /// [`run_down`](Self::run_down) gives the value back at once.
        pub const fn new(object: R, value: T) -> Self {
            Self { object, state: AtomicUsize::new(FULL), value: UnsafeCell::new(Some(value)) }
        }
    }

    /// Starts disabled: without a value, until [`put`](Self::put) brings one.
    ///
    /// # Panics
    ///
    /// When `object` has leaked holds. It is not dropped then, as that would panic, too.
    pub fn empty(object: R) -> Self {
        let object = ManuallyDrop::new(object);
        assert!(object.begin_run_down(), "the run-down object is still held");
        let object = ManuallyDrop::into_inner(object);
        Self { object, state: AtomicUsize::new(EMPTY), value: UnsafeCell::new(None) }
    }

    /// Borrows the value, unless its run-down has started.
    ///
    /// # Errors
    ///
    /// As [`Rundown::try_acquire`].
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_acquire(&self) -> Result<ProtectedGuard<'_, T, R>, AcquireError> {
        let slot = operations::acquire(&self.object, 1)?;
        let record = Record::new(self.object.address(), slot, 1);
        Ok(ProtectedGuard { protected: self, record })
    }

    /// Refuses new users, waits for the old ones, and returns the value.
    ///
    /// Of several callers one gets the value; the others get `None`, once the users have left. A caller
    /// who overlaps with a [`put`](Self::put) comes either before it, and then leaves the new value
    /// alone, or after it.
    pub fn run_down(&self) -> Option<T> {
        let Ok::<_, Infallible>(value) = self.take_after(|| {
            self.object.wait();
            Ok(true)
        });
        value
    }

    /// As [`run_down`](Self::run_down), but gives up at a deadline.
    ///
    /// # Errors
    ///
    /// As [`Rundown::wait_until`].
    pub fn run_down_until(
        &self,
        deadline: <R::Park as Park>::Deadline,
    ) -> Result<Option<T>, TimedOut> {
        self.take_after(|| self.object.wait_until(deadline).map(|()| true))
    }

    /// Refuses new users from now on, and returns whether all old ones have left.
    ///
    /// Not guaranteed while a [`put`](Self::put) is under way: see [`Rundown::reinitialize`].
    pub fn begin_run_down(&self) -> bool {
        self.object.begin_run_down()
    }

    /// Refuses new users, and returns the value if all old ones have left.
    ///
    /// `None`: some are left, or there is no value, or another call is just moving it in or out.
    ///
    /// With [`drained`](Self::drained) this is the way to take the value in an `async` function.
    pub fn try_run_down(&self) -> Option<T> {
        let Ok::<_, Infallible>(value) = self.take_after(|| Ok(self.object.begin_run_down()));
        value
    }

    /// Waits for the users as a `Future`; [`try_run_down`](Self::try_run_down) then has the value.
    pub fn drained(&self) -> Drained<'_, R> {
        self.object.drained()
    }

    /// Lists who holds the value, see [`Rundown::holders`].
    #[cfg(feature = "holders")]
    pub fn holders(&self) -> crate::holders::Holders {
        self.object.holders()
    }

    /// Puts a value into the empty place and lends it out from now on.
    ///
    /// # Errors
    ///
    /// Hands `value` back when the last one has not been taken out yet.
    pub fn put(&self, value: T) -> Result<(), T> {
        let seen = self.look();
        if seen % ROUND != EMPTY || !self.begin(seen) {
            return Err(value);
        }
        // SAFETY: the place is empty and ours until `end`; empty places belong to run-down objects,
        // which only the exchange below changes, so no user is inside.
        unsafe { *self.value.get() = Some(value) };
        // Full before anybody can be granted a hold, so that who finds the place empty has come before
        // all users; and not before the object has ceased to be run down, so that who finds it full
        // does not take that run-down for the end of these users.
        let address = self.object.address();
        let live = self.object.protocol().reinitialize(|| {
            Record::remove_all(address); // as `Rundown::reinitialize` does
            self.end(seen + FULL); // EMPTY is 0
        });
        live.expect("an empty place belongs to a run-down object");
        <R::Park as Park>::unpark_all(address);
        Ok(())
    }

    /// Takes the value once `drained` says that the users have left; `None`: there is none, or not yet.
    fn take_after<E>(&self, mut drained: impl FnMut() -> Result<bool, E>) -> Result<Option<T>, E> {
        loop {
            let seen = self.look();
            // Empty, or just being moved: out by another caller, whose it is then, or in by a `put`,
            // before which we come. The object stays as it is.
            if seen % ROUND != FULL || !drained()? {
                return Ok(None);
            }
            match self.take(seen) {
                None => {} // moved since the look; if another value came, it was run down by us
                some => return Ok(some),
            }
        }
    }

    fn look(&self) -> usize {
        // Acquire, pairs with `end`: what the last mover did to the place happens before us. Who sees the
        // value that `put` brought also sees that the object is not run down any more, and does not take
        // the run-down before it for its own. Pairs with `begin`: who is told that another has the value
        // comes after the users, too.
        self.state.load(Ordering::Acquire)
    }

    /// Takes the value that was `seen` (full) before the object was found run down, unless it is gone.
    fn take(&self, seen: usize) -> Option<T> {
        if !self.begin(seen) {
            return None;
        }
        // SAFETY: ours until `end`. The state is as it was before the object was found run down, and
        // only `put`, which needs an empty place, could have made it live since: no user is inside,
        // and that look has ordered every user before us.
        let value = unsafe { (*self.value.get()).take() };
        self.end((seen - FULL).wrapping_add(ROUND)); // EMPTY, of the next round
        value
    }

    fn begin(&self, seen: usize) -> bool {
        // Release, pairs with `look`. Need not acquire: a state never comes back, so this reads what `look`
        // has read and synchronised with.
        self.state.compare_exchange(seen, seen + BUSY, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    fn end(&self, next: usize) {
        // Release, pairs with `look`. A swap rather than a store, for loom: see `Protocol::reset`.
        self.state.swap(next, Ordering::Release);
    }
}

/// A borrowed value that its owner can't take back while this lives.
#[must_use = "dropping the guard at once gives the value back at once"]
pub struct ProtectedGuard<'a, T, R: Rundown = RundownRef> {
    /// Its object is held once.
    protected: &'a Protected<T, R>,
    record: Record,
}

impl<T, R: Rundown> ProtectedGuard<'_, T, R> {
    /// Returns how many holds the guard stands for: 1.
    pub fn count(&self) -> usize {
        1
    }
}

impl<T, R: Rundown> Drop for ProtectedGuard<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        let object = &self.protected.object;
        // Before the release: afterwards the address may belong to another object.
        self.record.remove(object.address(), 1);
        // SAFETY: the guard owns one hold, of `try_acquire`, and ceases to exist with this call.
        unsafe { operations::release(object, 1) }
    }
}

impl<T, R: Rundown> Deref for ProtectedGuard<'_, T, R> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: an acquire was granted after a value was put in (`new`, or `put` before it made the
        // object live), and the value is moved only while the object is run down: not while we hold.
        unsafe { (*self.protected.value.get()).as_ref().unwrap_unchecked() }
    }
}

impl<T: fmt::Debug, R: Rundown> fmt::Debug for ProtectedGuard<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T, R: Rundown> fmt::Debug for Protected<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protected")
            .field("run_down", &self.object.is_run_down())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(rundown_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_was_replaced_is_not_taken_for_the_one_that_was_seen() {
        let value = Protected::<i32>::new(RundownRef::new(), 1);
        let seen = value.look(); // a slow taker, that has found the object run down and then sleeps
        assert_eq!(value.run_down(), Some(1));
        value.put(2).unwrap();
        assert_eq!(value.take(seen), None);
        assert_eq!(value.run_down(), Some(2));
    }

    #[test]
    fn while_one_caller_moves_the_value_nobody_else_does() {
        let value = Protected::<i32>::new(RundownRef::new(), 1);
        for full in [true, false] {
            let seen = value.look();
            assert!(value.begin(seen)); // a slow mover
            assert_eq!(value.put(2), Err(2), "full: {full}");
            assert_eq!(value.try_run_down(), None, "full: {full}");
            assert!(!value.begin(seen), "full: {full}");
            value.end(seen); // gives up
            assert_eq!(value.run_down(), full.then_some(1));
        }
    }
}
