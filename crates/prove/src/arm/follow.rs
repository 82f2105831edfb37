//! Follows a function's instructions along every way, and writes down those that matter as a litmus thread.
//!
//! What does not depend on other threads is computed here: addresses, the stack, calls, loops over slots. An
//! instruction with a value that was read from shared memory goes to the test, with its operands, so that
//! all dependencies are those of the code. A branch on such a value splits the way.
//!
//! Three kinds of ways end without a result, and so take no part in what a test asks:
//!
//! - A turn of a loop that is repeated because of what was read: a store exclusive that failed, a wait that
//!   has to look again. Without the turns before the last, what happened is an execution as well. They are
//!   told by a branch on such a value back to where the way has been, or by coming to a place again with nothing
//!   known that is new.
//! - A call of one of [`ENDS`].
//! - A result of 0: the thread did not come to what the test is about.

use super::access::address;
use super::image::Image;
use super::instruction::{Instruction, Operation, ZERO};
use super::values::{Flags, Nzcv, State, Value};
use super::writer::{Thread, Writer, condition_name, named};

/// Functions that end a way, by parts of their names: a panic, the report of a release too many, and the look
/// at all slots of an object near the limit of holds, which no test comes near to.
const ENDS: [&[&str]; 3] =
    [&["9panicking"], &["11OverRelease", "6report"], &["8protocol", "8estimate"]];
/// Where the first function returns to.
const BACK: u64 = 0xffff_0000_0000;
/// How many instructions and ways a thread may have, far more than any has.
const MOST_STEPS: usize = 20_000;
const MOST_WAYS: usize = 200;
/// Follows a function that is called with these addresses. `letter`: what the labels begin with.
pub fn follow(
    image: &Image,
    function: &str,
    arguments: &[&str],
    letter: char,
) -> Result<Thread, String> {
    let start = image.address(function)?;
    let addresses = arguments.iter().map(|name| image.address(name));
    let addresses: Vec<u64> = addresses.collect::<Result<_, _>>()?;
    let writer = Writer::new(image, letter);
    let mut follower = Follower { writer, steps: MOST_STEPS, ways: MOST_WAYS };
    let state = State::of_a_call(start, &addresses, BACK);
    follower.follow(state).map_err(|error| format!("{function}: {error}"))?;
    Ok(follower.writer.finish())
}

struct Follower<'a> {
    writer: Writer<'a>,
    /// How many more there may be.
    steps: usize,
    ways: usize,
}

impl Follower<'_> {
    /// Follows a way, and those that split off, to their ends.
    fn follow(&mut self, mut state: State) -> Result<(), String> {
        let ways = self.ways.checked_sub(1);
        self.ways = ways.ok_or_else(|| format!("more than {MOST_WAYS} ways"))?;
        loop {
            let steps = self.steps.checked_sub(1);
            self.steps = steps.ok_or_else(|| format!("no end after {MOST_STEPS} instructions"))?;
            if state.at == BACK {
                self.result(&state);
                return Ok(());
            }
            if state.is_retry(state.at) || self.ends(state.at) {
                self.end_of_way();
                return Ok(());
            }
            state.visit();
            self.writer.next();
            self.step(&mut state)?;
        }
    }

    fn ends(&self, at: u64) -> bool {
        let ends =
            |name: &str| ENDS.iter().any(|parts| parts.iter().all(|part| name.contains(part)));
        self.writer.image.names(at).any(ends)
    }

    fn result(&mut self, state: &State) {
        match state.get(0) {
            Value::Known(0) => {}
            Value::Known(value) => self.writer.line(format!("MOV X0,#{value}")),
            Value::In(register) => self.writer.line(format!("MOV X0,X{register}")),
        }
        self.end_of_way();
    }

    fn end_of_way(&mut self) {
        self.writer.line(format!("B {}", self.writer.end()));
    }

    /// Does one instruction.
    fn step(&mut self, state: &mut State) -> Result<(), String> {
        let instruction = self.writer.image.instruction(state.at)?;
        let next = state.at + 4;
        match instruction {
            Instruction::Nothing => {}
            Instruction::Constant { to, value } => state.set(to, Value::Known(value)),
            Instruction::Keep { to, shift, value } => {
                let Value::Known(old) = state.get(to) else {
                    return Err(format!("MOVK on a value that was read, at {:#x}", state.at));
                };
                state.set(to, Value::Known(old & !(0xffff << shift) | value << shift));
            }
            Instruction::Compute { .. } => self.writer.compute(state, instruction)?,
            Instruction::Select { .. } => self.writer.select(state, instruction)?,
            Instruction::CompareIf { .. } => self.compare_if(state, instruction)?,
            Instruction::Jump { to, link } => {
                jump(state, to, link);
                return Ok(());
            }
            Instruction::JumpRegister { to, link } => {
                let to = state.address(to)?;
                jump(state, to, link);
                return Ok(());
            }
            Instruction::JumpIf { .. }
            | Instruction::JumpZero { .. }
            | Instruction::JumpBit { .. } => return self.branch(state, instruction),
            Instruction::Barrier { name } => self.writer.line(name.to_owned()),
            Instruction::Load { name, bytes, to, at } => {
                let address = address(state, at)?;
                let value = self.writer.load(state, name, bytes, address)?;
                state.set(to, value);
            }
            Instruction::Store { name, bytes, from, at } => {
                let address = address(state, at)?;
                self.writer.store(state, name, bytes, from, address)?;
            }
            Instruction::Pair { load, registers, at } => {
                let first = address(state, at)?;
                for (register, address) in registers.into_iter().zip([first, first + 8]) {
                    if load {
                        let value = self.writer.load(state, "LDR", 8, address)?;
                        state.set(register, value);
                    } else {
                        self.writer.store(state, "STR", 8, register, address)?;
                    }
                }
            }
            Instruction::StoreExclusive { .. }
            | Instruction::Atomic { .. }
            | Instruction::CompareAndSwap { .. } => self.writer.atomic(state, instruction)?,
        }
        state.at = next;
        Ok(())
    }

    /// A condition on values that were read splits the way, as a branch would: the flags go into one.
    fn compare_if(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
        let Instruction::CompareIf { condition, wide, a, b, otherwise } = instruction else {
            unreachable!("called for this instruction only");
        };
        if !matches!(self.writer.image.instruction(state.at + 4)?, Instruction::JumpIf { .. }) {
            return Err(format!("CCMP without a branch, at {:#x}", state.at));
        }
        let otherwise = Flags::Known(Nzcv::of(otherwise));
        match state.flags {
            Flags::Known(flags) if flags.holds(condition) => {}
            Flags::Known(_) => {
                state.flags = otherwise;
                return Ok(());
            }
            Flags::InTest => {
                let label = self.writer.label();
                self.writer.line(format!("B.{} {label}", condition_name(condition)?));
                let mut other = state.clone();
                (other.at, other.flags) = (state.at + 4, otherwise);
                self.follow(other)?;
                self.writer.line(format!("{label}:"));
            }
        }
        let operation = Operation::Sub;
        self.writer
            .compute(state, Instruction::Compute { operation, flags: true, wide, to: ZERO, a, b })
    }

    /// Goes on at one of two places, or at both.
    fn branch(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
        let (known, text, to) = match instruction {
            Instruction::JumpIf { condition, to } => match state.flags {
                Flags::Known(flags) => (Some(flags.holds(condition)), String::new(), to),
                Flags::InTest => (None, format!("B.{} ", condition_name(condition)?), to),
            },
            Instruction::JumpZero { zero, wide, register, to } => match state.get(register) {
                Value::Known(value) => {
                    let value = if wide { value } else { value & 0xffff_ffff };
                    (Some((value == 0) == zero), String::new(), to)
                }
                Value::In(register) => {
                    let name = if zero { "CBZ" } else { "CBNZ" };
                    (None, format!("{name} {},", named(wide, register)), to)
                }
            },
            Instruction::JumpBit { zero, bit, register, to } => match state.get(register) {
                Value::Known(value) => (Some((value >> bit & 1 == 0) == zero), String::new(), to),
                Value::In(register) => {
                    let name = if zero { "TBZ" } else { "TBNZ" };
                    (None, format!("{name} X{register},#{bit},"), to)
                }
            },
            _ => unreachable!("called for these instructions only"),
        };
        let following = state.at + 4;
        match known {
            Some(taken) => state.at = if taken { to } else { following },
            None if to <= state.at && state.has_been_at(to) => {
                self.writer.line(format!("{text}{}", self.writer.end()));
                state.at = following;
            }
            None => {
                let label = self.writer.label();
                self.writer.line(format!("{text}{label}"));
                let mut other = state.clone();
                other.at = following;
                self.follow(other)?;
                self.writer.line(format!("{label}:"));
                state.at = to;
            }
        }
        Ok(())
    }
}

/// Goes on at `to`.
fn jump(state: &mut State, to: u64, link: bool) {
    if link {
        state.set(30, Value::Known(state.at + 4));
    }
    state.at = to;
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
