//! The size of a cache line, chosen here and nowhere else.

/// Bytes that must lie between two words so that cores which write them do not disturb each other.
///
/// * x86-64: lines have 64 bytes, but the spatial prefetcher fetches them in aligned pairs (Intel 64
///   and IA-32 Architectures Optimization Reference Manual, "Data Prefetching"), so 128.
/// * AArch64: implementations report 64 (Cortex-A53, A72, Neoverse N1) or 128 bytes (Apple M1) in
///   `CTR_EL0`; one binary serves all, so 128. A kernel should compare at boot: `CTR_EL0.CWG`, the
///   cache write-back granule (Arm ARM, D24.2.35), must not exceed this.
/// * PowerPC64: 128 (Power ISA implementations since POWER4).
/// * Elsewhere: 64.
///
/// A line larger than this costs speed, never correctness.
pub const CACHE_LINE: usize =
    if cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "powerpc64")) {
        128
    } else {
        64
    };

/// A value on cache lines of its own.
#[cfg_attr(
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "powerpc64"),
    repr(align(128))
)]
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "powerpc64")),
    repr(align(64))
)]
#[derive(Debug, Default)]
pub struct CacheLine<T>(pub T);

const _: () = assert!(align_of::<CacheLine<u8>>() == CACHE_LINE);
const _: () = assert!(size_of::<CacheLine<usize>>() == CACHE_LINE);
