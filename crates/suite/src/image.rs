//! The kernel images that steps boot, and what each promises.

use crate::promise::Promise;

/// The kernel images that steps boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Image {
    /// The demo, as `cargo run` boots it.
    DemoDebug,
    /// The demo, as `scripts/run` boots it.
    DemoRelease,
    /// The demo with its objects in a pool.
    DemoPooled,
    /// The on-target tests of the machine, as `cargo test` boots them.
    MachineTests,
    /// The on-target tests of cores that go off and come again.
    CoreTests,
    /// The image that fails as the command line asks for.
    MustFail,
    /// The ways to count users, side by side.
    Ladder,
    /// Handlers of interrupts that use what the interrupted code is using.
    Interrupts,
    /// The demo's checks, each with something to notice.
    DemoChecks,
    /// The same, with its objects in a pool.
    PooledChecks,
    /// The demo that notes who holds its objects.
    DemoHolders,
    /// The image that fails, with a note of who holds an object.
    MustFailHolders,
    /// A thousand objects of a pool.
    Pool,
    /// The hot functions, whose instructions it counts.
    Paths,
    /// The second kernel, for RISC-V.
    Riscv,
    /// The same, in which a hold is never released.
    RiscvLosesHold,
}

impl Image {
    /// What has cargo put objects into a pool. The program lies in a folder of its own, as its name is that of the
    /// other demo; dependencies are built once.
    pub const POOLED: &[&str] = &[
        "--features",
        "pooled",
        "--target-dir",
        "target/lab-test/pooled",
        "--config",
        "build.build-dir='target'",
    ];

    /// What has cargo note who holds an object, in the same way.
    pub const HOLDERS: &[&str] = &[
        "--features",
        "holders",
        "--target-dir",
        "target/lab-test/holders",
        "--config",
        "build.build-dir='target'",
    ];

    /// What has cargo lose a hold in the second kernel, in the same way, in that one's folder.
    const LOSES_HOLD: &[&str] = &[
        "--features",
        "lose_a_hold",
        "--target-dir",
        "target/lose-a-hold",
        "--config",
        "build.build-dir='target'",
    ];

    /// All of them.
    pub const ALL: [Image; 16] = [
        Self::DemoRelease,
        Self::DemoDebug,
        Self::DemoPooled,
        Self::MachineTests,
        Self::CoreTests,
        Self::MustFail,
        Self::Ladder,
        Self::Interrupts,
        Self::DemoChecks,
        Self::PooledChecks,
        Self::DemoHolders,
        Self::MustFailHolders,
        Self::Pool,
        Self::Paths,
        Self::Riscv,
        Self::RiscvLosesHold,
    ];

    /// Returns the name of its file, and what has cargo build it.
    pub fn target(self) -> (&'static str, Vec<&'static str>) {
        let (name, args): (_, &[&str]) = match self {
            Image::DemoDebug | Image::DemoHolders => ("rundown-demo", &["--bin", "rundown-demo"]),
            Image::DemoRelease | Image::DemoPooled => {
                ("rundown-demo", &["--bin", "rundown-demo", "--release"])
            }
            Image::MachineTests => ("machine", &["--test", "machine"]),
            Image::CoreTests => ("cores", &["--test", "cores"]),
            Image::MustFail | Image::MustFailHolders => ("must_fail", &["--example", "must_fail"]),
            Image::Ladder => ("ladder", &["--example", "ladder", "--release"]),
            Image::Interrupts => ("interrupts", &["--example", "interrupts", "--release"]),
            Image::DemoChecks => ("demo_checks", &["--example", "demo_checks"]),
            Image::PooledChecks => ("demo_checks", &["--example", "demo_checks", "--release"]),
            Image::Pool => ("pool", &["--example", "pool", "--release"]),
            Image::Paths => ("paths", &["--example", "paths", "--release"]),
            Image::Riscv | Image::RiscvLosesHold => {
                ("rundown-riscv", &["--bin", "rundown-riscv", "--release"])
            }
        };
        let more = match self {
            Image::DemoPooled | Image::PooledChecks => Self::POOLED,
            Image::DemoHolders | Image::MustFailHolders => Self::HOLDERS,
            Image::RiscvLosesHold => Self::LOSES_HOLD,
            _ => &[],
        };
        let package: &[_] = if self.is_riscv() { &[] } else { &["--package", "rundown-demo"] };
        (name, [package, args, more].concat())
    }

    /// Returns whether it is for RISC-V, by the QEMU and in the workspace for that.
    pub fn is_riscv(self) -> bool {
        matches!(self, Self::Riscv | Self::RiscvLosesHold)
    }

    /// Returns the folder of its workspace.
    pub fn folder(self) -> &'static str {
        if self.is_riscv() { "examples/riscv" } else { "" }
    }

    /// Returns how many tests it runs.
    pub fn promise(self) -> Promise {
        match self {
            Self::DemoDebug | Self::DemoRelease | Self::DemoPooled | Self::DemoHolders => {
                Promise::Plan("src/main.rs")
            }
            Self::MachineTests => Promise::Plan("tests/machine.rs"),
            Self::CoreTests => Promise::AtLeast(11), // with a second core
            // What it plans does not matter: it fails.
            Self::MustFail | Self::MustFailHolders | Self::RiscvLosesHold => Promise::AtLeast(1),
            Self::Riscv => Promise::AtLeast(10),
            Self::Ladder => Promise::AtLeast(::ladder::VARIANTS.len() as u64),
            Self::Interrupts => Promise::AtLeast(8),
            Self::DemoChecks | Self::PooledChecks => Promise::AtLeast(8),
            Self::Pool => Promise::AtLeast(9),
            Self::Paths => Promise::AtLeast(22),
        }
    }
}
