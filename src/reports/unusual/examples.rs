//! Stories of accounts, told in days before the one that is looked at, as the daily tables would hold them.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::{Finding, Memory, Settings, findings};
use crate::calendar::Day;
use crate::lake::tables::{FROM_IMPORT, FROM_LOG};
use crate::reports::Window;
use crate::rollups::examples::batch;

/// The account that a story is about, unless it says otherwise.
pub(super) const ALICE: &str = "alice@a.test";

/// Accounts and their days; day 0 is looked at, day -1 is the one before.
#[derive(Default)]
pub(super) struct Story {
    days: BTreeMap<(i32, String), AccountDay>,
    pub settings: Settings,
    /// How many days are looked at, the last of them day 0.
    pub window: i32,
}

/// What an account did on a day.
#[derive(Clone)]
pub(super) struct AccountDay {
    pub messages: i64,
    pub recipients: i64,
    pub senders: i64,
    pub addresses: Vec<Option<String>>,
    pub mechanisms: Vec<Option<&'static str>>,
    pub versions: Vec<&'static str>,
    /// Which hour its messages are of, or several.
    pub hours: Vec<(usize, i64)>,
    /// Failed sign-ins, and whether a message was accepted after them.
    pub failures: Vec<(i64, bool)>,
}

impl AccountDay {
    /// So many messages to as many recipients, in the usual way.
    fn usual(messages: i64) -> Self {
        Self {
            messages,
            recipients: messages,
            senders: 1,
            addresses: vec![Some("192.0.2.1".to_owned())],
            mechanisms: vec![Some("PLAIN")],
            versions: vec!["TLSv1.2"],
            hours: vec![(9, messages)],
            failures: Vec::new(),
        }
    }

    /// Addresses of so many networks.
    pub(super) fn networks(&mut self, count: usize) {
        self.addresses = (0..count).map(|network| Some(format!("198.51.{network}.7"))).collect();
    }
}

impl Story {
    pub(super) fn new() -> Self {
        Self { window: 1, ..Self::default() }
    }

    /// alice sends so many messages on each of some days.
    pub(super) fn sends(self, days: impl IntoIterator<Item = i32>, messages: i64) -> Self {
        self.with(days, messages, |_| {})
    }

    /// alice sends on some days, in some way.
    pub(super) fn with(
        self,
        days: impl IntoIterator<Item = i32>,
        messages: i64,
        way: impl Fn(&mut AccountDay),
    ) -> Self {
        self.of(ALICE, days, messages, way)
    }

    /// An account sends on some days, in some way.
    pub(super) fn of(
        mut self,
        account: &str,
        days: impl IntoIterator<Item = i32>,
        messages: i64,
        way: impl Fn(&mut AccountDay),
    ) -> Self {
        for day in days {
            let mut of_day = AccountDay::usual(messages);
            way(&mut of_day);
            self.days.insert((day, account.to_owned()), of_day);
        }
        self
    }

    /// What is found.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let last: Day = "2026-03-31".parse().unwrap();
        let window = Window { first: last.plus(1 - self.window), last, as_of: last };
        let mut memory = Memory::new(&self.settings, &window);
        for reading in memory.readings() {
            for day in reading.days.days() {
                let offset = day.epoch_days() - last.epoch_days();
                let rows = self.table(reading.table.name, offset);
                let rows = if reading.columns.contains(&"origin") { rows.map(with_imports) } else { rows };
                if let Some(rows) = rows.filter(|rows| rows.height() > 0) {
                    let rows = rows.select(reading.columns.iter().copied()).unwrap();
                    memory.add(&reading, day, &batch(&rows)).unwrap();
                }
            }
        }
        findings(&mut memory)
    }

    /// What is found of day 0, as `rule severity`.
    pub(super) fn told(&self) -> Vec<String> {
        self.findings().iter().map(|finding| format!("{} {}", finding.rule, finding.severity.as_str())).collect()
    }

    /// The finding of a rule.
    pub(super) fn finding(&self, rule: &str) -> Option<Finding> {
        self.findings().into_iter().find(|finding| finding.rule == rule)
    }

    fn table(&self, table: &str, day: i32) -> Option<DataFrame> {
        let of_day =
            || self.days.iter().filter(move |((at, _), _)| *at == day).map(|((_, name), of_day)| (name, of_day));
        match table {
            "daily_volume" => Some(volume(&of_day().filter(|(_, of_day)| of_day.messages > 0).collect::<Vec<_>>())),
            "daily_clients" => {
                let rows = of_day().filter(|(_, of_day)| of_day.messages > 0).flat_map(|(name, of_day)| {
                    let pairs =
                        of_day.addresses.iter().flat_map(|ip| of_day.mechanisms.iter().map(move |way| (ip, way)));
                    pairs.map(|(ip, way)| (name.clone(), ip.clone(), *way)).collect::<Vec<_>>()
                });
                let rows: Vec<_> = rows.collect();
                Some(
                    df!(
                        "account" => rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
                        "client_ip" => rows.iter().map(|row| row.1.as_deref()).collect::<Vec<_>>(),
                        "mechanism" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
                    )
                    .unwrap(),
                )
            }
            "daily_tls" => {
                let rows =
                    of_day().flat_map(|(name, of_day)| of_day.versions.iter().map(move |version| (name, *version)));
                let (names, versions): (Vec<&str>, Vec<&str>) =
                    rows.map(|(name, version)| (name.as_str(), version)).unzip();
                Some(df!("account" => names, "tls_version" => versions).unwrap())
            }
            "daily_refusals" => {
                let rows: Vec<_> = of_day()
                    .flat_map(|(name, of_day)| {
                        of_day.failures.iter().map(move |(count, later)| (name.as_str(), *count, *later))
                    })
                    .collect();
                // Other refusals are no failed sign-ins, however many there are.
                let others = rows.iter().map(|(name, _, later)| (*name, "tls_failed", 1_000, *later));
                let all: Vec<_> = rows
                    .iter()
                    .map(|(name, count, later)| (*name, "auth_failed", *count, *later))
                    .chain(others)
                    .collect();
                Some(
                    df!(
                        "account" => all.iter().map(|row| row.0).collect::<Vec<_>>(),
                        "kind" => all.iter().map(|row| row.1).collect::<Vec<_>>(),
                        "attempts" => all.iter().map(|row| row.2).collect::<Vec<i64>>(),
                        "later_success" => all.iter().map(|row| row.3).collect::<Vec<_>>(),
                        "attempts_before_success" =>
                            all.iter().map(|row| if row.3 { row.2 } else { 0 }).collect::<Vec<i64>>(),
                    )
                    .unwrap(),
                )
            }
            _ => None,
        }
    }
}

/// The rows as logs were counted, and the same again as another product has: no story may change by that.
fn with_imports(rows: DataFrame) -> DataFrame {
    let of = |origin: &str| {
        let mut rows = rows.clone();
        let height = rows.height();
        rows.with_column(Column::new_scalar("origin".into(), Scalar::from(PlSmallStr::from(origin)), height)).unwrap();
        rows
    };
    of(FROM_LOG).vstack(&of(FROM_IMPORT)).unwrap()
}

fn volume(rows: &[(&String, &AccountDay)]) -> DataFrame {
    let ints = |of: &dyn Fn(&AccountDay) -> i64| rows.iter().map(|(_, day)| of(day)).collect::<Vec<i64>>();
    let mut frame = df!(
        "account" => rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        "messages" => ints(&|day| day.messages),
        "recipients" => ints(&|day| day.recipients),
        "client_nets" => ints(&|day| day.addresses.iter().flatten().count() as i64),
        "mail_froms" => ints(&|day| day.senders),
    )
    .unwrap();
    for hour in 0..24 {
        let messages = ints(&|day| day.hours.iter().filter(|(at, _)| *at == hour).map(|(_, count)| count).sum());
        frame.with_column(Column::new(format!("hour_{hour:02}").into(), messages)).unwrap();
    }
    frame
}
