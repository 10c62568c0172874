//! `daily_volume` as it is read: what each account sent, and what each domain sent on each day.

use arrow::array::RecordBatch;
use polars::prelude::*;
use rustc_hash::FxHashSet;

use super::super::{Result, Window};
use super::columns::{Spelling, counts, truths};
use super::daily::Daily;
use crate::calendar::Day;
use crate::lake::tables::DAILY_VOLUME;
use crate::rollups::groups::{Groups, Layout};
use crate::rollups::rows::Rows;
use crate::rollups::texts::{MISSING, Number, Texts, Trail};

/// What an account sent.
static ACCOUNTS: Layout<1, 1, 3> =
    Layout { key: ["account"], smallest: ["domain"], rows: "rows", sums: MEASURES, seen: Some(SEEN) };

/// What a domain's accounts sent on a day.
static DOMAINS: Layout<1, 0, 3> = Layout { key: ["domain"], smallest: [], rows: "rows", sums: MEASURES, seen: None };

/// When a domain's accounts sent.
static DOMAINS_SEEN: Layout<1, 0, 0> =
    Layout { key: ["domain"], smallest: [], rows: "rows", sums: [], seen: Some(SEEN) };

const MEASURES: [(&str, &str); 3] = [("messages", "messages"), ("recipients", "recipients"), ("bytes", "bytes")];
const SEEN: [&str; 2] = ["first_seen", "last_seen"];

/// The rows as they are read, day by day.
pub(super) struct Volume {
    window: Window,
    of_window: Accounts,
    before: Accounts,
    domains: Daily<1, 3>,
    domains_seen: Groups<1, 0, 0>,
}

/// What the accounts sent in one of the windows.
struct Accounts {
    groups: Groups<1, 1, 3>,
    /// By the groups' places.
    days: Vec<Days>,
}

#[derive(Clone, Default)]
struct Days {
    /// How many days the account was active on, and the last of them.
    active: i64,
    last: Day,
    /// The most sender addresses of a day, and those of the last one.
    mail_froms: Option<i64>,
    last_mail_froms: Option<i64>,
}

impl Volume {
    pub(super) fn new(window: Window) -> Self {
        let accounts = || Accounts { groups: Groups::new(&ACCOUNTS), days: Vec::new() };
        Self {
            window,
            of_window: accounts(),
            before: accounts(),
            domains: Daily::new(&DOMAINS),
            domains_seen: Groups::new(&DOMAINS_SEEN),
        }
    }

    /// Adds rows of a day that is no earlier than those before.
    pub(super) fn add(&mut self, day: Day, rows: &Rows<'_>, texts: &Texts) -> Result<()> {
        let accounts = if self.window.days().contains(day) { &mut self.of_window } else { &mut self.before };
        accounts.add(day, rows, texts)?;
        self.domains_seen.add(rows, texts)?;
        self.domains.add(day, rows, texts)
    }

    /// The accounts with the most messages of the window, as many as together are active on so many days; none where
    /// all are.
    pub(super) fn busiest(&self, days: usize, texts: &Texts) -> Option<FxHashSet<Number>> {
        let Accounts { groups, days: active } = &self.of_window;
        let named = groups.groups().iter().zip(active).filter(|(group, _)| group.key[0] != MISSING);
        let mut accounts: Vec<_> = named.map(|(group, days)| (group.sums[0], group.key[0], days.active)).collect();
        let most = i64::try_from(days).unwrap_or(i64::MAX);
        if accounts.iter().map(|(.., active)| active).sum::<i64>() <= most {
            return None;
        }
        accounts.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| texts.text(a.1).cmp(&texts.text(b.1))));
        let mut sum = 0;
        let busiest = accounts.iter().take_while(|(.., active)| {
            sum += active;
            sum <= most
        });
        Some(busiest.map(|(_, account, _)| *account).collect())
    }

    /// The accounts of the window without a domain in their names.
    pub(super) fn bare(&self, texts: &Texts) -> FxHashSet<Number> {
        let accounts = self.of_window.groups.groups().iter().map(|group| group.key[0]);
        accounts.filter(|account| texts.text(*account).is_some_and(|name| !name.contains('@'))).collect()
    }

    /// The frames [`Tables::accounts`](super::Tables::accounts), [`Tables::domains`](super::Tables::domains) and
    /// [`Tables::domains_seen`](super::Tables::domains_seen).
    pub(super) fn into_frames(self, spelling: &Spelling) -> Result<[DataFrame; 3]> {
        let mut accounts = self.of_window.into_frame(spelling, true)?;
        accounts.vstack_mut_owned(self.before.into_frame(spelling, false)?)?;
        let seen = spelling.frame(self.domains_seen.into_columns(&spelling.places))?;
        Ok([accounts, self.domains.into_frame(spelling)?, seen])
    }
}

impl Accounts {
    fn add(&mut self, day: Day, rows: &Rows<'_>, texts: &Texts) -> Result<()> {
        let places = self.groups.add(rows, texts)?;
        let mail_froms = rows.numbers("mail_froms")?;
        self.days.resize(self.groups.groups().len(), Days::default());
        for (place, mail_froms) in places.into_iter().zip(mail_froms) {
            let days = &mut self.days[place];
            if days.active == 0 || days.last != day {
                days.active += 1;
                days.last = day;
                days.last_mail_froms = None;
            }
            // Mail of no known account has a row for each domain of its senders.
            if let Some(mail_froms) = mail_froms {
                *days.last_mail_froms.get_or_insert_default() += mail_froms;
            }
            days.mail_froms = days.mail_froms.max(days.last_mail_froms);
        }
        Ok(())
    }

    fn into_frame(self, spelling: &Spelling, in_window: bool) -> Result<DataFrame> {
        let Self { groups, days } = self;
        let mut columns = groups.into_columns(&spelling.places);
        columns.push(counts("active_days", days.iter().map(|days| days.active)));
        let mail_froms = days.iter().map(|days| days.mail_froms).collect::<Int64Chunked>();
        columns.push(mail_froms.with_name("mail_froms".into()).into_column());
        columns.push(truths("in_window", days.iter().map(|_| Some(in_window))));
        spelling.frame(columns)
    }
}

/// The columns of `daily_volume` that are read.
pub(in super::super) fn columns() -> impl Iterator<Item = &'static str> {
    ACCOUNTS.columns().chain(["mail_froms"])
}

/// The rows of a batch.
pub(super) fn rows<'a>(batch: &'a RecordBatch, texts: &mut Texts, trail: &mut Trail) -> Result<Rows<'a>> {
    Ok(Rows::read_along(DAILY_VOLUME.name, batch, ACCOUNTS.texts(), texts, Some(trail))?)
}
