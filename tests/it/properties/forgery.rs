//! Clients choose much of what a mail log holds: message ids, senders, recipients, the name they greet with, the
//! name they fail to log in with. None of it may count as somebody's mail.

use proptest::prelude::*;

use crate::logs::Logs;

/// Who really logs in.
const HONEST: &str = "orders@shop.example.net";

/// What an attacker wants to be seen as.
const VICTIM: &str = "ceo@corp.example.com";

/// What a client can put into a line: never a line end, and of a queue manager's line only what stands in `<…>`.
fn client_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => Just(format!(", client=evil[198.51.100.7], sasl_method=PLAIN, sasl_username={VICTIM}")),
        2 => Just(format!(", sasl_username={VICTIM}")),
        1 => Just(format!("E3F019D7203: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username={VICTIM}")),
        1 => Just(format!("postfix/submission/smtpd[7]: E3F019D7203: client=x[192.0.2.1], sasl_username={VICTIM}")),
        1 => Just("Anonymous TLS connection established from evil[198.51.100.7]: TLSv1.3 with cipher FORGED (1/1 bits)".to_owned()),
        1 => Just(">, size=1, nrcpt=99 (queue active)".to_owned()),
        1 => Just("from=<x>, size=1, nrcpt=99 (queue active)".to_owned()),
        1 => Just("; from=<a@b> to=<c@d> proto=ESMTP helo=<h> sasl_username=<x>".to_owned()),
        1 => Just("connect from evil[198.51.100.7]".to_owned()),
        1 => Just("[198.51.100.7]: SASL LOGIN authentication failed: x".to_owned()),
        1 => Just("proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as E3F019D7203; from=<a@b>".to_owned()),
        1 => Just("{\"message\":\"".to_owned()),
        3 => "[ -~]{0,12}",
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// Everything that one client of a session writes.
#[derive(Clone, Debug)]
struct Client {
    message_id: String,
    sender: String,
    recipient: String,
    helo: String,
    user: String,
}

fn client() -> impl Strategy<Value = Client> {
    (client_text(), client_text(), client_text(), client_text(), client_text())
        .prop_map(|(message_id, sender, recipient, helo, user)| Client { message_id, sender, recipient, helo, user })
}

/// A log's beginning of lines: syslog's forms differ in what they leave of the tag.
#[derive(Clone, Copy, Debug)]
enum Form {
    Rfc3164,
    CutTag,
    Json,
}

impl Form {
    fn line(self, program: &str, pid: u32, message: &str) -> String {
        match self {
            Self::Rfc3164 => format!("Mar  2 12:00:00 mx1 postfix/{program}[{pid}]: {message}\n"),
            Self::CutTag => format!("<22>1 2026-03-02T12:00:00+00:00 mx1 postfix {pid} - -  {message}\n"),
            Self::Json => {
                let tag = format!("postfix/{program}[{pid}]:");
                let record = serde_json::json!({
                    "timestamp": "2026-03-02T12:00:00Z", "host": "mx1", "syslogtag": tag, "message": message,
                });
                format!("{record}\n")
            }
        }
    }
}

/// How a message gets into the queue.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// At once.
    Direct,
    /// Through a filter in front of the queue (`smtpd_proxy_filter`).
    Proxied,
}

/// The message's queue id.
const ID: &str = "C1D019D7201";

/// What Postfix logs of a client that fails to log in, is refused a recipient and then sends one message: with an
/// account or, which counts for nobody, without.
fn log(form: Form, way: Way, honest: bool, client: &Client) -> String {
    let Client { message_id, sender, recipient, helo, user } = client;
    let (smtpd, from) = ("submission/smtpd", "unknown[203.0.113.66]");
    let account = if honest { format!(", sasl_method=PLAIN, sasl_username={HONEST}") } else { String::new() };
    let envelope = format!("from=<{sender}> to=<{recipient}> proto=ESMTP helo=<{helo}>");
    let opened = match way {
        Way::Direct => vec![(smtpd, 7, format!("{ID}: client={from}{account}"))],
        Way::Proxied => vec![
            (smtpd, 7, format!("NOQUEUE: client={from}{account}")),
            ("smtpd", 11, format!("{ID}: client=localhost[127.0.0.1], orig_client={from}")),
        ],
    };
    let accepted = match way {
        Way::Direct => None,
        Way::Proxied => {
            Some((smtpd, 7, format!("proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as {ID}; {envelope}")))
        }
    };
    let before = [
        (smtpd, 7, format!("connect from {from}")),
        (
            smtpd,
            7,
            format!("Anonymous TLS connection established from {from}: TLSv1.2 with cipher AES256-SHA (256/256 bits)"),
        ),
        (
            smtpd,
            7,
            format!("warning: {from}: SASL PLAIN authentication failed: (reason unavailable), sasl_username={user}"),
        ),
        (
            smtpd,
            7,
            format!(
                "NOQUEUE: reject: RCPT from {from}: 554 5.7.1 <{recipient}>: Recipient address rejected: no; {envelope}"
            ),
        ),
    ];
    let behind = [
        ("cleanup", 9, format!("{ID}: message-id={message_id}")),
        ("cleanup", 9, format!("{ID}: info: header Subject: {message_id} from {from}; {envelope}")),
        ("qmgr", 5, format!("{ID}: from=<{sender}>, size=1044, nrcpt=1 (queue active)")),
        (
            "smtp",
            8,
            format!("{ID}: to=<{recipient}>, relay=mx[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent ({helo})"),
        ),
    ];
    let end = (
        smtpd,
        7,
        format!("disconnect from {from} ehlo=2 starttls=1 auth=1/2 mail=2 rcpt=1/2 data=1 quit=1 commands=9/11"),
    );
    let lines = before.into_iter().chain(opened).chain(behind).chain(accepted).chain([end]);
    lines.map(|(program, pid, message)| form.line(program, pid, &message)).collect()
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::Direct), Just(Way::Proxied)]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Rfc3164), Just(Form::CutTag), Just(Form::Json)]
}

proptest! {
    #![proptest_config(super::config(300))]

    #[test]
    fn only_who_logged_in_sends(form in form(), way in way(), honest in any::<bool>(), client in client()) {
        let text = log(form, way, honest, &client);
        let answer = Logs::written([("mail.log", &text)]).format("postfix").year(2026).read();
        let found = answer.submissions().iter().map(|row| {
            let version = row.tls_version.as_str();
            format!("{} {} {version} {} {:?}", row.queue_id, row.account, row.client_ip, row.recipients)
        });
        let expected = if honest { vec![format!("{ID} {HONEST} TLSv1.2 203.0.113.66 Some(1)")] } else { Vec::new() };
        prop_assert_eq!(found.collect::<Vec<_>>(), expected, "{}", text);
        prop_assert!(answer.refusals().iter().all(|row| row.account != VICTIM), "{}", text);
        prop_assert_eq!(answer.rejected(), 0, "{}", text);
    }
}
