//! A kernel image: C code uses run-down protection on every core.
//!
//! Rust boots the machine and gives the C code what a C kernel has of its own: a number for each core,
//! memory, a way to sleep, a console. The tests themselves are in C: `contract.c`, which programs run
//! too, and `kernel.c` for what takes several cores.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::alloc::{alloc, dealloc};
use alloc::format;
use alloc::string::{String, ToString};
use core::alloc::Layout;
use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use core::ptr;
use machine::arch::time;
use machine::smp::{cores, jobs, park, start};
use machine::testing::ktap::{self, Ktap};
use rundown_capi_routines as _; // linked for the C code alone
use spin::Mutex;

machine::kernel!(main);

unsafe extern "C" {
    safe fn contract_count() -> c_uint;
    safe fn contract_family(test: c_uint) -> *const c_char;
    safe fn contract_sentence(test: c_uint) -> *const c_char;
    safe fn contract_run(test: c_uint) -> *const c_char;
    safe fn kernel_prepare() -> *const c_char;
    safe fn kernel_work(core: usize);
    safe fn kernel_check() -> *const c_char;
    safe fn kernel_take() -> *const c_char;
    safe fn kernel_release();
    safe fn kernel_wait() -> *const c_char;
    safe fn kernel_release_too_many();
}

const LAST_TEST: &str = "a release too many reaches the kernel's fatal-message function";

/// The report while the last test runs, which ends in [`machine_fatal`].
static REPORT: Mutex<Option<Ktap>> = Mutex::new(None);

fn main() -> ! {
    let contract = contract_count();
    let mut ktap = Ktap::plan(contract as usize + 4);
    start::start_all(None);
    for test in 0..contract {
        let name = format!("{}: {}", text(contract_family(test)), text(contract_sentence(test)));
        ktap.test(&name, || result(contract_run(test)));
    }
    ktap.test("C code on every core uses an object until core 0 runs it down", round);
    ktap.test("re-initialised, it serves a whole second round", round);
    ktap.test("a hold of core 0 is released by the last core, and ends the wait", hand_over);
    *REPORT.lock() = Some(ktap);
    kernel_release_too_many();
    let report = REPORT.lock().take();
    let mut ktap = report.unwrap_or_else(|| panic!("only machine_fatal takes the report"));
    ktap.test(LAST_TEST, || Err("the release has returned".to_string()));
    ktap.finish()
}

fn round() -> ktap::Result {
    result(kernel_prepare())?;
    jobs::run(&|core| kernel_work(core));
    result(kernel_check())
}

fn hand_over() -> ktap::Result {
    let last = cores::count() - 1;
    if last == 0 {
        return Ok(()); // a single core would wait for itself
    }
    result(kernel_take())?;
    let waited = Mutex::new(Err("core 0 has not waited".to_string()));
    jobs::run_on(&|core| core == 0 || core == last, &|core| match core {
        0 => *waited.lock() = result(kernel_wait()),
        _ => kernel_release(),
    });
    waited.into_inner()
}

fn text(from_c: *const c_char) -> String {
    // SAFETY: the C code returns literals.
    unsafe { CStr::from_ptr(from_c) }.to_string_lossy().into_owned()
}

fn result(from_c: *const c_char) -> ktap::Result {
    if from_c.is_null() { Ok(()) } else { Err(text(from_c)) }
}

// What `rundown_platform` in kernel.c consists of.

#[unsafe(no_mangle)]
extern "C" fn machine_core_count() -> usize {
    cores::count()
}

#[unsafe(no_mangle)]
extern "C" fn machine_this_core() -> usize {
    cores::this_index()
}

/// As `malloc` aligns.
const ALIGNMENT: usize = 16;

#[unsafe(no_mangle)]
extern "C" fn machine_allocate(_pool: c_int, size: usize, _tag: u32) -> *mut c_void {
    match Layout::from_size_align(size, ALIGNMENT) {
        // SAFETY: the size is not 0.
        Ok(layout) if size > 0 => unsafe { alloc(layout).cast() },
        _ => ptr::null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn machine_free(memory: *mut c_void, size: usize, _tag: u32) {
    let layout = Layout::from_size_align(size, ALIGNMENT);
    let layout = layout.unwrap_or_else(|_| panic!("freed with size {size}"));
    // SAFETY: the library hands back what `machine_allocate` gave it, with the same size.
    unsafe { dealloc(memory.cast(), layout) };
}

/// How long the C code may wait for another core.
const DEADLINE_MS: u64 = 20_000;

#[unsafe(no_mangle)]
unsafe extern "C" fn machine_wait(
    address: *const c_void,
    ready: unsafe extern "C" fn(*mut c_void) -> u8,
    context: *mut c_void,
) {
    // SAFETY: `context` is what `ready` takes, until this function returns.
    let ready = || unsafe { ready(context) } != 0;
    if !park::wait(address.cast(), ready, time::after_ms(DEADLINE_MS)) {
        panic!("core {} waited {DEADLINE_MS} ms at {address:p}", cores::this_index());
    }
}

#[unsafe(no_mangle)]
extern "C" fn machine_wake(address: *const c_void) {
    park::wake(address.cast());
}

/// Ends the kernel; with a pass, if it is the message of the last test.
#[unsafe(no_mangle)]
extern "C" fn machine_fatal(message: *const c_char) -> ! {
    let message = text(message);
    let Some(mut ktap) = REPORT.lock().take() else { panic!("{message}") };
    ktap.test(LAST_TEST, || {
        let expected = message.starts_with("rundown: ExReleaseRundownProtectionEx(0x")
            && message.contains("(2 released with 0 held)")
            && message.ends_with('\n');
        if expected { Ok(()) } else { Err(message) }
    });
    ktap.finish()
}
