//! Run-down protection.
#![no_std]
