//! Rows into columns, straight into Arrow's builders.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::error::ArrowError;

use crate::lake::tables::{REFUSALS, REJECTED_LINES, SUBMISSIONS, Table};
use crate::submissions::{Refusal, Submission};

/// A table's columns while they are being filled.
pub(super) trait Columns: Default {
    /// What one row is made of.
    type Row<'a>;
    /// The table.
    fn table() -> &'static Table;
    /// Adds a row.
    fn push(&mut self, row: Self::Row<'_>);
    /// The rows so far as a batch of the table's file schema; the columns are empty again.
    fn take(&mut self) -> Result<RecordBatch, ArrowError>;
}

/// Columns of `submissions`, in the order of its file schema.
#[derive(Default)]
pub(super) struct SubmissionColumns {
    ts: Timestamps,
    /// server, service
    where_: [StringBuilder; 2],
    port: Int64Builder,
    /// tls_mode, client_ip, client_name, helo, account, account_raw, domain
    who: [StringBuilder; 7],
    domain_from_mail_from: BooleanBuilder,
    /// mechanism, auth_family, mail_from
    how: [StringBuilder; 3],
    recipients: Int64Builder,
    size_bytes: Int64Builder,
    tls_version: StringBuilder,
    tls_known_present: BooleanBuilder,
    /// cipher, cipher_class, queue_id, message_id
    what: [StringBuilder; 4],
}

impl Columns for SubmissionColumns {
    type Row<'a> = &'a Submission<&'a str>;

    fn table() -> &'static Table {
        &SUBMISSIONS
    }

    fn push(&mut self, row: &Submission<&str>) {
        self.ts.0.append_value(row.ts);
        fill(&mut self.where_, [row.server, row.service]);
        self.port.append_option(row.port());
        let mode = row.tls_mode.as_str();
        let who = [mode, row.client_ip, row.client_name, row.helo, row.account, row.account_raw, row.domain];
        fill(&mut self.who, who);
        self.domain_from_mail_from.append_value(row.domain_from_mail_from);
        fill(&mut self.how, [row.mechanism, row.auth_family().as_str()]);
        // An empty sender is the null reverse-path of RFC 5321, not an unknown one.
        self.how[2].append_value(row.mail_from);
        self.recipients.append_option(row.recipients.map(i64::from));
        self.size_bytes.append_option(row.size_bytes.and_then(|size| i64::try_from(size).ok()));
        self.tls_version.append_value(row.tls_version.as_str());
        self.tls_known_present.append_option(row.tls_known_present);
        let class = if row.cipher.is_empty() { "" } else { row.cipher_class.as_str() };
        fill(&mut self.what, [row.cipher, class, row.queue_id, row.message_id]);
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = vec![self.ts.finish()];
        columns.extend(finish(&mut self.where_));
        columns.push(Arc::new(self.port.finish()));
        columns.extend(finish(&mut self.who));
        columns.push(Arc::new(self.domain_from_mail_from.finish()));
        columns.extend(finish(&mut self.how));
        columns.push(Arc::new(self.recipients.finish()));
        columns.push(Arc::new(self.size_bytes.finish()));
        columns.push(Arc::new(self.tls_version.finish()));
        columns.push(Arc::new(self.tls_known_present.finish()));
        columns.extend(finish(&mut self.what));
        RecordBatch::try_new(SUBMISSIONS.file_schema(), columns)
    }
}

/// Columns of `refusals`.
#[derive(Default)]
pub(super) struct RefusalColumns {
    ts: Timestamps,
    /// server, service, client_ip, client_name, helo, account, mechanism, tls_version, kind, reason, code
    text: [StringBuilder; 11],
}

impl Columns for RefusalColumns {
    type Row<'a> = &'a Refusal<&'a str>;

    fn table() -> &'static Table {
        &REFUSALS
    }

    fn push(&mut self, row: &Refusal<&str>) {
        self.ts.0.append_value(row.ts);
        let text = [
            row.server,
            row.service,
            row.client_ip,
            row.client_name,
            row.helo,
            row.account,
            row.mechanism,
            row.tls_version.as_str(),
            row.kind.as_str(),
            row.reason,
            row.code,
        ];
        fill(&mut self.text, text);
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = vec![self.ts.finish()];
        columns.extend(finish(&mut self.text));
        RecordBatch::try_new(REFUSALS.file_schema(), columns)
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

    fn push(&mut self, row: RejectedRow<'_>) {
        self.file.append_value(row.file);
        self.line.append_option(i64::try_from(row.line).ok());
        self.reason.append_value(row.reason);
        self.raw.append_value(row.raw);
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.file.finish()),
            Arc::new(self.line.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(self.raw.finish()),
        ];
        RecordBatch::try_new(REJECTED_LINES.file_schema(), columns)
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

/// Appends one text to each builder; empty text is null, for it means: not known.
fn fill<const N: usize, const M: usize>(builders: &mut [StringBuilder; N], row: [&str; M]) {
    for (builder, text) in builders.iter_mut().zip(row) {
        builder.append_option((!text.is_empty()).then_some(text));
    }
}

fn finish(builders: &mut [StringBuilder]) -> impl Iterator<Item = ArrayRef> {
    builders.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef)
}
