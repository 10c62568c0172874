//! The recipe for counts: a day's count against the account's own active days before it.
//!
//! It fires where the count is far from the median by the spread of the days, and by a floor, and by a ratio: the
//! first alone would flag the steadiest senders at the slightest change.

use super::settings::{Limit, Thresholds};
use super::statistics::Baseline;

/// A count that is unusually large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surge {
    /// The number of active days before.
    pub active: u32,
    /// What it was held against, and by how many deviations it is above that; none of a cold start.
    pub baseline: Option<(Baseline, f64)>,
    /// What it had to exceed: deviations, or a count where it is a cold start.
    pub threshold: f64,
}

/// Whether a count is unusual after active days with these counts, which are not asked for where none would do.
#[must_use]
pub fn surge(
    count: i64,
    active: impl IntoIterator<Item = i64>,
    limit: Limit,
    thresholds: &Thresholds,
) -> Option<Surge> {
    if count < limit.least() {
        return None;
    }
    let counts = active.into_iter().collect::<Vec<_>>();
    let active = u32::try_from(counts.len()).unwrap_or(u32::MAX);
    if active < thresholds.min_active_days {
        let surge = Surge { active, baseline: None, threshold: limit.cold_start as f64 };
        return (count >= limit.cold_start).then_some(surge);
    }
    let baseline = Baseline::of(&counts);
    let z = baseline.z(count);
    let above = count as f64 - baseline.median;
    let fires =
        z > thresholds.z && above >= limit.floor as f64 && count as f64 >= thresholds.ratio * baseline.median.max(1.0);
    fires.then_some(Surge { active, baseline: Some((baseline, z)), threshold: thresholds.z })
}

/// Whether a day with so many explains the count as something that the account does.
#[must_use]
pub fn is_precedent(count: i64, before: i64, thresholds: &Thresholds) -> bool {
    before > 0 && before as f64 >= count as f64 / thresholds.precedent_ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(count: i64, active: &[i64]) -> bool {
        let thresholds = Thresholds::default();
        surge(count, active.iter().copied(), thresholds.volume, &thresholds).is_some()
    }

    /// A median of 2: z is far above 3.5 and the ratio 3 is reached long before the floor of 20 is.
    #[test]
    fn the_floor_is_above_the_median() {
        assert!(!fires(21, &[2; 7]));
        assert!(fires(22, &[2; 7]));
    }

    /// A median of 100: the floor is passed at 120, z at 139 (2·√139.375 = 23.6114, and 20.0375 + 3.5 = 23.5375 is
    /// less), the ratio at 300.
    #[test]
    fn the_ratio_is_of_the_median() {
        assert!(!fires(299, &[100; 7]));
        assert!(fires(300, &[100; 7]));
    }

    /// Deviations: t is 4.1833 to 12.0623 with a MAD of 1.9815, so z > 3.5 asks for t(x) > 8.0932 + 3.5 · 2.9378 =
    /// 18.3755, which is x > 84.04. The ratio is passed at 48, the floor at 36.
    #[test]
    fn the_deviation_is_of_the_baseline() {
        let active = [4, 9, 16, 25, 36, 9, 25];
        let baseline = Baseline::of(&active);
        assert!((baseline.mad - 1.981_514).abs() < 1e-5, "{baseline:?}");
        assert!(!fires(84, &active));
        assert!(fires(85, &active));
    }

    #[test]
    fn six_active_days_are_no_baseline_and_seven_are() {
        // With six days only the absolute limit holds, with seven 50 is twenty-five times the median.
        assert!(!fires(50, &[2; 6]));
        assert!(fires(50, &[2; 7]));
        assert!(!fires(99, &[2; 6]));
        let thresholds = Thresholds::default();
        let cold = surge(100, [2; 6], thresholds.volume, &thresholds);
        assert_eq!(cold, Some(Surge { active: 6, baseline: None, threshold: 100.0 }));
    }

    #[test]
    fn a_precedent_has_two_thirds() {
        let thresholds = Thresholds::default();
        assert!(is_precedent(300, 200, &thresholds));
        assert!(!is_precedent(300, 199, &thresholds));
    }
}
