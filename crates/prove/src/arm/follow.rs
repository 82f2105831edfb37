//! Follows a function's instructions along every way, and writes down those that matter as a litmus thread.
//!
//! What does not depend on other threads is computed here: addresses, the stack, calls, loops over slots. An
//! instruction with a value that was read from shared memory goes to the test, with its operands, so that
//! all dependencies are those of the code. A branch on such a value splits the way.
//!
//! Three kinds of ways end without a result, and so take no part in what a test asks:
//!
//! - A jump back on a value that was read: a store exclusive that failed, a wait that has to look again.
//!   Without that turn, what happened is an execution as well, of which less is asked.
//! - A call of one of [`ENDS`].
//! - A result of 0: the thread did not come to what the test is about.

use super::image::Image;
use super::instruction::{
    Address, Condition, Instruction, Operand, Operation, Register, Update, ZERO,
};
use super::values::{Flags, Nzcv, State, Value, compute};

/// Functions that end a way, by parts of their names: a panic, the report of a release too many, and the look
/// at all slots of an object near the limit of holds, which no test comes near to.
const ENDS: [&[&str]; 3] =
    [&["9panicking"], &["11OverRelease", "6report"], &["8protocol", "8estimate"]];
/// Where the first function returns to.
const BACK: u64 = 0xffff_0000_0000;
/// How many instructions and ways a thread may have, far more than any has.
const MOST_STEPS: usize = 20_000;
const MOST_WAYS: usize = 200;
/// Registers of the test that hold values. X0 is the result; those above hold where the places are.
const VALUES: std::ops::Range<u8> = 1..20;
const LAST_PLACE: usize = 29;

const CONDITIONS: [&str; 14] =
    ["EQ", "NE", "CS", "CC", "MI", "PL", "VS", "VC", "HI", "LS", "GE", "LT", "GT", "LE"];

/// A thread of a litmus test.
#[derive(Debug, Default)]
pub struct Thread {
    /// Its instructions and labels.
    pub lines: Vec<String>,
    /// The addresses of the places that it accesses. The first is in X29, the next in X28.
    pub places: Vec<u64>,
}

/// Returns the register that holds the address of a place.
pub fn place_register(number: usize) -> String {
    format!("X{}", LAST_PLACE - number)
}

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
    let (thread, end) = (Thread::default(), format!("{letter}0"));
    let mut follower =
        Follower { image, thread, letter, end, labels: 0, steps: 0, ways: 0, taken: Vec::new() };
    let state = State::of_a_call(start, &addresses, BACK);
    follower.follow(state).map_err(|error| format!("{function}: {error}"))?;
    let Follower { mut thread, end, .. } = follower;
    thread.lines.push(format!("{end}:"));
    thread.lines = without_detours(thread.lines, &format!("B {end}"));
    Ok(thread)
}

struct Follower<'a> {
    image: &'a Image,
    thread: Thread,
    letter: char,
    /// The label of the thread's end.
    end: String,
    labels: usize,
    steps: usize,
    ways: usize,
    /// Registers of the test that the instruction at hand has taken already.
    taken: Vec<u8>,
}

impl Follower<'_> {
    /// Follows a way, and those that split off, to their ends.
    fn follow(&mut self, mut state: State) -> Result<(), String> {
        self.ways += 1;
        if self.ways > MOST_WAYS {
            return Err(format!("more than {MOST_WAYS} ways"));
        }
        loop {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return Err(format!("no end after {MOST_STEPS} instructions"));
            }
            if state.at == BACK {
                self.result(&state);
                return Ok(());
            }
            if self.ends(state.at) {
                self.end_of_way();
                return Ok(());
            }
            self.taken.clear();
            self.step(&mut state)?;
        }
    }

    fn ends(&self, at: u64) -> bool {
        let ends =
            |name: &str| ENDS.iter().any(|parts| parts.iter().all(|part| name.contains(part)));
        self.image.names(at).any(ends)
    }

    fn result(&mut self, state: &State) {
        match state.get(0) {
            Value::Known(0) => {}
            Value::Known(value) => self.line(format!("MOV X0,#{value}")),
            Value::In(register) => self.line(format!("MOV X0,X{register}")),
        }
        self.end_of_way();
    }

    /// Does one instruction.
    fn step(&mut self, state: &mut State) -> Result<(), String> {
        let instruction = self.image.instruction(state.at)?;
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
            Instruction::Compute { .. } => self.compute(state, instruction)?,
            Instruction::Select { .. } => self.select(state, instruction)?,
            Instruction::CompareIf { .. } => self.compare_if(state, instruction)?,
            Instruction::Jump { to, link } => return Ok(jump(state, to, link)),
            Instruction::JumpRegister { to, link } => {
                let to = state.address(to)?;
                return Ok(jump(state, to, link));
            }
            Instruction::JumpIf { .. }
            | Instruction::JumpZero { .. }
            | Instruction::JumpBit { .. } => return self.branch(state, instruction),
            Instruction::Barrier { name } => self.line(name.to_owned()),
            Instruction::Load { name, bytes, to, at } => {
                let address = address(state, at)?;
                let value = self.load(state, name, bytes, address)?;
                state.set(to, value);
            }
            Instruction::Store { name, bytes, from, at } => {
                let address = address(state, at)?;
                self.store(state, name, bytes, from, address)?;
            }
            Instruction::Pair { load, registers, at } => {
                let first = address(state, at)?;
                for (register, address) in registers.into_iter().zip([first, first + 8]) {
                    if load {
                        let value = self.load(state, "LDR", 8, address)?;
                        state.set(register, value);
                    } else {
                        self.store(state, "STR", 8, register, address)?;
                    }
                }
            }
            Instruction::StoreExclusive { .. }
            | Instruction::Atomic { .. }
            | Instruction::CompareAndSwap { .. } => self.atomic(state, instruction)?,
        }
        state.at = next;
        Ok(())
    }

    fn compute(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
        let Instruction::Compute { operation, flags, wide, to, a, b } = instruction else {
            unreachable!("called for this instruction only");
        };
        let b = self.operand(state, wide, b)?;
        let result = match (state.get(a), b) {
            (Value::Known(a), Value::Known(b)) => {
                let (result, known) = compute(operation, wide, a, b);
                if flags {
                    state.flags = Flags::Known(known);
                }
                Value::Known(result)
            }
            // MOV of a register, and to or from SP.
            (Value::Known(0), value) if operation == Operation::Orr && wide && !flags => value,
            (value, Value::Known(0)) if operation == Operation::Add && wide && !flags => value,
            (first, second) => {
                let first = self.name(state, wide, first)?;
                let second = match second {
                    Value::Known(value) => immediate(wide, value),
                    second => self.name(state, wide, second)?,
                };
                let result = self.fresh(state)?;
                let into = named(wide, result);
                if flags {
                    state.flags = Flags::InTest;
                }
                if flags && operation == Operation::Sub && to == ZERO {
                    self.line(format!("CMP {first},{second}"));
                } else {
                    let name = format!("{operation:?}").to_uppercase();
                    let sets = if flags { "S" } else { "" };
                    self.line(format!("{name}{sets} {into},{first},{second}"));
                }
                Value::In(result)
            }
        };
        state.set(to, result);
        Ok(())
    }

    /// Returns the second operand of a computation.
    fn operand(&mut self, state: &State, wide: bool, operand: Operand) -> Result<Value, String> {
        Ok(match operand {
            Operand::Value(value) => Value::Known(value),
            Operand::Register(register) => state.get(register),
            Operand::Shifted(register, shift, by) => match state.get(register) {
                Value::Known(value) => Value::Known(compute(shift, wide, value, by.into()).0),
                value => {
                    let result = self.fresh(state)?;
                    let (into, from) = (named(wide, result), self.name(state, wide, value)?);
                    let name = format!("{shift:?}").to_uppercase();
                    self.line(format!("{name} {into},{from},#{by}"));
                    Value::In(result)
                }
            },
        })
    }

    fn select(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
        let Instruction::Select { increment, wide, to, a, b, condition } = instruction else {
            unreachable!("called for this instruction only");
        };
        if let Flags::Known(flags) = state.flags {
            let chosen = if flags.holds(condition) { (a, 0) } else { (b, u64::from(increment)) };
            let add = Instruction::Compute {
                operation: Operation::Add,
                flags: false,
                wide,
                to,
                a: chosen.0,
                b: Operand::Value(chosen.1),
            };
            return self.compute(state, add);
        }
        let name = if increment { "CSINC" } else { "CSEL" };
        let (a, b) = (self.name(state, wide, state.get(a))?, self.name(state, wide, state.get(b))?);
        let result = self.fresh(state)?;
        self.line(format!("{name} {},{a},{b},{}", named(wide, result), condition_name(condition)?));
        state.set(to, Value::In(result));
        Ok(())
    }

    /// A condition on values that were read splits the way, as a branch would: the flags go into one.
    fn compare_if(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
        let Instruction::CompareIf { condition, wide, a, b, otherwise } = instruction else {
            unreachable!("called for this instruction only");
        };
        if !matches!(self.image.instruction(state.at + 4)?, Instruction::JumpIf { .. }) {
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
                let label = self.label();
                self.line(format!("B.{} {label}", condition_name(condition)?));
                let mut other = state.clone();
                (other.at, other.flags) = (state.at + 4, otherwise);
                self.follow(other)?;
                self.line(format!("{label}:"));
            }
        }
        let operation = Operation::Sub;
        self.compute(state, Instruction::Compute { operation, flags: true, wide, to: ZERO, a, b })
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
            None if to <= state.at => {
                self.line(format!("{text}{}", self.end));
                state.at = following;
            }
            None => {
                let label = self.label();
                self.line(format!("{text}{label}"));
                let mut other = state.clone();
                other.at = following;
                self.follow(other)?;
                self.line(format!("{label}:"));
                state.at = to;
            }
        }
        Ok(())
    }

    fn load(
        &mut self,
        state: &State,
        name: &str,
        bytes: u64,
        address: u64,
    ) -> Result<Value, String> {
        if State::is_stack(address) {
            return state.pop(address, bytes);
        }
        if let Some(value) = self.image.constant(address, bytes) {
            return Ok(Value::Known(value));
        }
        let place = self.place(state, bytes, address)?;
        let result = self.fresh(state)?;
        self.line(format!("{name} X{result},{place}"));
        Ok(Value::In(result))
    }

    fn store(
        &mut self,
        state: &mut State,
        name: &str,
        bytes: u64,
        from: Register,
        address: u64,
    ) -> Result<(), String> {
        let value = state.get(from);
        if State::is_stack(address) {
            if bytes != 8 && matches!(value, Value::In(_)) {
                return Err(format!(
                    "a part of a value that was read goes to the stack, at {:#x}",
                    state.at
                ));
            }
            state.push(address, bytes, value);
            return Ok(());
        }
        let place = self.place(state, bytes, address)?;
        let value = self.name(state, true, value)?;
        self.line(format!("{name} {value},{place}"));
        Ok(())
    }

    fn atomic(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
        match instruction {
            Instruction::StoreExclusive { name, status, from, base } => {
                let place = self.place(state, 8, state.address(base)?)?;
                let value = self.name(state, true, state.get(from))?;
                let result = self.fresh(state)?;
                self.line(format!("{name} W{result},{value},{place}"));
                state.set(status, Value::In(result));
            }
            Instruction::Atomic { name, acquire, release, from, to, base } => {
                let place = self.place(state, 8, state.address(base)?)?;
                let value = self.name(state, true, state.get(from))?;
                let result = self.fresh(state)?;
                let old = if to == ZERO { "XZR".to_owned() } else { named(true, result) };
                self.line(format!("{name}{} {value},{old},{place}", orders(acquire, release)));
                state.set(to, Value::In(result));
            }
            Instruction::CompareAndSwap { acquire, release, compare, new, base } => {
                let place = self.place(state, 8, state.address(base)?)?;
                let result = self.fresh(state)?;
                let expected = match state.get(compare) {
                    Value::Known(value) => immediate(true, value),
                    value => self.name(state, true, value)?,
                };
                self.line(format!("MOV X{result},{expected}"));
                let new = self.name(state, true, state.get(new))?;
                self.line(format!("CAS{} X{result},{new},{place}", orders(acquire, release)));
                state.set(compare, Value::In(result));
            }
            _ => unreachable!("called for these instructions only"),
        }
        Ok(())
    }

    /// Returns a shared place as an operand.
    fn place(&mut self, state: &State, bytes: u64, address: u64) -> Result<String, String> {
        if bytes != 8 || self.image.shared(address).is_none() {
            return Err(format!("an access of {bytes} bytes to {address:#x}, at {:#x}", state.at));
        }
        let places = &mut self.thread.places;
        let number = places.iter().position(|place| *place == address).unwrap_or_else(|| {
            places.push(address);
            places.len() - 1
        });
        if LAST_PLACE - number < VALUES.end.into() {
            return Err("too many places".to_owned());
        }
        Ok(format!("[{}]", place_register(number)))
    }

    /// Returns a register of the test that has this value.
    fn name(&mut self, state: &State, wide: bool, value: Value) -> Result<String, String> {
        match value {
            Value::Known(0) => Ok(if wide { "XZR" } else { "WZR" }.to_owned()),
            Value::Known(value) => {
                let register = self.fresh(state)?;
                self.line(format!("MOV X{register},{}", immediate(true, value)));
                Ok(named(wide, register))
            }
            Value::In(register) => Ok(named(wide, register)),
        }
    }

    /// Takes a register of the test that nothing on this way uses.
    fn fresh(&mut self, state: &State) -> Result<u8, String> {
        let free = |register: &u8| !state.uses(*register) && !self.taken.contains(register);
        let register = VALUES.clone().find(free).ok_or("too many values at a time")?;
        self.taken.push(register);
        Ok(register)
    }

    fn label(&mut self) -> String {
        self.labels += 1;
        format!("{}{}", self.letter, self.labels)
    }

    fn end_of_way(&mut self) {
        self.line(format!("B {}", self.end));
    }

    fn line(&mut self, line: String) {
        self.thread.lines.push(line);
    }
}

/// Leaves out labels where a way ends at once: who goes there goes to the end itself.
fn without_detours(mut lines: Vec<String>, end: &str) -> Vec<String> {
    let detour = |pair: &[String]| pair[0].ends_with(':') && pair[1] == end;
    while let Some(at) = lines.windows(2).position(detour) {
        let label = lines.remove(at);
        let label = label.trim_end_matches(':');
        // The line before ends a way, so nothing runs into what is left out.
        lines.remove(at);
        for line in &mut lines {
            if let Some((start, to)) = line.rsplit_once([' ', ','])
                && to == label
            {
                let separator = &line[start.len()..=start.len()];
                *line = format!("{start}{separator}{}", &end[2..]);
            }
        }
    }
    lines
}

/// Goes on at `to`.
fn jump(state: &mut State, to: u64, link: bool) {
    if link {
        state.set(30, Value::Known(state.at + 4));
    }
    state.at = to;
}

/// Returns where an access goes, and changes its base register if the instruction does.
fn address(state: &mut State, at: Address) -> Result<u64, String> {
    let base = state.address(at.base)?;
    let moved = base.wrapping_add_signed(at.offset);
    if at.update != Update::Not {
        state.set(at.base, Value::Known(moved));
    }
    Ok(if at.update == Update::After { base } else { moved })
}

fn immediate(wide: bool, value: u64) -> String {
    if wide { format!("#{}", value as i64) } else { format!("#{}", value as u32 as i32) }
}

fn named(wide: bool, register: u8) -> String {
    format!("{}{register}", if wide { "X" } else { "W" })
}

fn orders(acquire: bool, release: bool) -> String {
    format!("{}{}", if acquire { "A" } else { "" }, if release { "L" } else { "" })
}

fn condition_name(condition: Condition) -> Result<&'static str, String> {
    CONDITIONS.get(condition).copied().ok_or("a condition that always holds".to_owned())
}
