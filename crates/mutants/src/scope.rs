//! What the plugin that counts cache lines and the explorer of schedules have to fear.

use crate::elsewhere::In::Library;
use crate::elsewhere::Killer::Test;
use crate::elsewhere::{Elsewhere, elsewhere};

pub(crate) const SCOPE: &[Elsewhere] = elsewhere! {
    "an upgrade takes the line from its own core, too", "crates/cachescope/src/directory.rs",
        "invalidations: cores.count() - 1," => "invalidations: cores.count(),",
        Test("cachescope", Library, "directory::tests::readers_share_and_the_first_writer_upgrades");
};
