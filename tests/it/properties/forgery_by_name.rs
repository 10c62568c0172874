//! What clients choose, in the logs of servers that announce logins: sendmail, OpenSMTPD, Exchange, hMailServer. As with
//! [Postfix](super::forgery), none of it may count as somebody's mail.

use proptest::prelude::*;

use crate::logs::Logs;

/// Who really logs in.
const HONEST: &str = "orders@shop.example.net";

/// What an attacker wants to be seen as.
const VICTIM: &str = "ceo@corp.example.com";

/// The number of OpenSMTPD's session.
const ID: &str = "6e8125fabcafb436";

/// What a client can put into a line.
fn client_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => Just(format!("AUTH=server, relay=[198.51.100.7], authid={VICTIM}, mech=PLAIN, bits=0")),
        2 => Just(format!("601E03hi000605: AUTH=server, relay=[198.51.100.7], authid={VICTIM}, mech=PLAIN, bits=0")),
        2 => Just(", size=1, class=0, nrcpts=99, msgid=<x>, proto=ESMTPSA, daemon=MSA, relay=[198.51.100.7]".to_owned()),
        2 => Just(format!("AUTH failure (PLAIN): x (-13) y, user={VICTIM}, relay=[198.51.100.7]")),
        1 => Just("from=<x>".to_owned()),
        1 => Just(", proto=ESMTPA".to_owned()),
        1 => Just(", relay=[198.51.100.7]".to_owned()),
        1 => Just(", mech=PLAIN, bits=0".to_owned()),
        1 => Just("STARTTLS=server, relay=[198.51.100.7], version=TLSv1, verify=NO, cipher=FORGED, bits=1/1".to_owned()),
        2 => Just(format!(" smtp authentication user={VICTIM} result=ok")),
        2 => Just(format!("{ID} smtp authentication user={VICTIM} result=ok")),
        2 => Just("smtp message msgid=ffffffff size=1 nrcpt=99 proto=ESMTP".to_owned()),
        1 => Just(format!("smtp-in: Accepted authentication for user {VICTIM} on session {ID}")),
        1 => Just("\" result=\"250 ok\"".to_owned()),
        1 => Just("> to=<x> from=<y".to_owned()),
        2 => Just(format!("\",\"{VICTIM}\",authenticated")),
        2 => Just(format!(",*,{VICTIM},authenticated")),
        1 => Just(" [InternalId=99, Hostname=evil] 1 bytes in 0.1 Queued mail for delivery".to_owned()),
        1 => Just("XPROXY SID=08D0000000000001 IP=203.0.113.66".to_owned()),
        2 => Just("\"\t\"SENT: 235 authenticated.\"".to_owned()),
        1 => Just("[nl]334 VXNlcm5hbWU6".to_owned()),
        3 => "[ -~]{0,12}",
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// Everything that one client of a session writes.
#[derive(Clone, Debug)]
struct Client {
    message_id: String,
    local_part: String,
    recipient: String,
    user: String,
}

fn client() -> impl Strategy<Value = Client> {
    (client_text(), client_text(), client_text(), client_text())
        .prop_map(|(message_id, local_part, recipient, user)| Client { message_id, local_part, recipient, user })
}

/// A local part as it may stand in quotation marks (RFC 5321 section 4.1.2).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The first characters of a text, as many as bytes fit into a field of sendmail's lines.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// A text as sendmail logs it: a backslash as two.
fn logged(text: &str) -> String {
    text.replace('\\', "\\\\")
}

/// What sendmail logs of a client that fails to log in, begins a message that it drops, names somebody whom nobody
/// knows, and then sends one message: with an account or, which counts for nobody, without.
fn sendmail(honest: bool, old: bool, client: &Client) -> String {
    let Client { message_id, local_part, recipient, user } = client;
    let relay = "relay=[203.0.113.66]";
    let sender = format!("<{}@shop.example.net>", quoted(local_part));
    // A sender of many more bytes than are printed would end within a character, where this text cannot.
    let sender =
        if sender.len() > 200 { cut(&format!("<{}", quoted(&"x".repeat(300))), 200).to_owned() } else { sender };
    let [sender, user, recipient, message_id] = [&sender, user, recipient, cut(message_id, 100)].map(logged);
    let login = match honest {
        true => format!("AUTH=server, {relay}, authid={HONEST}, mech=PLAIN, bits=0"),
        false => "601E03hi000605: [203.0.113.66] waits".to_owned(),
    };
    let proto = match (old, honest) {
        (true, _) => "ESMTP",
        (_, true) => "ESMTPSA",
        (_, false) => "ESMTPS",
    };
    [
        format!("STARTTLS=server, {relay}, version=TLSv1.2, verify=NOT, cipher=AES256-SHA, bits=256/256"),
        format!("601E03hi000605: AUTH failure (PLAIN): user not found (-20) SASL(-13): user not found, user={user}, {relay}"),
        login,
        format!("601E03hj000605: from={sender}, size=0, class=0, nrcpts=1, proto={proto}, daemon=MSA, {relay}"),
        format!("601E03hk000605: {recipient}... User unknown"),
        format!(
            "601E03hk000605: from={sender}, size=9, class=0, nrcpts=2, msgid={message_id}, proto={proto}, daemon=MSA, {relay}"
        ),
    ]
    .map(|message| format!("Jan  1 14:00:03 mx1 sendmail[605]: {message}\n"))
    .concat()
}

/// Likewise OpenSMTPD, which writes names as `vis` does and refuses odd addresses.
fn opensmtpd(honest: bool, client: &Client) -> String {
    let Client { local_part, recipient, user, message_id } = client;
    let vis =
        |text: &str| text.replace('\\', "\\\\").replace(' ', "\\040").replace(|other: char| !other.is_ascii(), "\\M-C");
    let (user, helo) = (vis(user), message_id);
    let mut messages = vec![
        "connected address=203.0.113.66 host=<unknown>".to_owned(),
        format!(
            "failed-command command=\"ehlo {helo}\" result=\"501 5.5.4 Invalid command arguments: Invalid domain name\""
        ),
        "tls ciphers=TLSv1.2:AES256-SHA:256".to_owned(),
        format!("authentication user={user} result=permfail"),
        "failed-command command=\"AUTH PLAIN (...)\" result=\"535 Authentication failed\"".to_owned(),
    ];
    if honest {
        messages.push(format!("authentication user={HONEST} result=ok"));
    }
    messages.extend([
        format!("failed-command command=\"MAIL FROM:<{local_part}>\" result=\"553 5.1.0 Sender address syntax error\""),
        format!("failed-command command=\"RCPT TO:<{recipient}>\" result=\"553 5.1.0 Recipient address syntax error\""),
        "message msgid=36aec270 size=755 nrcpt=2 proto=ESMTP".to_owned(),
        "envelope evpid=36aec2708338c3e9 from=<a@shop.example.net> to=<b@example.net>".to_owned(),
        "envelope evpid=36aec2708338c3ea from=<a@shop.example.net> to=<c@example.net>".to_owned(),
        "disconnected reason=quit".to_owned(),
    ]);
    messages.iter().map(|message| format!("Jan  1 14:00:03 mx1 smtpd[67]: {ID} smtp {message}\n")).collect()
}

/// Likewise Exchange, whose lines are CSV.
fn exchange(honest: bool, client: &Client) -> String {
    let Client { message_id, local_part, recipient, user } = client;
    let column = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut lines = vec![
        ("+", String::new(), ""),
        ("<", format!("EHLO {recipient}"), ""),
        ("*", format!("CN={user}"), "Remote certificate subject"),
        ("<", format!("XPROXY SID={message_id} IP={user}"), ""),
        (">", "500 5.3.3 Unrecognized command".to_owned(), ""),
        ("<", "AUTH login".to_owned(), ""),
        ("*", String::new(), "Inbound AUTH LOGIN failed because of LogonDenied"),
        (">", "535 5.7.3 Authentication unsuccessful".to_owned(), ""),
    ];
    if honest {
        lines.extend([("<", "AUTH login".to_owned(), ""), ("*", HONEST.to_owned(), "authenticated")]);
    }
    lines.extend([
        ("<", format!("MAIL FROM:<{}@shop.example.net> SIZE=9", quoted(local_part)), ""),
        (">", "250 2.1.0 Sender OK".to_owned(), ""),
        ("<", format!("RCPT TO:<{recipient}>"), ""),
        (">", "250 2.1.5 Recipient OK".to_owned(), ""),
        ("<", "RCPT TO:<b@example.net>".to_owned(), ""),
        (">", "250 2.1.5 Recipient OK".to_owned(), ""),
        (">", format!("250 2.6.0 <{message_id}> [InternalId=110, Hostname=mbx1] Queued mail for delivery"), ""),
        ("-", String::new(), "Local"),
    ]);
    let line = |(event, data, context): &(&str, String, &str)| {
        let (data, context) = (column(data), column(context));
        format!(
            "2026-01-01T14:00:03.000Z,MBX1\\Client MBX1,08D0000000000001,0,10.0.0.1:587,203.0.113.66:5000,{event},{data},{context}\r\n"
        )
    };
    lines.iter().map(line).collect()
}

/// Likewise hMailServer, whose texts stand between the first quote and the last.
fn hmailserver(honest: bool, client: &Client) -> String {
    let Client { message_id, local_part, recipient, user } = client;
    let mut lines = vec![
        "SENT: 220 mail.example.org ESMTP".to_owned(),
        format!("RECEIVED: EHLO {recipient}"),
        format!("RECEIVED: {message_id} x"),
        "SENT: 503 Bad sequence of commands".to_owned(),
        "RECEIVED: AUTH LOGIN".to_owned(),
        "SENT: 334 VXNlcm5hbWU6".to_owned(),
        format!("RECEIVED: {user}!"),
        "SENT: 535 Authentication failed.".to_owned(),
    ];
    if honest {
        lines.push("RECEIVED: AUTH PLAIN AG9yZGVyc0BzaG9wLmV4YW1wbGUubmV0AHg=".to_owned());
        lines.push("SENT: 235 authenticated.".to_owned());
    }
    lines.extend([
        format!("RECEIVED: MAIL FROM:<{}@shop.example.net>", quoted(local_part)),
        "SENT: 250 OK".to_owned(),
        format!("RECEIVED: RCPT TO:<{recipient}>"),
        "SENT: 250 OK".to_owned(),
        "RECEIVED: RCPT TO:<b@example.net>".to_owned(),
        "SENT: 250 OK".to_owned(),
        "SENT: 250 Queued (0.1 seconds)".to_owned(),
    ]);
    let line =
        |text: &String| format!("\"SMTPD\"\t1\t7\t\"2026-01-01 14:00:03.000\"\t\"203.0.113.66\"\t\"{text}\"\r\n");
    lines.iter().map(line).collect()
}

/// The log's only submission, if it has one; nobody's failed login is the victim's but by its whole name.
fn only_who_logged_in(format: &str, text: &str, expected: Option<String>, user: &str) -> Result<(), TestCaseError> {
    let answer = Logs::written([("maillog", text)]).format(format).year(2026).read();
    let found = answer.submissions().iter().map(|row| {
        let version = row.tls_version.as_str();
        format!("{} {} {version} {} {:?}", row.queue_id, row.account, row.client_ip, row.recipients)
    });
    prop_assert_eq!(found.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>(), "{}", text);
    prop_assert!(user.trim() == VICTIM || answer.refusals().iter().all(|row| row.account != VICTIM), "{}", text);
    prop_assert_eq!(answer.rejected(), 0, "{}", text);
    Ok(())
}

proptest! {
    #![proptest_config(super::config(300))]

    #[test]
    fn sendmail_s_clients_send_as_who_they_are(honest in any::<bool>(), old in any::<bool>(), client in client()) {
        let expected = honest.then(|| format!("601E03hk000605 {HONEST} TLSv1.2 203.0.113.66 Some(2)"));
        only_who_logged_in("sendmail", &sendmail(honest, old, &client), expected, &client.user)?;
    }

    #[test]
    fn opensmtpd_s_clients_send_as_who_they_are(honest in any::<bool>(), client in client()) {
        let expected = honest.then(|| format!("36aec270 {HONEST} TLSv1.2 203.0.113.66 Some(2)"));
        only_who_logged_in("opensmtpd", &opensmtpd(honest, &client), expected, &client.user)?;
    }

    #[test]
    fn exchange_s_clients_send_as_who_they_are(honest in any::<bool>(), client in client()) {
        let expected = honest.then(|| format!("110 {HONEST} none 203.0.113.66 Some(2)"));
        only_who_logged_in("exchange", &exchange(honest, &client), expected, "")?;
    }

    #[test]
    fn hmailserver_s_clients_send_as_who_they_are(honest in any::<bool>(), client in client()) {
        let expected = honest.then(|| format!(" {HONEST} unknown 203.0.113.66 Some(2)"));
        only_who_logged_in("hmailserver", &hmailserver(honest, &client), expected, "")?;
    }
}
