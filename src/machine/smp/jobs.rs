//! Work for the other cores: core 0 hands out a closure, each runs it once.

use crate::arch::time;
use crate::smp::cores::{self, Core};
use crate::smp::park;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// How long a job may take before it counts as hung.
const DEADLINE_MS: u64 = 25_000;

/// A job as the cores see it. Lives on core 0's stack until the last core is done.
struct Job<'a> {
    work: &'a (dyn Fn(usize) + Sync),
    remaining: AtomicUsize,
}

/// Returns the address at which a core sleeps until it has a job.
fn inbox(core: &Core) -> *const () {
    ptr::from_ref(&core.job).cast()
}

/// Runs `work(index)` on every core at the same time, on this one too, and waits for all.
pub fn run(work: &(dyn Fn(usize) + Sync)) {
    run_on(&|_| true, work);
}

/// Runs `work(index)` at the same time on the cores that `chosen` picks, and waits for all.
///
/// Panics, naming the cores, if they are not done in time.
pub fn run_on(chosen: &dyn Fn(usize) -> bool, work: &(dyn Fn(usize) + Sync)) {
    let this = cores::this();
    let others = || cores::all().filter(|core| core.index != this.index && chosen(core.index));
    let job = Job { work, remaining: AtomicUsize::new(others().count()) };
    for core in others() {
        // Release: the job is complete before a core can find it.
        core.job.store(ptr::from_ref(&job).cast::<()>().cast_mut(), Ordering::Release);
        park::wake(inbox(core));
    }
    if chosen(this.index) {
        work(this.index);
    }
    let done = || job.remaining.load(Ordering::Acquire) == 0;
    if !park::wait(ptr::from_ref(&job).cast(), done, time::after_ms(DEADLINE_MS)) {
        // The job must outlive the cores that run it; this panic ends the run, so it does.
        let late = others().filter(|core| !core.job.load(Ordering::Relaxed).is_null());
        let first = late.map(|core| core.index).next().unwrap_or(this.index);
        panic!(
            "core {first} (and {} in all) did not finish its job within {DEADLINE_MS} ms",
            job.remaining.load(Ordering::Relaxed)
        );
    }
}

/// Serves for ever: sleeps until there is a job, runs it, says so.
pub fn serve(core: &'static Core) -> ! {
    loop {
        let has_job = || !core.job.load(Ordering::Acquire).is_null();
        while !park::wait(inbox(core), has_job, time::after_ms(DEADLINE_MS)) {}
        let job = core.job.load(Ordering::Acquire).cast::<Job<'_>>();
        // SAFETY: `run_on` keeps the job alive until `remaining` is 0, and we have not counted down.
        let work = unsafe { (*job).work };
        work(core.index);
        core.job.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: as above. Release: what the work did is visible to who waits. The last access to
        // the job: from zero on it may be gone, so the wake-up uses its address only.
        if unsafe { (*job).remaining.fetch_sub(1, Ordering::Release) } == 1 {
            park::wake(job.cast::<()>());
        }
    }
}
