//! Barriers that no emulator can miss: each stands in the image between what it orders.
//!
//! QEMU does without most of them, so no boot fails where one is left out. Here the built kernel is read
//! instead, instruction by instruction. And each barrier is taken out of the code once: a rule must miss it.

mod code;
mod instruction;
mod rules;

use crate::context::{Context, Image};
use crate::step::{Outcome, Step};

use code::Function;
use instruction::Instruction;

/// Kernels that the compiler has optimised more and less, and one with other code.
const IMAGES: [Image; 3] = [Image::DemoRelease, Image::DemoDebug, Image::MachineTests];
/// An instruction without effect.
const NOP: Instruction = Instruction(0xd503_201f);

/// The step.
pub fn step() -> Step {
    Step::new("barriers stand between what they order", 300, |context, _| {
        let mut sum = Outcome::default();
        for image in IMAGES {
            sum.add(look_at(context, image)?);
        }
        Ok(sum)
    })
}

fn look_at(context: &Context, image: Image) -> anyhow::Result<Outcome> {
    let mut functions = code::functions(&std::fs::read(context.image(image)?)?)?;
    let faults = rules::faults(&functions);
    if !faults.is_empty() {
        return Ok(Outcome::failure(format!("{image:?}: {}\n", faults.join("\n  "))));
    }
    let mut sum = Outcome::one();
    for (function, at) in places(&functions) {
        let taken = std::mem::replace(&mut functions[function].code[at], NOP);
        let missed = !rules::faults(&functions).is_empty();
        functions[function].code[at] = taken;
        let Function { name, address, .. } = &functions[function];
        sum.add(Outcome::check(missed, || {
            let (what, place) = (taken.name().unwrap_or_default(), address + 4 * at as u64);
            format!("{image:?}: nobody misses {what} at {place:#x} in {name}\n")
        }));
    }
    Ok(sum)
}

/// Returns where a barrier of this project stands: the function, and the instruction in it. An ISB also
/// stands in loops that only wait, as `spin_loop`.
fn places(functions: &[Function]) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    for (number, Function { name, code, .. }) in functions.iter().enumerate() {
        for (at, one) in code.iter().enumerate().filter(|_| !rules::is_foreign(name)) {
            let what = one.name().unwrap_or_default();
            let ordered =
                what == "isb" && (rules::is_before_clock(code, at) || rules::is_assembly(name));
            if ordered || rules::is_barrier(&what) {
                places.push((number, at));
            }
        }
    }
    places
}
