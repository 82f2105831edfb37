//! Work for the other cores: one hands out a closure, each that it is handed to runs it once.

use crate::arch::time;
use crate::smp::cores::{self, Core};
use crate::smp::park;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// How long a job may take before it counts as hung.
pub const DEADLINE_MS: u64 = 25_000;

/// A job as the cores see it. Lives on the leader's stack until the last core is done.
pub struct Job<'a> {
    work: &'a (dyn Fn(usize) + Sync),
    remaining: AtomicUsize,
}

impl Job<'_> {
    /// Hands the job to another core, which must be idle.
    pub fn add(&self, core: &Core) {
        self.remaining.fetch_add(1, Ordering::Relaxed); // Relaxed: only the leader waits, later
        // Release: the job is complete before a core can find it.
        core.job.store(ptr::from_ref(self).cast::<()>().cast_mut(), Ordering::Release);
        park::wake(inbox(core));
    }
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
pub fn run_on(chosen: &dyn Fn(usize) -> bool, work: &(dyn Fn(usize) + Sync)) {
    let this = cores::this_index();
    lead(work, |job| {
        let others = cores::all().filter(|core| core.index != this && chosen(core.index));
        others.for_each(|core| job.add(core));
        if chosen(this) {
            work(this);
        }
    });
}

/// Runs `leader` on this core, which hands `work(index)` to others at times of its choice, and waits for all.
///
/// Panics, naming the cores, if they are not done in time.
pub fn lead(work: &(dyn Fn(usize) + Sync), leader: impl FnOnce(&Job<'_>)) {
    let job = Job { work, remaining: AtomicUsize::new(0) };
    leader(&job);
    let done = || job.remaining.load(Ordering::Acquire) == 0;
    if !park::wait(ptr::from_ref(&job).cast(), done, time::after_ms(DEADLINE_MS)) {
        // The job must outlive the cores that run it; this panic ends the run, so it does.
        let mine = ptr::from_ref(&job).cast::<()>().cast_mut();
        let late = cores::all().filter(|core| core.job.load(Ordering::Relaxed) == mine);
        let first = late.map(|core| core.index).next().unwrap_or_else(cores::this_index);
        panic!(
            "core {first} (and {} in all) did not finish its job within {DEADLINE_MS} ms",
            job.remaining.load(Ordering::Relaxed)
        );
    }
}

/// Returns whether a core has no job, and what it did for the last one is visible.
pub fn is_idle(core: &Core) -> bool {
    core.job.load(Ordering::Acquire).is_null()
}

/// Has a core leave [`serve`], once it is idle.
pub fn dismiss(core: &Core) {
    core.up.store(false, Ordering::Release);
    park::wake(inbox(core));
}

/// Serves until the core is dismissed: sleeps until there is a job, runs it, says so.
pub fn serve(core: &'static Core) {
    loop {
        let called = || !is_idle(core) || !core.up.load(Ordering::Acquire);
        while !park::wait(inbox(core), called, time::after_ms(DEADLINE_MS)) {}
        let job = core.job.load(Ordering::Acquire).cast::<Job<'_>>();
        if job.is_null() {
            return;
        }
        // SAFETY: `lead` keeps the job alive until `remaining` is 0, and we have not counted down.
        let work = unsafe { (*job).work };
        work(core.index);
        core.job.store(ptr::null_mut(), Ordering::Release); // pairs with `is_idle`
        // SAFETY: as above. Release: what the work did is visible to who waits. The last access to
        // the job: from zero on it may be gone, so the wake-up uses its address only.
        if unsafe { (*job).remaining.fetch_sub(1, Ordering::Release) } == 1 {
            park::wake(job.cast::<()>());
        }
    }
}
