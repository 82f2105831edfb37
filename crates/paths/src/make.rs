//! Makes functions and their paths, a line for each kind of object.

/// Makes the two functions of each kind of object, `acquire, release: Type = a box with one;`, and
/// `paths()`, which returns them all, each with an object of its own.
#[macro_export]
macro_rules! paths {
    ($($acquire:ident, $release:ident: $object:ty = $new:expr;)*) => {
        $(
            /// Takes a hold, and returns whether it was granted.
            ///
            /// # Safety
            ///
            /// As `paths::Known::known`.
            #[unsafe(no_mangle)]
            #[inline(never)]
            pub unsafe extern "C" fn $acquire(object: *const (), slots: usize) -> bool {
                // SAFETY: the caller's promise.
                unsafe { $crate::acquire::<$object>(object, slots) }
            }

            /// Gives a hold back.
            ///
            /// # Safety
            ///
            /// As `paths::Known::known`; and there is a hold that nobody else gives back.
            #[unsafe(no_mangle)]
            #[inline(never)]
            pub unsafe extern "C" fn $release(object: *const (), slots: usize) {
                // SAFETY: the caller's promise.
                unsafe { $crate::release::<$object>(object, slots) }
            }
        )*

        /// Returns the paths of these functions.
        pub fn paths() -> $crate::alloc::vec::Vec<$crate::Path> {
            let mut all = $crate::alloc::vec::Vec::new();
            $(
                let object: &'static $object = $crate::alloc::boxed::Box::leak($new);
                let functions = [$acquire as *const (), $release as *const ()];
                // SAFETY: these are the two functions of this object, which lives for ever.
                all.extend(unsafe {
                    $crate::Path::pair([stringify!($acquire), stringify!($release)], functions, object)
                });
            )*
            all
        }
    };
}
