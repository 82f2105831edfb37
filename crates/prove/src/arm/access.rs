//! Accesses: to the thread's own stack and to constants at once, to what threads share by the test.

use super::instruction::{Address, Instruction, Register, Update, ZERO};
use super::values::{State, Value};
use super::writer::{Writer, immediate, named};

impl Writer<'_> {
    /// Does a load, and returns what it finds.
    pub fn load(
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

    /// Does a store.
    pub fn store(
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

    /// Does a store exclusive, or an instruction that is atomic by itself.
    pub fn atomic(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
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
}

/// Returns where an access goes, and changes its base register if the instruction does.
pub fn address(state: &mut State, at: Address) -> Result<u64, String> {
    let base = state.address(at.base)?;
    let moved = base.wrapping_add_signed(at.offset);
    if at.update != Update::Not {
        state.set(at.base, Value::Known(moved));
    }
    Ok(if at.update == Update::After { base } else { moved })
}

fn orders(acquire: bool, release: bool) -> String {
    format!("{}{}", if acquire { "A" } else { "" }, if release { "L" } else { "" })
}
