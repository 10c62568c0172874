//! The sums that a reading keeps, beside plain group-bys of the same rows.

use polars::prelude::*;

use super::super::cutover::Ways;
use super::super::examples::{self, Lake, day, ints, texts};
use super::super::tables::spelled;
use super::super::{Error, Tables, Wanted};
use super::weeks::Weeks;
use super::*;
use crate::lake::tables::{DAILY_CLIENTS, DAILY_REFUSALS, DAILY_TLS, DAILY_VOLUME};
use crate::rollups::texts::{Texts, Trail};

fn read(frame: &LazyFrame, tables: &Tables) -> DataFrame {
    spelled(frame.clone().collect().unwrap(), &tables.texts).unwrap()
}

#[test]
fn devices_and_origins_are_only_those_wanted() {
    let tables = examples::lake().read(Wanted { devices: Ways::legacy(), ..examples::wanted() }, 2);
    let devices = read(&tables.devices, &tables);
    assert_eq!(texts(&devices, "helo"), [Some("pc"), Some("printer")]);
    // Of each address that was refused what came last, before the window too.
    let origins = read(&tables.origins, &tables).sort(["client_ip"], Default::default()).unwrap();
    assert_eq!(texts(&origins, "client_ip"), ["192.0.2.2", "198.51.100.1"].map(Some));
    assert_eq!(texts(&origins, "tls_version"), ["TLSv1.3", "TLSv1.0"].map(Some));
}

#[test]
fn weeks_are_bits() {
    let tables = examples::tables();
    let weeks = read(&tables.weeks, &tables).sort(["account"], Default::default()).unwrap();
    assert_eq!(texts(&weeks, "account"), [Some("alice@a.test"), Some("bob@b.test")]);
    let bit = 1 << 12;
    assert_eq!(
        (ints(&weeks, "active"), ints(&weeks, "legacy"), ints(&weeks, "unknown")),
        (vec![bit, bit], vec![bit, 0], vec![0, bit])
    );
}

/// A bare login that sends for one domain in the first week and for two in the next.
#[test]
fn an_account_is_one_in_all_weeks() {
    let tls = df!(
        "account" => ["scanner"; 3],
        "domain" => ["b.test", "b.test", "a.test"],
        "tls_version" => ["TLSv1.0"; 3],
        "messages" => [1_i64; 3],
    );
    let mut weeks = Weeks::new(crate::calendar::DayRange { start: day("2026-03-02"), end: day("2026-03-16") });
    let (mut texts, mut trail) = (Texts::default(), Trail::default());
    let batch = crate::rollups::examples::batch(&tls.unwrap());
    for row in 0..3 {
        let batch = batch.slice(row, 1);
        let rows = versions::rows(&batch, &mut texts, &mut trail).unwrap();
        weeks.add(day(["2026-03-02", "2026-03-09", "2026-03-10"][row]), &rows, &texts).unwrap();
    }
    let spelling = Spelling::new(texts);
    let weeks = spelled(weeks.into_frame(&spelling).unwrap(), &spelling.texts).unwrap();
    assert_eq!(
        (super::super::examples::texts(&weeks, "domain"), ints(&weeks, "legacy")),
        (vec![Some("a.test")], vec![0b11])
    );
}

#[test]
fn a_batch_without_a_column_is_refused() {
    let mut senders = Senders::new(examples::wanted());
    let accounts = examples::lake().volume.select([col("account")]).collect().unwrap();
    let batch = crate::rollups::examples::batch(&accounts);
    let error = senders.add(&DAILY_VOLUME, day("2026-03-01"), &batch).unwrap_err();
    assert!(matches!(error, Error::Read(_)));
    assert!(error.to_string().contains("daily_volume: column 'domain' is missing"), "{error}");
}

/// A lake of many rows in which everything happens: accounts without a domain and with two, rows without an account,
/// one account twice on a day.
fn busy() -> Lake {
    let mut dice = 7_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let first = day("2026-02-24").epoch_days();
    let rows = 400;
    let mut dates: Vec<i32> = (0..rows).map(|_| first + roll(9) as i32).collect();
    dates.sort_unstable();
    let mut some = |prefix: &str, sides: u64| -> Vec<Option<String>> {
        (0..rows).map(|_| roll(sides)).map(|n| (n > 0).then(|| format!("{prefix}{n}"))).collect()
    };
    let (accounts, domains, addresses, helos) = (some("a", 12), some("d", 4), some("192.0.2.", 9), some("h", 3));
    let versions = [Some("none"), Some("TLSv1.0"), Some("TLSv1.2"), Some("TLSv1.3"), Some("unknown")];
    let ciphers = [None, Some("DES-CBC3-SHA"), Some("TLS_AES_256_GCM_SHA384"), Some("RC4-SHA")];
    let classes = [None, Some("weak"), Some("strong"), Some("prohibited")];
    let families = [None, Some("basic"), Some("oauth"), Some("other")];
    let cipher: Vec<usize> = (0..rows).map(|_| roll(4) as usize).collect();
    let mut count = |sides: u64| (0..rows).map(|_| roll(sides) as i64).collect::<Vec<_>>();
    let (messages, recipients, bytes, mail_froms, moments) =
        (count(50), count(90), count(9_000), count(4), count(1_000));
    let seen = |later: i64| {
        dates
            .iter()
            .zip(&moments)
            .map(|(date, moment)| i64::from(*date) * 86_400_000_000 + moment + later)
            .collect::<Vec<_>>()
    };
    let all = df!(
        "date" => dates.clone(),
        "account" => accounts,
        "domain" => domains,
        "client_ip" => addresses,
        "helo" => helos,
        "tls_version" => (0..rows).map(|row| versions[messages[row] as usize % 5]).collect::<Vec<_>>(),
        "cipher" => cipher.iter().map(|at| ciphers[*at]).collect::<Vec<_>>(),
        "cipher_class" => cipher.iter().map(|at| classes[*at]).collect::<Vec<_>>(),
        "auth_family" => (0..rows).map(|row| families[recipients[row] as usize % 4]).collect::<Vec<_>>(),
        "first_seen" => seen(0),
        "last_seen" => seen(10_000),
        "messages" => messages,
        "recipients" => recipients,
        "bytes" => bytes,
        "mail_froms" => mail_froms,
        "kind" => vec!["auth_failed"; rows],
        "attempts" => vec![1_i64; rows],
    )
    .unwrap();
    let table = |table| examples::complete(all.clone(), table);
    Lake {
        refusals: table(&DAILY_REFUSALS).limit(40),
        volume: table(&DAILY_VOLUME),
        clients: table(&DAILY_CLIENTS),
        tls: table(&DAILY_TLS),
        ..examples::lake()
    }
}

/// Whatever is summed as it is read is what a plain query over all rows gives.
#[test]
fn sums_are_those_of_the_rows() {
    let lake = busy();
    let wanted = examples::wanted();
    let (window, before) =
        (super::super::datasets::within(&wanted.window), super::super::datasets::within(&wanted.window.previous()));
    let tables = lake.read(wanted, 7);
    let number = |expr: Expr| expr.cast(DataType::Int64);
    let distinct = |name: &str| number(col(name).drop_nulls().n_unique());
    let sums = |names: &[&str]| names.iter().map(|name| col(*name).sum()).collect::<Vec<_>>();
    let seen = [col("first_seen").min(), col("last_seen").max()];
    let volume =
        lake.volume.clone().filter(window.clone().or(before.clone())).with_column(window.clone().alias("in_window"));
    let clients = lake.clients.clone().filter(window.clone());
    let tls = lake.tls.clone().filter(window.clone().or(before.clone()));
    let sent = [sums(&["messages", "recipients", "bytes"]), seen.to_vec(), vec![col("domain").min()]].concat();
    // An account may have several rows on a day: that of nobody known has one for each domain.
    let days = volume.clone().group_by(["account", "in_window", "date"].map(col));
    let days = days.agg([sent.clone(), sums(&["mail_froms"])].concat());
    let of_days = vec![distinct("date").alias("active_days"), col("mail_froms").max()];
    let by_day = |more: &[&str]| [sums(more), vec![distinct("account").alias("accounts")]].concat();
    let ways = [col("domain").min(), col("messages").sum(), col("date").max()];
    let checks = [
        (&tables.accounts, days, vec!["account", "in_window"], [sent, of_days].concat()),
        (&tables.domains, volume.clone(), vec!["date", "domain"], by_day(&["messages", "recipients", "bytes"])),
        (&tables.domains_seen, volume, vec!["domain"], seen.to_vec()),
        (&tables.versions, tls, vec!["date", "domain", "tls_version"], by_day(&["messages"])),
        (
            &tables.addresses,
            clients.clone().filter(col("client_ip").is_not_null()),
            vec!["account"],
            vec![distinct("client_ip").alias("client_ips")],
        ),
        (
            &tables.clients,
            clients.clone(),
            vec!["account", "tls_version", "cipher_class", "auth_family"],
            ways.to_vec(),
        ),
        (
            &tables.devices,
            clients,
            vec!["account", "client_ip", "helo", "tls_version", "cipher", "auth_family"],
            [vec![col("messages").sum()], seen.to_vec()].concat(),
        ),
    ];
    for (summed, rows, key, measures) in checks {
        let wanted = rows.group_by(key.iter().map(|name| col(*name)).collect::<Vec<_>>()).agg(measures);
        let order = |rows: DataFrame| rows.sort(key.clone(), SortMultipleOptions::default()).unwrap();
        let wanted = order(wanted.collect().unwrap());
        let got = read(summed, &tables).select(wanted.get_column_names_owned()).unwrap();
        let got = order(got);
        assert!(got.equals_missing(&wanted), "by {key:?}: {got} {wanted}");
        assert!(wanted.height() > 3, "by {key:?}");
    }
}

/// A lake of which the daily tables are made of the same clients, as the rollups make them: each day a known account
/// counts for the first of the domains that it sent for.
fn of_clients() -> Lake {
    let lake = busy();
    let own = when(col("account").is_null()).then(col("domain")).otherwise(lit(NULL)).alias("nobodys");
    let clients = lake.clients.clone().with_column(own);
    let rollup = |key: &[&str], table: &Table| {
        let key: Vec<Expr> = ["date", "account", "nobodys"].iter().chain(key).map(|name| col(*name)).collect();
        let sums = ["messages", "recipients", "bytes"].map(|name| col(name).sum());
        let domain = col("domain").min().over([col("date"), col("account"), col("nobodys")]).unwrap();
        let rows = clients.clone().with_column(domain).group_by(key);
        let rows = rows.agg([[col("domain").first()].as_slice(), &sums].concat());
        examples::complete(rows.collect().unwrap(), table)
    };
    Lake { volume: rollup(&[], &DAILY_VOLUME), tls: rollup(&["tls_version"], &DAILY_TLS), ..lake }
}

/// The page tells messages by domain and version as the datasets do, also where an account has several domains a day
/// and where accounts are held together.
#[test]
fn the_page_has_the_domains_of_the_datasets() {
    let lake = of_clients();
    for most in [usize::MAX, 20, 0] {
        let tables = lake.read(Wanted { activity: Some(most), ..examples::wanted() }, 7);
        let window = super::super::datasets::within(&examples::window());
        let checks =
            [(&tables.domains, vec!["date", "domain"]), (&tables.versions, vec!["date", "domain", "tls_version"])];
        for (dataset, key) in checks {
            let summed = |rows: LazyFrame| {
                let columns: Vec<Expr> = key.iter().map(|name| col(*name)).collect();
                let sums = rows.group_by(columns).agg([col("messages").sum()]).collect().unwrap();
                let sums = spelled(sums, &tables.texts).unwrap();
                sums.sort(key.clone(), SortMultipleOptions::default()).unwrap()
            };
            let (page, dataset) =
                (summed(tables.activity.clone().lazy()), summed(dataset.clone().filter(window.clone())));
            assert!(page.equals_missing(&dataset), "{most}, by {key:?}: {page} {dataset}");
            assert!(page.height() > 10, "by {key:?}");
        }
    }
}
