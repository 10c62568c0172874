//! What is told from the texts of a protocol log. What becomes of whole logs is tested by the samples.

use super::*;

#[test]
fn a_message_id_forges_nothing() {
    let taken = queued(b"<x [InternalId=1, Hostname=evil]> [InternalId=22, Hostname=mbx1] 900 bytes in 0.1, 8 KB/sec Queued mail for delivery");
    let expected = Taken {
        queue_id: b"22",
        message_id: b"<x [InternalId=1, Hostname=evil]>",
        size: Some(900),
        ..Taken::default()
    };
    assert_eq!(taken, Ok(Some(expected)));
    assert_eq!(
        queued(b"<a@example.org> Queued mail for delivery").map(|taken| taken.map(|taken| taken.message_id)),
        Ok(Some(&b"<a@example.org>"[..]))
    );
    assert_eq!(queued(b"Sender OK"), Ok(None));
}

#[test]
fn commands_are_known_by_their_whole_name() {
    for other in [&b"authenticate x"[..], b"", b"QUIT", b"XPROXY PORT=1"] {
        assert_eq!(command(other), Record::Commanded(Command::Other));
    }
    assert_eq!(command(b"auth login"), Record::AuthBegun { mechanism: b"login", response: b"" });
    let mail = Command::Mail { mail_from: b"a@example.org" };
    assert_eq!(command(b"mail from:<a@example.org>"), Record::Commanded(mail));
}

#[test]
fn a_note_tells_why_a_login_fails_and_whose_it_is() {
    let failed = |text: &'static str| match note(text.as_bytes(), Client::default()) {
        Ok(Some(Record::AuthFailing(failed))) => Some((failed.mechanism, failed.account, failed.reason)),
        _ => None,
    };
    let denied = &b"failed because of LogonDenied"[..];
    assert_eq!(failed("Inbound AUTH LOGIN failed because of LogonDenied"), Some((&b"LOGIN"[..], None, denied)));
    assert_eq!(failed("Inbound Negotiate failed because of LogonDenied"), Some((&b""[..], None, denied)));
    assert_eq!(failed("Inbound authentication failed because of LogonDenied"), Some((&b""[..], None, denied)));
    let of_bob = failed("Inbound authentication failed because the client CORP\\bob doesn't have submit permission.");
    assert_eq!(of_bob.and_then(|(_, account, _)| account), Some(&b"CORP\\bob"[..]));
    assert_eq!(failed("Inbound authentication succeeded, but bob has no mailbox database."), None);
    assert_eq!(failed("Inbound ExchangeAuth negotiation failed because of InvalidToken"), None);
    for (text, account) in [("User Name: bob", &b"bob"[..]), ("Username: bob", b"bob"), ("User Name: NULL", b"")] {
        assert_eq!(note(text.as_bytes(), Client::default()), Ok(Some(Record::FailedAs { account })));
    }
}
