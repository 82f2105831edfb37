//! A round: every core uses the object and is interrupted, until a handler begins the drain.

use crate::counts::What;
use crate::handler;
use crate::places;
use crate::shared::{Shared, shared};
use core::ptr;
use core::sync::atomic::Ordering;
use machine::arch::time;
use machine::smp::protection::HOW_TO_SEE_WHO;
use machine::smp::{jobs, park};
use machine::testing::ktap::{self, holds};
use rundown::Rundown;

/// Pairs of acquire and release within a hold.
const PAIRS: u64 = 100;
/// How long a round may take.
const DEADLINE_MS: u64 = 20_000;

/// Runs a round, in which handlers acquire so many times between an acquire and its release.
pub fn run(acquires: u64) -> ktap::Result {
    let shared = shared();
    let before = shared.sum(What::Between);
    shared.enough.store(before + acquires, Ordering::Relaxed);
    shared.draining.store(false, Ordering::Relaxed);
    shared.over.store(false, Ordering::Relaxed);
    let deadline = time::after_ms(DEADLINE_MS);
    // What is stored above is seen in the job, whose beginning orders it.
    jobs::run(&|core| {
        handler::call_timer();
        use_object(shared, deadline);
        if core == 0 {
            end(shared, deadline + time::frequency());
        } else {
            let over = || shared.over.load(Ordering::Relaxed);
            park::wait(ptr::from_ref(&shared.over).cast(), over, deadline);
        }
    });
    holds("the object is run down", shared.object.is_run_down())?;
    shared.canary.revive();
    shared.object.reinitialize().map_err(|error| alloc::format!("{error}"))
}

/// Acquires and releases until that is refused, within longer holds. This is what handlers interrupt.
///
/// A handler has to begin the drain. If none has by the deadline, this does, and the counts tell.
fn use_object(shared: &Shared, deadline: u64) {
    let own = shared.own();
    while shared.acquire() {
        if time::now() >= deadline {
            shared.object.begin_run_down();
        }
        own.holding.store(true, Ordering::Relaxed);
        let mut pairs = 0; // counted by the hundred, as counting takes longer than a pair
        while pairs < PAIRS && places::acquire(&shared.object) {
            // SAFETY: just acquired.
            unsafe { places::release(&shared.object, 1) };
            pairs += 1;
        }
        own.counts.add(What::Granted, pairs);
        own.counts.add(What::Released, pairs);
        own.holding.store(false, Ordering::Relaxed);
        // SAFETY: acquired in the loop's condition.
        unsafe { shared.release(1) };
    }
}

/// Waits for the last hold, which a handler releases, poisons the object at once, and ends the round.
fn end(shared: &Shared, deadline: u64) {
    if let Err(late) = shared.object.wait_until(deadline) {
        panic!("the drain did not end in time: {late}{HOW_TO_SEE_WHO}");
    }
    shared.canary.poison();
    shared.over.store(true, Ordering::Relaxed);
    park::wake(ptr::from_ref(&shared.over).cast());
}
