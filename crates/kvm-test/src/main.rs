//! Boots the kernel under KVM, nested in emulation; scripts/kvm-test starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tools::usage::main(kvm_test::run)
}
