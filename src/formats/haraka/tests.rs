//! What Haraka writes, line by line.

use super::*;
use crate::sources::framing::Framer;

const ID: &str = "1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A";

/// The record of a line, shown as text; `-` where it does not matter.
fn parse(line: &str) -> String {
    let mut framer = Framer::default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Framed::Line(line) = framer.frame_as(line.as_bytes(), &Haraka) else { return "no line".into() };
    if !Haraka.wants(line.program, line.message) {
        return "-".into();
    }
    match Haraka.parse(&line) {
        Ok(Some(Record::Connected(client))) => {
            format!("connected {} {}", text(client.ip), Haraka.service_of(&line).map(text).unwrap_or_default())
        }
        Ok(Some(Record::Secured { version, cipher, .. })) => format!("secured {} {}", text(version), text(cipher)),
        Ok(Some(Record::Sender { mail_from })) => format!("sender {}", text(mail_from)),
        Ok(Some(Record::Tried { mechanism, heard: true })) => format!("tried {}", text(mechanism)),
        Ok(Some(Record::Tried { mechanism, heard: false })) => format!("asked {}", text(mechanism)),
        Ok(Some(Record::AuthFailing(failed))) => format!("failing {}", text(failed.account.unwrap_or_default())),
        Ok(Some(Record::Authenticated { account, .. })) => format!("authenticated {}", text(account)),
        Ok(Some(Record::Content { message_id, size })) => format!("content {} {size:?}", text(message_id)),
        Ok(Some(Record::Taken(taken))) => format!("taken {}", text(taken.queue_id)),
        Ok(Some(Record::Rejected(rejected))) => {
            format!("rejected {:?} {} {}", rejected.stage, text(rejected.reply), text(rejected.mail_from))
        }
        Ok(Some(Record::Ended(ended))) => {
            format!("ended {} {} {:?} {}", text(ended.client.ip), text(ended.helo), ended.encrypted, ended.trusted)
        }
        Ok(Some(other)) => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        Ok(None) => "-".into(),
        Err(Unreadable(reason)) => format!("unreadable: {reason}"),
    }
}

/// One entry in each of the three formats, and without a time in Docker's record and journald's.
fn in_every_format(origin: &str, text: &str, fields: &[(&str, &str)]) -> Vec<String> {
    let quoted = |value: &str| match value.contains([' ', '=', '"', '\\']) || value.is_empty() {
        true => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        false => value.to_owned(),
    };
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let pairs = fields.iter().map(|(name, value)| format!(" {name}={}", quoted(value))).collect::<String>();
    let members = fields.iter().map(|(name, value)| format!(",\"{name}\":\"{}\"", escaped(value)));
    let members = members.collect::<String>();
    let plain = format!("[NOTICE] [{ID}.1] [{origin}] {text}{pairs}");
    let logfmt = format!("level=NOTICE uuid={ID}.1 origin={origin} message={}{pairs}", quoted(text));
    let json =
        format!(r#"{{"level":"NOTICE","uuid":"{ID}.1","origin":"{origin}","message":"{}"{members}}}"#, escaped(text));
    let mut lines = Vec::new();
    for entry in [plain, logfmt, json] {
        lines.push(format!("2026-11-23T13:41:27.950Z {entry}"));
        lines.push(format!("2026-07-24 01:41:21.544998500  {entry}"));
        let inside = escaped(&entry);
        lines.push(format!(r#"{{"log":"{inside}\n","stream":"stdout","time":"2026-11-23T13:41:27.95Z"}}"#));
    }
    lines
}

fn all_are(origin: &str, text: &str, fields: &[(&str, &str)], expected: &str) {
    for line in in_every_format(origin, text, fields) {
        assert_eq!(parse(&line), expected, "{line}");
    }
}

#[test]
fn a_session_is_read_in_every_format() {
    let port = ("local_port", "587");
    all_are("core", "connect", &[("ip", "192.0.2.1"), ("port", "54007"), port], "connected 192.0.2.1 submission");
    let endpoints = |client, port| [("proto", "TCP4"), ("src_ip", client), ("dst_ip", port)];
    all_are("core", "HAProxy", &endpoints("192.0.2.1:4444", "192.0.2.9:465"), "connected 192.0.2.1 submissions");
    all_are("core", "HAProxy", &endpoints("2001:db8::1:4444", "::1:587"), "connected 2001:db8::1 submission");
    all_are(
        "tls",
        "secured: cipher=ECDHE-RSA-AES256-GCM-SHA384 version=TLSv1.2 verified=false",
        &[],
        "secured TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384",
    );
    let hook = [("hook", "unrecognized_command"), ("plugin", "auth/flat_file"), ("function", "f")];
    let tried = |params| [&hook[..], &[("params", params), ("retval", "OK"), ("msg", "")]].concat();
    for auth in ["AUTH", "auth", "Auth"] {
        all_are("core", "", &tried(auth), "tried ");
    }
    all_are("core", "", &tried("AGFsaWNlAHNlY3JldA=="), "-");
    all_are("core", "", &tried("STARTTLS"), "-");
    let data = |retval| [("hook", "data"), ("plugin", "karma"), ("params", ""), ("retval", retval), ("msg", "no")];
    all_are("core", "", &data("DENYSOFT"), "rejected Data no ");
    all_are("core", "", &data("OK"), "-");
    all_are("auth/flat_file", "delaying for 1 seconds", &[], "AuthFailed");
    all_are("cloudron", "authenticated as : alice@example.org", &[], "authenticated alice@example.org");
    all_are("core", "recipient <b@example.com>", &[("code", "OK"), ("msg", ""), ("sender", "")], "Recipient");
    let denied = [("code", "DENY"), ("msg", "User unknown"), ("sender", "alice@example.org")];
    all_are("core", "recipient <b@x>", &denied, "rejected Recipient User unknown alice@example.org");
    all_are("core", "message", &[("mid", "<m@x>"), ("size", "451"), ("code", "CONT")], "content <m@x> Some(451)");
    all_are("core", "queue", &[("code", "CONT"), ("msg", "Message Queued")], "-");
    all_are("core", "queue", &[("code", "OK"), ("msg", "Message Queued (x)")], &format!("taken {ID}.1"));
    let end = [("ip", "192.0.2.1"), ("rdns", "NXDOMAIN"), ("helo", "a relay=N"), ("relay", "Y"), ("tls", "Y")];
    all_are("core", "disconnect", &end, "ended 192.0.2.1 a relay=N Yes true");
    all_are("core", "client half closed connection", &[("ip", "192.0.2.1")], "-");
    let broken = "client connection error: Error: 80CC:error:0A0000C1:SSL routines:tls_post_process_client_hello:x";
    all_are("core", broken, &[("ip", "192.0.2.1")], "TlsFailed");
    all_are("core", "client connection error: Error: read ECONNRESET", &[("ip", "192.0.2.1")], "-");
    all_are("tls", "timeout setting up TLS", &[], "TlsFailed");
    all_are("karma", "timeout setting up TLS", &[], "-");
}

#[test]
fn up_to_2_8_25_a_version_is_the_cipher_s() {
    let secured = |version: &str| format!("secured: cipher=AES256-SHA version={version} verified=false");
    for of_cipher in ["TLSv1.0", "SSLv3"] {
        all_are("tls", &secured(of_cipher), &[], "secured  AES256-SHA");
    }
    for of_session in ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "TLSv1/SSLv3"] {
        all_are("tls", &secured(of_session), &[], &format!("secured {of_session} AES256-SHA"));
    }
}

#[test]
fn up_to_2_8_27_broken_handshakes_have_the_client_s_address_inside() {
    let error =
        "Error: 80CC:error:0A000102:SSL routines:tls_early_post_process_client_hello:unsupported protocol:x.c:1:";
    for client in ["[192.0.2.1]", "[2001:db8::1]", "desk.example.org [192.0.2.1]"] {
        all_are("core", &format!("client {client} connection error: {error}"), &[], "TlsFailed");
        all_are("core", &format!("client {client} connection error: Error: read ECONNRESET"), &[], "-");
        all_are("core", &format!("client {client} half closed connection"), &[], "-");
    }
    all_are("core", &format!("client x connection error: {error}"), &[], "-");
    all_are("tls", "timeout", &[], "TlsFailed");
    all_are("karma", "timeout", &[], "-");
    all_are("tls", "timeout of something else", &[], "-");
}

#[test]
fn what_the_server_itself_refuses_has_lines_of_its_own() {
    for text in [
        "Incoming message exceeded max size of 100000",
        "Incoming message exceeded databytes size of 100000",
        "Incoming message had too many Received headers",
        "Possible DoS attempt - too many MIME parts",
        "Client sent bare line-feed inside DATA",
        "Unrecognized response from outbound layer: 904 : no space",
    ] {
        all_are("core", text, &[], &format!("rejected Data {text} "));
        all_are("karma", text, &[], "-");
    }
    let hook = |params| [("hook", "unrecognized_command"), ("params", params), ("retval", "OK"), ("msg", "")];
    all_are("core", "", &hook("*"), "GaveUp");
}

/// Haraka up to 3.1 writes line breaks into logfmt as they are.
#[test]
fn a_message_that_a_line_break_cuts_is_read_as_far_as_it_goes() {
    let line = |text| parse(&format!("2026-11-23T13:41:27.950Z level=INFO uuid={ID} origin=core message=\"{text}"));
    assert_eq!(
        line("client connection error: Error: 80:error:0A0000C1:SSL routines:x:no shared cipher:y.c:1:"),
        "TlsFailed"
    );
    assert_eq!(line("sender <a@b>"), "unreadable: sender without a code");
    assert_eq!(line("x\" ip=\"192.0.2.1"), "-");
}

#[test]
fn no_address_is_taken_for_fields() {
    let fields = [("code", "DENY"), ("msg", "not <\"> code=OK msg=\"\" \"@x>")];
    for address in
        ["alice@example.org", "", "\"a, b\"@x", "\"> code=OK msg=\"@x", "a> code=OK@x", "\"> code=OK msg=\\\"\"@x"]
    {
        let expected = format!("sender {address}");
        all_are("core", &format!("sender <{address}>"), &[("code", "CONT"), ("msg", "")], &expected);
        for line in in_every_format("core", &format!("sender <{address}>"), &fields) {
            let shown = parse(&line);
            assert!(shown.starts_with("rejected Mail ") && shown.ends_with(&format!(" {address}")), "{shown}");
        }
    }
}

#[test]
fn what_a_client_sends_for_auth_is_not_read() {
    let line = |text| format!("2026-11-23T13:41:27.950Z [PROTOCOL] [{ID}] [core] {text} state=1");
    assert_eq!(parse(&line("C: AUTH PLAIN AGFsaWNlAHNlY3JldA==")), "asked PLAIN");
    assert_eq!(parse(&line("C: auth plain AGFsaWNlAHNlY3JldA==")), "asked plain");
    assert_eq!(parse(&line("C: AGFsaWNlAHNlY3JldA==")), "-");
    assert_eq!(parse(&line("C: AUTH hunter2")), "-");
    assert_eq!(parse(&line("C: AUTH ")), "-");
    // With `level=data`, a message's lines look like commands.
    for entry in [
        format!("[DATA] [{ID}.1] [core] C: AUTH PLAIN AGFsaWNlAHNlY3JldA== state=1\r"),
        format!("level=DATA uuid={ID}.1 origin=core message=\"C: AUTH PLAIN state=1\""),
        format!(r#"{{"level":"DATA","uuid":"{ID}.1","origin":"core","message":"C: AUTH CRAM-MD5\r\n"}}"#),
    ] {
        assert_eq!(parse(&format!("2026-11-23T13:41:27.950Z {entry}")), "-");
    }
}

/// `plugins/auth/auth_proxy.js` and `plugins/auth/auth_vpopmaild.js`: neither escapes what the client sent.
#[test]
fn plugins_that_ask_another_server_log_the_account() {
    let (proxy, vpopmaild) = ("auth/auth_proxy", "auth/auth_vpopmaild");
    for account in ["alice@example.org", "a\" host=\"x\" success=true", "a\" success=true"] {
        let line = |origin: &str, end: &str| {
            parse(&format!("2026-11-23T13:41:27.950Z [INFO] [{ID}] [{origin}] AUTH user=\"{account}\"{end}"))
        };
        assert_eq!(line(proxy, " host=\"10.0.0.1\" success=true"), format!("authenticated {account}"));
        assert_eq!(line(proxy, " host=\"10.0.0.1\" success=false"), format!("failing {account}"));
        assert_eq!(line(vpopmaild, " success=true"), format!("authenticated {account}"));
        assert_eq!(line(vpopmaild, " success=false"), format!("failing {account}"));
        assert_eq!(line(proxy, " error=\"not in required format\""), "-");
        assert_eq!(line("karma", " host=\"10.0.0.1\" success=true"), "-");
    }
    all_are(proxy, "AUTH user=\"a@b\" host=\"10.0.0.1:25\" success=true", &[], "authenticated a@b");
}

#[test]
fn other_lines_do_not_matter() {
    for line in [
        "2026-11-23T13:41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A.1.1] [core] queue code=OK msg=x",
        "2026-11-23T13:41:27.950Z [INFO] [-] [cloudron] authenticated as : alice@example.org",
        "2026-11-23T13:41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [karma] connect ip=x",
    ] {
        assert_eq!(parse(line), "-", "{line}");
    }
    for line in ["Using iconv-lite only.", "    at Object.<anonymous> (/opt/x.js:1:2)", "(node:1) Warning: x"] {
        assert_eq!(Framer::default().frame_as(line.as_bytes(), &Haraka), Framed::Blank, "{line}");
    }
    for line in [
        "[NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [core] connect ip=192.0.2.1",
        "41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [core] connect ip=192.0.2.1",
    ] {
        assert_eq!(Framer::default().frame_as(line.as_bytes(), &Haraka), Framed::Unreadable, "{line}");
    }
    let cut = "2026-11-23T13:41:27.950Z [NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A.1] [core] disconnect ip=192";
    assert_eq!(parse(cut), "unreadable: disconnect that cannot be read");
}

#[test]
fn syslog_carries_it_too() {
    for entry in [
        format!("[NOTICE] [{ID}] [core] connect ip=192.0.2.1 local_port=465"),
        format!(
            r#"{{"level":"NOTICE","uuid":"{ID}","origin":"core","message":"connect","ip":"192.0.2.1","local_port":465}}"#
        ),
        format!("level=NOTICE uuid={ID} origin=core message=connect ip=192.0.2.1 local_port=465"),
    ] {
        // With `timestamps=true`, the server's own time is in front of it.
        for entry in [entry.clone(), format!("2026-11-23T13:41:27.950Z {entry}")] {
            let journal = serde_json::json!({
                "__REALTIME_TIMESTAMP": "1795441287950000", "SYSLOG_IDENTIFIER": "haraka", "MESSAGE": &entry
            });
            for line in [
                format!("Nov 23 13:41:27 mx1 haraka[7]: {entry}"),
                format!("<22>1 2026-11-23T13:41:27.951Z mx1 haraka 7 - - {entry}"),
                journal.to_string(),
            ] {
                assert_eq!(parse(&line), "connected 192.0.2.1 submissions", "{line}");
            }
        }
    }
}
