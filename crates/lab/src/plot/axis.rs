//! An axis: what it shows, from where to where, and how values lie on it.

use std::ops::Range;

/// How values lie on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps for equal differences. Only here is a bar as long as what it stands for.
    Linear,
    /// Equal steps for equal ratios.
    Logarithmic,
    /// The same of 1 + the value, which has a place for 0, and shows 2 beside 100.
    OnePlus,
}

impl Scale {
    /// Returns where a value lies.
    pub fn at(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logarithmic => value.log2(),
            Self::OnePlus => (1.0 + value).log2(),
        }
    }
}

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it shows, with the unit.
    pub what: String,
    pub scale: Scale,
    /// Where it begins and ends, by the scale.
    pub range: Range<f64>,
}

impl Axis {
    /// Returns an axis that shows these values and so much, by the scale, on both sides of them.
    pub fn new(what: &str, scale: Scale, [first, last]: [f64; 2], margin: f64) -> Axis {
        let range = scale.at(first) - margin..scale.at(last) + margin;
        Axis { what: what.to_owned(), scale, range }
    }

    /// Returns the logarithmic axis of these numbers, of which the first is the smallest.
    pub fn of_counts(what: &str, numbers: &[u32]) -> Axis {
        let ends = [numbers.first(), numbers.last()].map(|end| end.map_or(1.0, |&end| end.into()));
        Self::new(what, Scale::Logarithmic, ends, 0.4)
    }

    /// Returns its title, which tells if equal steps are not equal differences.
    pub fn title(&self) -> String {
        match self.scale {
            Scale::Linear => self.what.clone(),
            Scale::Logarithmic => format!("{} (logarithmic scale)", self.what),
            Scale::OnePlus => format!("{} (logarithmic scale from 0)", self.what),
        }
    }

    /// Returns how far a value is on the way between two places: the last whole unit that it has reached, or the next
    /// one if only rounding keeps it from it.
    pub fn along(&self, value: f64, [from, to]: [i32; 2]) -> i32 {
        let Range { start, end } = self.range;
        let way = f64::from(to - from) * (self.scale.at(value) - start) / (end - start);
        from + (way + 1e-3_f64.copysign(way)).trunc() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_on_its_unit() {
        // Only rounding keeps the last one from its unit.
        let axis = Axis::new("x", Scale::Linear, [0.0, 10.0], 0.0);
        let along = |value| axis.along(value, [0, 100]);
        assert_eq!([2.99, 2.99995, 3.0].map(along), [29, 30, 30]);
        assert_eq!([-2.99, -2.99995].map(along), [-29, -30]);
        let axis = Axis::of_counts("x", &[1, 2, 64]);
        let along = |value| axis.along(value, [0, 680]);
        assert_eq!([1.0, 2.0, 8.0, 64.0].map(along), [40, 140, 340, 640]);
        let axis = Axis::new("x", Scale::OnePlus, [0.0, 7.0], 1.0);
        let along = |value| axis.along(value, [0, 500]);
        assert_eq!([0.0, 1.0, 3.0, 7.0].map(along), [100, 200, 300, 400]);
    }

    #[test]
    fn a_scale_that_is_not_linear_says_so() {
        for scale in [Scale::Linear, Scale::Logarithmic, Scale::OnePlus] {
            let axis = Axis::new("lines", scale, [1.0, 9.0], 0.0);
            let [first, middle, last] = [1.0, 5.0, 9.0].map(|value| axis.along(value, [0, 100]));
            let linear = middle - first == last - middle;
            let title = axis.title();
            assert!(title.starts_with("lines"));
            assert_eq!(title.contains("logarithmic scale"), !linear, "{title}");
        }
    }
}
