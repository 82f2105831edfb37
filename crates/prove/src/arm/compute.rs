//! Computations: done at once with what is known, written down with what was read.

use super::instruction::{Instruction, Operand, Operation, ZERO};
use super::values::{Flags, State, Value, compute};
use super::writer::{Writer, condition_name, immediate, named};

impl Writer<'_> {
    /// Does ADD, SUB, and the like.
    pub fn compute(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
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

    /// Does CSEL and CSINC.
    pub fn select(&mut self, state: &mut State, instruction: Instruction) -> Result<(), String> {
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
}
