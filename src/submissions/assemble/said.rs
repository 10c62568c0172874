//! What a session's lines have said of its client and its next message.

use super::texts::Texts;

/// What a session's lines have said before its message is accepted.
#[derive(Debug, Default)]
pub(super) struct Said {
    texts: Texts<5>,
    /// Recipients that were accepted; none where no line tells of any.
    pub recipients: Option<u32>,
    /// The message's size.
    pub size: Option<u64>,
    /// Whether a line has begun the message.
    pub begun: bool,
}

const ACCOUNT: usize = 0;
const MECHANISM: usize = 1;
const HELO: usize = 2;
const MAIL_FROM: usize = 3;
const MESSAGE_ID: usize = 4;

impl Said {
    pub(super) fn clear(&mut self) {
        self.texts.set([b""; 5]);
        (self.recipients, self.size, self.begun) = (None, None, false);
    }

    /// The message is over: what follows is said of the next one.
    pub(super) fn next_message(&mut self) {
        self.texts.replace(MESSAGE_ID, b"");
        self.texts.replace(MAIL_FROM, b"");
        (self.recipients, self.size, self.begun) = (None, None, false);
    }

    pub(super) fn greet(&mut self, helo: &[u8]) {
        self.texts.replace(HELO, helo);
    }

    pub(super) fn send_as(&mut self, mail_from: &[u8]) {
        self.next_message();
        self.begun = true;
        self.texts.replace(MAIL_FROM, mail_from);
    }

    /// What the client is authenticating with.
    pub(super) fn try_with(&mut self, mechanism: &[u8]) {
        if !mechanism.is_empty() {
            self.texts.replace(MECHANISM, mechanism);
        }
    }

    /// The mechanism; empty where no line has said it.
    pub(super) fn mechanism(&self) -> &[u8] {
        self.texts.get(MECHANISM)
    }

    /// The message's content.
    pub(super) fn send(&mut self, message_id: &[u8], size: Option<u64>) {
        self.texts.replace(MESSAGE_ID, message_id);
        self.size = size;
    }

    /// The account, the mechanism, the HELO name and the sender.
    pub(super) fn texts(&self) -> [&[u8]; 4] {
        std::array::from_fn(|place| self.texts.get(place))
    }

    /// The header's message id.
    pub(super) fn message_id(&self) -> &[u8] {
        self.texts.get(MESSAGE_ID)
    }

    /// Who the client is, or says it is.
    pub(super) fn account(&self) -> &[u8] {
        self.texts.get(ACCOUNT)
    }

    pub(super) fn set_account(&mut self, account: &[u8]) {
        self.texts.replace(ACCOUNT, account);
    }

    pub(super) fn set_mechanism(&mut self, mechanism: &[u8]) {
        self.texts.replace(MECHANISM, mechanism);
    }
}
