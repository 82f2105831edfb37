//! C programs, compiled with all warnings as errors and linked against the library.

mod contract;
mod filter;
mod header;
mod holders;
mod installed;
mod make;
mod races;
