//! What a client has asked for and the server has not answered yet, for servers that log their talk line by line.
//!
//! A client need not wait for each reply (RFC 2920), and the server then logs several commands before its replies to
//! them. Replies come in the commands' order, so a reply answers the first command that has none yet. What a command
//! does to the message that is going on, it does once those before it have been answered.
//!
//! Only the commands of a message may be followed by others at once (RFC 2920 section 3.1, RFC 3030 section 4.2). Where
//! something follows another command, the reply to that one came, be it in the log or not: so what is lost of a log
//! does not shift the rest.
//!
//! ```text
//! < MAIL FROM, RCPT TO, RCPT TO, DATA     > 250 sender, 250 recipient, 550 recipient, 354, 250 accepted
//! ```

use std::collections::VecDeque;

use compact_str::CompactString;

use crate::formats::record::Stage;
use crate::submissions::text;

/// How many changes from one command to another are kept of what is not answered. Beyond it, commands are only counted:
/// a client may send without end.
const MOST_RUNS: usize = 128;

/// What a client has asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing that matters.
    #[default]
    Nothing,
    /// Encryption.
    Tls,
    /// To be taken for who it says it is.
    Auth,
    /// To be taken for another server's client.
    SpeakFor,
    /// Something behind so much else that it is only counted.
    TooMuch,
    /// To begin anew.
    Reset,
    /// A command of a message's transaction.
    Message(Stage),
}

/// A command that is the next one to be answered, and now does what it does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It begins a message, of this sender.
    Mail(CompactString),
    /// It ends one.
    Reset,
}

/// The commands that are not answered yet, first to last.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// A command, and how many of it follow each other.
    runs: VecDeque<(Asked, u32)>,
    /// The senders of the messages that begin behind another command.
    senders: VecDeque<CompactString>,
}

impl Pending {
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.senders.clear();
    }

    /// The client asks for something. Whether that is the next to be answered.
    pub(super) fn ask(&mut self, asked: Asked) -> bool {
        if !matches!(self.last(), Asked::Reset | Asked::Message(_) | Asked::TooMuch) {
            self.clear();
        }
        let is_next = self.runs.is_empty();
        let is_too_much = self.runs.len() + 1 >= MOST_RUNS || self.last() == Asked::TooMuch;
        let asked = if is_too_much { Asked::TooMuch } else { asked };
        match self.runs.back_mut() {
            Some((last, times)) if *last == asked => *times = times.saturating_add(1),
            _ => self.runs.push_back((asked, 1)),
        }
        is_next
    }

    /// The client begins a message. Whether that is the next to be answered.
    pub(super) fn ask_mail(&mut self, mail_from: &[u8]) -> bool {
        let mail = Asked::Message(Stage::Mail);
        let is_next = self.ask(if self.senders.len() < MOST_RUNS { mail } else { Asked::TooMuch });
        if !is_next && self.last() == mail {
            self.senders.push_back(text(mail_from));
        }
        is_next
    }

    /// What was asked for last.
    pub(super) fn last(&self) -> Asked {
        self.runs.back().map_or(Asked::Nothing, |(asked, _)| *asked)
    }

    /// The server answers what is to be answered first. What follows it has to be [begun](Self::next) then.
    pub(super) fn answer(&mut self) -> Asked {
        let Some((asked, times)) = self.runs.front_mut() else { return Asked::Nothing };
        let asked = *asked;
        *times -= 1;
        if *times == 0 {
            self.runs.pop_front();
        }
        asked
    }

    /// Whether a message's content is to be answered.
    pub(super) fn has_content(&self) -> bool {
        self.runs.iter().any(|(asked, _)| *asked == Asked::Message(Stage::Data))
    }

    /// What the command does that now is the next one to be answered; none where it does nothing by itself.
    pub(super) fn next(&mut self) -> Option<Next> {
        match self.runs.front()? {
            (Asked::Message(Stage::Mail), _) => self.senders.pop_front().map(Next::Mail),
            (Asked::Reset, _) => Some(Next::Reset),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: Asked = Asked::Message(Stage::Mail);
    const RECIPIENT: Asked = Asked::Message(Stage::Recipient);
    const DATA: Asked = Asked::Message(Stage::Data);

    #[test]
    fn replies_answer_in_the_commands_order() {
        let mut pending = Pending::default();
        assert!(pending.ask_mail(b"a@example.org"));
        for asked in [RECIPIENT, RECIPIENT, DATA] {
            assert!(!pending.ask(asked));
        }
        assert!(!pending.ask_mail(b"b@example.org") && !pending.ask(Asked::Reset));
        for asked in [MAIL, RECIPIENT, RECIPIENT] {
            assert_eq!((pending.answer(), pending.next()), (asked, None));
        }
        assert_eq!((pending.answer(), pending.next()), (DATA, Some(Next::Mail("b@example.org".into()))));
        assert_eq!((pending.answer(), pending.next()), (MAIL, Some(Next::Reset)));
        assert_eq!((pending.answer(), pending.next()), (Asked::Reset, None));
        assert_eq!((pending.answer(), pending.next()), (Asked::Nothing, None));
    }

    #[test]
    fn of_commands_without_end_the_last_are_only_counted() {
        let mut pending = Pending::default();
        for number in 0..10_000 {
            pending.ask_mail(format!("{number}@example.org").as_bytes());
        }
        for _ in 0..10_000 {
            pending.ask(RECIPIENT);
            pending.ask(DATA);
        }
        assert!(pending.runs.len() <= MOST_RUNS && pending.senders.len() <= MOST_RUNS);
        for number in 0..29_999 {
            let next = (number < MOST_RUNS).then(|| Next::Mail(format!("{}@example.org", number + 1).into()));
            assert_eq!((pending.answer() == MAIL, pending.next()), (number <= MOST_RUNS, next));
        }
        assert_ne!(pending.answer(), Asked::Auth);
        assert!(pending.runs.is_empty());
    }

    #[test]
    fn what_must_be_waited_for_has_been_answered_where_something_follows() {
        for asked in [Asked::Nothing, Asked::Tls, Asked::Auth, Asked::SpeakFor] {
            let mut pending = Pending::default();
            pending.ask(RECIPIENT);
            pending.ask(asked);
            assert!(pending.ask_mail(b"a@example.org"));
            assert_eq!((pending.answer(), pending.next()), (MAIL, None));
            assert_eq!(pending.answer(), Asked::Nothing);
        }
    }
}
