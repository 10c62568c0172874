//! Medians, and how far a count is from one: statistics that a single bad day does not bend.
//!
//! A mean and its deviation are moved by the very days that they are to find: an attack that lasts enters its own
//! baseline. A median of 28 days stays where it is until half of them are bad. Counts vary the more the larger they
//! are; Anscombe's transformation (<https://doi.org/10.1093/biomet/35.3-4.246>) makes their spread about 1 at any
//! size, so that one threshold serves a person and a bulk sender alike.

/// Makes the median absolute deviation of normal values their standard deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;

/// The spread of a count that only chance varies: no baseline is taken for steadier than that.
const LEAST_DEVIATION: f64 = 1.0;

/// The Anscombe transformation of a count.
#[must_use]
pub fn anscombe(count: f64) -> f64 {
    2.0 * (count + 0.375).sqrt()
}

/// The median of values; the mean of the middle two where their number is even, 0 where there are none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        None => 0.0,
        Some(upper) if values.len() % 2 == 1 => *upper,
        Some(upper) => (values[middle - 1] + upper) / 2.0,
    }
}

/// The days that a count is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// The median of their counts.
    pub median: f64,
    /// The median of the transformed counts.
    center: f64,
    /// The median absolute deviation of the transformed counts.
    pub mad: f64,
}

impl Baseline {
    /// The baseline of some counts.
    #[must_use]
    pub fn of(counts: &[i64]) -> Self {
        let mut values: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
        let raw = median(&mut values);
        values.iter_mut().for_each(|count| *count = anscombe(*count));
        let center = median(&mut values);
        values.iter_mut().for_each(|value| *value = (*value - center).abs());
        Self { median: raw, center, mad: median(&mut values) }
    }

    /// How many deviations a count is above the median.
    #[must_use]
    pub fn z(&self, count: i64) -> f64 {
        (anscombe(count as f64) - self.center) / (MAD_TO_DEVIATION * self.mad).max(LEAST_DEVIATION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&mut []), 0.0);
    }

    /// Worked out by hand: t(10) = 2·√10.375 = 6.4420, t(40) = 2·√40.375 = 12.7083.
    #[test]
    fn a_steady_baseline_counts_as_chance() {
        let baseline = Baseline::of(&[10; 7]);
        assert_eq!((baseline.median, baseline.mad), (10.0, 0.0));
        assert!((baseline.z(40) - (12.708_265 - 6.442_049)).abs() < 1e-5, "{}", baseline.z(40));
    }

    /// t of 4, 9, 16, 25, 36 is 4.1833, 6.1237, 8.0932, 10.0747, 12.0623: the deviations from 8.0932 are 3.9099,
    /// 1.9695, 0, 1.9815, 3.9691, of which 1.9815 is the middle one.
    #[test]
    fn the_spread_is_of_the_transformed_counts() {
        let baseline = Baseline::of(&[4, 9, 16, 25, 36]);
        assert_eq!(baseline.median, 16.0);
        assert!((baseline.mad - 1.981_514).abs() < 1e-5, "{}", baseline.mad);
        let expected = (anscombe(100.0) - 8.093_207) / (1.4826 * 1.981_514);
        assert!((baseline.z(100) - expected).abs() < 1e-5);
    }
}
