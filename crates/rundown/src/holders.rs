//! Who holds it: call site and slot of every outstanding guard, in a table of its own.
//!
//! ```
//! use rundown::{Rundown, RundownRef};
//!
//! let device = RundownRef::new();
//! let forgotten = device.try_acquire()?;
//! let holder = device.holders().next().expect("somebody holds it");
//! assert_eq!((holder.slot, holder.count, holder.leaked), (0, 1, false));
//! println!("{}", device.holders()); // run-down object at 0x... is held by: ...
//! # drop(forgotten);
//! # Ok::<(), rundown::AcquireError>(())
//! ```
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
//! # Another language
//!
//! A C interface takes holds for its callers, and a call site in the interface says nothing. It passes the
//! caller's own [`Place`], which stands beside the call site. Its holds are leaked ones, as it has no guards; a release
//! that says who [releases](crate::Checked::checked_release_n_by) takes those out that the same thread took last.
//!
//! # What it can't know
//!
//! A guard that was forgotten (`mem::forget`) looks like one that lives. When its holds are released by
//! [`release_n`](crate::Rundown::release_n), those of some guard of the object leave the list, of one
//! with exactly that count if there is one: how many are listed is right, but a name can be that of the
//! forgotten guard. `leak` makes no such guess necessary. Nor does the table know that an object has moved
//! while holds of it were leaked or forgotten: their entries stay with the old address, until an object
//! dies, is initialised in place or is re-initialised there. The same goes for an object that was forgotten itself,
//! as its drop takes them out, and for a `StaticSlotPool` in memory that is used for something else. A run-down
//! object has no holders, whatever the table says.

use crate::sync::real::{AtomicPtr as StatisticPtr, AtomicUsize as Statistic};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering, const_unless_loom};
use core::ffi::{CStr, c_char};
use core::fmt;
use core::iter::FusedIterator;
use core::panic::Location;
use core::ptr;

/// How many guards can be recorded at a time, over all objects: see the example of [`unrecorded`].
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
    foreign: Foreign,
}

/// The [`Place`] of an entry. Not for loom to look at: it is written and read where `site` is, which loom does see.
struct Foreign {
    /// 0: no place.
    known_as: Statistic,
    /// May be null.
    file: StatisticPtr<c_char>,
    line: Statistic,
    taker: Statistic,
    /// Counts the entries with a place: the later, the larger.
    number: Statistic,
}

impl Foreign {
    const fn new() -> Self {
        Self {
            known_as: Statistic::new(0),
            file: StatisticPtr::new(ptr::null_mut()),
            line: Statistic::new(0),
            taker: Statistic::new(0),
            number: Statistic::new(0),
        }
    }

    // Relaxed, all of it: the entry's `object` orders it.
    fn set(&self, place: Option<Place>) {
        static NUMBER: Statistic = Statistic::new(0);
        self.known_as.store(place.map_or(0, |place| place.known_as), Ordering::Relaxed);
        if let Some(Place { site, taker, .. }) = place {
            let (file, line) = site.map_or((ptr::null(), 0), |(file, line)| (file.as_ptr(), line));
            self.file.store(file.cast_mut(), Ordering::Relaxed);
            self.line.store(line as usize, Ordering::Relaxed);
            self.taker.store(taker, Ordering::Relaxed);
            self.number.store(NUMBER.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Returns whether `taker` has entered it. Relaxed is enough for who asks for entries of its own.
    fn is_of(&self, taker: usize) -> bool {
        let known_as = self.known_as.load(Ordering::Relaxed);
        known_as != 0 && self.taker.load(Ordering::Relaxed) == taker
    }

    fn get(&self) -> Option<Place> {
        let known_as = self.known_as.load(Ordering::Relaxed);
        let file = self.file.load(Ordering::Relaxed);
        // SAFETY: not null, and `set` stores nothing but `&'static` strings.
        let file = (!file.is_null()).then(|| unsafe { CStr::from_ptr(file) });
        let site = file.map(|file| (file, self.line.load(Ordering::Relaxed) as u32));
        let taker = self.taker.load(Ordering::Relaxed);
        (known_as != 0).then_some(Place { known_as, site, taker })
    }
}

/// Where a caller in another language took a hold: see the example of
/// [`try_acquire_n_at`](crate::Checked::try_acquire_n_at).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How the caller names the object: an address to compare with. Not 0.
    pub known_as: usize,
    /// The file and the line, if the caller has told.
    pub site: Option<(&'static CStr, u32)>,
    /// A number of the thread's own.
    pub taker: usize,
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
                foreign: Foreign::new(),
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
///
/// ```
/// use rundown::holders::{CAPACITY, unrecorded};
/// use rundown::{Rundown, RundownRef};
///
/// let device = RundownRef::new();
/// let guards: Vec<_> = (0..CAPACITY + 1).map(|_| device.try_acquire()).collect();
/// assert_eq!((device.holders().count(), unrecorded()), (CAPACITY, 1));
/// # drop(guards);
/// ```
#[must_use]
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
        Self::at(object, slot, count, None)
    }

    #[track_caller]
    pub(crate) fn at(object: *const (), slot: usize, count: usize, place: Option<Place>) -> Self {
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
                entry.foreign.set(place);
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

    /// Makes one entry of two, for the holds of both: the first, unless it is none.
    pub(crate) fn join(self, other: Self, object: *const (), counts: [usize; 2]) -> Self {
        let (kept, gone, moved) = match self.entry(object) {
            Some(_) => (self, other, counts[1]),
            None => (other, self, counts[0]),
        };
        // Neither has one: entries of forgotten guards stand for both, and stay.
        if let Some(entry) = kept.entry(object) {
            // Added first, so that what is taken out can't empty the entry that is kept.
            entry.holds.fetch_add(moved * 2, Ordering::Relaxed);
            gone.remove(object, moved);
        }
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

    /// As [`take_leaked`](Self::take_leaked), beginning with what `taker` took last.
    pub(crate) fn take_last_of(object: *const (), count: usize, taker: usize) {
        let mut left = count;
        while left > 0 {
            // Relaxed: what this thread has entered, it sees; of others it wants nothing.
            let of = |entry: &&Entry| {
                entry.object.load(Ordering::Relaxed).cast_const() == object
                    && entry.holds.load(Ordering::Relaxed) & LEAKED != 0
                    && entry.foreign.is_of(taker)
            };
            let last = |entry: &&Entry| entry.foreign.number.load(Ordering::Relaxed);
            let Some(entry) = TABLE.iter().filter(of).max_by_key(last) else { break };
            let taken = entry.take(object, left, |holds| holds & LEAKED != 0);
            if taken == 0 {
                break; // somebody else has just taken them
            }
            left -= taken;
        }
        Self::take_leaked(object, left);
    }

    /// Takes all entries of an object out that nobody holds: it ends, or begins anew.
    pub(crate) fn remove_all(object: *const ()) {
        // Relaxed: nobody holds it, so all changes of its entries have happened before.
        let of = |entry: &&Entry| entry.object.load(Ordering::Relaxed).cast_const() == object;
        TABLE.iter().filter(of).for_each(Entry::free);
    }

    /// Takes all entries of objects out that lie in memory which ends.
    pub(crate) fn remove_within(start: *const (), bytes: usize) {
        let memory = start.addr()..start.addr() + bytes;
        // Relaxed: as above, and other objects lie elsewhere.
        let of = |entry: &&Entry| memory.contains(&entry.object.load(Ordering::Relaxed).addr());
        for entry in TABLE.iter().filter(of) {
            entry.free();
        }
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
    #[allow(deprecated, reason = "newer compilers know it as `try_update`, which Rust 1.85 lacks")]
    fn take(&self, object: *const (), count: usize, wanted: impl Fn(usize) -> bool) -> usize {
        // Acquire, pairs with `new`: the count belongs to this object.
        if self.object.load(Ordering::Acquire).cast_const() != object {
            return 0;
        }
        let mut taken = 0;
        let updated = self.holds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |holds| {
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

/// One guard, or what is left of a leaked one: see the example of the [module](self).
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
    /// Where, if a caller in another language took it.
    pub place: Option<Place>,
}

/// The holders of one object, see [`Rundown::holders`](crate::Rundown::holders).
#[derive(Clone, Debug)]
pub struct Holders {
    object: usize,
    /// Whether `object` is what a caller in another language knows it as.
    foreign: bool,
    next: usize,
}

impl Holders {
    /// Lists who holds the object whose waiters sleep at this address.
    ///
    /// For a [`Park`](crate::Park), which is given the address and knows no object: its wait can say for whom it
    /// is late. The address is only compared with those in the table. Of an object that is run down it may name
    /// who has just left; [`Rundown::holders`](crate::Rundown::holders) does not.
    ///
    /// ```
    /// use rundown::holders::Holders;
    /// use rundown::{Park, Rundown, RundownRef, Spin};
    ///
    /// /// Spins, and tells for whom it was in vain.
    /// struct Telling;
    ///
    /// impl Park for Telling {
    ///     type Deadline = u64;
    ///     fn park_until(at: *const (), ready: &mut dyn FnMut() -> bool, end: Option<u64>) -> bool {
    ///         let done = Spin::park_until(at, ready, end);
    ///         if !done {
    ///             println!("late: {}", Holders::of(at));
    /// #           assert!(Holders::of(at).to_string().contains("1 hold, slot 0, taken at "));
    ///         }
    ///         done
    ///     }
    ///     fn unpark_all(at: *const ()) {
    ///         Spin::unpark_all(at);
    ///     }
    /// }
    ///
    /// let object: RundownRef<Telling> = RundownRef::with_park();
    /// let held = object.try_acquire();
    /// assert!(object.wait_until(1000).is_err());
    /// # drop(held);
    /// ```
    #[must_use]
    pub fn of(object: *const ()) -> Self {
        Self { object: object.addr(), foreign: false, next: 0 }
    }

    /// Lists who holds the object that callers in another language [know as](Place::known_as) this.
    /// See the example of [`try_acquire_n_at`](crate::Checked::try_acquire_n_at).
    #[must_use]
    pub fn known_as(object: *const ()) -> Self {
        Self { object: object.addr(), foreign: true, next: 0 }
    }

    pub(crate) fn nobody(object: *const ()) -> Self {
        Self { object: object.addr(), foreign: false, next: CAPACITY }
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
        write!(f, "\n{}", Holders { object: self.0, foreign: false, next: 0 })
    }
}

impl Iterator for Holders {
    type Item = Holder;

    fn next(&mut self) -> Option<Holder> {
        while let Some(entry) = TABLE.get(self.next) {
            self.next += 1;
            // Acquire, pairs with `Record::new`.
            let object = entry.object.load(Ordering::Acquire);
            if object.is_null() || object == CLAIMED {
                continue;
            }
            let place = entry.foreign.get();
            let named =
                if self.foreign { place.map(|place| place.known_as) } else { Some(object.addr()) };
            if named != Some(self.object) {
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
                place,
            });
        }
        None
    }
}

impl FusedIterator for Holders {}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { site, slot, count, leaked, place } = self;
        let holds = if *count == 1 { "hold" } else { "holds" };
        write!(f, "{count} {holds}, slot {slot}, taken ")?;
        match place.map(|place| place.site) {
            None => write!(f, "at {site}{}", if *leaked { " and leaked" } else { "" }),
            Some(None) => f.write_str("by a caller who does not say where"),
            Some(Some((file, line))) => match file.to_str() {
                Ok(file) => write!(f, "at {file}:{line}"),
                Err(_) => write!(f, "at {}:{line}", file.to_bytes().escape_ascii()),
            },
        }
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
