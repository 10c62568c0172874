//! Passwords that servers write into their logs are nowhere in what the program keeps or says.

use mailtally::lake::tables::TABLES;
use polars::prelude::col;

use super::place::Place;
use crate::project;

/// What clients have sent in the logs below, as it stands there and as it is meant.
const SECRETS: [&str; 11] = [
    "AGFsaWNl", "QWxpLVB3", "LVB3LTE", "Ali-Pw-1", "am9zw6lA", "Sm9zLVB3", "Jos-Pw-2", "c2VjcmV0", "secret", "YnJlZA",
    "5/bkFw",
];

/// Lines of servers whose logs hold what clients send, in a log that is another server's.
const OTHERS: &str = "\
2026-11-23T12:00:00Z mx1 postfix/smtpd[7]: connect from a.example[192.0.2.1]
\"SMTPD\"\t1\t2\t\"2026-11-23 12:00:00.250\"\t\"192.0.2.1\"\t\"RECEIVED: c2VjcmV0\"
\"SMTPD\"\t1\t2\t\"2026-11-23 12:00:00.250\"\t\"192.0.2.1\"\t\"RECEIVED: AUTH PLAIN 5/bkFw\"
11/23/26 12:00:00\tSMTP-IN\tX.MAI\t1448\t192.0.2.1\tAUTH\tYnJlZA==\t535 Invalid Username or Password\t34\t10
courieresmtpd: error,relay=::ffff:192.0.2.1,msg=\"535 Authentication failed.\",cmd: c2VjcmV0
2026-11-23T12:00:01Z mx1 postfix/smtpd[7]: disconnect from a.example[192.0.2.1] ehlo=1 quit=1 commands=2
";

#[test]
fn no_password_is_kept_or_shown() {
    let source = |name| format!("[[sources]]\nname = \"{name}\"\nformat = \"{name}\"\nfiles = [\"logs/{name}/*\"]\n");
    let place = Place::new(&[&source("haraka"), &source("postfix")]);
    let sample = project().join("sample_data/raw/haraka/credentials-odd-bytes-and-truncated.log");
    place.log("haraka/haraka.log", &std::fs::read(sample).unwrap());
    place.log("postfix/mail.log", OTHERS.as_bytes());

    let mut said = Vec::new();
    for arguments in [
        &["run", "pipeline.toml", "--json", "-vv"][..],
        &["inspect", "logs/haraka/haraka.log"],
        &["inspect", "logs/haraka/haraka.log", "--json"],
        &["inspect", "logs/postfix/mail.log", "--format", "postfix"],
        &["tally", "logs/haraka/haraka.log", "--rows"],
        &["tally", "logs/haraka/haraka.log", "--refusals"],
    ] {
        let answer = place.say(arguments);
        assert!(!answer.out.is_empty(), "{arguments:?}: {}", answer.err);
        said.push((format!("{arguments:?}"), format!("{}{}", answer.out, answer.err)));
    }
    let mut kept = 0;
    for table in TABLES {
        let columns = table.columns.iter().map(|column| col(column.name)).collect::<Vec<_>>();
        let rows = place.table(table, &columns);
        kept += if table.name == "rejected_lines" { rows.len() } else { 0 };
        said.push((table.name.to_owned(), rows.join("\n")));
    }
    assert_eq!(kept, 7, "lines that could not be read");
    let shown = said.iter().filter(|(_, text)| text.contains("[redacted]")).map(|(what, _)| what.as_str());
    assert!(shown.clone().count() >= 4, "{:?}", shown.collect::<Vec<_>>());
    for (what, text) in &said {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{what} has '{secret}': {text}");
        }
    }
}
