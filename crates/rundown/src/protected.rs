//! An object and its run-down protection in one: its owner's side.
//!
//! One file, although it is long: taking and putting rest on one argument, and examples take much of it.

use crate::error::{PutError, TimedOut};
use crate::exclusive::Exclusive;
use crate::future::Drained;
use crate::holders::Record;
use crate::operations;
use crate::park::Park;
use crate::plain::RundownRef;
use crate::sync::{AtomicUsize, Ordering, const_unless_loom};
use core::cell::UnsafeCell;
use core::convert::Infallible;
use core::fmt;
use core::mem::ManuallyDrop;
use core::panic::RefUnwindSafe;

/// Owns a `T`, lends it to many users at a time, and gives it back when the last one has left.
///
/// ```
/// use rundown::{Protected, RundownRef};
///
/// let device = Protected::new(RundownRef::new(), String::from("disk"));
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
/// shared(rundown::Protected::new(rundown::RundownRef::new(), std::cell::Cell::new(1)));
/// ```
///
/// ```compile_fail,E0277
/// fn shared(value: impl Sync) {}
/// // A MutexGuard may not be dropped by another thread than its own.
/// let lock = std::sync::Mutex::new(1);
/// shared(rundown::Protected::new(rundown::RundownRef::new(), lock.lock().unwrap()));
/// ```
///
/// ```compile_fail,E0277
/// fn sent(value: impl Send) {}
/// let cell = rundown::Protected::new(rundown::RundownRef::new(), std::cell::Cell::new(1));
/// sent(cell.try_acquire().unwrap());
/// ```
///
/// A borrow of the value can't outlive its guard:
///
/// ```compile_fail,E0505
/// let text = rundown::Protected::new(rundown::RundownRef::new(), String::new());
/// let user = text.try_acquire().unwrap();
/// let borrow: &str = &user;
/// drop(user);
/// borrow.len();
/// ```
///
/// # Not for unsized values
///
/// `T` has a size, because [`run_down`](Self::run_down) returns it. Of a trait object, protect the box:
///
/// ```
/// use rundown::Protected;
///
/// trait Shape: Send + Sync {
///     fn corners(&self) -> u32;
/// }
///
/// struct Square;
/// impl Shape for Square {
///     fn corners(&self) -> u32 {
///         4
///     }
/// }
///
/// let shape: Protected<Box<dyn Shape>> = Protected::from(Box::new(Square) as Box<dyn Shape>);
/// assert_eq!(shape.try_access_with(|shape| shape.corners()), Some(4));
/// let back: Box<dyn Shape> = shape.run_down().expect("the first to ask gets it");
/// ```
///
/// # Panics
///
/// As its run-down object, it panics when it is dropped while a guard has been forgotten.
#[doc(alias = "Revocable")]
pub struct Protected<T, R: Exclusive = RundownRef> {
    /// Never handed out: making it live again while the value is out would be unsound.
    pub(crate) object: R,
    /// `FULL` or `EMPTY`, plus `BUSY` while one caller moves the value; the rest counts in `ROUND`s.
    state: AtomicUsize,
    /// Full as long as somebody holds the object.
    pub(crate) value: UnsafeCell<Option<T>>,
}

/// What the place is, and how often a value was taken out: a state never comes back.
const EMPTY: usize = 0;
const FULL: usize = 1;
const BUSY: usize = 2;
const ROUND: usize = 4;

/// Returns whether a value is in and nobody moves it, in a state that was seen.
pub(crate) fn is_full(seen: usize) -> bool {
    seen % ROUND == FULL
}

// SAFETY: `&Protected` gives `&T` to several threads (T: Sync) and moves the T out on any of them
// (T: Send). The cell is written only between `begin(..)` and `end(..)`, by one thread at a time, and
// while the object is run down, so no `&T` exists.
unsafe impl<T: Send + Sync, R: Exclusive + Sync> Sync for Protected<T, R> {}

// As for a lock that needs no poison: users only get `&T`, and the place changes in steps that do not panic.
impl<T: RefUnwindSafe, R: Exclusive + RefUnwindSafe> RefUnwindSafe for Protected<T, R> {}

impl<T, R: Exclusive> Protected<T, R> {
    const_unless_loom! {
        /// Protects `value` with `object`, which may be run down: then nothing is lent out, and
        /// [`run_down`](Self::run_down) gives the value back at once.
        ///
        /// ```
        /// use rundown::{Protected, RundownRef};
        ///
        /// static DEVICE: Protected<&str> = Protected::new(RundownRef::new(), "disk");
        /// assert_eq!(*DEVICE.try_acquire()?, "disk");
        /// # Ok::<(), rundown::AcquireError>(())
        /// ```
        #[must_use]
        pub const fn new(object: R, value: T) -> Self {
            Self { object, state: AtomicUsize::new(FULL), value: UnsafeCell::new(Some(value)) }
        }
    }

    /// Starts disabled: without a value, until [`put`](Self::put) brings one.
    ///
    /// ```
    /// use rundown::{Protected, RundownRef};
    ///
    /// let device: Protected<String> = Protected::empty(RundownRef::new());
    /// assert!(device.try_acquire().is_err());
    /// device.put("disk".into())?;
    /// assert!(device.try_acquire().is_ok());
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When `object` has leaked holds. It is not dropped then, as that would panic, too.
    #[must_use]
    pub fn empty(object: R) -> Self {
        let object = ManuallyDrop::new(object);
        assert!(object.begin_run_down(), "the run-down object is still held");
        let object = ManuallyDrop::into_inner(object);
        Self { object, state: AtomicUsize::new(EMPTY), value: UnsafeCell::new(None) }
    }

    /// Refuses new users, waits for the old ones, and returns the value.
    ///
    /// Of several callers one gets the value; the others get `None`, once the users have left. A caller
    /// who overlaps with a [`put`](Self::put) comes either before it, and then leaves the new value
    /// alone, or after it.
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// assert_eq!(number.run_down(), Some(7));
    /// assert_eq!(number.run_down(), None, "it is gone");
    /// ```
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    ///
    /// # Ordering
    ///
    /// Everything that any user did before its guard was dropped happens before this returns, also with `None`.
    ///
    /// # Not guaranteed
    ///
    /// That it ever returns: a guard that its own caller keeps blocks it for good.
    #[doc(alias = "revoke")]
    pub fn run_down(&self) -> Option<T> {
        let Ok::<_, Infallible>(value) = self.take_after(|| {
            self.object.wait();
            Ok(true)
        });
        value
    }

    /// As [`run_down`](Self::run_down), but gives up at a deadline.
    ///
    /// ```
    /// use rundown::{Protected, RundownRef, Spin};
    ///
    /// let number: Protected<i32, RundownRef<Spin>> = Protected::new(RundownRef::with_park(), 7);
    /// let user = number.try_acquire()?;
    /// assert!(number.run_down_until(1000).is_err(), "a user is inside"); // `Spin` has no clock: so many looks
    /// drop(user);
    /// assert_eq!(number.run_down_until(1000)?, Some(7));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Rundown::wait_until`](crate::Rundown::wait_until).
    pub fn run_down_until(
        &self,
        deadline: <R::Park as Park>::Deadline,
    ) -> Result<Option<T>, TimedOut> {
        self.take_after(|| self.object.wait_until(deadline).map(|()| true))
    }

    /// Refuses new users from now on, and returns whether all old ones have left.
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// let user = number.try_acquire()?;
    /// assert!(!number.begin_run_down(), "a user is inside");
    /// assert!(number.try_acquire().is_err(), "but no new ones");
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// Not guaranteed while a [`put`](Self::put) is under way: see
    /// [`Rundown::reinitialize`](crate::Rundown::reinitialize).
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    pub fn begin_run_down(&self) -> bool {
        self.object.begin_run_down()
    }

    /// Returns whether a run-down has started, so that users are refused; also after its end. See
    /// [`Rundown::is_running_down`](crate::Rundown::is_running_down): for a loop that is to end with the value.
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// let user = number.try_acquire()?;
    /// assert!(!number.is_running_down());
    /// number.begin_run_down();
    /// assert!(number.is_running_down() && !number.is_run_down());
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    pub fn is_running_down(&self) -> bool {
        self.object.is_running_down()
    }

    /// Returns whether nobody uses the value, and nobody will: its run-down has ended. Somebody may have taken it
    /// out since, or not.
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// assert!(!number.is_run_down(), "live");
    /// number.begin_run_down();
    /// assert!(number.is_run_down(), "there was no user");
    /// ```
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    ///
    /// # Ordering
    ///
    /// After `true`, everything that any user did before its guard was dropped has happened.
    #[must_use]
    pub fn is_run_down(&self) -> bool {
        self.object.is_run_down()
    }

    /// Refuses new users, and returns the value if all old ones have left.
    ///
    /// `None`: some are left, or there is no value, or another call is just moving it in or out.
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// let user = number.try_acquire()?;
    /// assert_eq!(number.try_run_down(), None, "a user is inside");
    /// drop(user);
    /// assert_eq!(number.try_run_down(), Some(7));
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    pub fn try_run_down(&self) -> Option<T> {
        let Ok::<_, Infallible>(value) = self.take_after(|| Ok(self.object.begin_run_down()));
        value
    }

    /// Waits for the users as a `Future`, and leaves the value where it is. With the value:
    /// [`run_down_async`](Self::run_down_async).
    ///
    /// ```
    /// async fn quiesce(number: &rundown::Protected<i32>) {
    ///     number.drained().await;
    ///     assert!(number.is_run_down());
    /// }
    /// # use std::{future::Future, pin::pin, task::{Context, Waker}};
    /// # let number = rundown::Protected::from(7);
    /// # assert!(pin!(quiesce(&number)).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    pub fn drained(&self) -> Drained<'_, R> {
        Drained::new(&self.object)
    }

    /// Lists who holds the value, see [`Rundown::holders`](crate::Rundown::holders).
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// let user = number.try_acquire()?;
    /// assert_eq!(number.holders().count(), 1);
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    #[cfg(feature = "holders")]
    pub fn holders(&self) -> crate::holders::Holders {
        self.object.holders()
    }

    /// Puts a value into the empty place and lends it out from now on.
    ///
    /// ```
    /// use rundown::Protected;
    ///
    /// fn next(number: &Protected<i32>) -> Result<(), Box<dyn core::error::Error>> {
    ///     let last = number.run_down().ok_or("somebody else has it")?;
    ///     number.put(last + 1)?;
    ///     Ok(())
    /// }
    /// # let number = Protected::from(7);
    /// # next(&number)?;
    /// # assert_eq!(number.put(9).unwrap_err().into_inner(), 9);
    /// # assert_eq!(number.run_down(), Some(8));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PutError`] with `value` when the last one has not been taken out yet.
    ///
    /// # Ordering
    ///
    /// What the caller did before happens before every acquire that is granted afterwards.
    pub fn put(&self, value: T) -> Result<(), PutError<T>> {
        let seen = self.look();
        if seen % ROUND != EMPTY || !self.begin(seen) {
            return Err(PutError(value));
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
            if !is_full(seen) || !drained()? {
                return Ok(None);
            }
            match self.take(seen) {
                None => {} // moved since the look; if another value came, it was run down by us
                some => return Ok(some),
            }
        }
    }

    pub(crate) fn look(&self) -> usize {
        // Acquire, pairs with `end`: what the last mover did to the place happens before us. Who sees the
        // value that `put` brought also sees that the object is not run down any more, and does not take
        // the run-down before it for its own. Pairs with `begin`: who is told that another has the value
        // comes after the users, too.
        self.state.load(Ordering::Acquire)
    }

    /// Takes the value that was `seen` (full) before the object was found run down, unless it is gone.
    pub(crate) fn take(&self, seen: usize) -> Option<T> {
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

impl<T> From<T> for Protected<T> {
    /// Protects `value` with a plain object: [`new`](Self::new) takes another one.
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// assert_eq!(*number.try_acquire()?, 7);
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    fn from(value: T) -> Self {
        Self::new(RundownRef::new(), value)
    }
}

impl<T: Default, R: Exclusive + Default> Default for Protected<T, R> {
    /// Protects the default value with the default object, both of which are live.
    ///
    /// ```
    /// let text: rundown::Protected<String> = Default::default();
    /// assert!(text.try_acquire()?.is_empty());
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    fn default() -> Self {
        Self::new(R::default(), T::default())
    }
}

impl<T, R: Exclusive> fmt::Debug for Protected<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        operations::debug(&self.object, "Protected", f)
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
            assert_eq!(value.put(2), Err(PutError(2)), "full: {full}");
            assert_eq!(value.try_run_down(), None, "full: {full}");
            assert!(!value.begin(seen), "full: {full}");
            value.end(seen); // gives up
            assert_eq!(value.run_down(), full.then_some(1));
        }
    }
}
