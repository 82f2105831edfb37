//! Arrays and slices alike: the number of an object's slots is a constant, or known at run time only.

use core::ptr::{self, NonNull};

/// What an object ends in: an array of `T`, or a slice of it. Sealed.
pub trait Sequence<T>: sealed::Sealed {
    /// Returns all elements.
    fn as_slice(&self) -> &[T];

    /// Returns a pointer to `address` that has the number of elements, for a cast to what begins there and ends
    /// in so many.
    fn tail_of(address: NonNull<()>, count: impl FnOnce() -> usize) -> *const Self;
}

mod sealed {
    pub trait Sealed {}
    impl<T> Sealed for [T] {}
    impl<T, const N: usize> Sealed for [T; N] {}
}

impl<T> Sequence<T> for [T] {
    #[inline]
    fn as_slice(&self) -> &[T] {
        self
    }

    #[inline]
    fn tail_of(address: NonNull<()>, count: impl FnOnce() -> usize) -> *const Self {
        ptr::slice_from_raw_parts(address.as_ptr().cast(), count())
    }
}

impl<T, const N: usize> Sequence<T> for [T; N] {
    #[inline]
    fn as_slice(&self) -> &[T] {
        self
    }

    #[inline]
    fn tail_of(address: NonNull<()>, _count: impl FnOnce() -> usize) -> *const Self {
        address.as_ptr().cast()
    }
}
