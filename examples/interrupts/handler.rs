//! What interrupts do: they use the object that the interrupted code is using.

use crate::counts::What;
use crate::places::{self, Place};
use crate::shared::{Own, Shared, shared};
use aarch64_cpu::registers::{ELR_EL1, Readable};
use core::sync::atomic::Ordering;
use machine::arch::{interrupt_mask, time};
use machine::board::gic;
use machine::smp::cores;
use rundown::Rundown;

/// Pairs of acquire and release of a handler.
const PAIRS: u64 = 64;
/// Handlers that may be interrupted at the same time: what the exception stack has room for.
const DEEPEST: usize = 4;
/// From the end of a handler to the next interrupt by the timer, in microseconds: what the interrupted code
/// gets of its processor.
const DISTANCE_US: u64 = 20;
/// The same within a handler, for the timer to interrupt it.
const DISTANCE_INSIDE_US: u64 = 5;

/// Has the timer interrupt the calling core.
pub fn call_timer() {
    call_in(DISTANCE_US);
}

fn call_in(microseconds: u64) {
    cores::this().timer.call_at(time::now() + microseconds * time::frequency() / 1_000_000, timer);
}

fn timer() {
    handle(What::Timer);
}

/// The handler of inter-core interrupts.
pub fn core() {
    handle(What::Core);
}

/// Handles an interrupt: uses the object, with interrupts unmasked as long as there is room.
fn handle(kind: What) {
    let address = ELR_EL1.get();
    let shared = shared();
    if shared.over.load(Ordering::Relaxed) {
        return;
    }
    let own = shared.own();
    let depth = own.depth.fetch_add(1, Ordering::Relaxed);
    count(own, kind, address, depth);
    if depth + 1 < DEEPEST {
        if depth == 0 {
            call_in(DISTANCE_INSIDE_US);
        }
        interrupt_mask::unmask_interrupts();
    }
    use_object(shared, own);
    interrupt_mask::mask_interrupts();
    own.depth.fetch_sub(1, Ordering::Relaxed);
    if let What::Timer = kind {
        let next = cores::get((cores::this_index() + 1) % shared.cores.len());
        next.into_iter().for_each(|core| gic::wake_core(core.target()));
    }
    if depth == 0 {
        call_timer();
    }
}

fn count(own: &Own, kind: What, address: u64, depth: usize) {
    own.counts.add(kind, 1);
    match places::at(address) {
        Place::Acquire => own.counts.add(What::InAcquire, 1),
        Place::Release => own.counts.add(What::InRelease, 1),
        Place::Elsewhere => {}
    }
    own.counts.add(What::Nested, u64::from(depth > 0));
}

fn use_object(shared: &Shared, own: &Own) {
    let interrupted_holds = own.holding.load(Ordering::Relaxed);
    own.counts.add(What::Later, shared.release_all(&own.kept));
    own.counts.add(What::Elsewhere, shared.release_all(&own.inbox));
    let mut granted = 0;
    while granted < PAIRS && shared.acquire() {
        // SAFETY: just acquired.
        unsafe { shared.release(1) };
        granted += 1;
    }
    if interrupted_holds {
        own.counts.add(What::Between, granted);
    }
    shared.leave(&own.kept);
    if let [_, others @ ..] = &shared.cores[..] {
        // Not for this core: for the one behind it, in a circle.
        let next = (cores::this_index() + 1) % shared.cores.len();
        if !others.is_empty() {
            shared.leave(&shared.cores[next].0.inbox);
        }
    }
    let enough = shared.sum(What::Between) >= shared.enough.load(Ordering::Relaxed);
    if enough && !shared.draining.swap(true, Ordering::Relaxed) {
        shared.object.begin_run_down();
        own.counts.add(What::Drains, 1);
    }
}
