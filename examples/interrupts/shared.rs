//! What the cores share: the object, what it protects, and what each core has of its own.

use crate::counts::{Counts, What};
use crate::places;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use machine::smp::cores;
use machine::smp::protection::{self, Object};
use machine::testing::canary::Canary;
use rundown::CacheLine;
use spin::Once;

/// The object, and the cores that use it.
pub struct Shared {
    /// The object that everything is about.
    pub object: Box<Object>,
    /// What it protects.
    pub canary: Canary,
    /// Each core's own.
    pub cores: Vec<CacheLine<Own>>,
    /// Handlers' acquires from which on the drain of this round may begin.
    pub enough: AtomicU64,
    /// Somebody begins the drain, or has.
    pub draining: AtomicBool,
    /// The round is over: handlers do nothing any more.
    pub over: AtomicBool,
}

/// What a core has of its own.
#[derive(Debug, Default)]
pub struct Own {
    /// What it has counted.
    pub counts: Counts,
    /// The code that handlers interrupt holds the object.
    pub holding: AtomicBool,
    /// Handlers that have begun and not ended.
    pub depth: AtomicUsize,
    /// Holds that a handler has taken for a later one.
    pub kept: AtomicUsize,
    /// Holds that handlers of other cores have taken for one of this core.
    pub inbox: AtomicUsize,
}

static SHARED: Once<Shared> = Once::new();

/// Returns what the cores share, which are up. Makes it at the first call.
pub fn shared() -> &'static Shared {
    SHARED.call_once(|| Shared {
        object: protection::object(cores::count()),
        canary: Canary::new(),
        cores: (0..cores::count()).map(|_| CacheLine::default()).collect(),
        enough: AtomicU64::new(0),
        draining: AtomicBool::new(false),
        over: AtomicBool::new(true),
    })
}

impl Shared {
    /// Returns what the calling core has of its own.
    pub fn own(&self) -> &Own {
        &self.cores[cores::this_index()].0
    }

    /// Returns a count of all cores together.
    pub fn sum(&self, what: What) -> u64 {
        self.cores.iter().map(|CacheLine(own)| own.counts.of(what)).sum()
    }

    /// Acquires a hold and looks at what it protects. Returns whether it was granted.
    pub fn acquire(&self) -> bool {
        let granted = places::acquire(&self.object);
        let counts = &self.own().counts;
        counts.add(if granted { What::Granted } else { What::Refused }, 1);
        if granted {
            counts.add(What::PoisonSeen, u64::from(!self.canary.is_alive()));
        }
        granted
    }

    /// Releases holds, after another look.
    ///
    /// # Safety
    ///
    /// The caller owns so many holds and gives them up.
    pub unsafe fn release(&self, holds: usize) {
        if holds == 0 {
            return;
        }
        let counts = &self.own().counts;
        counts.add(What::PoisonSeen, u64::from(!self.canary.is_alive()));
        counts.add(What::Released, holds as u64);
        // SAFETY: as the caller says.
        unsafe { places::release(&self.object, holds) };
    }

    /// Takes holds that were left in `place`, which counts them, and releases them. Returns how many.
    pub fn release_all(&self, place: &AtomicUsize) -> u64 {
        // Acquire pairs with the Release in `leave`: whoever took them had them.
        let holds = place.swap(0, Ordering::Acquire);
        // SAFETY: `leave` has put them there, and we alone have taken them away.
        unsafe { self.release(holds) };
        holds as u64
    }

    /// Acquires a hold and leaves it in `place`, for somebody else to release.
    pub fn leave(&self, place: &AtomicUsize) {
        if self.acquire() {
            place.fetch_add(1, Ordering::Release);
        }
    }
}
