//! Who holds it: call site and slot of every outstanding guard, in a table of its own.
//!
//! One long file, because who writes an entry and who reads it have to agree on its words.
//!
//! "Who still holds it?" is the classic question about a drain that does not end. With this feature
//! every granted acquire enters its call site in a static table, and the guard takes the entry out
//! before it releases. The table is not the object's memory, so the promise that the last releaser
//! touches the object no more stays as it is.
//!
//! The table has [`CAPACITY`] entries and needs neither an allocator nor a lock: an entry is claimed
//! by one exchange, so it works in an interrupt handler too. When it is full, further acquires go
//! unrecorded and are counted ([`unrecorded`]). Acquire then costs a search of the table, bounded by
//! its size; without the feature nothing of this exists.
//!
//! The list is for people: entries are read while others change them, so an entry that is taken out
//! and reused at that moment may show mixed. A hold is granted before it is entered, and taken out
//! before it is released, so the list can lack what is just passing, and show twice what is just merged.
//!
//! # What it can't know
//!
//! A guard that was forgotten (`mem::forget`) looks like one that lives. When its holds are released by
//! [`release_n`](crate::Rundown::release_n), those of some guard of the object leave the list, of one
//! with exactly that count if there is one: how many are listed is right, but a name can be that of the
//! forgotten guard. `leak` makes no such guess necessary. Nor does the table know that an object has moved
//! while holds of it were leaked or forgotten: their entries stay with the old address, until an object
//! dies, is initialised in place or is re-initialised there. A run-down object has no holders, whatever
//! the table says.

use crate::sync::{AtomicPtr, AtomicUsize, Ordering, const_unless_loom};
use core::fmt;
use core::iter::FusedIterator;
use core::panic::Location;
use core::ptr;
use core::sync::atomic::AtomicUsize as Statistic;

/// How many guards can be recorded at a time, over all objects.
pub const CAPACITY: usize = if cfg!(rundown_loom) {
    3
} else if cfg!(miri) {
    16
} else {
    1024
};

/// Bit 0 of `holds`: leaked. The rest is twice the count.
const LEAKED: usize = 1;

struct Entry {
    /// The address of the object; null: the entry is free; `CLAIMED`: being filled in.
    object: AtomicPtr<()>,
    site: AtomicPtr<Location<'static>>,
    slot: AtomicUsize,
    holds: AtomicUsize,
}

const CLAIMED: *mut () = ptr::dangling_mut::<u8>().cast();

impl Entry {
    const_unless_loom! {
        const fn new() -> Self {
            Self {
                object: AtomicPtr::new(ptr::null_mut()),
                site: AtomicPtr::new(ptr::null_mut()),
                slot: AtomicUsize::new(0),
                holds: AtomicUsize::new(0),
            }
        }
    }
}

#[cfg(not(rundown_loom))]
static TABLE: [Entry; CAPACITY] = [const { Entry::new() }; CAPACITY];
#[cfg(rundown_loom)]
loom::lazy_static! {
    static ref TABLE: [Entry; CAPACITY] = core::array::from_fn(|_| Entry::new());
}

static UNRECORDED: Statistic = Statistic::new(0);

/// Returns how many acquires found the table full since the program began.
pub fn unrecorded() -> usize {
    UNRECORDED.load(Ordering::Relaxed) // Relaxed: a statistic
}

/// A guard's entry in the table: its index, or `CAPACITY` for none.
#[derive(Clone, Copy)]
pub(crate) struct Record(usize);

/// Which entries to take holds out of, by their holds and the count that is wanted.
type Kind = fn(usize, usize) -> bool;

const LEAKED_ONES: Kind = |holds, _| holds & LEAKED != 0;
const EXACT_ONES: Kind = |holds, count| holds == 2 * count;
const GUARDED_ONES: Kind = |holds, _| holds & LEAKED == 0;

impl Record {
    const NONE: Self = Self(CAPACITY);

    #[track_caller]
    pub(crate) fn new(object: *const (), slot: usize, count: usize) -> Self {
        if count == 0 {
            return Self::NONE;
        }
        let site = ptr::from_ref(Location::caller()).cast_mut();
        // Starts at a place that differs by core, so that cores rarely try the same entry.
        for at in (0..CAPACITY).map(|step| (slot % CAPACITY * 16 + step) % CAPACITY) {
            let entry = &TABLE[at];
            // Acquire, pairs with `free`: the entry's last owner is done with it.
            let claim = (Ordering::Acquire, Ordering::Relaxed);
            let free = ptr::null_mut();
            if entry.object.compare_exchange(free, CLAIMED, claim.0, claim.1).is_ok() {
                entry.site.store(site, Ordering::Relaxed);
                entry.slot.store(slot, Ordering::Relaxed);
                entry.holds.store(count * 2, Ordering::Relaxed);
                // Release, pairs with `Holders::next`: whoever sees the object sees the fields above.
                entry.object.store(object.cast_mut(), Ordering::Release);
                return Self(at);
            }
        }
        UNRECORDED.fetch_add(1, Ordering::Relaxed);
        Self::NONE
    }

    /// Returns the entry, unless it was taken for that of a forgotten guard.
    fn entry(self, object: *const ()) -> Option<&'static Entry> {
        // Relaxed: made by this guard, so what is seen is its own address or what came later.
        let still = |entry: &&Entry| entry.object.load(Ordering::Relaxed).cast_const() == object;
        TABLE.get(self.0).filter(still)
    }

    /// Takes `count` holds out, of which `left` stay.
    pub(crate) fn less(self, object: *const (), count: usize, left: usize) -> Self {
        self.remove(object, count);
        if left == 0 { Self::NONE } else { self }
    }

    /// Makes one entry of two, for the holds of both: the first, unless it is none.
    pub(crate) fn join(self, other: Self, object: *const (), counts: [usize; 2]) -> Self {
        let (kept, gone, moved) = match self.entry(object) {
            Some(_) => (self, other, counts[1]),
            None => (other, self, counts[0]),
        };
        // Added first, so that what is taken out can't empty the entry that is kept.
        if let Some(entry) = kept.entry(object) {
            entry.holds.fetch_add(moved * 2, Ordering::Relaxed);
        }
        gone.remove(object, moved);
        kept
    }

    /// Leaves the entry in the table when its guard is given up but its holds are not.
    pub(crate) fn leak(self, object: *const ()) {
        if let Some(entry) = self.entry(object) {
            entry.holds.fetch_or(LEAKED, Ordering::Relaxed);
        }
    }

    /// Takes `count` holds of a guard out, which are on record if the guard is.
    pub(crate) fn remove(self, object: *const (), count: usize) {
        if let Some(entry) = TABLE.get(self.0) {
            let taken = entry.take(object, count, |_| true);
            // The rest was taken for that of a forgotten guard, whose entry is there instead.
            take(object, count - taken, &[EXACT_ONES, GUARDED_ONES]);
        }
    }

    /// Takes `count` holds of `object` out that no guard stands for. Leaked holds have no name, so they
    /// are those of whichever entries; what is more than was leaked must be of a forgotten guard.
    pub(crate) fn take_leaked(object: *const (), count: usize) {
        take(object, count, &[LEAKED_ONES, EXACT_ONES, GUARDED_ONES]);
    }

    /// Takes all entries of an object out that nobody holds: it ends, or begins anew.
    pub(crate) fn remove_all(object: *const ()) {
        // Relaxed: nobody holds it, so all changes of its entries have happened before.
        let of = |entry: &&Entry| entry.object.load(Ordering::Relaxed).cast_const() == object;
        TABLE.iter().filter(of).for_each(Entry::free);
    }
}

/// Takes `count` holds of `object` out: of entries of the first kind, then of the next.
fn take(object: *const (), mut count: usize, kinds: &[Kind]) {
    for kind in kinds {
        for entry in TABLE.iter() {
            if count == 0 {
                return;
            }
            count -= entry.take(object, count, |holds| kind(holds, count));
        }
    }
}

impl Entry {
    /// Takes `count` holds of `object` out if they are `wanted`, or all if it has fewer; returns how many.
    fn take(&self, object: *const (), count: usize, wanted: impl Fn(usize) -> bool) -> usize {
        // Acquire, pairs with `new`: the count belongs to this object.
        if self.object.load(Ordering::Acquire).cast_const() != object {
            return 0;
        }
        let mut taken = 0;
        let updated = self.holds.try_update(Ordering::Relaxed, Ordering::Relaxed, |holds| {
            taken = count.min(holds / 2);
            (taken > 0 && wanted(holds)).then(|| holds - taken * 2)
        });
        match updated {
            Err(_) => 0,
            Ok(before) => {
                if before / 2 == taken {
                    self.free();
                }
                taken
            }
        }
    }

    fn free(&self) {
        // Release, pairs with `Record::new`: what we did to the entry comes before its next owner.
        self.object.store(ptr::null_mut(), Ordering::Release);
    }
}

/// One guard, or what is left of a leaked one.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Holder {
    /// Where the hold was taken, split off or adopted.
    pub site: &'static Location<'static>,
    /// The slot (core, thread) it was taken on.
    pub slot: usize,
    /// How many holds it stands for.
    pub count: usize,
    /// Whether it was leaked: no guard stands for it.
    pub leaked: bool,
}

/// The holders of one object, see [`Rundown::holders`](crate::Rundown::holders).
#[derive(Clone, Debug)]
pub struct Holders {
    object: usize,
    next: usize,
}

impl Holders {
    pub(crate) fn of(object: *const ()) -> Self {
        Self { object: object.addr(), next: 0 }
    }

    pub(crate) fn nobody(object: *const ()) -> Self {
        Self { object: object.addr(), next: CAPACITY }
    }
}

/// Whose holders a late drain has to list: an address to compare with, never to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HolderList(usize);

impl HolderList {
    pub(crate) fn new(object: *const ()) -> Self {
        Self(object.addr())
    }

    /// Adds the list to a message.
    pub(crate) fn list(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", Holders { object: self.0, next: 0 })
    }
}

impl Iterator for Holders {
    type Item = Holder;

    fn next(&mut self) -> Option<Holder> {
        while let Some(entry) = TABLE.get(self.next) {
            self.next += 1;
            // Acquire, pairs with `Record::new`.
            if entry.object.load(Ordering::Acquire).addr() != self.object {
                continue;
            }
            let site = entry.site.load(Ordering::Relaxed);
            let holds = entry.holds.load(Ordering::Relaxed);
            if site.is_null() || holds < 2 {
                continue;
            }
            return Some(Holder {
                // SAFETY: not null, and `Record::new` stores nothing but `&'static` locations.
                site: unsafe { &*site },
                slot: entry.slot.load(Ordering::Relaxed),
                count: holds / 2,
                leaked: holds & LEAKED != 0,
            });
        }
        None
    }
}

impl FusedIterator for Holders {}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { site, slot, count, leaked } = self;
        let holds = if *count == 1 { "hold" } else { "holds" };
        let end = if *leaked { " and leaked" } else { "" };
        write!(f, "{count} {holds}, slot {slot}, taken at {site}{end}")
    }
}

impl fmt::Display for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run-down object at {:#x} is held by:", self.object)?;
        let mut nobody = true;
        for holder in self.clone() {
            write!(f, "\n  {holder}")?;
            nobody = false;
        }
        match (nobody, unrecorded()) {
            (true, 0) => f.write_str(" nobody on record"),
            (_, 0) => Ok(()),
            (_, lost) => write!(f, "\n  (the table was full for {lost} acquires of all objects)"),
        }
    }
}

#[cfg(test)]
#[path = "holders_tests.rs"]
mod tests;
