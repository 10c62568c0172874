//! What lines of either version say.

use super::*;
use crate::formats::record::Encrypted;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The record of a message, shown as text; `-` where it does not matter.
fn parse(message: &str) -> String {
    if !wants(message.as_bytes()) {
        return "-".into();
    }
    match super::parse(message.as_bytes(), true) {
        Ok(Some(Record::LoggedIn(login))) => {
            let tls = match login.encrypted {
                Encrypted::With { version, cipher } => format!("{} {}", text(version), text(cipher)),
                other => format!("{other:?}"),
            };
            format!("{} by {} from {}: {tls}", text(login.account), text(login.mechanism), text(login.client.ip))
        }
        Ok(Some(Record::Refused(refused))) => format!(
            "{:?} {}x {} by {} from {}: {}",
            refused.kind,
            refused.attempts,
            text(refused.account),
            text(refused.mechanism),
            text(refused.client.ip),
            text(refused.reason)
        ),
        Ok(Some(Record::Taken(taken))) => format!(
            "{} of {} from {}, {:?} {:?}",
            text(taken.queue_id),
            text(taken.account),
            taken.mail_from.map(text).unwrap_or_default(),
            taken.size,
            taken.recipients
        ),
        Ok(Some(Record::Disconnected { .. })) => "disconnected".into(),
        Ok(Some(other)) => format!("{other:?}"),
        Ok(None) => "-".into(),
        Err(Unreadable(reason)) => format!("unreadable: {reason}"),
    }
}

#[test]
fn logins_of_either_version() {
    for login in ["Login", "Logged in", "Info: Logged in"] {
        let line = |elements: &str| {
            format!(
                "submission-login: {login}: user=<carol@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=4{elements}, session=<2MsV>"
            )
        };
        let shown = |elements| parse(&line(elements));
        let who = "carol@x by PLAIN from 192.0.2.1:";
        assert_eq!(
            shown(", TLS, TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)"),
            format!("{who} TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384")
        );
        assert_eq!(shown(", TLS, TLSv1.3"), format!("{who} TLSv1.3 "));
        assert_eq!(shown(", TLS"), format!("{who} Yes"));
        assert_eq!(shown(", secured"), format!("{who} Unsaid"));
        assert_eq!(shown(""), format!("{who} No"));
        let messages = ["submission(carol@x)<497><2MsV>: Disconnected: Logged out", &line("")];
        assert_eq!(session(messages[0].as_bytes()), session(messages[1].as_bytes()));
    }
    assert_eq!(parse("submission-login: Login: user=<x"), "unreadable: login that cannot be read");
}

#[test]
fn messages_that_were_handed_on() {
    let line = |from: &str, reply: &str| {
        parse(&format!(
            "submission(carol@x)<497><2MsV>: Successfully relayed message: from=<{from}>, size=4546, id=rPYe, nrcpt=5, reply=`{reply}'"
        ))
    };
    let postfix = "250 2.0.0 Ok: 4736 bytes queued as A8E9C9D6893";
    assert_eq!(line("carol@x", postfix), "A8E9C9D6893 of carol@x from carol@x, Some(4546) Some(5)");
    assert_eq!(line("", "250 OK id=1vbJDf-00001B-2d"), "1vbJDf-00001B-2d of carol@x from , Some(4546) Some(5)");
    assert_eq!(line("", "250 fine"), "rPYe of carol@x from , Some(4546) Some(5)");
    let forged = "\"x>, size=1, id=i, nrcpt=9, reply=`250 Ok: queued as FFFFFF'\"@y";
    assert_eq!(line(forged, postfix), format!("A8E9C9D6893 of carol@x from {forged}, Some(4546) Some(5)"));
    assert_eq!(
        parse("submission(x)<1><y>: Successfully relayed message: from=<a, size=3"),
        "unreadable: relayed message that cannot be read"
    );
}

#[test]
fn whatever_the_tag_holds() {
    let text = "Successfully relayed message: from=<a@x>, size=48, id=xi6M, nrcpt=2, reply=`250 fine'";
    for (tag, user, id) in [
        ("carol@x)<497><2MsV>", "carol@x", Some("2MsV")),
        ("two words@x)<497><2MsV>", "two words@x", Some("2MsV")),
        ("a)b: (c>@x)<497><2MsV>", "a)b: (c>@x", Some("2MsV")),
        // `mail_log_prefix` without a process, and as it was before 2.3.
        ("carol@x)<2MsV>", "carol@x", Some("2MsV")),
        ("carol@x)", "carol@x", None),
    ] {
        // The level is in Dovecot's own log only; 2.4 has a word more.
        for said in [text.to_owned(), format!("Info: {text}"), format!("relay: {text}"), format!("Info: relay: {text}")]
        {
            let line = format!("submission({tag}: {said}");
            assert_eq!(parse(&line), format!("xi6M of {user} from a@x, Some(48) Some(2)"), "{line}");
            let said = Said::read(line.as_bytes()).expect("it was read");
            assert_eq!(said.session, id.map(str::as_bytes), "{line}");
        }
    }
    // With `mail_debug`, what a client says is logged.
    let forged = format!("submission(carol@x)<497><2MsV>: Debug: command: MAIL FROM:<\"ceo@x)<1><0>: {text}");
    assert_eq!(parse(&forged), "-");
}

/// `login_log_format_elements` are the operator's.
#[test]
fn logins_of_elements_in_another_order() {
    let line =
        "submission-login: Login: session=<2MsV>, user=<carol@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, TLS";
    assert_eq!(parse(line), "carol@x by PLAIN from 192.0.2.1: Yes");
    assert_eq!(session_of_login(line.as_bytes()), Some(&b"2MsV"[..]));
    let failed = "submission-login: Disconnected: Logged out (auth failed, 1 attempts in 1 secs): session=<2MsV>, user=<carol@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9";
    assert_eq!(
        parse(failed),
        "AuthFailed 1x carol@x by PLAIN from 192.0.2.1: Logged out (auth failed, 1 attempts in 1 secs)"
    );
    // Nobody knows whose messages follow.
    assert_eq!(parse("submission-login: Login: user=<carol@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, TLS"), "-");
}

#[test]
fn dovecots_own_log() {
    let is_own = |line: &str| Dovecot.is_own(line.as_bytes());
    for message in
        ["submission-login: Info: Login: user=<", "submission(two words@x)<1><2MsV>: Info: x", "auth: Panic: x"]
    {
        for stamp in ["Mar  2 09:00:00", "2026-03-02 09:00:00", "2026-03-02T09:00:00+0100"] {
            assert!(is_own(&format!("{stamp} {message}")), "{stamp} {message}");
            assert!(!is_own(&format!("{stamp} mx1 dovecot: {message}")), "{stamp} {message}");
        }
    }
    for other in
        ["", "2", "2026-03-02 09:00:00", "2026-03-02 09:00:00 ", "2026-03-02 09:00:00 Info: x", "Mar  2 09:00:00 "]
    {
        assert!(!is_own(other), "{other}");
    }
}

/// `submission_backend_relay_cmd_data_callback()` in `src/submission/submission-backend-relay.c`.
#[test]
fn messages_that_the_server_behind_refused() {
    let line = |from: &str, reply: &str| {
        format!(
            "submission(carol@x)<497><2MsV>: Failed to relay message: from=<{from}>, size=4546, nrcpt=5, reply=`{reply}'"
        )
    };
    let shown = |line: &str| match super::parse(line.as_bytes(), false) {
        Ok(Some(Record::Rejected(rejected))) => {
            format!("{:?} {} of {}", rejected.stage, text(rejected.reply), text(rejected.mail_from))
        }
        Ok(None) => "-".into(),
        other => format!("{other:?}"),
    };
    let virus = "550 5.7.1 Message contains a virus";
    assert_eq!(shown(&line("carol@x", virus)), format!("Data {virus} of carol@x"));
    let forged = "\"x>, size=1, nrcpt=9, reply=`250 Ok\"@y";
    assert_eq!(shown(&line(forged, virus)), format!("Data {virus} of {forged}"));
    assert_eq!(shown(&line("carol@x", "451 4.3.0 Try again later")), "-");
    assert!(shown("submission(x)<1><y>: Failed to relay message: from=<a, size=3").contains("refused message"));
}

#[test]
fn clients_that_did_not_log_in() {
    let end = "method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, TLS, TLSv1.2 with cipher X (256/256 bits), session=<8zkb>";
    for (beginning, reason) in [
        ("Disconnected: Aborted login by logging out (auth failed, 3 attempts in 1 secs)", ""),
        (
            "Login aborted: Aborted login by logging out (auth failed, 3 attempts in 1 secs) (auth_failed)",
            " (auth_failed)",
        ),
    ] {
        assert_eq!(
            parse(&format!("submission-login: {beginning}: user=<a@x>, {end}")),
            format!(
                "AuthFailed 3x a@x by PLAIN from 192.0.2.1: Aborted login by logging out (auth failed, 3 attempts in 1 secs){reason}"
            )
        );
    }
    assert_eq!(
        parse(
            "submission-login: Disconnected: Aborted login by logging out (client didn't finish SASL auth, waited 0 secs): user=<>, method=LOGIN, rip=192.0.2.1, lip=192.0.2.9, TLS, session=<g>"
        ),
        "AuthAborted 1x  by LOGIN from 192.0.2.1: Aborted login by logging out (client didn't finish SASL auth, waited 0 secs)"
    );
    assert_eq!(
        parse(
            "submission-login: Disconnected: Connection closed: SSL_accept() failed: error:0A0000C1:SSL routines::no shared cipher (no auth attempts in 0 secs): user=<>, rip=192.0.2.1, lip=192.0.2.9, TLS handshaking: SSL_accept() syscall failed: Invalid argument, session=<2>"
        ),
        "TlsFailed 1x  by  from 192.0.2.1: Connection closed: SSL_accept() failed: error:0A0000C1:SSL routines::no shared cipher (no auth attempts in 0 secs)"
    );
    assert_eq!(
        parse(
            "submission-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=192.0.2.1, lip=192.0.2.9, TLS: Connection closed, TLSv1.2 with cipher X (256/256 bits), session=<y>"
        ),
        "-"
    );
}

/// The words of `client_auth_fail_code_reasons[]` and `client_get_extra_disconnect_reason()`, as 2.4 and 2.3 have them.
#[test]
fn whatever_keeps_a_client_from_logging_in_is_a_refusal() {
    let fields = "user=<a@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, TLS, session=<8zkb>";
    let is = |beginning: &str, expected: &str| {
        let shown = parse(&format!("submission-login: {beginning}: {fields}"));
        let expected = format!("{expected} a@x by PLAIN from 192.0.2.1: ");
        assert!(shown.starts_with(&expected), "{beginning}: {shown}");
    };
    for (words, kind) in [
        ("authorization failed", "AuthFailed"),
        ("user disabled", "AuthFailed"),
        ("password expired", "AuthFailed"),
        ("login disabled", "AuthFailed"),
        ("anonymous logins disabled", "AuthFailed"),
        ("tried to use unsupported auth mechanism", "AuthFailed"),
        ("tried to use disallowed cleartext auth", "AuthFailed"),
        ("sent invalid base64 in response", "AuthFailed"),
        ("auth service reported temporary failure", "AuthFailed"),
        ("auth aborted by client", "AuthAborted"),
        ("client didn't finish SASL auth", "AuthAborted"),
    ] {
        is(&format!("Login aborted: Logged out ({words}, 2 attempts in 2 secs) (event_reason)"), &format!("{kind} 2x"));
        is(&format!("Login aborted: Logged out ({words}, 1/4 successful auths in 2 secs) (x)"), &format!("{kind} 3x"));
        is(&format!("Disconnected: Connection closed ({words}, 1 attempts in 2 secs)"), &format!("{kind} 1x"));
        is(&format!("Aborted login ({words})"), &format!("{kind} 1x"));
    }
    is("Disconnected (tried to use disallowed plaintext auth)", "AuthFailed 1x");
    is(
        "Disconnected: read(size=372) failed: Connection reset by peer (auth failed, 3 attempts in 0 secs)",
        "AuthFailed 3x",
    );
    for other in ["internal failure, 1/1 successful auths in 2 secs", "connection limit reached, 1 attempts in 2 secs"]
    {
        assert_eq!(parse(&format!("submission-login: Login aborted: Logged out ({other}) (x): {fields}")), "-");
    }
}

/// Since 2.4 the reason says it, whatever `login_log_format_elements` are.
#[test]
fn handshakes_that_broke_in_2_4() {
    let error = "SSL_accept() failed: error:0A000102:SSL routines::unsupported protocol";
    let line = |elements: &str| {
        format!(
            "submission-login: Login aborted: Connection closed: {error} (disconnected during TLS handshake) (tls_handshake_not_finished): user=<>, rip=192.0.2.50, lip=192.0.2.25{elements}, session=<q1>"
        )
    };
    for elements in [&format!(", TLS handshaking: {error}"), ", TLS handshaking", ""] {
        let shown = parse(&line(elements));
        assert!(
            shown.starts_with("TlsFailed 1x  by  from 192.0.2.50: Connection closed: SSL_accept() failed: "),
            "{shown}"
        );
    }
}

/// Before 2.3.15, a line begins with why the client left.
#[test]
fn clients_that_did_not_log_in_before_2_3_15() {
    let fields = "rip=192.0.2.1, lip=192.0.2.9";
    for (line, shown) in [
        (
            format!(
                "Client has quit the connection (auth failed, 2 attempts in 1 secs): user=<a@x>, method=PLAIN, {fields}, session=<b>"
            ),
            "AuthFailed 2x a@x by PLAIN from 192.0.2.1: Client has quit the connection (auth failed, 2 attempts in 1 secs)",
        ),
        (
            format!(
                "Client has quit the connection (client didn't finish SASL auth, waited 0 secs): user=<>, method=LOGIN, {fields}, TLS, session=<b>"
            ),
            "AuthAborted 1x  by LOGIN from 192.0.2.1: Client has quit the connection (client didn't finish SASL auth, waited 0 secs)",
        ),
        (
            format!(
                "Read failure: user=<>, {fields}, TLS handshaking: SSL_accept() failed: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca: SSL alert number 48, session=<b>"
            ),
            "TlsFailed 1x  by  from 192.0.2.1: SSL_accept() failed: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca: SSL alert number 48",
        ),
        (
            format!("Remote closed connection: user=<>, {fields}, TLS handshaking, session=<b>"),
            "TlsFailed 1x  by  from 192.0.2.1: Remote closed connection",
        ),
        (
            format!(
                "Remote closed connection: user=<>, {fields}, TLS: Connection closed, TLSv1.2 with cipher X (256/256 bits), session=<b>"
            ),
            "-",
        ),
        (format!("Client has quit the connection: user=<>, {fields}, session=<b>"), "-"),
        ("Client has quit the connection: user=<>, session=<b>".to_owned(), "-"),
    ] {
        assert_eq!(parse(&format!("submission-login: {line}")), shown, "{line}");
    }
}

#[test]
fn what_a_client_calls_its_user_forges_nothing() {
    for user in [
        "nobody@x, sasl_username=ceo@x",
        "x>, method=LOGIN, rip=198.51.100.7, lip=192.0.2.9, TLS, session=<0",
        "x>, method=LOGIN",
        "x>, rip=198.51.100.7",
    ] {
        for method in [", method=PLAIN", ""] {
            let line = format!(
                "submission-login: Disconnected: Connection closed (auth failed, 1 attempts in 1 secs): user=<{user}>{method}, rip=192.0.2.1, lip=192.0.2.9, session=<8zkb>"
            );
            let mechanism = if method.is_empty() { "" } else { "PLAIN" };
            assert!(
                parse(&line).starts_with(&format!("AuthFailed 1x {user} by {mechanism} from 192.0.2.1: ")),
                "{line} {}",
                parse(&line)
            );
            assert_eq!(session_of_login(line.as_bytes()), Some(&b"8zkb"[..]));
        }
    }
}

#[test]
fn other_lines_do_not_matter() {
    for line in [
        "imap-login: Login: user=<carol@x>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=4, TLS, session=<2MsV>",
        "submission(carol@x)<497><2MsV>: Connection lost",
        "master: Dovecot v2.3.19.1 (9b53102964) starting up for submission (core dumps disabled)",
    ] {
        assert_eq!(parse(line), "-", "{line}");
    }
    for end in ["Disconnected: Logged out", "Disconnect from 192.0.2.1: Client has quit the connection"] {
        assert_eq!(parse(&format!("submission(a)<1><b>: {end} in=1 out=2 (state=READY)")), "disconnected");
    }
}
