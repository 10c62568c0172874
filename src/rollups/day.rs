//! One pass over a day, counted by everything that the daily tables tell apart.
//!
//! A query for each table would read the day once per table, and group by the same long texts again and again. Here
//! each row is read once. What is left are the day's groups, from which the tables are small queries on numbers.

use arrow::array::{Array, RecordBatch};
use polars::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::groups::{Groups, Layout};
use super::rows::Rows;
use super::texts::{InOrder, MISSING, Number, Places, Texts};
use super::{Result, Totals, networks};
use crate::calendar::{DAY, Day, HOUR, Timestamp};
use crate::lake::tables::{FROM_IMPORT, FROM_LOG, IMPORTED, REFUSALS, SUBMISSIONS};

/// The messages of each device: the rows of `daily_clients`. The account comes first, then the address.
static CLIENTS: Layout<7, 5, 2> = Layout {
    key: ["account", "client_ip", "helo", "tls_version", "cipher", "mechanism", "tls_mode"],
    smallest: ["domain", "client_name", "service", "cipher_class", "auth_family"],
    rows: "messages",
    sums: [("recipients", "recipients"), ("size_bytes", "bytes")],
    seen: Some(["ts", "ts"]),
};

/// The refused attempts of each account, address and kind.
static REFUSED: Layout<3, 1, 0> = Layout {
    key: ["account", "client_ip", "kind"],
    smallest: ["client_name"],
    rows: "attempts",
    sums: [],
    seen: Some(["ts", "ts"]),
};

const ACCOUNT: &str = "account";
const CLIENT_IP: &str = "client_ip";
const DOMAIN: &str = "domain";
const MAIL_FROM: &str = "mail_from";

/// One UTC day over all sources, as it is read.
pub struct DayCount {
    texts: Texts,
    clients: Groups<7, 5, 2>,
    refused: Groups<3, 1, 0>,
    /// By the place of a group of them: its attempts before the last success.
    before_success: Vec<i64>,
    /// Known once there are refusals.
    successes: Option<Successes>,
    accounts: Accounts,
    imported: Vec<Imported>,
    totals: Totals,
}

/// What another product has counted of an account and a TLS version.
struct Imported {
    account: Number,
    domain: Number,
    tls_version: Number,
    messages: i64,
}

/// One UTC day over all sources, in groups. A text is its place among the day's texts.
#[derive(Clone)]
pub struct DayFrames {
    /// The day's accepted messages by device: the columns of `daily_clients`, and the client's `net`. What another
    /// product has counted is of no device that is known.
    pub clients: LazyFrame,
    /// What the devices do not tell of their accounts: `account`, `origin`, `mail_froms` and `hour_00` to `hour_23`.
    pub accounts: LazyFrame,
    /// Whether another product has counted some of the day.
    pub has_imports: bool,
    /// The day's refused attempts: the columns of `daily_refusals` but `later_success`.
    pub refusals: LazyFrame,
    /// The day's texts.
    pub texts: InOrder,
    /// What the day's rows add up to.
    pub totals: Totals,
}

impl Default for DayCount {
    fn default() -> Self {
        Self {
            texts: Texts::default(),
            clients: Groups::new(&CLIENTS),
            refused: Groups::new(&REFUSED),
            before_success: Vec::new(),
            successes: None,
            accounts: Accounts::default(),
            imported: Vec::new(),
            totals: Totals::default(),
        }
    }
}

impl DayCount {
    /// The columns of `submissions` that are counted, or counted by.
    #[must_use]
    pub fn submission_columns() -> Vec<&'static str> {
        CLIENTS.columns().chain([MAIL_FROM]).collect()
    }

    /// The columns of `refusals` that are counted, or counted by.
    #[must_use]
    pub fn refusal_columns() -> Vec<&'static str> {
        REFUSED.columns().collect()
    }

    /// Counts a batch of `submissions`, its texts as dictionaries.
    ///
    /// # Errors
    /// Where a column is missing or of another type.
    pub fn add_submissions(&mut self, batch: &RecordBatch) -> Result<()> {
        self.totals.add_submissions(batch);
        let mut rows = Rows::read(SUBMISSIONS.name, batch, CLIENTS.texts().chain([MAIL_FROM]), &mut self.texts)?;
        if rows.texts(ACCOUNT)?.contains(&MISSING) {
            self.tell_nobody_apart(&mut rows)?;
        }
        let places = self.clients.add(&rows, &self.texts)?;
        let (mail_from, at) = (rows.texts(MAIL_FROM)?, rows.instants("ts")?);
        self.accounts.meet(self.clients.groups().iter().map(|group| group.key[0]));
        for (row, place) in places.into_iter().enumerate() {
            self.accounts.count(place, mail_from[row], at.is_valid(row).then(|| at.value(row)));
        }
        Ok(())
    }

    /// Mail of no known account counts for the domain that it was sent for: each of them has an account without a name.
    fn tell_nobody_apart(&mut self, rows: &mut Rows<'_>) -> Result<()> {
        let texts = &mut self.texts;
        let mut last = (MISSING, MISSING);
        rows.map_by([ACCOUNT, DOMAIN], |account, domain| {
            if account != MISSING || domain == MISSING {
                return account;
            }
            if last.0 != domain {
                last = (domain, texts.stand_in(domain));
            }
            last.1
        })
    }

    /// Counts a batch of `refusals`, its texts as dictionaries, once all of the day's submissions are counted: which
    /// attempts a success came after is seen from these.
    ///
    /// # Errors
    /// Where a column is missing or of another type.
    pub fn add_refusals(&mut self, batch: &RecordBatch) -> Result<()> {
        self.totals.add_refusals(batch);
        let rows = Rows::read(REFUSALS.name, batch, REFUSED.texts(), &mut self.texts)?;
        let places = self.refused.add(&rows, &self.texts)?;
        self.before_success.resize(self.refused.groups().len(), 0);
        let successes = self.successes.get_or_insert_with(|| Successes::of(&self.clients));
        let (accounts, addresses, at) = (rows.texts(ACCOUNT)?, rows.texts(CLIENT_IP)?, rows.instants("ts")?);
        for (row, place) in places.into_iter().enumerate().filter(|(row, _)| at.is_valid(*row)) {
            let last = successes.last(accounts[row], addresses[row]);
            self.before_success[place] += i64::from(last.is_some_and(|last| last > at.value(row)));
        }
        Ok(())
    }

    /// The columns of `imported` that are counted, or counted by.
    pub const IMPORTED_COLUMNS: [&'static str; 4] = ["account", "domain", "tls_version", "messages"];

    /// Counts a batch of `imported`, its texts as dictionaries.
    ///
    /// # Errors
    /// Where a column is missing or of another type.
    pub fn add_imported(&mut self, batch: &RecordBatch) -> Result<()> {
        self.totals.add_imported(batch);
        let [of_account, of_domain, of_version, messages] = Self::IMPORTED_COLUMNS;
        let rows = Rows::read(IMPORTED.name, batch, [of_account, of_domain, of_version], &mut self.texts)?;
        let [account, domain, tls_version] = [of_account, of_domain, of_version].map(|name| rows.texts(name));
        let (account, domain, tls_version, messages) = (account?, domain?, tls_version?, rows.numbers(messages)?);
        self.imported.extend((0..messages.len()).map(|row| Imported {
            account: account[row],
            domain: domain[row],
            tls_version: tls_version[row],
            messages: if messages.is_valid(row) { messages.value(row) } else { 0 },
        }));
        Ok(())
    }

    /// The day's groups.
    ///
    /// # Errors
    /// None for columns of one length, which these are.
    pub fn frames(self, day: Day) -> Result<DayFrames> {
        let Self { mut texts, clients, refused, before_success, accounts, imported, totals, .. } = self;
        let origins = [FROM_LOG, FROM_IMPORT].map(|origin| texts.number(origin));
        let date = |height: usize| Column::new_scalar("date".into(), Scalar::new_date(day.epoch_days()), height);
        let nets = nets(&clients, &texts);
        let (texts, places) = texts.in_order();
        let [from_log, from_import] = origins.map(|origin| places.of(origin));
        let origin = |origin: Option<u32>, height: usize| {
            UInt32Chunked::full("origin".into(), origin.unwrap_or_default(), height).into_column()
        };
        // What has become a frame goes before the next one comes: a large day is in memory once.
        let frame = |mut columns: Vec<Column>, height: usize| {
            columns.push(date(height));
            DataFrame::new(height, columns).map(IntoLazy::lazy)
        };
        let height = clients.groups().len();
        let mut columns = clients.into_columns(&places);
        columns.extend([nets, origin(from_log, height)]);
        let mut clients = frame(columns, height)?;
        let has_imports = !imported.is_empty();
        if has_imports {
            let height = imported.len();
            let mut columns = into_columns(imported, &places);
            columns.push(origin(from_import, height));
            // What another product does not tell is missing.
            clients = concat_lf_diagonal([clients, frame(columns, height)?], UnionArgs::default())?;
        }
        let height = refused.groups().len();
        let mut columns = refused.into_columns(&places);
        columns.push(Int64Chunked::from_vec("attempts_before_success".into(), before_success).into_column());
        let refusals = frame(columns, height)?;
        let mut accounts = accounts.into_frame(&places)?;
        accounts.with_column(origin(from_log, accounts.height()))?;
        let accounts = accounts.lazy();
        Ok(DayFrames { clients, accounts, has_imports, refusals, texts, totals })
    }
}

/// When each account, and each address, last had a message accepted.
struct Successes {
    accounts: FxHashMap<Number, Timestamp>,
    addresses: FxHashMap<Number, Timestamp>,
}

impl Successes {
    fn of(clients: &Groups<7, 5, 2>) -> Self {
        let mut successes = Self { accounts: FxHashMap::default(), addresses: FxHashMap::default() };
        for group in clients.groups() {
            let Some(last) = group.last_seen() else { continue };
            let [account, address, ..] = group.key;
            for (known, number) in [(&mut successes.accounts, account), (&mut successes.addresses, address)] {
                known.entry(number).and_modify(|known| *known = last.max(*known)).or_insert(last);
            }
        }
        successes
    }

    /// The last one of an account; where that is not known, of the address.
    fn last(&self, account: Number, address: Number) -> Option<Timestamp> {
        let (known, number) = if account == MISSING { (&self.addresses, address) } else { (&self.accounts, account) };
        known.get(&number).copied().filter(|_| number != MISSING)
    }
}

/// The network of each device. Each different address is read once.
fn nets(clients: &Groups<7, 5, 2>, texts: &Texts) -> Column {
    let mut known: FxHashMap<Number, Option<i64>> = FxHashMap::default();
    let net = |address: Number| texts.text(address).and_then(networks::network);
    let addresses = clients.groups().iter().map(|group| group.key[1]);
    let nets: Int64Chunked = addresses.map(|ip| *known.entry(ip).or_insert_with(|| net(ip))).collect();
    nets.with_name("net".into()).into_column()
}

/// What another product has counted, in columns of `daily_clients`.
fn into_columns(imported: Vec<Imported>, places: &Places) -> Vec<Column> {
    let text = |name: &str, number: &dyn Fn(&Imported) -> Number| {
        let column: UInt32Chunked = imported.iter().map(|row| places.of(number(row))).collect();
        column.with_name(name.into()).into_column()
    };
    let messages = Int64Chunked::from_iter_values("messages".into(), imported.iter().map(|row| row.messages));
    vec![
        text("account", &|row| row.account),
        text("domain", &|row| row.domain),
        text("tls_version", &|row| row.tls_version),
        messages.into_column(),
    ]
}

/// What the groups do not tell of their accounts.
#[derive(Default)]
struct Accounts {
    accounts: Vec<Account>,
    /// By number: the place of the account.
    places: Vec<u32>,
    /// The place of each group's account.
    of_groups: Vec<u32>,
    /// Accounts with their sender addresses.
    senders: FxHashSet<(Number, Number)>,
}

struct Account {
    account: Number,
    mail_froms: i64,
    last_mail_from: Number,
    /// In 32 bits, which they stay in until they are written: there is one for every hour of every account.
    hours: [u32; 24],
}

impl Accounts {
    /// Finds the accounts of all groups, in the groups' order; those that were known are skipped.
    fn meet(&mut self, of_groups: impl Iterator<Item = Number>) {
        for account in of_groups.skip(self.of_groups.len()) {
            let at = account as usize;
            if self.places.len() <= at {
                self.places.resize(at + 1, u32::MAX);
            }
            if self.places[at] == u32::MAX {
                self.places[at] = self.accounts.len() as u32;
                self.accounts.push(Account { account, mail_froms: 0, last_mail_from: MISSING, hours: [0; 24] });
            }
            self.of_groups.push(self.places[at]);
        }
    }

    fn count(&mut self, group: usize, mail_from: Number, at: Option<Timestamp>) {
        let account = &mut self.accounts[self.of_groups[group] as usize];
        if mail_from != MISSING && mail_from != account.last_mail_from {
            account.last_mail_from = mail_from;
            account.mail_froms += i64::from(self.senders.insert((account.account, mail_from)));
        }
        if let Some(at) = at {
            account.hours[hour_of_day(at)] += 1;
        }
    }

    fn into_frame(self, places: &Places) -> Result<DataFrame> {
        let mail_froms = self.accounts.iter().map(|account| account.mail_froms);
        let mail_froms = Int64Chunked::from_iter_values("mail_froms".into(), mail_froms);
        let account: UInt32Chunked = self.accounts.iter().map(|account| places.of(account.account)).collect();
        let hours = (0..24).map(|hour| {
            let messages = self.accounts.iter().map(|account| account.hours[hour]);
            UInt32Chunked::from_iter_values(format!("hour_{hour:02}").into(), messages).into_column()
        });
        let mut columns = vec![account.with_name("account".into()).into_column()];
        columns.push(mail_froms.into_column());
        columns.extend(hours);
        Ok(DataFrame::new(self.accounts.len(), columns)?)
    }
}

/// The UTC hour of an instant.
fn hour_of_day(at: Timestamp) -> usize {
    usize::try_from(at.rem_euclid(DAY) / HOUR).unwrap_or_default()
}
