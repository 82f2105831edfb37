//! Numbers in few letters, and the steps of axes.

use std::ops::RangeInclusive;

/// A power of two as one would say it: 2×, 1×, ½×, 1/16.
pub fn times(power: i32) -> String {
    let number = 2_f64.powi(power.abs());
    match power {
        0.. => format!("{number}×"),
        -1 => "½×".to_owned(),
        -2 => "¼×".to_owned(),
        _ => format!("1/{number}"), // no room for more
    }
}

/// A ratio, in three digits.
pub fn ratio(number: f64) -> String {
    match number {
        small if small < 9.995 => format!("{small:.2}×"),
        middle if middle < 99.95 => format!("{middle:.1}×"),
        large => format!("{large:.0}×"),
    }
}

/// A count: whole numbers as they are, others with a decimal place while that says something.
pub fn short(number: f64) -> String {
    match number {
        whole if whole.fract() == 0.0 => grouped(whole),
        tiny if tiny < 0.05 => "<0.1".to_owned(),
        small if small < 9.95 => format!("{small:.1}"),
        large => grouped(large.round()),
    }
}

/// A whole number with a thin space between thousands.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The powers of `base` that lie around all of these positive numbers, at least two.
pub fn powers(base: f64, numbers: impl Iterator<Item = f64>) -> RangeInclusive<i32> {
    let logs: Vec<f64> = numbers.map(|number| number.ln() / base.ln()).collect();
    // What is on a power but for rounding is on it.
    let low = logs.iter().copied().fold(f64::INFINITY, f64::min) + 1e-9;
    let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max) - 1e-9;
    if logs.is_empty() {
        return 0..=1;
    }
    let low = low.floor() as i32;
    low..=(high.ceil() as i32).max(low + 1)
}

/// Every power, or every second, third, ... so that at most `most` have a label. 0 is among them, if
/// it is among the powers.
pub fn labelled(powers: &RangeInclusive<i32>, most: i32) -> Vec<i32> {
    let count = powers.end() - powers.start() + 1;
    let step = (count + most - 1) / most;
    powers.clone().filter(|power| power.rem_euclid(step.max(1)) == 0).collect()
}

/// Steps of a linear axis from 0 to `top`, of 1, 2 or 5 times a power of ten, so that there are at most six.
pub fn steps(top: f64) -> Vec<u32> {
    let sizes = (0..9).flat_map(|power| [1, 2, 5].map(|size| size * 10_u32.pow(power)));
    let size = sizes.into_iter().find(|size| f64::from(*size) * 5.0 >= top).unwrap_or(u32::MAX);
    (0..=5).map(|step| step * size).take_while(|step| f64::from(*step) <= top).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_zero_is_zero() {
        let said: Vec<String> =
            [0.0, 2.0, 3.5, 9.978, 0.04, 12.6, 64.0, 1234.0, 12345.0, 1234567.0].map(short).into();
        let wanted = "0 2 3.5 10 <0.1 13 64 1234 12\u{202f}345 1\u{202f}234\u{202f}567";
        assert_eq!(said.join(" "), wanted);
        assert_eq!([0.0614, 1.999, 12.34, 100.4].map(ratio), ["0.06×", "2.00×", "12.3×", "100×"]);
        assert_eq!([3, 0, -1, -2, -3].map(times), ["8×", "1×", "½×", "¼×", "1/8"]);
        // Where one form ends and the next begins.
        assert_eq!([9.994, 9.995, 99.94, 99.95].map(ratio), ["9.99×", "10.0×", "99.9×", "100×"]);
        let said = [0.049, 0.05, 9.94, 9.95, 9999.0, 123_456.0].map(short);
        assert_eq!(said, ["<0.1", "0.1", "9.9", "10", "9999", "123\u{202f}456"]);
    }

    #[test]
    fn powers_lie_around_all_numbers() {
        assert_eq!(powers(2.0, [1.0, 2.0].into_iter()), 0..=1);
        assert_eq!(powers(2.0, [1.0].into_iter()), 0..=1);
        assert_eq!(powers(2.0, [0.3, 2.1].into_iter()), -2..=2);
        assert_eq!(powers(10.0, [1000.0, 999.0].into_iter()), 2..=3);
        assert_eq!(powers(10.0, std::iter::empty()), 0..=1);
    }

    #[test]
    fn few_powers_have_a_label() {
        assert_eq!(labelled(&(-1..=2), 4), [-1, 0, 1, 2]);
        assert_eq!(labelled(&(-5..=2), 4), [-4, -2, 0, 2]);
        assert_eq!(labelled(&(0..=9), 3), [0, 4, 8]);
    }

    #[test]
    fn linear_steps_are_few_and_round() {
        assert_eq!(steps(2.0), [0, 1, 2]);
        assert_eq!(steps(5.0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(steps(52.0), [0, 20, 40]);
        assert_eq!(steps(0.4), [0]);
    }
}
