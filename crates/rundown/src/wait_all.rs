//! Running many objects down at the same time.

use crate::error::TimedOut;
use crate::park::Park;
use crate::rundown::Rundown;

/// Runs all of `objects` down, and waits until the last hold on each is released.
///
/// Starts the run-down of all first, and waits then. So none of them goes on granting acquires while another is
/// waited for, and the waits overlap: it takes as long as the slowest holder needs. A holder of one object who wants
/// another one meanwhile is refused.
///
/// ```
/// use rundown::{Rundown, RundownRef, wait_all};
/// use std::thread;
///
/// let devices: Vec<RundownRef> = (0..4).map(|_| RundownRef::new()).collect();
/// thread::scope(|scope| {
///     for device in &devices {
///         let guard = device.try_acquire().expect("live");
///         scope.spawn(move || drop(guard));
///     }
///     wait_all(&devices);
/// });
/// assert!(devices.iter().all(|device| device.is_run_down()));
/// ```
///
/// Takes whatever gives references, and gives them twice: a slice, `&Vec`, `&HashMap`'s values, an array of references, or
/// an iterator over the fields of something else. They are all of one type, which may be a pointer
/// (`Box<CacheAwareRundownRef<..>>`).
///
/// ```
/// use rundown::{RundownRef, wait_all};
///
/// struct Device {
///     object: RundownRef,
/// }
///
/// let devices = [Device { object: RundownRef::new() }, Device { object: RundownRef::new() }];
/// wait_all(devices.iter().map(|device| &device.object));
/// wait_all([&devices[0].object, &devices[1].object]); // once more: they are run down
/// ```
///
/// Without objects it returns at once. An object that comes twice is as good as once.
///
/// # Panics
///
/// When more was released than acquired of one of them. The run-down of those before it has begun then; of those
/// behind it perhaps not.
///
/// # Ordering
///
/// Everything that any holder of any of them did before its release happens before this returns.
///
/// # Not guaranteed
///
/// That it ever returns: as for [`wait`](Rundown::wait), a hold on one of them that its own caller keeps blocks it for
/// good.
///
/// That all are run down when it returns: who makes one live again, which was waited for already, is not noticed.
///
/// That it costs less than [`wait`](Rundown::wait) for each where nobody holds them. Every object has its own sweep, and
/// a `RestartableRundownRef` its own system call: for 64 of them, on two processors, about half of the time. What it
/// saves are the waits of users who come back as long as they are let in; where each leaves once, at its own time, both
/// take as long as the last one.
pub fn wait_all<'a, R>(objects: impl IntoIterator<Item = &'a R, IntoIter: Clone>)
where
    R: Rundown + ?Sized + 'a,
{
    let objects = objects.into_iter();
    begin_all(objects.clone());
    objects.for_each(R::wait);
}

/// As [`wait_all`], but gives up at a deadline, which is one for all.
///
/// ```
/// use rundown::{Rundown, RundownRef, Spin, wait_all_until};
///
/// let devices = [const { RundownRef::<Spin>::with_park() }; 3];
/// let user = devices[1].try_acquire()?;
/// assert_eq!(wait_all_until(&devices, 1000).unwrap_err().outstanding, Some(1)); // for `Spin`: looks
/// assert!(devices.iter().all(|device| device.is_running_down()));
/// drop(user);
/// wait_all_until(&devices, 1000)?;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`TimedOut`] with the holds of the first one that is late; others may be late as well. The run-down of all goes
/// on, and can be waited for again.
///
/// # Panics
///
/// As [`wait_all`].
///
/// # Not guaranteed
///
/// As of [`wait_all`]. With [`Spin`](crate::Spin), whose deadline is a number of looks, there are as many looks at each.
pub fn wait_all_until<'a, R>(
    objects: impl IntoIterator<Item = &'a R, IntoIter: Clone>,
    deadline: <R::Park as Park>::Deadline,
) -> Result<(), TimedOut>
where
    R: Rundown + ?Sized + 'a,
{
    let mut objects = objects.into_iter();
    begin_all(objects.clone());
    objects.try_for_each(|object| object.wait_until(deadline))
}

fn begin_all<'a, R: Rundown + ?Sized + 'a>(objects: impl Iterator<Item = &'a R>) {
    for object in objects {
        object.begin_run_down();
    }
}
