//! Microsoft 365's report "SMTP AUTH clients", as its button *Export* writes it: CSV, one row per account.
//!
//! Documented columns (<https://learn.microsoft.com/exchange/monitoring/mail-flow-reports/mfr-smtp-auth-clients-report>):
//! `Sender address`, `Domain`, `TLS 1.0 (percentage)`, `TLS 1.1 (percentage)`, `TLS 1.2 (percentage)`, `Messages sent`.
//! The older admin centers write `TLS1.0%` with cells like `100%(472)`, `Message count`, and `Authentication Protocol`.
//! No real export was at hand: names are compared without case, blanks and brackets, and a version that Microsoft may
//! add (`TLS 1.3`) is read like the others.
//!
//! A percentage has been rounded, so messages are given to the versions by largest remainders, and what the report
//! gives to no version is `unknown`: neither the clear nor TLS 1.3 can be told from it.

use super::aggregate::{Aggregate, Fault, MOST_MESSAGES, Usage};
use super::{Evidence, Tells};
use crate::sources::framing::without_mark;

/// The registry's line.
pub(super) static M365: Aggregate = Aggregate {
    name: "m365",
    title: "Microsoft 365 (its own report, CSV)",
    evidence: Evidence::Documentation,
    tells: Tells {
        tls_version: "yes, as rounded shares",
        cipher: "no",
        account: "yes",
        mechanism: "no",
        recipients: "no",
    },
    claims,
    read,
};

/// Where the columns that matter stand.
#[derive(Debug, PartialEq, Eq)]
struct Columns {
    account: usize,
    messages: usize,
    /// The versions that the report tells apart, as the tables spell them.
    versions: Vec<(usize, &'static str)>,
}

/// A column's name behind `tls`, and the version.
const VERSIONS: [(&str, &str); 4] = [("10", "TLSv1.0"), ("11", "TLSv1.1"), ("12", "TLSv1.2"), ("13", "TLSv1.3")];

fn claims(head: &[u8]) -> bool {
    let line = &head[..memchr::memchr(b'\n', head).unwrap_or(head.len())];
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(without_mark(line));
    let mut header = csv::StringRecord::new();
    reader.read_record(&mut header).is_ok_and(|read| read) && columns(&header).is_some()
}

/// The header's columns; none where it is not that of this report.
fn columns(header: &csv::StringRecord) -> Option<Columns> {
    let plain =
        |name: &str| name.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
    let names: Vec<String> = header.iter().map(plain).collect();
    let place = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
    let version = |name: &String| {
        let version = name.strip_prefix("tls")?.trim_end_matches("percentage");
        VERSIONS.iter().find(|(digits, _)| *digits == version).map(|(_, version)| *version)
    };
    let versions = names.iter().enumerate().filter_map(|(place, name)| Some((place, version(name)?)));
    let versions = versions.collect::<Vec<_>>();
    let once = |(_, one): &&(usize, &str)| versions.iter().filter(|(_, other)| one == other).count() == 1;
    if !versions.iter().all(|version| once(&version)) {
        return None;
    }
    Some(Columns { account: place(&["senderaddress"])?, messages: place(&["messagessent", "messagecount"])?, versions })
}

fn read(text: &[u8]) -> Result<Vec<Usage>, Fault> {
    let fault = |line: u64, reason: &str| Fault { line, reason: reason.to_owned() };
    let text = without_mark(text);
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, |position| line_of(text, position));
        Fault { line, reason: format!("no CSV of this report: {error}") }
    };
    let header = reader.headers().map_err(broken)?;
    let columns = columns(header).ok_or_else(|| {
        fault(1, "its header must have 'Sender address', 'Messages sent' or 'Message count', and no TLS version twice")
    })?;
    let mut usage: Vec<Usage> = Vec::new();
    for row in reader.into_records() {
        let row = row.map_err(broken)?;
        let line = row.position().map_or(0, |position| line_of(text, position));
        let cell = |place: usize| row.get(place).unwrap_or_default().trim();
        let messages = number(cell(columns.messages)).filter(|messages| *messages <= MOST_MESSAGES);
        let messages =
            messages.ok_or_else(|| fault(line, "the number of messages is no number, or more than 4,294,967,295"))?;
        let account = cell(columns.account);
        if account.is_empty() {
            return Err(fault(line, "there is no sender address"));
        }
        let shares = columns.versions.iter().map(|(place, version)| Some((*version, Share::read(cell(*place))?)));
        let shares = shares.collect::<Option<Vec<_>>>().ok_or_else(|| {
            fault(line, "a TLS column holds neither a percentage nor one with a count, like 100%(472)")
        })?;
        let messages = by_version(messages, &shares)
            .ok_or_else(|| fault(line, "its TLS columns add up to more than the account's messages"))?;
        usage.push(Usage { line, account: account.to_owned(), messages });
    }
    Ok(usage)
}

/// The line of a row, from 1. The reader's own count is one behind where lines end with CR LF.
fn line_of(text: &[u8], position: &csv::Position) -> u64 {
    let at = text.len().min(usize::try_from(position.byte()).unwrap_or(usize::MAX));
    position.line() + u64::from(text[..at].ends_with(b"\r") && text[at..].starts_with(b"\n"))
}

/// A number, which may be grouped: `1,234` or `1.234`.
fn number(text: &str) -> Option<u64> {
    let mut groups = text.split([',', '.', '\u{a0}', '\u{202f}', ' ', '\'']);
    let mut digits = groups.next()?.to_owned();
    let grouped = groups.clone().next().is_some();
    if grouped && digits.len() > 3 {
        return None;
    }
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A version's part of an account's messages.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Share {
    /// In units of the last digit that is written: 5308 of 53.08, with two decimals.
    percent: u64,
    decimals: u32,
    /// The messages, where the cell has them.
    count: Option<u64>,
}

impl Share {
    /// `53.08`, `53,08 %`, `100%(472)`; nothing and `-` are none.
    fn read(cell: &str) -> Option<Self> {
        let (percent, count) = match cell.split_once('(') {
            Some((percent, rest)) => (percent, Some(number(rest.strip_suffix(')')?.trim())?)),
            None => (cell, None),
        };
        let percent = percent.trim().trim_end_matches('%').trim();
        if percent.is_empty() || percent == "-" {
            return Some(Self { percent: 0, decimals: 0, count });
        }
        let (whole, part) = percent.split_once(['.', ',']).unwrap_or((percent, ""));
        let digits = || whole.bytes().chain(part.bytes());
        let plain =
            !whole.is_empty() && whole.len() <= 3 && part.len() <= 9 && digits().all(|byte| byte.is_ascii_digit());
        if !plain {
            return None;
        }
        let percent = digits().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        Some(Self { percent, decimals: u32::try_from(part.len()).ok()?, count })
    }
}

/// The messages of each version. Where cells have counts, those are it; else the shares are, by largest remainders.
/// None where there are more than all.
fn by_version(all: u64, shares: &[(&'static str, Share)]) -> Option<Vec<(&'static str, u64)>> {
    let mut counts = if shares.iter().any(|(_, share)| share.count.is_some()) {
        shares.iter().map(|(version, share)| (*version, share.count.unwrap_or(0))).collect()
    } else {
        apportioned(all, shares)?
    };
    let told = counts.iter().try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count))?;
    counts.push(("unknown", all.checked_sub(told)?));
    counts.retain(|(_, count)| *count > 0);
    Some(counts)
}

fn apportioned(all: u64, shares: &[(&'static str, Share)]) -> Option<Vec<(&'static str, u64)>> {
    let decimals = shares.iter().map(|(_, share)| share.decimals).max().unwrap_or(0);
    let unit = 10_u128.pow(decimals);
    let whole = 100 * unit;
    let parts = shares.iter().map(|(_, share)| u128::from(share.percent) * 10_u128.pow(decimals - share.decimals));
    let parts = parts.collect::<Vec<_>>();
    let sum = parts.iter().sum::<u128>();
    // Each share was rounded by half of its last digit at most.
    let slack = (shares.len() as u128).div_ceil(2);
    if sum > whole + slack {
        return None;
    }
    let all = u128::from(all);
    // What is missing for the whole through rounding alone is not missing.
    let given = if sum + slack >= whole { all } else { (all * sum + whole / 2) / whole };
    let divisor = if sum + slack >= whole { sum.max(1) } else { whole };
    let mut counts = parts.iter().map(|part| all * part / divisor).collect::<Vec<_>>();
    let mut by_remainder = (0..parts.len()).collect::<Vec<_>>();
    by_remainder.sort_by_key(|place| (std::cmp::Reverse(all * parts[*place] % divisor), *place));
    let left = given.saturating_sub(counts.iter().sum());
    for place in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        counts[place] += 1;
    }
    let count = |((version, _), count): (&(&'static str, Share), u128)| Some((*version, u64::try_from(count).ok()?));
    shares.iter().zip(counts).map(count).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn share(cell: &str) -> Share {
        Share::read(cell).unwrap()
    }

    #[test]
    fn the_headers_of_all_three_centers_are_known() {
        for header in [
            "Sender address,Domain,TLS 1.0 (percentage),TLS 1.1 (percentage),TLS 1.2 (percentage),Messages sent\n",
            "\u{feff}\"Sender address\",\"Domain\",\"TLS 1.0\",\"TLS 1.1\",\"TLS 1.2\",\"Authentication Protocol\",\"Messages sent\"\r\n",
            "Sender address,TLS1.0%,TLS1.1%,TLS1.2%,Message count",
            "Sender address,Message count\n",
        ] {
            assert!(claims(header.as_bytes()), "{header}");
        }
        for other in [
            "Sender address,TLS 1.2,TLS1.2%,Message count\n",
            "ts,account,tls_version\n",
            "Mar  1 09:00:00 mx1 postfix/smtpd[1]: x\n",
            "",
            "{}",
            "Sender address,Domain\n",
        ] {
            assert!(!claims(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn counts_are_taken_as_they_are_and_the_rest_is_unknown() {
        let text = "Sender address,TLS1.0%,TLS1.1%,TLS1.2%,Message count\r\nprinter@a.test,100%(472),0%(0),0%(0),472\r\n\
                    app@a.test,25%(1),,50%(2),4\r\n";
        let usage = read(text.as_bytes()).unwrap();
        assert_eq!(usage[0], Usage { line: 2, account: "printer@a.test".into(), messages: vec![("TLSv1.0", 472)] });
        assert_eq!(usage[1].messages, [("TLSv1.0", 1), ("TLSv1.2", 2), ("unknown", 1)]);
    }

    #[test]
    fn shares_are_given_out_without_losing_a_message() {
        let by = |all, cells: &[&str]| {
            let shares =
                cells.iter().zip(VERSIONS).map(|(cell, (_, version))| (version, share(cell))).collect::<Vec<_>>();
            by_version(all, &shares)
        };
        assert_eq!(by(11_253, &["53.08", "0", "46.92"]), Some(vec![("TLSv1.0", 5973), ("TLSv1.2", 5280)]));
        assert_eq!(by(3, &["33.33", "33.33", "33.33"]), Some(vec![("TLSv1.0", 1), ("TLSv1.1", 1), ("TLSv1.2", 1)]));
        assert_eq!(by(3, &["66.67%", "", "33.33%"]), Some(vec![("TLSv1.0", 2), ("TLSv1.2", 1)]));
        assert_eq!(by(200, &["0", "0", "50 %"]), Some(vec![("TLSv1.2", 100), ("unknown", 100)]));
        assert_eq!(by(100_000, &["33.33", "33.33", "33.33"]).unwrap().iter().map(|(_, n)| n).sum::<u64>(), 100_000);
        assert_eq!(by(0, &["0", "0", "100"]), Some(vec![]));
        assert_eq!(by(10, &["60", "0", "60"]), None);
        assert_eq!(by(7, &[]), Some(vec![("unknown", 7)]));
    }

    #[test]
    fn numbers_may_be_grouped() {
        let texts = ["7", "1,234", "1.234.567", "1 234", "1,23", "12345,678", "", "-3", "x"];
        let numbers = [Some(7), Some(1234), Some(1_234_567), Some(1234), None, None, None, None, None];
        assert_eq!(texts.map(number), numbers);
        assert_eq!(share("53,08 %"), Share { percent: 5308, decimals: 2, count: None });
        assert!(
            ["53.0.8", "x", "100%(", "(x)", "1000", &"0".repeat(40)].iter().all(|cell| Share::read(cell).is_none())
        );
    }

    #[test]
    fn what_cannot_be_read_says_the_line() {
        let header = "Sender address,Domain,TLS 1.2,Messages sent\n";
        for (rows, line, word) in [
            ("a@a.test,a.test,100,7\nb@a.test,a.test,100,many\n", 3, "number of messages"),
            ("a@a.test,a.test,100,4294967295\nb@a.test,a.test,100,9000000000000000000\n", 3, "more than 4,294,967,295"),
            (",a.test,100,7\n", 2, "no sender address"),
            ("a@a.test,a.test,most,7\n", 2, "TLS column"),
            ("a@a.test,a.test,170,7\n", 2, "add up to more"),
            ("a@a.test,a.test\n", 2, "no CSV of this report"),
        ] {
            let fault = read(format!("{header}{rows}").as_bytes()).unwrap_err();
            assert!(fault.line == line && fault.reason.contains(word), "{fault}");
        }
        assert!(read(b"a,b\n1,2\n").unwrap_err().reason.contains("Sender address"));
    }
}
