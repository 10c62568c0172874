//! Lines that others hand over, and what is said of those that cannot be read.

use super::*;
use crate::sources::framing::Framer;

/// Lines read one after the other: the record, `-` where there is none, or why it cannot be read.
fn parse(lines: &[&str]) -> Vec<String> {
    let mut framer = Framer::default();
    let mut read = |line: &&str| match framer.frame_as(line.as_bytes(), &Mailtally) {
        Framed::Line(line) => match Mailtally.parse(&line) {
            Ok(Some(Record::Accepted(found))) => {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                format!("{:?} {} {:?}", line.stamp, text(found.account), text(found.mail_from))
            }
            Ok(Some(Record::Refused(found))) => found.kind.as_str().to_owned(),
            Ok(_) => "nothing".to_owned(),
            Err(Unreadable(reason)) => reason.to_owned(),
        },
        Framed::Faulty(_, reason) => reason.to_owned(),
        _ => "-".to_owned(),
    };
    lines.iter().map(&mut read).collect()
}

fn reason(members: &str) -> String {
    parse(&[r#"{"ts":0,"account":"a"}"#, &format!(r#"{{"ts":1,"account":"a",{members}}}"#)]).pop().unwrap_or_default()
}

#[test]
fn rows_are_read_by_their_header() {
    let found = parse(&[
        "a,b",
        r#"{"ts":0,"account":"dan"}"#,
        "a,b",
        "account,ts,x_note,mail_from",
        "alice,1970-01-01T01:00:01.5+01:00,\"a, \"\"quoted\"\" word\",\"<>\"",
        "\"o\"\"neil\",2.25,,\"a,b@example.org\"",
        "alice,1",
        "alice,1,,,",
        "alice,1,\"x,",
        "alice,soon,,",
        "ts,account",
        "3,bob",
        r#"{"ts":"1970-01-01T00:00:04Z","account":"carol"}"#,
    ]);
    let expected = [
        "-",
        r#"Utc(0) dan """#,
        "no header row with the schema's columns before it",
        "-",
        r#"Utc(1500000) alice """#,
        r#"Utc(2250000) o"neil "a,b@example.org""#,
        "not as many values as the header row has columns",
        "not as many values as the header row has columns",
        "a quotation mark that is not closed, or text behind one that is",
        "ts is missing, or neither RFC 3339 with an offset nor seconds since 1970",
        "-",
        r#"Utc(3000000) bob """#,
        r#"Utc(4000000) carol """#,
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_cannot_be_read_is_said() {
    for (members, expected) in [
        (r#""tls":"TLSv1.2""#, "a column that is not in the schema"),
        (r#""account":"b""#, "a column that is there twice"),
        (r#""helo":["a"]"#, "a list or an object, which is no value"),
        (r#""helo":["a","b"]"#, "a list or an object, which is no value"),
        (r#""recipients":[1]"#, "a list or an object, which is no value"),
        (r#""helo":[]"#, "a list or an object, which is no value"),
        (r#""helo":{}"#, "a list or an object, which is no value"),
        (r#""helo":{"a":1}"#, "a list or an object, which is no value"),
        (r#""helo.a":1"#, "a column that is not in the schema"),
        (r#""helo":"a" "server":"b""#, "not a whole JSON object"),
        (r#""kind":"bounced""#, "kind is none of the schema's"),
        (r#""recipients":-1"#, "recipients is no count"),
        (r#""recipients":1.5"#, "recipients is no count"),
        (r#""recipients":.0"#, "recipients is no count"),
        (r#""recipients":99999999999"#, "recipients is no count"),
        (r#""size_bytes":"big""#, "size_bytes is no count, or above 1 TiB"),
        (r#""size_bytes":1099511627777"#, "size_bytes is no count, or above 1 TiB"),
        (r#""port":70000"#, "port is no port"),
        (r#""client_ip":"printer""#, "client_ip is no IP address"),
        (r#""tls_version":"TLSv1""#, "tls_version is none of the schema's"),
        (r#""tls_known_present":1"#, "tls_known_present is neither true nor false"),
        (r#""tls_version":"none","tls_known_present":true"#, "tls_version, tls_known_present and cipher disagree"),
        (r#""tls_version":"TLSv1.2","tls_known_present":false"#, "tls_version, tls_known_present and cipher disagree"),
        (r#""tls_version":"none","cipher":"x""#, "tls_version, tls_known_present and cipher disagree"),
        (r#""kind":"tls_failed","code":"5.7""#, "code is not three digits"),
        (r#""kind":"tls_failed","code":"5.7.8""#, "code is not three digits"),
        (r#""kind":"tls_failed","code":"535.5""#, "code is not three digits"),
        (r#""client_ip":"192.0.2.1%eth0""#, "client_ip is no IP address"),
        (r#""client_ip":"fe80::1%""#, "client_ip is no IP address"),
    ] {
        assert_eq!(reason(members), expected, "{members}");
    }
    let account = "account is missing";
    assert_eq!(parse(&[r#"{"ts":1}"#, r#"{"ts":1,"account":null}"#, r#"{"ts":1,"account":" "}"#]), [account; 3]);
    assert_eq!(parse(&[r#"{"ts":1,"kind":"sender_rejected"}"#]), [account]);
    assert_eq!(parse(&[r#"{"ts":1,"kind":"auth_failed"}"#]), ["auth_failed"]);
}

#[test]
fn times_have_one_meaning() {
    for text in ["", "x", "1.", ".5", "1.x", "1e12", "1e-1", "-1", "1772355600000", "2026-03-01", "2026-03-01T09:00:00"]
    {
        let line = format!(r#"{{"ts":"{text}","account":"a"}}"#);
        assert_eq!(parse(&[r#"{"ts":1,"kind":"auth_failed"}"#, &line])[1], NO_TIME, "{text}");
    }
}

#[test]
fn a_reason_keeps_no_credentials() {
    let line = r#"{"ts":1,"kind":"auth_failed","reason":"535 AUTH PLAIN AGFsaWNlAGh1bnRlcjI=","code":"535"}"#;
    let mut framer = Framer::default();
    let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Mailtally) else { panic!("no line") };
    let Ok(Some(Record::Refused(found))) = Mailtally.parse(&line) else { panic!("no refusal") };
    assert_eq!((found.reason, found.code), (&b"535 AUTH PLAIN [redacted]"[..], &b"535"[..]));
}

/// pandas writes numbers with a fraction where some of the column are missing, and Python's words for true and false.
#[test]
fn what_pandas_writes_is_read() {
    let mut framer = Framer::default();
    let mut read = |line: &str| match framer.frame_as(line.as_bytes(), &Mailtally) {
        Framed::Line(line) => match Mailtally.parse(&line) {
            Ok(Some(Record::Refused(found))) => {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                format!("{} {} {} {:?}", text(found.code), text(found.service), text(found.client.ip), found.encrypted)
            }
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    };
    read("ts,kind,code,port,client_ip,tls_known_present");
    assert_eq!(read("1772355606.0,auth_failed,535.0,587.0,fe80::1%eth0,True"), "535 submission fe80::1 Yes");
    assert_eq!(read("1.772355607E9,tls_failed,,4.65E2,,False"), " submissions  No");
}
