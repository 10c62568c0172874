//! What the page's filters work on, as `daily_clients` is read: rows by day for the accounts that a page has room for.
//!
//! A quarter of a large lake has many millions of such rows, and a page holds few. The accounts with the most messages
//! are known from `daily_volume` before, and each of their days is a row at least: so those that cannot be among the
//! page's rows are held together from the beginning, but for those whose domain a day's other rows decide.

use polars::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::Result;
use super::super::cutover::Ways;
use super::clients::KnownWays;
use super::columns::{Spelling, counts, dates, truths};
use crate::calendar::Day;
use crate::rollups::groups::{Group, Groups, Layout};
use crate::rollups::rows::Rows;
use crate::rollups::texts::{MISSING, Number, Texts};

/// The account of those that are held together. No text has this number.
const LUMPED: Number = Number::MAX;

static ROWS: Layout<6, 0, 3> = Layout {
    key: ["account", "domain", "tls_version", "cipher", "auth_family", "tls_mode"],
    smallest: [],
    rows: "rows",
    sums: [("messages", "messages"), ("recipients", "recipients"), ("bytes", "bytes")],
    seen: None,
};

/// The columns of `daily_clients` that are read.
pub(in super::super) fn columns() -> impl Iterator<Item = &'static str> {
    ROWS.columns()
}

/// Days as they are read, one after the other.
pub(super) struct Activity {
    /// Accounts that may be told by name; none where all may.
    named: Option<FxHashSet<Number>>,
    /// Accounts without a domain of their own: which one they count for is known at the end of each day.
    bare: FxHashSet<Number>,
    day: Day,
    groups: Groups<6, 0, 3>,
    rows: Vec<Row>,
}

/// A row of the page.
struct Row {
    day: Day,
    /// Account, domain, TLS version and family of authentication.
    key: [Number; 4],
    triple_des: Option<bool>,
    /// Whether there was TLS.
    tls: Option<bool>,
    sums: [i64; 3],
}

impl Activity {
    pub(super) fn new(named: Option<FxHashSet<Number>>, bare: FxHashSet<Number>) -> Self {
        Self { named, bare, day: Day::default(), groups: Groups::new(&ROWS), rows: Vec::new() }
    }

    /// Adds a day's rows.
    pub(super) fn add(&mut self, day: Day, mut rows: Rows<'_>, texts: &Texts) -> Result<()> {
        if self.day != day {
            self.end_day(texts);
            self.day = day;
        }
        if self.named.is_some() {
            let is_lumped = |account: Number| self.is_lumped(account) && !self.bare.contains(&account);
            rows.map_texts("account", |account| if is_lumped(account) { LUMPED } else { account })?;
        }
        self.groups.add(&rows, texts)?;
        Ok(())
    }

    /// Must be called behind the last day.
    pub(super) fn end_day(&mut self, texts: &Texts) {
        let groups = std::mem::replace(&mut self.groups, Groups::new(&ROWS));
        let domains = self.domains(groups.groups(), texts);
        let (mut known, day) = (KnownWays::default(), self.day);
        let (with_triple_des, unknown_cipher) = (Ways::triple_des(), Ways::unknown_cipher());
        let (cleartext, unknown_tls) = (Ways::cleartext(), Ways::unknown_tls());
        let row = |group: &Group<6, 0, 3>| {
            let [account, domain, version, cipher, family, mode] = group.key;
            let way = known.of([version, cipher, family, mode], texts);
            let triple_des = (!unknown_cipher.meet(way)).then(|| with_triple_des.meet(way));
            let tls = (!unknown_tls.meet(way)).then(|| !cleartext.meet(way));
            let domain = domains.get(&account).copied().unwrap_or(domain);
            let account = if self.is_lumped(account) { LUMPED } else { account };
            Row { day, key: [account, domain, version, family], triple_des, tls, sums: group.sums }
        };
        let rows = groups.groups().iter().map(row).collect::<Vec<_>>();
        self.rows.extend(rows);
    }

    fn is_lumped(&self, account: Number) -> bool {
        account != MISSING && self.named.as_ref().is_some_and(|named| !named.contains(&account))
    }

    /// The domain that each account without one of its own counts for on a day, which is the first of those that it sent
    /// for, as in `daily_volume` and `daily_tls`.
    fn domains(&self, groups: &[Group<6, 0, 3>], texts: &Texts) -> FxHashMap<Number, Number> {
        let mut domains = FxHashMap::default();
        if self.bare.is_empty() {
            return domains;
        }
        for [account, domain, ..] in groups.iter().map(|group| group.key).filter(|key| self.bare.contains(&key[0])) {
            let of_account = domains.entry(account).or_insert(domain);
            if *of_account != domain {
                *of_account = texts.smaller(*of_account, domain);
            }
        }
        domains
    }

    /// The frame of [`Tables::activity`](super::Tables::activity).
    pub(super) fn into_frame(self, spelling: &Spelling) -> Result<DataFrame> {
        let rows = &self.rows;
        let mut columns = vec![dates("date", rows.iter().map(|row| row.day))];
        let names = ["account", "domain", "tls_version", "auth_family"].into_iter().enumerate();
        columns.extend(names.map(|(at, name)| spelling.texts(name, rows.iter().map(|row| row.key[at]))));
        columns.push(truths("triple_des", rows.iter().map(|row| row.triple_des)));
        columns.push(truths("tls_known_present", rows.iter().map(|row| row.tls)));
        let sums = ROWS.sums.iter().enumerate();
        columns.extend(sums.map(|(at, (_, name))| counts(name, rows.iter().map(|row| row.sums[at]))));
        columns.push(truths("lumped", rows.iter().map(|row| Some(row.key[0] == LUMPED))));
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}
