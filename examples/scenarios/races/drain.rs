//! Acquire against drain: others come and go while core 0 runs the object down.

use crate::names;
use crate::races::run::Scenario;

/// How often each other core tries.
const TRIES: usize = 4;

/// A slot for each core.
pub const SCENARIO: Scenario = Scenario {
    name: names::DRAIN,
    about: "acquire against drain",
    fewest: 2,
    slots: |cores| cores,
    set_up: |_| (),
    work: |run| match run.core {
        0 => {
            run.use_once();
            run.wait_and_poison();
        }
        _ => (0..TRIES).for_each(|_| _ = run.use_once()),
    },
    check: |run| run.is_run_down(),
};

/// The same on one slot for all, which is the plain object.
pub const ON_ONE_SLOT: Scenario = Scenario {
    name: names::PLAIN,
    about: "acquire against drain, all cores on one slot",
    slots: |_| 1,
    ..SCENARIO
};
