//! Where scripts/setup is tried, with what is there, and what must come of it.

/// What sudo prints before it reads a password.
pub const PROMPT: &str = "[sudo] password";
/// How the last line names the packages of each manager.
pub const DEBIAN: &str =
    "as root, run apt-get install qemu-system-arm gcc libc6-dev, then scripts/setup again";
const FEDORA: &str =
    "as root, run dnf install qemu-system-aarch64-core gcc, then scripts/setup again";
const ARCH: &str = "as root, run pacman -S qemu-system-aarch64 gcc, then scripts/setup again";
const HOMEBREW: &str = "run brew install qemu gcc, then scripts/setup again";

/// Where scripts/setup is started.
#[derive(Clone, Copy, PartialEq)]
pub enum At {
    /// A terminal.
    Terminal,
    /// The same, with stdin from a file.
    TerminalWithoutInput,
    /// The same, as a job in the background, which no terminal lets read.
    Background,
    /// Nobody is there.
    NoTerminal,
}

/// A try of scripts/setup.
pub struct Case {
    pub name: &'static str,
    pub at: At,
    /// Programs that are there.
    pub programs: &'static [&'static str],
    /// How the stand-ins behave.
    pub set: &'static [(&'static str, &'static str)],
    /// What is typed when sudo asks.
    pub keys: &'static [&'static str],
    /// How often it must ask.
    pub prompts: usize,
    /// What the only line must hold; it succeeds without one.
    pub line: &'static str,
    /// Calls that begin so, and how many there must be.
    pub calls: (&'static str, usize),
}

const PASSWORD: Case = Case {
    name: "a password is asked for and given",
    at: At::Terminal,
    programs: &["sudo", "apt-get"],
    set: &[],
    keys: &["right\n"],
    prompts: 1,
    line: "",
    calls: ("apt-get install", 1),
};
/// Nobody can be asked.
const ALONE: Case = Case {
    name: "without a terminal sudo is not to ask",
    at: At::NoTerminal,
    keys: &[],
    prompts: 0,
    line: DEBIAN,
    calls: ("sudo -n", 1),
    ..PASSWORD
};
/// The user is root.
const ROOT: Case = Case {
    name: "root needs no sudo",
    programs: &["apt-get"],
    set: &[("TRY_USER", "0")],
    line: "",
    calls: ("apt-get install", 1),
    ..ALONE
};
/// All is there but Rust.
const RUST: Case = Case {
    name: "rustup installs what is missing of Rust",
    programs: &["qemu-system-aarch64", "cc", "rustup"],
    set: &[("TRY_RUST", "missing")],
    line: "",
    calls: ("rustup toolchain install", 1),
    ..ALONE
};
/// The same, without rustup.
const NO_RUSTUP: Case = Case {
    name: "rustup is missing, which apt has",
    programs: &["qemu-system-aarch64", "cc", "apt-get", "apt-cache"],
    set: &[("TRY_RUST", "missing"), ("TRY_RUSTUP", "packaged")],
    line: "as root, run apt-get install rustup, then scripts/setup again",
    calls: ("apt-get", 0),
    ..RUST
};

pub const CASES: &[Case] = &[
    PASSWORD,
    Case { name: "stdin is a file", at: At::TerminalWithoutInput, ..PASSWORD },
    Case { name: "one wrong password", keys: &["wrong\n", "right\n"], prompts: 2, ..PASSWORD },
    Case {
        name: "three wrong passwords",
        keys: &["wrong\n", "wrong\n", "wrong\n"],
        prompts: 3,
        line: DEBIAN,
        calls: ("sudo", 1),
        ..PASSWORD
    },
    Case {
        name: "not in the sudoers file",
        set: &[("TRY_SUDO", "stranger")],
        line: DEBIAN,
        calls: ("sudo", 1),
        ..PASSWORD
    },
    Case {
        name: "Ctrl-C at the question",
        keys: &["\x03"],
        line: "interrupted",
        calls: ("sudo", 1),
        ..PASSWORD
    },
    Case { name: "in the background sudo is not to ask", at: At::Background, ..ALONE },
    ALONE,
    Case {
        name: "sudo without a password",
        set: &[("TRY_SUDO", "free")],
        line: "",
        calls: ("apt-get install", 1),
        ..ALONE
    },
    Case {
        name: "sudo is missing",
        at: At::Terminal,
        programs: &["apt-get"],
        calls: ("apt-get", 0),
        ..ALONE
    },
    ROOT,
    Case {
        name: "the network fails for good",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "network")],
        line: DEBIAN,
        calls: ("apt-get install", 3),
        ..ROOT
    },
    Case {
        name: "the network comes back",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "flaky")],
        calls: ("apt-get install", 3),
        ..ROOT
    },
    Case {
        name: "a package is unknown",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "unknown")],
        line: DEBIAN,
        ..ROOT
    },
    Case {
        name: "the disk is full",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "full")],
        line: DEBIAN,
        ..ROOT
    },
    Case {
        name: "a password, and a package is unknown",
        set: &[("TRY_PACKAGES", "unknown")],
        line: DEBIAN,
        ..PASSWORD
    },
    Case { name: "dnf, refused", programs: &["sudo", "dnf"], line: FEDORA, ..ALONE },
    Case { name: "pacman, refused", programs: &["sudo", "pacman"], line: ARCH, ..ALONE },
    Case { name: "dnf", programs: &["dnf"], calls: ("dnf install -y -q qemu", 1), ..ROOT },
    Case {
        name: "pacman",
        programs: &["pacman"],
        calls: ("pacman -Sy --noconfirm --needed qemu-system-aarch64 gcc", 1),
        ..ROOT
    },
    Case {
        name: "brew needs no root",
        programs: &["sudo", "brew"],
        line: "",
        calls: ("brew install --quiet qemu gcc", 1),
        ..ALONE
    },
    Case {
        name: "brew without a network",
        programs: &["brew"],
        set: &[("TRY_PACKAGES", "network")],
        line: HOMEBREW,
        calls: ("brew install", 3),
        ..ALONE
    },
    Case {
        name: "no package manager",
        programs: &["sudo"],
        line: "no apt-get, dnf, pacman or brew here; install qemu-system-aarch64 cc (QEMU 7.2 or newer)",
        calls: ("sudo", 0),
        ..ALONE
    },
    RUST,
    Case {
        name: "rustup without a network",
        set: &[("TRY_RUST", "missing"), ("TRY_TOOLCHAIN", "network")],
        line: "could not install Rust",
        calls: ("rustup", 3),
        ..RUST
    },
    Case {
        name: "rustup on a full disk",
        set: &[("TRY_RUST", "missing"), ("TRY_TOOLCHAIN", "full")],
        line: "could not install Rust",
        ..RUST
    },
    NO_RUSTUP,
    Case {
        name: "rustup is missing, which apt does not have",
        set: &[("TRY_RUST", "missing")],
        line: "install rustup from https://rustup.rs, then scripts/setup again",
        ..NO_RUSTUP
    },
    Case {
        name: "rustup is missing, which dnf has",
        programs: &["qemu-system-aarch64", "cc", "dnf"],
        line: "as root, run dnf install rustup, and rustup-init, then scripts/setup again",
        ..NO_RUSTUP
    },
    Case {
        name: "rustup is missing, which pacman has",
        programs: &["qemu-system-aarch64", "cc", "pacman"],
        line: "as root, run pacman -S rustup, then scripts/setup again",
        ..NO_RUSTUP
    },
    Case {
        name: "rustup is missing, which brew has",
        programs: &["qemu-system-aarch64", "cc", "brew"],
        line: "run brew install rustup, then scripts/setup again",
        ..NO_RUSTUP
    },
];
