//! The log of a busy Postfix server as `sample_data/raw/postfix` shows its lines, the same in every run.
//!
//! Sixteen stories are told at the same time, a line of one after a line of another, and a dozen lines share a
//! second. As on a real server most lines are none of a submission's own.

use std::collections::VecDeque;
use std::fmt::Write as _;

/// Stories that are told at the same time.
const AT_ONCE: usize = 16;
/// Lines of a second, on average.
const LINES: u64 = 12;
const MORNING: u64 = 8 * 3600;
const TLS: [&str; 4] = [
    "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256",
    "TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256",
    "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
    "TLSv1 with cipher DHE-RSA-AES256-SHA (256/256 bits)",
];

/// Whole lines of a log of 2 March, a little more than `size` bytes.
pub(crate) fn log(size: usize) -> Vec<u8> {
    let mut server = Server { state: 1 };
    let mut stories = vec![VecDeque::new(); AT_ONCE];
    let mut text = String::new();
    let mut second = MORNING;
    while text.len() < size {
        second += u64::from(server.below(LINES) == 0);
        let story = &mut stories[server.below(AT_ONCE as u64) as usize];
        if story.is_empty() {
            *story = server.story().into();
        }
        let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
        let line = story.pop_front().unwrap_or_default();
        let _ = writeln!(text, "Mar  2 {hour:02}:{minute:02}:{:02} mx1 {line}", second % 60);
    }
    text.into_bytes()
}

/// What happens at the server, by chance that is the same in every run.
struct Server {
    state: u64,
}

impl Server {
    /// A number below `limit`: a linear congruence's upper bits.
    fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }

    /// The lines of one story.
    fn story(&mut self) -> Vec<String> {
        match self.below(10) {
            0..4 => self.submission(),
            4..6 => self.inbound(),
            6 => self.guess(),
            7 => self.screened(),
            _ => self.mailbox(),
        }
    }

    fn client(&mut self) -> String {
        format!("host{}.dyn.isp.example.net[203.0.113.{}]", self.below(5000), self.below(256))
    }

    fn id(&mut self) -> String {
        format!("{:05X}{:05X}", self.below(1 << 20), self.below(1 << 20))
    }

    /// Few accounts send much and many send little.
    fn account(&mut self) -> String {
        let among = 1 + self.below(5000);
        format!("user{}@mail{}.example.com", self.below(among), among % 40)
    }

    fn submission(&mut self) -> Vec<String> {
        let (client, id, account, pid) = (self.client(), self.id(), self.account(), 2000 + self.below(30_000));
        let (tls, to) = (TLS[self.below(4) as usize], self.below(3000));
        vec![
            format!("postfix/submission/smtpd[{pid}]: connect from {client}"),
            format!("postfix/submission/smtpd[{pid}]: Anonymous TLS connection established from {client}: {tls}"),
            format!(
                "postfix/submission/smtpd[{pid}]: {id}: client={client}, sasl_method=PLAIN, sasl_username={account}"
            ),
            format!("postfix/cleanup[1305]: {id}: message-id=<{}.{id}@mail.example.com>", self.id()),
            format!("opendkim[812]: {id}: DKIM-Signature field added (s=mail, d=mail.example.com)"),
            format!("postfix/qmgr[1290]: {id}: from=<{account}>, size={}, nrcpt=1 (queue active)", 700 + 9 * to),
            format!(
                "postfix/submission/smtpd[{pid}]: disconnect from {client} ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8"
            ),
            format!(
                "postfix/smtp[1309]: Trusted TLS connection established to mx.dest{to}.example.org[198.51.100.9]:25: {}",
                TLS[0]
            ),
            format!(
                "postfix/smtp[1309]: {id}: to=<kim@dest{to}.example.org>, relay=mx.dest{to}.example.org[198.51.100.9]:25, delay=1.4, delays=0.1/0.01/0.5/0.8, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {})",
                self.id()
            ),
            format!("postfix/qmgr[1290]: {id}: removed"),
        ]
    }

    fn inbound(&mut self) -> Vec<String> {
        let (client, id, account, pid) = (self.client(), self.id(), self.account(), 2000 + self.below(30_000));
        vec![
            format!("postfix/smtpd[{pid}]: connect from {client}"),
            format!("postfix/smtpd[{pid}]: Anonymous TLS connection established from {client}: {}", TLS[0]),
            format!("postfix/smtpd[{pid}]: {id}: client={client}"),
            format!("postfix/cleanup[1306]: {id}: message-id=<{}.{id}@dest.example.org>", self.id()),
            format!("postfix/qmgr[1290]: {id}: from=<kim@dest.example.org>, size={pid}, nrcpt=1 (queue active)"),
            format!(
                "postfix/lmtp[1320]: {id}: to=<{account}>, relay=mx1[private/dovecot-lmtp], delay=0.3, delays=0.2/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 <x@y> Saved)"
            ),
            format!("postfix/qmgr[1290]: {id}: removed"),
            format!(
                "postfix/smtpd[{pid}]: disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7"
            ),
        ]
    }

    fn guess(&mut self) -> Vec<String> {
        let (client, account, pid) = (self.client(), self.account(), 2000 + self.below(30_000));
        vec![
            format!("postfix/submission/smtpd[{pid}]: connect from {client}"),
            format!(
                "postfix/submission/smtpd[{pid}]: warning: {client}: SASL LOGIN authentication failed: (reason unavailable), sasl_username={account}"
            ),
            format!("postfix/submission/smtpd[{pid}]: lost connection after AUTH from {client}"),
            format!("postfix/submission/smtpd[{pid}]: disconnect from {client} ehlo=1 auth=0/1 commands=1/2"),
        ]
    }

    fn screened(&mut self) -> Vec<String> {
        let (ip, port) = (self.below(256), 20_000 + self.below(40_000));
        vec![
            format!("postfix/postscreen[1333]: CONNECT from [203.0.113.{ip}]:{port} to [192.0.2.25]:25"),
            format!("postfix/postscreen[1333]: DNSBL rank 5 for [203.0.113.{ip}]:{port}"),
            format!(
                "postfix/postscreen[1333]: NOQUEUE: reject: RCPT from [203.0.113.{ip}]:{port}: 550 5.7.1 Service unavailable; client [203.0.113.{ip}] blocked using zen.example.org; from=<a@b.example>, to=<c@d.example>, proto=ESMTP, helo=<b>"
            ),
            format!("postfix/postscreen[1333]: DISCONNECT [203.0.113.{ip}]:{port}"),
        ]
    }

    fn mailbox(&mut self) -> Vec<String> {
        let (account, pid, ip, session) = (self.account(), 2000 + self.below(30_000), self.below(256), self.id());
        vec![
            format!(
                "dovecot: imap-login: Login: user=<{account}>, method=PLAIN, rip=203.0.113.{ip}, lip=192.0.2.25, mpid={pid}, TLS, session=<{session}>"
            ),
            format!(
                "dovecot: imap({account})<{pid}><{session}>: Disconnected: Logged out in=812 out=40211 deleted=0 expunged=0 trashed=0 hdr_count=12 hdr_bytes=4211 body_count=3 body_bytes=20112"
            ),
        ]
    }
}
