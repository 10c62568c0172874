//! Refused commands of a session, which can only be judged at its end.
//!
//! A rejected recipient is a refusal only where the client had authenticated and the message went to nobody else.
//! Neither is known at the reject's line: both show at the session's end, from its counters where the server logs
//! them (Postfix since 3.0) and from its messages where not.

use compact_str::CompactString;

use crate::calendar::Timestamp;
use crate::formats::record::{Counters, Rejected, Stage};
use crate::submissions::{Refusal, RefusalKind, text};

/// The most rejects that one session keeps to be judged: a flood past that adds nothing to know.
const MOST_REJECTS: usize = 10_000;

/// The refused commands of a session.
#[derive(Debug, Default)]
pub(super) struct Rejects(Vec<Reject>);

/// A refused command that waits for the session's end.
#[derive(Debug)]
struct Reject {
    row: Refusal,
    mail_from: CompactString,
    /// How many messages had been opened before it.
    after: u32,
    /// Whether it is known to stand for a whole message: the sender was refused before any recipient was named, or the
    /// content, or of a transaction no recipient was accepted.
    whole: bool,
    /// Whether its transaction goes on, for all that is known.
    open: bool,
}

impl Rejects {
    /// Keeps a refused command. The row has what the session knows; what the server said is added here.
    pub(super) fn keep(&mut self, row: Refusal, rejected: &Rejected<'_>, opened: u32) {
        if self.0.len() >= MOST_REJECTS {
            return;
        }
        let reply = text(rejected.reply);
        let said = Said::of(&reply);
        let row = Refusal {
            account: Some(text(rejected.account))
                .filter(|account| !account.is_empty())
                .or_else(|| said.owner())
                .unwrap_or_else(|| row.account.clone()),
            helo: text(rejected.helo),
            kind: said.kind(rejected.stage),
            code: code(&reply).into(),
            ..row
        };
        let whole = said.is_of_whole(rejected.stage);
        let row = Refusal { reason: reply, ..row };
        self.0.push(Reject { row, mail_from: text(rejected.mail_from), after: opened, whole, open: true });
    }

    /// A transaction is over, of which some recipients were accepted or none.
    pub(super) fn settle(&mut self, some_accepted: bool) {
        let last = self.0.iter().rposition(|reject| !reject.whole).filter(|_| !some_accepted);
        if let Some(last) = last {
            self.0[last].whole = true;
        }
        self.0.retain_mut(|reject| {
            reject.open = false;
            reject.whole
        });
    }

    /// The content of the transaction that goes on was read, so that no refusal of it has held: another plugin of the
    /// server may overrule one.
    pub(super) fn content_came(&mut self) {
        self.0.retain(|reject| !(reject.open && reject.row.kind == RefusalKind::DataRejected));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether one of them names the account that the client had authenticated as.
    pub(super) fn name_the_account(&self) -> bool {
        self.0.iter().any(|reject| !reject.row.account.is_empty())
    }

    /// When the first of them was.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.0.first().map(|reject| reject.row.ts)
    }

    /// The refusals among them, in a session in which so many messages were opened.
    pub(super) fn judged(self, counters: Option<Counters>, opened: u32) -> impl Iterator<Item = Refusal> {
        let failed = counters.map(|counters| counters.mail.saturating_sub(opened) as usize);
        transactions(self.0, failed, opened).into_iter().map(|reject| reject.row)
    }
}

impl Reject {
    /// Whether a message that was opened behind its transaction cannot be the same one: there is none, another sender's
    /// transaction comes between, or the sender was refused, as it is for every recipient.
    fn stands_alone(&self, next: Option<&Self>, opened: u32) -> bool {
        let is_of_another = |next: &Self| {
            let named = !self.mail_from.is_empty() && !next.mail_from.is_empty();
            next.after == self.after && named && next.mail_from != self.mail_from
        };
        self.after == opened || self.row.kind == RefusalKind::SenderRejected || next.is_some_and(is_of_another)
    }
}

/// The rejects that stand for a whole transaction each, of `failed` transactions where the server counted them.
///
/// Rejects at `MAIL FROM` are transactions of their own. Rejected recipients of one sender between two messages
/// are one transaction, and where a message of the session was opened behind them they may be recipients of that
/// one: the server's count decides how many are not, those first that cannot be.
fn transactions(rejects: Vec<Reject>, failed: Option<usize>, opened: u32) -> Vec<Reject> {
    let (mut chosen, recipients): (Vec<_>, Vec<_>) = rejects.into_iter().partition(|reject| reject.whole);
    let mut groups: Vec<Vec<Reject>> = Vec::new();
    for reject in recipients {
        match groups.last_mut().filter(|group| group[0].after == reject.after && group[0].mail_from == reject.mail_from)
        {
            Some(group) => group.push(reject),
            None => groups.push(vec![reject]),
        }
    }
    let nexts = groups.iter().skip(1).map(|next| Some(&next[0])).chain([None]);
    let alone = groups.iter().zip(nexts).map(|(group, next)| group[0].stands_alone(next, opened)).collect::<Vec<_>>();
    let failed = failed.unwrap_or_else(|| alone.iter().filter(|alone| **alone).count());
    let mut groups = groups.into_iter().zip(alone).collect::<Vec<_>>();
    groups.sort_by_key(|(_, alone)| !alone);
    let mut whole = Vec::new();
    let mut spare = Vec::new();
    for (mut group, _) in groups.into_iter().take(failed) {
        whole.extend(group.pop());
        spare.extend(group);
    }
    let missing = failed - whole.len();
    chosen.extend(whole);
    chosen.extend(spare.into_iter().take(missing));
    chosen
}

/// What a server says of a refused command, behind the address that it is of: `553 5.7.1 <A>: SAID`, and of sendmail
/// `550 5.7.1 <A>... SAID`. An address may hold anything, and so the last place where one can end is taken.
struct Said<'a>(&'a str);

/// What ends an address and begins what the server says.
const BEHIND_ADDRESS: [&str; 2] = [">: ", ">... "];

/// What is said of a sender whose recipient is refused for it.
const OF_SENDER: &str = "Sender address rejected";

impl<'a> Said<'a> {
    fn of(reply: &'a str) -> Self {
        let behind = |end: &str| reply.rfind(end).map_or(0, |at| at + end.len());
        Self(&reply[BEHIND_ADDRESS.map(behind).into_iter().max().unwrap_or_default()..])
    }

    /// What was refused, by where it was and what was said.
    fn kind(&self, stage: Stage) -> RefusalKind {
        let of_sender = [OF_SENDER, "send as this sender"];
        match stage {
            _ if of_sender.iter().any(|words| self.0.contains(words)) => RefusalKind::SenderRejected,
            Stage::Mail => RefusalKind::SenderRejected,
            Stage::Recipient => RefusalKind::RecipientsRejected,
            Stage::Data => RefusalKind::DataRejected,
        }
    }

    /// Whether this alone refuses a message, and not one of several recipients.
    fn is_of_whole(&self, stage: Stage) -> bool {
        stage == Stage::Mail || (self.kind(stage) != RefusalKind::RecipientsRejected && !self.0.contains(OF_SENDER))
    }

    /// The account in `not owned by user U`: before 3.10, the only place where Postfix' rejects name it.
    fn owner(&self) -> Option<CompactString> {
        let user = self.0.strip_prefix(OF_SENDER)?.strip_prefix(": not owned by user ")?;
        Some(user.to_lowercase().into())
    }
}

/// What a reply refuses, by the stage that it was said at.
pub(super) fn kind(reply: &str, stage: Stage) -> RefusalKind {
    Said::of(reply).kind(stage)
}

/// The three digits that a reply begins with (RFC 5321 section 4.2).
pub(super) fn code(reply: &str) -> &str {
    let digits = reply.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 3 { &reply[..3] } else { "" }
}

/// Whether credentials were not judged because nobody could be asked: Postfix' words of Dovecot, behind which it replies
/// 454 and not 535 (`XSASL_AUTH_TEMP` in `xsasl_dovecot_server.c` and `smtpd_sasl_glue.c`).
pub(super) fn is_unjudged(reason: &str) -> bool {
    matches!(reason, "Connection lost to authentication server" | "Can't connect to authentication server")
}

/// The code that a server's words begin with where they are its reply; a word that only begins with digits is none.
pub(super) fn stated_code(reason: &str) -> &str {
    let code = code(reason);
    if reason[code.len()..].starts_with(' ') { code } else { "" }
}
