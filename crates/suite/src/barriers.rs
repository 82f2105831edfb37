//! Barriers that no emulator can miss: each stands in the image between what it orders.
//!
//! QEMU does without most of them, so no boot fails where one is left out. Here the built kernel is read
//! instead, instruction by instruction. And each barrier is taken out of the code once: a rule must miss it.

mod assembly;
pub mod code;
pub mod instruction;
mod rules;

use crate::context::Context;
use crate::image::Image;
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
                what == "isb" && (rules::is_before_clock(code, at) || assembly::is_known(name));
            if ordered || rules::is_barrier(&what) {
                places.push((number, at));
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, elf};

    /// Where the code begins.
    const START: u64 = 0x4020_0000;

    /// Has all images hold this code, and as many functions beside it as an image has at least.
    fn images(functions: &[Function]) -> Fake {
        let mut symbols: Vec<_> =
            functions.iter().map(|function| (function.name.clone(), function.address)).collect();
        let mut code: Vec<u32> =
            functions.iter().flat_map(|function| &function.code).map(|one| one.0).collect();
        for number in 0..100 {
            symbols.push((format!("other{number}"), START + 4 * code.len() as u64));
            code.push(NOP.0);
        }
        let symbols: Vec<_> = symbols.iter().map(|(name, at)| (name.as_str(), *at)).collect();
        let fake = Fake::new();
        for image in IMAGES {
            let path = fake.path(&format!("built/{image:?}"));
            std::fs::write(path, elf(START, &code, &symbols)).unwrap();
        }
        fake
    }

    #[test]
    fn every_barrier_is_missed_once() {
        let good = rules::whole::good(START);
        // In assembly 2 DSBs and 14 ISBs; elsewhere 2 DMBs, 3 DSBs and the ISB of the clock.
        let places = places(&good);
        assert_eq!(places.len(), 16 + 6, "{places:?}");
        let checks = (1 + places.len() as u64) * IMAGES.len() as u64;
        assert_eq!(images(&good).run(&step()), (checks, 0));
    }

    #[test]
    fn a_fault_and_a_barrier_that_nobody_misses_are_failures() {
        let mut functions = rules::whole::good(START);
        let clock = functions.last_mut().unwrap();
        // Of these one is enough; the first two order only the third.
        clock.code = ["isb", "isb", "isb", "mrs cntvct_el0"].map(Instruction::of).to_vec();
        let outcome = images(&functions).outcome(&step());
        assert_eq!(outcome.failed, 3);
        let place = START + functions.iter().map(|it| 4 * it.code.len() as u64).sum::<u64>() - 8;
        assert!(
            outcome.output.contains(&format!("nobody misses isb at {place:#x} in clock")),
            "{}",
            outcome.output
        );
        functions.last_mut().unwrap().code.drain(..3);
        let outcome = images(&functions).outcome(&step());
        assert_eq!((outcome.passed, outcome.failed), (0, 3));
        assert!(outcome.output.contains("no ISB before the counter"), "{}", outcome.output);
    }
}
