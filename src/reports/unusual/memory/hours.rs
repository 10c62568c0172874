//! Messages by hour, a byte an hour: a large lake has many accounts, and few of them send hundreds within an hour.

use rustc_hash::FxHashMap;

use crate::rollups::texts::Number;

/// Stands for a count that a byte cannot hold.
const MANY: u8 = u8::MAX;

/// Accounts' messages by hour, on each of their days.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct HoursOfDays {
    days: Vec<Hours>,
    /// The counts that a byte cannot hold.
    many: FxHashMap<(Number, u16, usize), i64>,
}

/// An account's messages of a day by hour (UTC): see [`HoursOfDays::messages`].
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Hours {
    pub account: Number,
    pub day: u16,
    messages: [u8; 24],
}

impl HoursOfDays {
    pub(super) fn add(&mut self, account: Number, day: u16, messages: [i64; 24]) {
        let mut bytes = [0; 24];
        for (hour, (byte, count)) in bytes.iter_mut().zip(messages).enumerate() {
            *byte = u8::try_from(count).unwrap_or(MANY);
            if *byte == MANY {
                self.many.insert((account, day, hour), count);
            }
        }
        self.days.push(Hours { account, day, messages: bytes });
    }

    /// Puts all days in the order of their accounts.
    pub(in super::super) fn sort(&mut self) {
        self.days.sort_unstable_by_key(|hours| (hours.account, hours.day));
    }

    pub(in super::super) fn days(&self) -> &[Hours] {
        &self.days
    }

    /// The messages of a day by hour.
    pub(in super::super) fn messages(&self, hours: &Hours) -> [i64; 24] {
        std::array::from_fn(|hour| match hours.messages[hour] {
            MANY => self.many.get(&(hours.account, hours.day, hour)).copied().unwrap_or_default(),
            few => few.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_count_is_kept() {
        let mut hours = HoursOfDays::default();
        let counts = |first: [i64; 5]| std::array::from_fn(|hour| first.get(hour).copied().unwrap_or_default());
        let (many, few) = (counts([0, 254, 255, 256, 5_000_000_000]), counts([1, 2, 3, 4, 5]));
        hours.add(2, 7, many);
        hours.add(1, 9, few);
        hours.add(1, 7, many);
        hours.sort();
        let told: Vec<_> = hours.days().iter().map(|of| (of.account, of.day, hours.messages(of))).collect();
        assert_eq!(told, [(1, 7, many), (1, 9, few), (2, 7, many)]);
    }
}
