//! The digest: the few numbers that a terminal shows after a run, taken from the datasets.
//!
//! Nothing is counted here that a dataset does not hold, and nothing is printed: that is the face's business.

use polars::prelude::*;

use super::tls::TLS_VERSIONS;
use super::{Result, find};
use crate::words::counted;

/// The datasets that a digest is taken from. `tls_usage_details` adds to it where it is there.
pub const NEEDS: &[&str] = &["summary", "sending_volume", "coverage"];

/// How many domains a digest names.
const TOP_DOMAINS: usize = 5;

/// The numbers of a window at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// Accounts that sent: the widget's number.
    pub accounts: i64,
    /// Accounts more than in the window before, or fewer.
    pub change_accounts: i64,
    /// The same in percent; missing where there were none before.
    pub change_accounts_percent: Option<f64>,
    /// Domains that sent.
    pub domains: i64,
    /// Messages.
    pub messages: i64,
    /// Messages more than in the window before, or fewer.
    pub change_messages: i64,
    /// The same in percent; missing where there were none before.
    pub change_messages_percent: Option<f64>,
    /// Recipients.
    pub recipients: i64,
    /// Size of all messages whose size is known, in bytes.
    pub bytes: i64,
    /// Messages and percent per TLS version, all seven, lowest first, unknown last.
    pub tls: Vec<TlsPart>,
    /// The domains with the most messages, at most five; `None` is mail whose domain is not known.
    pub top_domains: Vec<(Option<String>, i64)>,
    /// Messages without TLS or over SSLv3, TLSv1.0 or TLSv1.1.
    pub legacy_messages: i64,
    /// Accounts with at least one such message; `None` where nothing was asked for that tells them.
    pub legacy_accounts: Option<i64>,
    /// What is wrong with the logs, once per source and cause.
    pub warnings: Vec<Warning>,
}

/// The messages of one TLS version.
#[derive(Clone, Debug, PartialEq)]
pub struct TlsPart {
    /// The version, as in the tables.
    pub version: &'static str,
    /// Its messages.
    pub messages: i64,
    /// Percent of all messages, two decimals.
    pub percent: f64,
    /// Its messages in the window before.
    pub previous_messages: i64,
}

/// A warning about a source's logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The source.
    pub source: String,
    /// What is wrong, and what to do: in the numbers of the worst day.
    pub text: String,
    /// On how many days of the window.
    pub days: usize,
    /// Whether other days have other numbers.
    pub varies: bool,
}

impl Warning {
    /// `mx1 (3 days, at worst): no log line for 8.7 hours`.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { source, text, days, varies } = self;
        let worst = if *varies { ", at worst" } else { "" };
        format!("{source} ({}{worst}): {text}", counted(*days as u64, "day"))
    }
}

impl Digest {
    /// The digest of datasets.
    ///
    /// # Errors
    /// Where one of [`NEEDS`] is missing, or one is not of this version's shape.
    pub fn new(datasets: &[(&str, DataFrame)]) -> Result<Self> {
        let summary = find(datasets, "summary")?;
        let int = |name: &str| Result::Ok(summary.column(name)?.i64()?.get(0).unwrap_or(0));
        let float = |name: &str| Result::Ok(summary.column(name)?.f64()?.get(0));
        let tls = tls(summary)?;
        let details = datasets.iter().find(|(name, _)| *name == "tls_usage_details");
        Ok(Self {
            accounts: int("accounts")?,
            change_accounts: int("change_accounts")?,
            change_accounts_percent: float("change_accounts_percent")?,
            domains: int("domains")?,
            messages: int("messages")?,
            change_messages: int("change_messages")?,
            change_messages_percent: float("change_messages_percent")?,
            recipients: int("recipients")?,
            bytes: int("bytes")?,
            top_domains: domains(find(datasets, "sending_volume")?)?.into_iter().take(TOP_DOMAINS).collect(),
            legacy_messages: tls.iter().filter(|part| is_legacy(part.version)).map(|part| part.messages).sum(),
            legacy_accounts: details.map(|(_, rows)| legacy_accounts(rows)).transpose()?,
            warnings: warnings(find(datasets, "coverage")?)?,
            tls,
        })
    }
}

/// Whether a version is one that has to go.
fn is_legacy(version: &str) -> bool {
    TLS_VERSIONS.iter().any(|known| known.legacy && known.name == version)
}

fn tls(summary: &DataFrame) -> Result<Vec<TlsPart>> {
    let part = |version: &'static super::tls::TlsVersion| {
        let count = |name: String| Result::Ok(summary.column(&name)?.i64()?.get(0).unwrap_or(0));
        Ok(TlsPart {
            version: version.name,
            messages: count(version.messages())?,
            percent: summary.column(&version.percent())?.f64()?.get(0).unwrap_or(0.0),
            previous_messages: count(format!("previous_{}", version.messages()))?,
        })
    };
    TLS_VERSIONS.iter().map(part).collect()
}

/// Every domain with its messages of the window, the largest first.
pub(super) fn domains(sending_volume: &DataFrame) -> Result<Vec<(Option<String>, i64)>> {
    let grouped = sending_volume.clone().lazy().group_by([col("domain")]).agg([col("messages").sum()]);
    let order = SortMultipleOptions::default().with_order_descending_multi([true, false]).with_nulls_last(true);
    let sorted = grouped.sort(["messages", "domain"], order).collect()?;
    let names = sorted.column("domain")?.str()?.iter().map(|name| name.map(str::to_owned));
    Ok(names.zip(sorted.column("messages")?.i64()?.iter().map(|count| count.unwrap_or(0))).collect())
}

fn legacy_accounts(details: &DataFrame) -> Result<i64> {
    let legacy = TLS_VERSIONS.iter().filter(|version| version.legacy);
    let any = legacy.fold(lit(false), |any, version| any.or(col(version.messages()).gt(lit(0))));
    let accounts = details.clone().lazy().filter(any.and(col("account").is_not_null()));
    Ok(i64::try_from(accounts.collect()?.height()).unwrap_or(i64::MAX))
}

fn warnings(coverage: &DataFrame) -> Result<Vec<Warning>> {
    let mut warnings: Vec<Warning> = Vec::new();
    for (source, words) in coverage.column("source")?.str()?.iter().zip(coverage.column("warnings")?.str()?.iter()) {
        for text in words.into_iter().flat_map(|words| words.split("; ")) {
            let source = source.unwrap_or_default();
            match warnings.iter_mut().find(|known| known.source == source && cause(&known.text) == cause(text)) {
                Some(known) => {
                    known.days += 1;
                    known.varies |= known.text != text;
                    if badness(text) > badness(&known.text) {
                        text.clone_into(&mut known.text);
                    }
                }
                None => {
                    let (source, text) = (source.to_owned(), text.to_owned());
                    warnings.push(Warning { source, text, days: 1, varies: false });
                }
            }
        }
    }
    Ok(warnings)
}

/// A warning without its numbers: what it is about.
fn cause(text: &str) -> String {
    text.chars().filter(|letter| !is_of_number(*letter)).collect()
}

/// How bad a warning is: the share of `1 of 20 messages`, and then its number. The page has the same rule.
fn badness(text: &str) -> (f64, f64) {
    let share = text.split_once(" of ").and_then(|(part, all)| Some(part.parse::<f64>().ok()? / number(all)));
    (share.unwrap_or_default(), number(text))
}

/// A warning's first number.
fn number(text: &str) -> f64 {
    text.split(|letter| !is_of_number(letter)).find_map(|number| number.parse().ok()).unwrap_or_default()
}

fn is_of_number(letter: char) -> bool {
    letter.is_ascii_digit() || letter == '.'
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::super::{DATASETS, Tables, build, examples};
    use super::*;

    fn digest(tables: &Tables) -> Digest {
        let built = DATASETS.iter().map(|set| (set.name, build(set, tables, &examples::window()).unwrap()));
        Digest::new(&built.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_numbers_are_those_of_the_datasets() {
        let digest = digest(&examples::tables());
        assert_eq!((digest.accounts, digest.change_accounts, digest.messages), (2, 1, 11));
        assert_eq!(digest.change_messages_percent, Some(175.0));
        assert_eq!(digest.top_domains, [(Some("a.test".to_owned()), 8), (None, 2), (Some("b.test".to_owned()), 1)]);
        // Two of TLSv1.0 by alice and two without TLS by nobody known.
        assert_eq!((digest.legacy_messages, digest.legacy_accounts), (4, Some(1)));
        let split: Vec<_> = digest.tls.iter().map(|part| (part.version, part.messages, part.percent)).collect();
        assert_eq!(split[2], ("TLSv1.0", 2, 18.18));
        assert_eq!(split[6], ("unknown", 1, 9.09));
        assert_eq!(digest.tls[2].previous_messages, 4);
    }

    #[test]
    fn a_warning_is_said_once_per_source() {
        let digest = digest(&examples::tables());
        let missing =
            digest.warnings.iter().find(|warning| warning.text.starts_with("no log line of this day")).unwrap();
        assert_eq!((missing.source.as_str(), missing.days), ("mx2", 2));
        assert_eq!(digest.warnings.len(), 7);
    }

    /// The page's rule is held against the same examples, in `web/tests/warnings.test.ts`.
    #[test]
    fn a_warning_has_the_numbers_of_its_worst_day() {
        let examples: Vec<Value> = serde_json::from_str(include_str!("../../tests/page/warnings.json")).unwrap();
        for example in examples {
            let column = |at: usize| example["days"].as_array().unwrap().iter().map(move |day| day[at].as_str());
            let coverage = df!("source" => column(0).collect::<Vec<_>>(), "warnings" => column(1).collect::<Vec<_>>());
            let said = warnings(&coverage.unwrap()).unwrap();
            let said = said.into_iter().map(|Warning { source, text, days, varies }| {
                json!({ "source": source, "text": text, "days": days, "varies": varies })
            });
            assert_eq!(said.collect::<Value>(), example["said"]);
        }
    }

    #[test]
    fn a_warning_says_whether_other_days_have_other_numbers() {
        let warning = |varies| Warning { source: "mx1".to_owned(), text: "no log line".to_owned(), days: 2, varies };
        assert_eq!(warning(false).words(), "mx1 (2 days): no log line");
        assert_eq!(warning(true).words(), "mx1 (2 days, at worst): no log line");
    }

    #[test]
    fn nothing_is_nothing() {
        let digest = digest(&examples::empty());
        assert_eq!((digest.accounts, digest.legacy_accounts, digest.change_accounts_percent), (0, Some(0), None));
        assert_eq!(digest.tls.len(), 7);
        assert!(digest.warnings.is_empty() && digest.top_domains.is_empty());
    }

    #[test]
    fn a_missing_dataset_is_named() {
        assert!(Digest::new(&[]).unwrap_err().to_string().contains("summary"));
    }
}
