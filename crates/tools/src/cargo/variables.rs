//! Which of cargo's variables are meant for the kernel, and must not reach what the host runs.
//!
//! `RUSTFLAGS='-C link-arg=--nmagic' cargo run` is about the kernel, and the host's linker knows no such
//! argument. scripts/host-cargo, which builds the tools, puts these variables aside under names that begin
//! with `KERNEL_`; who builds a kernel takes them from there.

use std::env;
use std::process::Command;

/// What the variables are called that were put aside.
const ASIDE: &str = "KERNEL_";
/// Where cargo builds, with how many jobs and with which wrapper is the same for both.
const SHARED: [&str; 5] = [
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_JOBS",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
];
const FLAGS: [&str; 4] =
    ["RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_ENCODED_RUSTDOCFLAGS"];
const BEGINNINGS: [&str; 3] = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_UNSTABLE_"];
const OF_A_TARGET: [&str; 4] = ["_RUSTFLAGS", "_RUSTDOCFLAGS", "_LINKER", "_RUNNER"];

/// Takes the variables that are meant for the kernel from a command that builds for the host.
pub fn for_the_host(command: &mut Command) {
    for name in names().filter(|name| is_for_the_kernel(name)) {
        command.env_remove(name);
    }
}

/// Gives the variables that are meant for the kernel to a command that builds one.
pub fn for_the_kernel(command: &mut Command) {
    for name in names() {
        let own = name.strip_prefix(ASIDE).filter(|own| is_for_the_kernel(own));
        if let Some((own, value)) = own.zip(env::var_os(&name)) {
            command.env(own, value);
        }
    }
}

fn names() -> impl Iterator<Item = String> {
    env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

/// Returns whether a variable changes how cargo builds, and so is meant for one machine.
pub fn is_for_the_kernel(name: &str) -> bool {
    let of_a_target =
        name.starts_with("CARGO_TARGET_") && OF_A_TARGET.iter().any(|end| name.ends_with(end));
    !SHARED.contains(&name)
        && (FLAGS.contains(&name)
            || BEGINNINGS.iter().any(|start| name.starts_with(start))
            || of_a_target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_profiles_and_targets_are_for_the_kernel_and_places_are_for_all() {
        for name in [
            "RUSTFLAGS",
            "RUSTDOCFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_ENCODED_RUSTDOCFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_UNSTABLE_BUILD_STD",
            "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTDOCFLAGS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
        ] {
            assert!(is_for_the_kernel(name), "{name}");
        }
        for name in ["CARGO_TARGET_DIR", "RUSTC_WRAPPER", "CARGO_HOME", "PATH", "CARGO"] {
            assert!(!is_for_the_kernel(name), "{name}");
        }
        assert!(SHARED.iter().all(|name| !is_for_the_kernel(name)));
    }
}
