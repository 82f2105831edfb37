//! The run-down of a protected value as a `Future` that returns the value.

use crate::exclusive::Exclusive;
use crate::future::Drained;
use crate::plain::RundownRef;
use crate::protected::{Protected, is_full};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

impl<T, R: Exclusive> Protected<T, R> {
    /// Refuses new users, waits for the old ones, and returns the value: [`run_down`](Self::run_down) for an `async`
    /// function, on any executor.
    ///
    /// ```
    /// use rundown::Protected;
    ///
    /// async fn close(name: &Protected<String>) -> Option<String> {
    ///     name.run_down_async().await
    /// }
    /// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    /// # let name = Protected::from(String::from("disk"));
    /// # let closed = pin!(close(&name)).poll(&mut Context::from_waker(Waker::noop()));
    /// # assert_eq!(closed, Poll::Ready(Some("disk".into())));
    /// ```
    ///
    /// Of several callers one gets the value; the others get `None`, once the users have left. A caller who
    /// overlaps with a [`put`](Self::put) comes either before it, and then leaves the new value alone, or after it:
    /// one that was polled while a value was in, which somebody else then took, always comes before the next.
    ///
    /// The run-down starts with the first poll. Dropping the future before it is ready loses no value and ends the
    /// waiting only: the run-down goes on, and whoever asks next gets the value. With a
    /// [`Spin`](crate::Spin), which can't store a waker, it asks to be polled again and again.
    ///
    /// # Ordering
    ///
    /// Everything that any user did before its guard was dropped happens before this is ready, also with `None`.
    pub fn run_down_async(&self) -> RunDown<'_, T, R> {
        RunDown { protected: self, drained: self.drained(), seen: None }
    }
}

/// Runs a protected value down, and is ready with it when its last user has left.
///
/// Made by [`run_down_async`](Protected::run_down_async), which says what it does. Once it was ready, it stays
/// ready, with `None`.
///
/// # Panics
///
/// A poll panics when more was released than acquired.
///
/// ```
/// use rundown::{Protected, RunDown};
/// use std::pin::Pin;
/// use std::task::{Context, Poll, Waker};
///
/// let number = Protected::from(7);
/// let user = number.try_acquire()?;
/// let mut closing: RunDown<'_, i32> = number.run_down_async();
/// let mut context = Context::from_waker(Waker::noop());
/// assert_eq!(Pin::new(&mut closing).poll(&mut context), Poll::Pending);
/// drop(user);
/// assert_eq!(Pin::new(&mut closing).poll(&mut context), Poll::Ready(Some(7)));
/// # use std::future::Future;
/// # Ok::<(), rundown::AcquireError>(())
/// ```
#[must_use = "a future does nothing unless it is polled"]
pub struct RunDown<'a, T, R: Exclusive = RundownRef> {
    protected: &'a Protected<T, R>,
    drained: Drained<'a, R>,
    /// The state of the place that this waits for, from the first poll on.
    seen: Option<usize>,
}

impl<T, R: Exclusive> RunDown<'_, T, R> {
    fn poll_value(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.protected.look();
        // Moved since the last poll: it went to another, after its users had left, and what has come since was not
        // there when we were asked. Nothing of ours has touched that: the last poll ended with the same look.
        if *self.seen.get_or_insert(state) != state {
            return Poll::Ready(None);
        }
        // As in `Protected::run_down`.
        while is_full(state) {
            let drained = Pin::new(&mut self.drained).poll(context).is_ready();
            if drained {
                if let Some(value) = self.protected.take(state) {
                    return Poll::Ready(Some(value));
                }
            }
            let now = self.protected.look();
            if !drained && now == state {
                self.seen = Some(state);
                return Poll::Pending;
            }
            // Moved meanwhile: if another value came, its run-down may be of our making, so it is ours to end.
            state = now;
        }
        Poll::Ready(None)
    }
}

impl<T, R: Exclusive> Future for RunDown<'_, T, R> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let polled = self.poll_value(context);
        if polled.is_ready() {
            self.drained.unregister();
        }
        polled
    }
}

impl<T, R: Exclusive> fmt::Debug for RunDown<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.drained.describe(f, "RunDown")
    }
}
