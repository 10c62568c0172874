//! The parts of a line, by their places in what is laid out of it. Each log has some of them, and two places hold
//! something else in each.

pub(super) const SESSION: usize = 0;
pub(super) const EVENT: usize = 1;
/// Of a receive connector, what was said.
pub(super) const DATA: usize = 2;
/// Of a tracking log, the queue's number of the message.
pub(super) const INTERNAL_ID: usize = DATA;
/// Of a receive connector, what the server notes.
pub(super) const CONTEXT: usize = 3;
/// Of a tracking log.
pub(super) const MESSAGE_ID: usize = CONTEXT;
pub(super) const CONNECTOR: usize = 4;
pub(super) const REMOTE: usize = 5;
/// Of a receive connector, its own end of the connection, for which the service stands: it is not laid out.
pub(super) const LOCAL: usize = 6;
/// How many parts of a receive connector's line are laid out.
pub(super) const OF_RECEIVE: usize = LOCAL;
/// The following ones are of a tracking log.
pub(super) const BYTES: usize = 6;
pub(super) const RECIPIENTS: usize = 7;
pub(super) const ADDRESSES: usize = 8;
pub(super) const RETURN_PATH: usize = 9;
pub(super) const ORIGINAL_CLIENT: usize = 10;
pub(super) const SOURCE: usize = 11;
pub(super) const SERVER: usize = 12;
/// How many there are.
pub(super) const ALL: usize = 13;
/// Stands for a column that is none of them.
pub(super) const NONE: usize = u8::MAX as usize;
