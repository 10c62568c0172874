//! Rows into columns, straight into Arrow's builders.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::error::ArrowError;

use super::repeated::Repeated;
use crate::lake::tables::{REFUSALS, REJECTED_LINES, SUBMISSIONS, Table};
use crate::submissions::{Refusal, Submission};

/// Bytes that a row takes besides its texts, roughly.
pub(super) const ROW: usize = 128;

/// A table's columns while they are being filled.
pub(super) trait Columns: Default {
    /// What one row is made of.
    type Row<'a>;
    /// The table.
    fn table() -> &'static Table;
    /// Adds a row; the bytes that it takes at most, roughly.
    fn push(&mut self, row: Self::Row<'_>) -> usize;
    /// The rows as a batch of the table's columns.
    fn finish(self) -> Result<RecordBatch, ArrowError>;
}

/// Columns of `submissions`.
#[derive(Default)]
pub(super) struct SubmissionColumns {
    ts: Timestamps,
    port: Int64Builder,
    domain_from_mail_from: BooleanBuilder,
    recipients: Int64Builder,
    size_bytes: Int64Builder,
    tls_known_present: BooleanBuilder,
    queue_id: StringBuilder,
    message_id: StringBuilder,
    sender: Repeated<4>,
    client: Repeated<3>,
    session: Repeated<8>,
}

impl Columns for SubmissionColumns {
    type Row<'a> = &'a Submission<&'a str>;

    fn table() -> &'static Table {
        &SUBMISSIONS
    }

    fn push(&mut self, row: &Submission<&str>) -> usize {
        self.ts.0.append_value(row.ts);
        self.port.append_option(row.port());
        self.domain_from_mail_from.append_value(row.domain_from_mail_from);
        self.recipients.append_option(row.recipients.map(i64::from));
        self.size_bytes.append_option(row.size_bytes.and_then(|size| i64::try_from(size).ok()));
        self.tls_known_present.append_option(row.tls_known_present);
        self.queue_id.append_option(known(row.queue_id));
        self.message_id.append_option(known(row.message_id));
        // An empty sender is the null reverse-path of RFC 5321, not an unknown one.
        let sender = [known(row.account), known(row.account_raw), known(row.domain), Some(row.mail_from)];
        let client = [row.client_ip, row.client_name, row.helo].map(known);
        let cipher_class = if row.cipher.is_empty() { "" } else { row.cipher_class.as_str() };
        let session = [
            row.server,
            row.service,
            row.tls_mode.as_str(),
            row.mechanism,
            row.auth_family().as_str(),
            row.tls_version.as_str(),
            row.cipher,
            cipher_class,
        ];
        let ids = row.queue_id.len() + row.message_id.len();
        ROW + ids + self.sender.push(sender) + self.client.push(client) + self.session.push(session.map(known))
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let [account, account_raw, domain, mail_from] = self.sender.finish()?;
        let [client_ip, client_name, helo] = self.client.finish()?;
        let [server, service, tls_mode, mechanism, auth_family, tls_version, cipher, cipher_class] =
            self.session.finish()?;
        let columns: Vec<ArrayRef> = vec![
            self.ts.finish(),
            server,
            service,
            Arc::new(self.port.finish()),
            tls_mode,
            client_ip,
            client_name,
            helo,
            account,
            account_raw,
            domain,
            Arc::new(self.domain_from_mail_from.finish()),
            mechanism,
            auth_family,
            mail_from,
            Arc::new(self.recipients.finish()),
            Arc::new(self.size_bytes.finish()),
            tls_version,
            Arc::new(self.tls_known_present.finish()),
            cipher,
            cipher_class,
            Arc::new(self.queue_id.finish()),
            Arc::new(self.message_id.finish()),
        ];
        SUBMISSIONS.batch(columns)
    }
}

/// Columns of `refusals`.
#[derive(Default)]
pub(super) struct RefusalColumns {
    ts: Timestamps,
    client: Repeated<3>,
    account: Repeated<1>,
    session: Repeated<7>,
}

impl Columns for RefusalColumns {
    type Row<'a> = &'a Refusal<&'a str>;

    fn table() -> &'static Table {
        &REFUSALS
    }

    fn push(&mut self, row: &Refusal<&str>) -> usize {
        self.ts.0.append_value(row.ts);
        let client = [row.client_ip, row.client_name, row.helo].map(known);
        let (version, kind) = (row.tls_version.as_str(), row.kind.as_str());
        let session = [row.server, row.service, row.mechanism, version, kind, row.reason, row.code].map(known);
        ROW + self.client.push(client) + self.account.push([known(row.account)]) + self.session.push(session)
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let [client_ip, client_name, helo] = self.client.finish()?;
        let [account] = self.account.finish()?;
        let [server, service, rest @ ..] = self.session.finish()?;
        let columns = [self.ts.finish(), server, service, client_ip, client_name, helo, account];
        REFUSALS.batch(columns.into_iter().chain(rest).collect())
    }
}

/// One rejected line: file, number, reason, and its bytes as text.
pub(super) struct RejectedRow<'a> {
    pub file: &'a str,
    pub line: u64,
    pub reason: &'a str,
    pub raw: &'a str,
}

/// Columns of `rejected_lines`.
#[derive(Default)]
pub(super) struct RejectedColumns {
    file: StringBuilder,
    line: Int64Builder,
    reason: StringBuilder,
    raw: StringBuilder,
}

impl Columns for RejectedColumns {
    type Row<'a> = RejectedRow<'a>;

    fn table() -> &'static Table {
        &REJECTED_LINES
    }

    fn push(&mut self, row: RejectedRow<'_>) -> usize {
        self.file.append_value(row.file);
        self.line.append_option(i64::try_from(row.line).ok());
        self.reason.append_value(row.reason);
        self.raw.append_value(row.raw);
        ROW + row.file.len() + row.raw.len()
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.file.finish()),
            Arc::new(self.line.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(self.raw.finish()),
        ];
        REJECTED_LINES.batch(columns)
    }
}

/// Instants in UTC.
#[derive(Default)]
struct Timestamps(TimestampMicrosecondBuilder);

impl Timestamps {
    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish().with_timezone("UTC"))
    }
}

/// Empty text is null, for it means: not known.
fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
