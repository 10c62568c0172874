//! What would become of each account, and of its devices, under some switches.

use polars::prelude::*;
use rustc_hash::FxHashMap;

use super::super::cells::{Cells, batch};
use super::super::datasets::{among, percent};
use super::super::tables::spelled;
use super::super::{Error, Result, Tables};
use super::{Outcome, Switches, Ways};

/// The accounts of a window, as far as switches can matter to them.
pub struct Accounts {
    /// Each account with its `domain`, the set of its `ways`, and its `messages`.
    accounts: DataFrame,
    /// The messages of each account and way, and the last day on which there was one.
    ways: DataFrame,
}

impl Accounts {
    /// The window's.
    ///
    /// # Errors
    /// Where Polars cannot run the query.
    pub fn read(tables: &Tables) -> Result<Self> {
        let rows = tables.clients.clone().group_by([col("account"), col("way")]);
        let ways = rows.agg([col("domain").min(), col("messages").sum(), col("date").max()]).collect()?;
        // Each way of an account is there once, so the sum of their bits is the set of them.
        let accounts = ways.clone().lazy().group_by([col("account")]);
        let accounts = accounts.agg([col("domain").min(), col("way").sum().alias("ways"), col("messages").sum()]);
        Ok(Self { accounts: accounts.collect()?, ways })
    }

    /// Every account with its `status`, the messages that would be `failing`, of all its `messages`, the `reason`, and
    /// the `last_failing` day. Those that have to act come first, then those with most to lose.
    ///
    /// # Errors
    /// Where Polars cannot run the query.
    pub fn under(&self, switches: &Switches) -> Result<DataFrame> {
        self.of(self.accounts.clone(), switches)
    }

    /// The same without those that are safe.
    ///
    /// # Errors
    /// Where Polars cannot run the query.
    pub fn at_risk(&self, switches: &Switches) -> Result<DataFrame> {
        let mut known: FxHashMap<i64, bool> = FxHashMap::default();
        let mut at_risk = |ways: i64| *known.entry(ways).or_insert_with(|| switches.outcome(ways) != Outcome::Safe);
        let ways = self.accounts.column("ways")?.i64()?;
        let wanted: BooleanChunked = ways.iter().map(|ways| ways.map(&mut at_risk)).collect();
        self.of(self.accounts.filter(&wanted)?, switches)
    }

    /// How many messages came in some ways.
    fn messages(&self, ways: Ways) -> Result<i64> {
        let messages = self.ways.clone().lazy().filter(among(ways)).select([col("messages").sum()]).collect()?;
        Ok(messages.column("messages")?.i64()?.get(0).unwrap_or(0))
    }

    fn of(&self, mut accounts: DataFrame, switches: &Switches) -> Result<DataFrame> {
        let failing = self.ways.clone().lazy().filter(among(switches.failing())).group_by([col("account")]);
        let failing = failing.agg([col("messages").sum().alias("failing"), col("date").max().alias("last_failing")]);
        for column in outcomes(accounts.column("ways")?.i64()?, switches) {
            accounts.with_column(column)?;
        }
        let joined = accounts.lazy().join(failing, [col("account")], [col("account")], same_account());
        let joined = joined.with_column(col("failing").fill_null(lit(0_i64)));
        let joined = joined.with_column(percent(col("failing"), col("messages")).alias("failing_percent"));
        let order = ["urgency", "failing", "messages", "account"];
        let options = SortMultipleOptions::default()
            .with_order_descending_multi([false, true, true, false])
            .with_nulls_last(true);
        Ok(joined.sort(order, options).collect()?)
    }
}

/// What would become of sets of ways: `status`, its place among the outcomes as `urgency`, and the `reason`.
fn outcomes(ways: &Int64Chunked, switches: &Switches) -> [Column; 3] {
    let mut known: FxHashMap<i64, (Outcome, String)> = FxHashMap::default();
    for ways in ways.iter().flatten() {
        known.entry(ways).or_insert_with(|| (switches.outcome(ways), switches.reason(ways)));
    }
    let of = |ways: Option<i64>| known.get(&ways?);
    let status: StringChunked = ways.iter().map(|ways| of(ways).map(|(outcome, _)| outcome.as_str())).collect();
    let urgency: Int64Chunked = ways.iter().map(|ways| of(ways).map(|(outcome, _)| *outcome as i64)).collect();
    let reason: StringChunked = ways
        .iter()
        .map(|ways| of(ways).map(|(_, reason)| reason.as_str()).filter(|reason| !reason.is_empty()))
        .collect();
    [
        status.with_name("status".into()).into_column(),
        urgency.with_name("urgency".into()).into_column(),
        reason.with_name("reason".into()).into_column(),
    ]
}

/// A left join in which messages without an account are a group too.
fn same_account() -> JoinArgs {
    JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Left) }
}

/// What a person is told about a cutover.
#[derive(Debug)]
pub struct Cutover {
    /// [`ROWS`]: a row for every device that would fail, and one for every account of which none would.
    pub rows: DataFrame,
    /// How many accounts each outcome has, in the order of [`Outcome::ALL`].
    pub accounts: [usize; 4],
    /// Messages of the window.
    pub messages: i64,
    /// Of those, messages that would fail.
    pub failing: i64,
    /// Of the others, messages of which the log does not tell whether they would.
    pub undetermined: i64,
}

/// The columns of a cutover's rows.
pub const ROWS: [&str; 15] = [
    "status",
    "account",
    "domain",
    "messages",
    "failing",
    "reason",
    "client_ip",
    "client_name",
    "helo",
    "tls_version",
    "cipher",
    "mechanism",
    "service",
    "first_seen",
    "last_seen",
];

impl Cutover {
    /// Some of [`ROWS`]' columns as text, row by row; what is missing is nothing.
    ///
    /// # Errors
    /// Where there is no such column.
    pub fn cells(&self, columns: &[&str]) -> Result<Vec<Vec<String>>> {
        let rows = batch(&self.rows.select(columns.iter().copied())?)?;
        let columns = Cells::of_columns(&rows);
        let cells = |row: usize| columns.iter().map(|column| column.get(row).text()).collect();
        Ok((0..rows.num_rows()).map(cells).collect())
    }
}

/// What makes a device.
const DEVICE: [&str; 6] = ["account", "client_ip", "helo", "tls_version", "cipher", "mechanism"];

/// Who would fail, on which device, how much mail; and who is safe. `tables` have the devices of the failing ways.
///
/// # Errors
/// Where Polars cannot run the query.
pub fn cutover(tables: &Tables, switches: &Switches) -> Result<Cutover> {
    told(tables, switches).map_err(|error| match error {
        Error::Shape { source } => Error::Query { dataset: "cutover", source },
        other => other,
    })
}

fn told(tables: &Tables, switches: &Switches) -> Result<Cutover> {
    let accounts = Accounts::read(tables)?;
    let undetermined = accounts.messages(switches.undetermined())?;
    let accounts = accounts.under(switches)?;
    let sum = |name: &str| Result::Ok(accounts.column(name)?.i64()?.sum().unwrap_or(0));
    let (messages, failing) = (sum("messages")?, sum("failing")?);
    let named = accounts.column("account")?.is_not_null();
    let named = accounts.filter(&named)?;
    let statuses = named.column("status")?.str()?;
    let counts = Outcome::ALL.map(|outcome| statuses.iter().filter(|status| *status == Some(outcome.as_str())).count());
    let devices = tables.devices.clone().filter(among(switches.failing())).group_by(DEVICE.map(col));
    let devices = devices.agg([
        col("client_name").min(),
        col("service").min(),
        col("way").min(),
        col("messages").sum().alias("of_device"),
        col("first_seen").min(),
        col("last_seen").max(),
    ]);
    let mut devices = devices.collect()?;
    let [_, _, reason] = outcomes(devices.column("way")?.i64()?, switches);
    devices.with_column(reason.with_name("of_way".into()))?;
    let rows = accounts.lazy().join(devices.lazy(), [col("account")], [col("account")], same_account());
    let order = [&["urgency", "failing", "account", "of_device"], &DEVICE[1..]].concat();
    let descending: Vec<bool> = order.iter().map(|name| matches!(*name, "failing" | "of_device")).collect();
    let options = SortMultipleOptions::default().with_order_descending_multi(descending).with_nulls_last(true);
    let rows = rows
        .sort(order, options)
        .with_columns([col("of_device").fill_null(lit(0_i64)).alias("failing"), col("of_way").alias("reason")]);
    let rows = spelled(rows.select(ROWS.map(col)).collect()?, &tables.texts)?;
    Ok(Cutover { rows, accounts: counts, messages, failing, undetermined })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::super::super::examples::{self, ints, texts};
    use super::super::SCENARIOS;
    use super::*;

    fn asked(name: &str) -> Cutover {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
        cutover(&examples::tables(), &scenario.switches).unwrap()
    }

    #[test]
    fn who_breaks_on_which_device_and_who_is_safe() {
        let Cutover { rows, accounts, messages, failing, undetermined } = asked("no_basic");
        assert_eq!(examples::names(&rows), ROWS);
        let alice = Some("alice@a.test");
        assert_eq!(texts(&rows, "account"), [None, alice, alice, Some("bob@b.test")]);
        assert_eq!(texts(&rows, "status"), ["breaks", "mixed", "mixed", "undetermined"].map(Some));
        assert_eq!(texts(&rows, "client_ip"), [Some("192.0.2.9"), Some("192.0.2.2"), Some("192.0.2.1"), None]);
        assert_eq!(ints(&rows, "failing"), [2, 3, 2, 0], "the device with most messages first");
        assert_eq!(ints(&rows, "messages"), [2, 8, 8, 1]);
        assert_eq!(texts(&rows, "reason"), [Some("basic"), Some("basic"), Some("basic"), None]);
        assert_eq!(texts(&rows, "helo"), [Some("printer"), Some("phone"), Some("pc"), None]);
        assert_eq!(accounts, [0, 1, 1, 0], "nobody known is no account");
        assert_eq!((messages, failing, undetermined), (11, 7, 1));
    }

    #[test]
    fn who_is_safe_has_a_row_without_a_device() {
        let Cutover { rows, accounts, failing, .. } = asked("no_cleartext");
        assert_eq!(texts(&rows, "status"), ["breaks", "undetermined", "safe"].map(Some));
        assert_eq!(texts(&rows, "account")[2], Some("alice@a.test"));
        assert_eq!((accounts, failing), ([0, 0, 1, 1], 2));
        let cells = asked("no_cleartext").cells(&["account", "failing", "client_ip"]).unwrap();
        assert_eq!(cells, [["", "2", "192.0.2.9"], ["bob@b.test", "0", ""], ["alice@a.test", "0", ""]]);
        let nothing = cutover(&examples::empty(), &SCENARIOS[2].switches).unwrap();
        assert_eq!((nothing.rows.height(), nothing.accounts, nothing.messages), (0, [0; 4], 0));
    }

    /// Whoever sent it is no account that the counts of accounts have.
    #[test]
    fn undetermined_mail_of_nobody_known_is_counted() {
        let lake = examples::lake();
        let unlogged = when(col("account").is_null()).then(lit("unknown")).otherwise(col("tls_version"));
        let clients = lake.clients.clone().with_column(unlogged.alias("tls_version"));
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == "min_tlsv1_2_no_cleartext").unwrap();
        let tables = examples::Lake { clients, ..lake }.tables();
        let Cutover { accounts, messages, failing, undetermined, .. } = cutover(&tables, &scenario.switches).unwrap();
        assert_eq!(accounts, [0, 1, 1, 0]);
        assert_eq!((messages, failing, undetermined), (11, 2, 3));
    }

    /// bob's log does not tell his version. Over implicit TLS that is no cleartext, and may still be too low a version.
    #[test]
    fn who_has_tls_is_safe_from_a_switch_of_cleartext() {
        let lake = examples::lake();
        let clients = lake.clients.clone().with_column(lit("implicit").alias("tls_mode"));
        let tables = examples::Lake { clients, ..lake }.tables();
        let accounts = |name: &str| {
            let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
            cutover(&tables, &scenario.switches).unwrap().accounts
        };
        assert_eq!(accounts("no_cleartext"), [0, 0, 0, 2]);
        assert_eq!(accounts("min_tlsv1_2_no_cleartext"), [0, 1, 1, 0]);
        assert_eq!(accounts("no_basic"), [0, 1, 1, 0]);
    }
}
