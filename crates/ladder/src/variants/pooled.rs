//! [`SlotPool`]: a word for each core, beside those of the neighbours, who are in use as well.

use crate::about::{About, Kind};
use crate::run_down;
use crate::variant::{Platform, Variant, Words, hold};
use alloc::boxed::Box;
use core::array;
use core::ptr;
use rundown::{CurrentSlot, POOL_ALIGNMENT, Pooled, SlotPool, Spin};

/// What every stage needs to know.
pub const ABOUT: About = About {
    transfers_per_pair: Some(0),
    ..About::new(
        "pooled",
        "SlotPool: 8 objects in turn, whose slots of a core share a line, and no two cores do",
        Kind::OwnLine,
    )
};

/// Makes it.
pub fn make<P: Platform>(cores: usize) -> Box<dyn Variant> {
    Box::new(InAPool::<P::Slot>::new(cores))
}

/// Objects that the pairs are done on: as many as have their slots of a core in 64 bytes.
const OBJECTS: usize = 8;

/// Neighbours in a pool, of which all cores use all.
#[derive(Debug)]
struct InAPool<C: CurrentSlot>([Pooled<'static, C, Spin>; OBJECTS]);

impl<C: CurrentSlot + 'static> InAPool<C> {
    /// Takes the first objects of a new pool with a slot for each of `cores` cores. The pool stays for ever.
    fn new(cores: usize) -> Self {
        let pool = SlotPool::<C, Spin>::new(cores).unwrap_or_else(|error| panic!("{error}"));
        let pool: &'static SlotPool<'static, C, Spin> = Box::leak(Box::new(pool));
        Self(array::from_fn(|_| pool.take().unwrap_or_else(|error| panic!("{error}"))))
    }
}

impl<C: CurrentSlot + 'static> Variant for InAPool<C> {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Does the pairs on the objects in turn, so that neighbours are written by all cores at the same time.
    fn pairs(&self, _core: usize, count: u64) {
        for turn in 0..count {
            run_down::pair(&*self.0[turn as usize % OBJECTS]);
            hold();
        }
    }

    fn reset(&self) -> i64 {
        self.0.iter().map(|object| run_down::reset(&**object)).sum()
    }

    /// Returns the whole block that the objects lie in, from the first row to the last.
    fn words(&self) -> Words {
        let object = &*self.0[0];
        let inside = ptr::from_ref(object).cast::<u8>();
        let start = inside.map_addr(|address| address & !(POOL_ALIGNMENT - 1));
        let range = start..inside.wrapping_add(size_of_val(object));
        let [first, second] = [0, 1].map(|slot| object.slot_address(slot).addr());
        Words { range, stride: second - first }
    }
}
