//! Why a tree describes no machine that the kernel can run on.

use core::fmt;
use core::ops::Range;

/// One clear line.
#[derive(Clone, Debug)]
pub enum Error<'a> {
    /// The bytes are no tree: why, and where that shows.
    NoTree(&'static str, usize),
    /// Something that holds for the whole tree.
    Tree(&'static str),
    /// Something is wrong with one node, by its name.
    Node(&'a str, &'static str),
    /// Something is wrong with one number, such as the affinity of a core.
    Number(&'static str, u64),
    /// Two things lie in the same memory.
    Overlap(&'static str, Range<usize>, &'static str, Range<usize>),
    /// There is not enough memory that nobody has reserved.
    TooLittle {
        /// MiB of memory in all.
        there: usize,
        /// MiB of memory that would be enough, if nothing more is reserved.
        enough: usize,
        /// The number of cores, each of which needs stacks.
        cores: usize,
    },
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTree(problem, at) => {
                write!(f, "this is no device tree: {problem}, at byte {at}")
            }
            Self::Tree(problem) => write!(f, "the device tree {problem}"),
            Self::Node(name, problem) => write!(f, "the device tree's node {name} {problem}"),
            Self::Number(problem, number) => write!(f, "the device tree {problem} {number:#x}"),
            Self::Overlap(one, here, other, there) => write!(
                f,
                "{one} ({:#x} to {:#x}) overlaps {other} ({:#x} to {:#x})",
                here.start, here.end, there.start, there.end
            ),
            Self::TooLittle { there, enough, cores } => write!(
                f,
                "{there} MiB of memory are too little for {cores} cores: \
                 set QEMU_MEM to {enough}M or more"
            ),
        }
    }
}
