//! The bytes of an object: where its user keeps it, and on the heap.

/// Objects whose mean counts: some forms keep many in one allocation.
pub const OBJECTS: usize = 1_000;

/// Returns the bytes of what `make` returns: itself, and its share of what was allocated for [`OBJECTS`] of
/// them, rounded up.
pub fn of<T>(make: impl Fn() -> T) -> u64 {
    let mut all = Vec::with_capacity(OBJECTS);
    let counted = allocation_counter::measure(|| all.extend((0..OBJECTS).map(|_| make())));
    let heap = u64::try_from(counted.bytes_current).expect("nothing else was freed");
    size_of::<T>() as u64 + heap.div_ceil(OBJECTS as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_value_counts_where_it_is_and_on_the_heap() {
        assert_eq!(of(|| 1_u32), 4);
        assert_eq!(of(|| Box::new(1_u32)), 8 + 4);
        assert_eq!(of(|| vec![1_u32; 5]), 24 + 20);
    }

    #[test]
    fn what_several_share_is_shared_out() {
        let store = RefCell::new(Vec::new());
        let one = || {
            let mut store = store.borrow_mut();
            if store.is_empty() {
                store.reserve_exact(3 * OBJECTS - 1);
            }
            store.push(0_u8);
            store.len() as u16
        };
        assert_eq!(of(one), 2 + 3);
    }
}
