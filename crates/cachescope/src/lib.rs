//! A QEMU plugin that counts coherence traffic, and can decide who runs next.
//!
//! An emulator has no caches. This plugin sees the loads and stores of every emulated core (and refuses
//! what it would not see, [`unseen`]) and runs a coherence protocol on those that touch the memory it watches: so what a cache line went through is
//! counted, not timed. It can also serialise the cores at these accesses and choose who takes the
//! next step; then an interleaving is a seed.
//!
//! ```text
//! qemu-system-aarch64 ... -plugin libcachescope.so,mode=count,out=counts.json
//! qemu-system-aarch64 ... -plugin libcachescope.so,mode=schedule,policy=random,seed=7,trace=steps.txt
//! ```
//!
//! | argument | meaning | if left out |
//! |---|---|---|
//! | `mode=count\|schedule` | count only, or serialise the cores too | `count` |
//! | `line=64\|128` | bytes of a cache line | 64 |
//! | `region=START-END` | watch these addresses (hexadecimal, the end not included); may be repeated | only what the guest's markers say |
//! | `names=FILE` | names of addresses, see [`names`] | only those from the guest |
//! | `out=FILE` | the results, as JSON lines, see [`report`] | standard error |
//! | `policy=round-robin\|random\|pct` | who takes the next step: in turn, with equal chances, by priority | `round-robin` |
//! | `seed=N` | for `policy=random` and `policy=pct` | 0 |
//! | `depth=N` | for `policy=pct`: the depth of the bugs to look for, 1 to 8 | 1, 2 or 3, by the seed |
//! | `length=N` | for `policy=pct`: how many steps a run takes, about | 1000 |
//! | `cores=N` | cores that take part in a phase whose marker gives no number | such a phase is counted, and left out of the schedule |
//! | `trace=FILE` | the last steps of a schedule, as text | none |
//! | `trace_last=N` | how many | 1000 |
//! | `steps=FILE` | all steps of a schedule, as JSON lines, for a replay, see [`steps`] | none |
//! | `deadline=SECONDS` | a schedule without a step for so long is stuck | 10 |
//! | `max_steps=N` | a schedule with more steps than this runs in circles | no limit |
//!
//! Any error is one line on standard error and an exit status other than 0: 2 for the set-up, 1 for a
//! guest that breaks the rules of [`markers`] or executes something [`unseen`] in a phase, 124 for a schedule that is stuck.
//!
//! Reading order: [`directory`] (the protocol), [`memory`] (what is watched), [`markers`] (what the guest
//! says), [`scheduler`] (schedules), [`plugin`] (how they meet), [`callbacks`]
//! and [`api`] (QEMU's side).

pub mod aarch64;
pub mod api;
pub mod arguments;
pub mod callbacks;
pub mod counts;
pub mod directory;
pub mod failure;
pub mod hash;
pub mod markers;
pub mod memory;
pub mod names;
pub mod plugin;
pub mod policy;
pub mod report;
pub mod scheduler;
pub mod steps;
pub mod trace;
pub mod unseen;
