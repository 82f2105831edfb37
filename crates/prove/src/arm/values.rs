//! What a thread's registers, flags and stack hold while it is followed, as far as that is known.

use super::instruction::{Condition, Operation, Register, STACK, ZERO};
use std::collections::BTreeMap;

/// Where the stack of a followed thread ends, and how large it is. No program of ours lies there.
const STACK_END: u64 = 0x7fff_0000_0000;
const STACK_SIZE: u64 = 0x1_0000;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// It does not depend on what other threads do.
    Known(u64),
    /// It does, and is in this register of the litmus test.
    In(u8),
}

/// The flags N, Z, C, V.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flags {
    Known(Nzcv),
    /// As the last instruction of the test that sets flags has left them.
    InTest,
}

/// Flags that are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nzcv {
    pub n: bool,
    pub z: bool,
    pub c: bool,
    pub v: bool,
}

/// What a thread has, at one place of one way through it.
#[derive(Clone)]
pub struct State {
    registers: [Value; 33],
    /// By address: how many bytes were written there, and what.
    stack: BTreeMap<u64, (u64, Value)>,
    pub flags: Flags,
    pub at: u64,
    /// Where it was before, and what the registers held there the last time.
    visited: BTreeMap<u64, [Value; 33]>,
}

impl State {
    /// Returns what a function finds that is called with these arguments.
    pub fn of_a_call(function: u64, arguments: &[u64], back: u64) -> Self {
        let mut registers = [Value::Known(0); 33];
        for (register, argument) in registers.iter_mut().zip(arguments) {
            *register = Value::Known(*argument);
        }
        registers[30] = Value::Known(back);
        registers[STACK] = Value::Known(STACK_END);
        let flags = Flags::Known(Nzcv::default());
        Self { registers, stack: BTreeMap::new(), flags, at: function, visited: BTreeMap::new() }
    }

    /// Remembers that the thread is here.
    pub fn visit(&mut self) {
        self.visited.insert(self.at, self.registers);
    }

    /// Returns whether the way has come by there.
    pub fn has_been_at(&self, to: u64) -> bool {
        self.visited.contains_key(&to)
    }

    /// Returns whether coming there begins a turn that differs from the last one only in what is read: a store
    /// exclusive that failed, a wait that has to look again. In a loop over slots something known has changed.
    pub fn is_retry(&self, to: u64) -> bool {
        let changed = |(before, now): (&Value, &Value)| match (before, now) {
            (Value::Known(before), Value::Known(now)) => before != now,
            _ => false,
        };
        let before = self.visited.get(&to);
        before.is_some_and(|before| !before.iter().zip(&self.registers).any(changed))
    }

    /// Returns what a register holds.
    pub fn get(&self, register: Register) -> Value {
        if register == ZERO { Value::Known(0) } else { self.registers[register] }
    }

    /// Returns an address that a register holds.
    pub fn address(&self, register: Register) -> Result<u64, String> {
        match self.get(register) {
            Value::Known(address) => Ok(address),
            Value::In(_) => Err(format!("an address that was read from memory, at {:#x}", self.at)),
        }
    }

    /// Sets a register.
    pub fn set(&mut self, register: Register, value: Value) {
        if register != ZERO {
            self.registers[register] = value;
        }
    }

    /// Returns whether this way still has a value in a register of the test.
    pub fn uses(&self, register: u8) -> bool {
        let stack = self.stack.values().map(|(_, value)| value);
        self.registers.iter().chain(stack).any(|value| *value == Value::In(register))
    }

    /// Returns whether an address is in the thread's own stack.
    pub fn is_stack(address: u64) -> bool {
        (STACK_END - STACK_SIZE..STACK_END).contains(&address)
    }

    /// Writes to the stack.
    pub fn push(&mut self, address: u64, bytes: u64, value: Value) {
        let overlaps = |at: u64, size: u64| at < address + bytes && address < at + size;
        self.stack.retain(|at, (size, _)| !overlaps(*at, *size));
        let value = match value {
            Value::Known(value) => Value::Known(value & u64::MAX >> (64 - 8 * bytes)),
            value => value,
        };
        self.stack.insert(address, (bytes, value));
    }

    /// Reads from the stack what was written there in one piece. What nobody has written may be anything, and
    /// is read only where that makes no difference, or on ways that can't be.
    pub fn pop(&self, address: u64, bytes: u64) -> Result<Value, String> {
        match self.stack.get(&address) {
            Some((size, value)) if *size == bytes => return Ok(*value),
            _ => {}
        }
        match self.stack.iter().any(|(at, (size, _))| *at < address + bytes && address < at + size)
        {
            true => {
                Err(format!("the stack is read in other pieces than written, at {:#x}", self.at))
            }
            false => Ok(Value::Known(0)),
        }
    }
}

impl Nzcv {
    /// Returns the flags of four bits.
    pub fn of(bits: u32) -> Self {
        let [n, z, c, v] = [3, 2, 1, 0].map(|number| bits >> number & 1 == 1);
        Self { n, z, c, v }
    }

    /// Returns whether a condition holds: Arm ARM, C1.2.4.
    pub fn holds(self, condition: Condition) -> bool {
        let Self { n, z, c, v } = self;
        let holds = match condition >> 1 {
            0 => z,
            1 => c,
            2 => n,
            3 => v,
            4 => c && !z,
            5 => n == v,
            6 => n == v && !z,
            _ => return true,
        };
        holds == (condition & 1 == 0)
    }
}

/// Computes with known values. Returns the flags as well.
pub fn compute(operation: Operation, wide: bool, a: u64, b: u64) -> (u64, Nzcv) {
    let width = if wide { 64 } else { 32 };
    let cut = |value: u64| value & u64::MAX >> (64 - width);
    let negative = |value: u64| value >> (width - 1) & 1 == 1;
    let (a, b) = (cut(a), cut(b));
    let result = cut(match operation {
        Operation::Add => a.wrapping_add(b),
        Operation::Sub => a.wrapping_sub(b),
        Operation::And => a & b,
        Operation::Orr => a | b,
        Operation::Eor => a ^ b,
        Operation::Bic => a & !b,
        Operation::Orn => a | !b,
        Operation::Lsl => a << b,
        Operation::Lsr => a >> b,
        Operation::Asr if wide => (a as i64 >> b) as u64,
        Operation::Asr => (a as u32 as i32 >> b) as u64,
    });
    let (c, v) = match operation {
        Operation::Add => {
            (result < a, negative(a) == negative(b) && negative(result) != negative(a))
        }
        Operation::Sub => (a >= b, negative(a) != negative(b) && negative(result) != negative(a)),
        _ => (false, false),
    };
    (result, Nzcv { n: negative(result), z: result == 0, c, v })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State::of_a_call(0x1000, &[7, 8], 0x2000)
    }

    #[test]
    fn a_call_finds_its_arguments_and_an_empty_stack() {
        let state = state();
        let known = [0, 1, 2, 30].map(|register| state.get(register));
        assert_eq!(known, [7, 8, 0, 0x2000].map(Value::Known));
        let stack = state.address(STACK).unwrap();
        assert!(State::is_stack(stack - 1) && !State::is_stack(stack));
        assert!(State::is_stack(stack - STACK_SIZE) && !State::is_stack(stack - STACK_SIZE - 1));
        assert_eq!(state.get(ZERO), Value::Known(0));
    }

    #[test]
    fn the_stack_holds_what_was_written_last_in_its_pieces() {
        let mut state = state();
        state.push(0x100, 8, Value::Known(0x1122_3344_5566_7788));
        assert_eq!(state.pop(0x100, 8), Ok(Value::Known(0x1122_3344_5566_7788)));
        for (at, bytes) in [(0x100, 4), (0x104, 4), (0xfc, 8), (0x107, 1), (0xff, 2)] {
            assert!(state.pop(at, bytes).is_err(), "{at:#x}");
        }
        for (at, bytes) in [(0xf8, 8), (0x108, 8), (0xff, 1)] {
            assert_eq!(state.pop(at, bytes), Ok(Value::Known(0)), "{at:#x}");
        }
        state.push(0xf8, 8, Value::Known(1));
        state.push(0x108, 8, Value::Known(2));
        assert_eq!(state.pop(0x100, 8), Ok(Value::Known(0x1122_3344_5566_7788)), "neighbours");
        state.push(0x104, 1, Value::Known(0x1ff));
        assert_eq!(state.pop(0x104, 1), Ok(Value::Known(0xff)));
        assert_eq!(state.pop(0x100, 4), Ok(Value::Known(0)), "what it had is gone");
        assert_eq!(
            [state.pop(0xf8, 8), state.pop(0x108, 8)],
            [1, 2].map(|value| Ok(Value::Known(value)))
        );
        state.push(0x2fc, 8, Value::Known(6));
        assert!(state.pop(0x300, 4).is_err(), "a piece of another");
        state.push(0x304, 4, Value::Known(5));
        state.push(0x300, 8, Value::Known(6));
        assert!(state.pop(0x304, 4).is_err(), "what was there before is gone");
        state.push(0x200, 8, Value::In(3));
        assert!(state.uses(3) && !state.uses(4));
    }

    #[test]
    fn conditions_hold_by_their_flags() {
        let holds = |bits: u32| {
            let flags = Nzcv::of(bits);
            (0..16).filter(|condition| flags.holds(*condition)).collect::<Vec<_>>()
        };
        // NZCV; EQ NE CS CC MI PL VS VC HI LS GE LT GT LE AL and its twin.
        assert_eq!(holds(0b0000), [1, 3, 5, 7, 9, 10, 12, 14, 15]);
        assert_eq!(holds(0b1000), [1, 3, 4, 7, 9, 11, 13, 14, 15]);
        assert_eq!(holds(0b0100), [0, 3, 5, 7, 9, 10, 13, 14, 15]);
        assert_eq!(holds(0b0010), [1, 2, 5, 7, 8, 10, 12, 14, 15]);
        assert_eq!(holds(0b0001), [1, 3, 5, 6, 9, 11, 13, 14, 15]);
        assert_eq!(holds(0b0110), [0, 2, 5, 7, 9, 10, 13, 14, 15]);
        assert_eq!(holds(0b1001), [1, 3, 4, 6, 9, 10, 12, 14, 15]);
    }

    #[test]
    fn results_and_flags_are_those_of_their_width() {
        use Operation::{Add, And, Asr, Bic, Eor, Lsl, Lsr, Orn, Orr, Sub};
        let of = |operation, wide, a, b| {
            let (value, Nzcv { n, z, c, v }) = compute(operation, wide, a, b);
            let flags = [n, z, c, v].map(u32::from);
            (value, flags.iter().fold(0, |all, flag| 2 * all + flag))
        };
        let (most, top) = (u64::MAX, 1 << 63);
        assert_eq!(of(Add, true, most, 1), (0, 0b0110));
        assert_eq!(of(Add, true, top - 1, 1), (top, 0b1001));
        assert_eq!(of(Add, true, top, top), (0, 0b0111));
        assert_eq!([of(Add, true, 1, 2), of(Add, true, 3, 0)], [(3, 0); 2]);
        assert_eq!(of(Add, false, 0xffff_ffff, 1), (0, 0b0110));
        assert_eq!(of(Add, false, 0x7fff_ffff, 1), (0x8000_0000, 0b1001));
        assert_eq!(of(Sub, true, 1, 1), (0, 0b0110));
        assert_eq!(of(Sub, true, 1, 2), (most, 0b1000));
        assert_eq!(of(Sub, true, top, 1), (top - 1, 0b0011));
        assert_eq!(of(Sub, true, top - 1, top), (most, 0b1001));
        assert_eq!(of(Sub, false, 0, 1), (0xffff_ffff, 0b1000));
        assert_eq!(of(And, true, 0b1100, 0b1010), (0b1000, 0));
        assert_eq!(of(Orr, true, 0b1100, 0b1010), (0b1110, 0));
        assert_eq!(of(Eor, true, 0b1100, 0b1010), (0b0110, 0));
        assert_eq!(of(Bic, true, 0b1100, 0b1010), (0b0100, 0));
        assert_eq!(of(Orn, false, 0, 1), (0xffff_fffe, 0b1000));
        assert_eq!(of(Orn, false, 1, 0), (0xffff_ffff, 0b1000));
        assert_eq!([of(Lsl, true, 3, 2), of(Lsr, true, 12, 2)], [(12, 0), (3, 0)]);
        assert_eq!(of(Asr, true, top, 62), (!1, 0b1000));
        assert_eq!(of(Asr, false, 0x8000_0000, 30), (0xffff_fffe, 0b1000));
    }

    #[test]
    fn a_turn_is_repeated_where_nothing_known_has_changed() {
        let mut state = state();
        assert!(!state.is_retry(0x1000) && !state.has_been_at(0x1000));
        state.visit();
        assert!(state.has_been_at(0x1000) && !state.has_been_at(0x1004));
        assert!(state.is_retry(0x1000) && !state.is_retry(0x1004));
        state.set(1, Value::In(2));
        assert!(state.is_retry(0x1000), "it was read");
        state.set(0, Value::Known(1));
        assert!(!state.is_retry(0x1000));
    }
}
