//! Waiting for a run-down as a `Future`.

use crate::object::Object;
use crate::operations;
use crate::park::Park;
use crate::unwinding::in_drop;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Runs an object down and is ready when its last hold is released.
///
/// Made by [`drained`](crate::Rundown::drained), which has an example. Any number of them may wait for the same
/// object, beside threads in [`wait`](crate::Rundown::wait). The waker stands in memory of the object's [`Park`], never in
/// the object: the last releaser wakes by address, because the object may be gone by then.
///
/// Dropping it ends the waiting, not the run-down.
#[must_use = "a future does nothing unless it is polled"]
pub struct Drained<'a, R: Object + ?Sized> {
    object: &'a R,
    ticket: u64,
}

impl<'a, R: Object + ?Sized> Drained<'a, R> {
    pub(crate) fn new(object: &'a R) -> Self {
        Self { object, ticket: 0 }
    }

    /// Starts the run-down, unless it has started, and returns whether it has ended.
    fn has_ended(&self) -> bool {
        operations::begin(self.object).unwrap_or_else(|error| error.report(self.object.address()))
    }

    /// Takes the waker back, if one is registered.
    pub(crate) fn unregister(&mut self) {
        let ticket = self.ticket;
        if ticket != 0 {
            self.ticket = 0; // first: if the `Park` panics, the drop does not ask it again
            R::Waiting::unregister(self.object.address(), ticket);
        }
    }

    /// Writes the name of a future that waits by this one, and whether it does.
    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name).field("waiting", &(self.ticket != 0)).finish_non_exhaustive()
    }
}

impl<R: Object + ?Sized> Future for Drained<'_, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Starts the run-down again, too, if somebody has made the object live since the last poll.
        if !self.has_ended() {
            let address = self.object.address();
            R::Waiting::register(address, context.waker(), &mut self.ticket);
            // Look again: a last release between the look above and the registration woke nobody.
            if !self.has_ended() {
                return Poll::Pending;
            }
        }
        self.unregister();
        Poll::Ready(())
    }
}

impl<R: Object + ?Sized> Drop for Drained<'_, R> {
    fn drop(&mut self) {
        in_drop(|| self.unregister());
    }
}

impl<R: Object + ?Sized> fmt::Debug for Drained<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f, "Drained")
    }
}
