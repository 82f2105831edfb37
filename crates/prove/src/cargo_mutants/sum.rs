//! What came of mutations: of one, and of a package's in sum.

use crate::cargo_mutants::list::Mutation;

/// What came of the mutations of a package.
#[derive(Default)]
pub struct Sum {
    pub caught: usize,
    pub hanging: usize,
    pub missed: usize,
    pub refused: usize,
}

/// What became of a mutation.
pub enum Fate {
    Caught,
    Hangs,
    Missed,
}

impl Sum {
    /// Begins with those that do not compile.
    pub fn new(refused: usize) -> Sum {
        Sum { refused, ..Sum::default() }
    }

    /// Prints what came of a package. Returns whether nothing was missed.
    pub fn report(&self, package: &str) -> bool {
        let Sum { caught, hanging, missed, refused } = self;
        println!(
            "cargo-mutants, {package}: {} mutants, {caught} caught ({hanging} of them hang), {missed} missed, \
             {refused} do not compile",
            caught + missed + refused
        );
        *missed == 0 && *caught > 0
    }

    pub fn count(&mut self, fate: Fate, mutation: &Mutation) {
        self.caught += usize::from(!matches!(fate, Fate::Missed));
        self.hanging += usize::from(matches!(fate, Fate::Hangs));
        if let Fate::Missed = fate {
            self.missed += 1;
            println!("  MISSED {}", mutation.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mutants::changes::Change;
    use mutants::schemata::Edit;
    use std::path::PathBuf;

    #[test]
    fn what_hangs_is_caught_and_all_are_counted() {
        let change = Change { file: PathBuf::new(), edit: Edit::new(0, "", "") };
        let mutation = Mutation { name: String::new(), change, opaque: false };
        let mut sum = Sum::new(4);
        for fate in [Fate::Hangs, Fate::Missed, Fate::Hangs, Fate::Caught] {
            sum.count(fate, &mutation);
        }
        let Sum { caught, hanging, missed, refused } = sum;
        assert_eq!([caught, hanging, missed, refused], [3, 2, 1, 4]);
    }
}
