//! Made senders, held against rules for unusual volume: how often a rule cries wolf, and whether it sees an attack.
//!
//! Kinds of senders as mail servers have them, most of them unlike a bell curve: a printer on workdays, people, a job
//! that sends one message a night, an account that is used once a fortnight, an application, a monthly invoice run,
//! and a printer whose queue sometimes bursts. The same seed gives the same senders.

use mailtally::reports::unusual::Thresholds;
use mailtally::reports::unusual::recipe::surge;

/// The days before a day that it is held against.
pub(crate) const WINDOW: usize = 28;

/// How many days of an attack are looked at.
pub(crate) const ATTACK: usize = 5;

/// A rule: whether a count is unusual after these.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) fires: fn(&[i64], i64) -> bool,
}

/// Ours, and what one would take instead.
pub(crate) const RULES: [Rule; 4] = [
    Rule { name: "mailtally's volume", fires: ours },
    Rule { name: "mean + 3 sd", fires: mean_and_deviations },
    Rule { name: "modified z > 3.5", fires: modified_z },
    Rule { name: "10-day mean × 1.5, from 100; 200", fires: fixed_limits },
];

/// A kind of sender: how many messages it sends on a day.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    sends: fn(&mut Random, usize) -> i64,
}

pub(crate) const KINDS: [Kind; 7] = [
    Kind { name: "printer", sends: |random, day| if workday(day) { random.poisson(18.0) } else { 0 } },
    Kind { name: "person", sends: person },
    Kind { name: "nightly job", sends: |_, _| 1 },
    Kind { name: "rare", sends: |random, _| i64::from(random.uniform() < 0.08) },
    Kind { name: "application", sends: |random, _| random.negative_binomial(900.0, 8.0) },
    Kind { name: "monthly run", sends: monthly },
    Kind { name: "bursting printer", sends: bursting },
];

fn person(random: &mut Random, day: usize) -> i64 {
    if workday(day) { random.negative_binomial(6.0, 2.0) } else { random.negative_binomial(1.0, 1.0) }
}

fn monthly(random: &mut Random, day: usize) -> i64 {
    if day.is_multiple_of(30) { 400 + random.poisson(20.0) } else { random.poisson(2.0) }
}

fn bursting(random: &mut Random, day: usize) -> i64 {
    if !workday(day) {
        return 0;
    }
    let usual = random.poisson(18.0);
    if random.uniform() < 0.02 { usual * 12 } else { usual }
}

fn workday(day: usize) -> bool {
    day % 7 < 5
}

/// The rule that the reports use, with its defaults: only days on which the sender was active are its baseline.
fn ours(before: &[i64], count: i64) -> bool {
    let active = before.iter().copied().filter(|count| *count > 0);
    let thresholds = Thresholds::default();
    surge(count, active, thresholds.volume, &thresholds).is_some()
}

fn mean_and_deviations(before: &[i64], count: i64) -> bool {
    let mean = mean(before);
    let variance = before.iter().map(|count| (*count as f64 - mean).powi(2)).sum::<f64>() / before.len() as f64;
    count as f64 > mean + 3.0 * variance.sqrt()
}

fn modified_z(before: &[i64], count: i64) -> bool {
    let mut values: Vec<f64> = before.iter().map(|count| *count as f64).collect();
    let center = median(&mut values);
    values.iter_mut().for_each(|value| *value = (*value - center).abs());
    let deviation = median(&mut values);
    let above = count as f64 - center;
    if deviation > 0.0 { 0.6745 * above / deviation > 3.5 } else { above > 0.0 }
}

fn fixed_limits(before: &[i64], count: i64) -> bool {
    let mean = mean(&before[before.len() - 10..]);
    count > 200 || (count > 100 && count as f64 > 1.5 * mean)
}

fn mean(counts: &[i64]) -> f64 {
    counts.iter().sum::<i64>() as f64 / counts.len() as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// False alerts per 1000 days of a sender, for each rule, over so many senders and days.
pub(crate) fn false_alerts(kind: &Kind, senders: u64, days: usize) -> [f64; RULES.len()] {
    let mut alerts = [0_u32; RULES.len()];
    for sender in 0..senders {
        let mut random = Random::new(sender);
        let counts: Vec<i64> = (0..days).map(|day| (kind.sends)(&mut random, day)).collect();
        for day in WINDOW..days {
            for (alerts, rule) in alerts.iter_mut().zip(&RULES) {
                *alerts += u32::from((rule.fires)(&counts[day - WINDOW..day], counts[day]));
            }
        }
    }
    let looked_at = senders as f64 * (days - WINDOW) as f64;
    alerts.map(|alerts| f64::from(alerts) * 1_000.0 / looked_at)
}

/// The percentage of senders of whom each rule sees each day of an attack that lasts: ten times the median, and at
/// least 120 messages a day beside what the sender sends anyway.
pub(crate) fn detection(kind: &Kind, senders: u64) -> [[f64; ATTACK]; RULES.len()] {
    const BEGIN: usize = 80;
    let mut seen = [[0_u32; ATTACK]; RULES.len()];
    for sender in 0..senders {
        let mut random = Random::new(1_000_000 + sender);
        let mut counts: Vec<i64> = (0..BEGIN + ATTACK).map(|day| (kind.sends)(&mut random, day)).collect();
        let mut active: Vec<f64> = counts.iter().filter(|count| **count > 0).map(|count| *count as f64).collect();
        let usual = if active.is_empty() { 0.0 } else { median(&mut active) };
        counts[BEGIN..].iter_mut().for_each(|count| *count += (10.0 * usual).max(120.0) as i64);
        for day in 0..ATTACK {
            let today = BEGIN + day;
            for (seen, rule) in seen.iter_mut().zip(&RULES) {
                seen[day] += u32::from((rule.fires)(&counts[today - WINDOW..today], counts[today]));
            }
        }
    }
    seen.map(|days| days.map(|seen| f64::from(seen) * 100.0 / senders as f64))
}

/// Numbers that look random and are always the same: SplitMix64 (<https://doi.org/10.1145/2714064.2660195>).
pub(crate) struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        // Seeds that follow one another would give the same numbers, one place further.
        Self(Self(seed).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not, 1.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of the normal distribution, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// Of the Poisson distribution: by Knuth, and by the normal one where the mean is large.
    fn poisson(&mut self, mean: f64) -> i64 {
        if mean > 60.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as i64;
        }
        let limit = (-mean).exp();
        let mut count = 0;
        let mut product = self.uniform();
        while product > limit {
            count += 1;
            product *= self.uniform();
        }
        count
    }

    /// Of the gamma distribution with a shape of at least 1, by Marsaglia and Tsang
    /// (<https://doi.org/10.1145/358407.358414>).
    fn gamma(&mut self, shape: f64) -> f64 {
        let scale = shape - 1.0 / 3.0;
        loop {
            let normal = self.normal();
            let cube = (1.0 + normal / (9.0 * scale).sqrt()).powi(3);
            let uniform = 1.0 - self.uniform();
            if cube > 0.0 && uniform.ln() < normal * normal / 2.0 + scale * (1.0 - cube + cube.ln()) {
                return scale * cube;
            }
        }
    }

    /// Of the negative binomial distribution: a Poisson whose mean varies, as people do.
    fn negative_binomial(&mut self, mean: f64, shape: f64) -> i64 {
        let mean = self.gamma(shape) * mean / shape;
        self.poisson(mean)
    }
}
