//! x

use super::arguments::Arguments;
use crate::stop::Stop;
use std::path::Path;
/// x
pub fn run(_root: &Path, _arguments: &Arguments) -> Result<(), Stop> {
    Ok(())
}
