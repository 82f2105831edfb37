//! The conditions of a run: which QEMU, which host.

use runner::exit_error::ExitError;
use runner::qemu;
use runner::settings::Settings;
use tools::host;
use tools::measure::Measurement;

/// Returns the first object of measurements.json.
pub fn measurement(
    settings: &Settings,
    rounds: u32,
    quick: bool,
) -> Result<Measurement, ExitError> {
    let members = [
        ("name", "conditions".into()),
        ("qemu", qemu::version(settings)?.into()),
        ("host_processors", host::processors().into()),
        ("host_cpu", host::cpu().into()),
        ("accel", settings.accel.as_str().into()),
        ("cpu", settings.cpu.as_str().into()),
        ("rounds", rounds.into()),
        ("quick", quick.into()),
    ];
    Ok(members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}
