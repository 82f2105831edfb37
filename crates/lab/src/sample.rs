//! Measurements for the tests: made up, but possible.

use super::data::Data;
use super::read;
use ladder::{Kind, VARIANTS};
use serde_json::{Value, json};
use tools::measure::Measurement;

/// As structures.
pub fn data() -> Data {
    read::data(&objects()).unwrap()
}

/// As a file holds them.
pub fn objects() -> Vec<Measurement> {
    let mut values = vec![json!({"name": "conditions", "qemu": "7.2.22", "host_processors": 2,
        "host_cpu": "Some <CPU> & \"more\"", "accel": "tcg,thread=multi", "cpu": "max",
        "rounds": 9, "quick": false})];
    for (place, about) in VARIANTS.iter().enumerate() {
        let apart = about.kind == Kind::OwnLine;
        for cores in [1, 2, 4, 8, 16, 32, 64_u32] {
            let step = f64::from(cores.ilog2());
            let ratio = match (cores, apart) {
                (1, _) => 1.0,
                (_, true) => 1.95 - 0.03 * step,
                (_, false) => 0.62 - 0.04 * (step - 1.0) - 0.01 * place as f64 + 0.04,
            };
            let spread = if cores == 1 { 0.0 } else { 0.07 };
            values.push(json!({"name": "ladder", "rung": about.name, "cores": cores,
                "pairs_per_core": 20000, "rounds": 9, "pairs_per_second": 1e7 * ratio,
                "relative_to_one": ratio, "lowest": ratio - spread, "highest": ratio + spread + 0.01,
                "off_by": if cores > 1 && !about.is_exact() { 4711 } else { 0 }}));
        }
        for cores in [1, 2, 8, 64_u64] {
            let pairs = 100 * cores;
            let transfers = match about.transfers_per_pair {
                _ if cores == 1 => 0,
                Some(exactly) => pairs * exactly,
                None if about.retries => pairs * cores,
                None => pairs * 7 / 2 + 3,
            };
            values.push(
                json!({"name": "coherence", "rung": about.name, "cores": cores, "line": 64,
                "pairs": pairs, "loads": pairs, "stores": 0, "atomics": 2 * pairs, "cold": 0,
                "transfers": transfers, "upgrades": 0, "invalidations": transfers,
                "transfers_per_pair": transfers as f64 / pairs as f64}),
            );
        }
        values.push(json!({"name": "instructions", "rung": about.name, "pairs": 1000,
            "per_pair": 4.0 + 3.5 * place as f64}));
    }
    for slots in (0..10).map(|power| 1_u64 << power) {
        let time = 200 + 35 * slots;
        values.push(json!({"name": "drain_slots", "slots": slots, "rounds": 9,
            "nanoseconds": time, "lowest": time * 9 / 10, "highest": time * 3 / 2}));
        values.push(json!({"name": "drain_instructions", "slots": slots,
            "per_drain": 40 + 10 * slots}));
        if slots <= 64 {
            values.push(json!({"name": "coherence_drain", "slots": slots, "line": 64,
                "transfers": slots - 1, "cold": 0, "upgrades": 0, "invalidations": slots - 1}));
        }
    }
    let object = |value| match value {
        Value::Object(object) => object,
        _ => unreachable!("an object"),
    };
    values.into_iter().map(object).collect()
}
