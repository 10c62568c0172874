//! What the lake says of an account's day: the figure, and the submissions that it is made of.

use arrow::array::Array as _;

use super::super::Result;
use super::{Counted, Question, Traced, Volume};
use crate::lake::Lake;
use crate::lake::tables::{DAILY_VOLUME, IMPORTED, SUBMISSIONS, Table};
use crate::rollups::columns::Columns;

const COLUMNS: [&str; 11] = [
    "ts",
    "server",
    "client_ip",
    "client_name",
    "account",
    "mechanism",
    "mail_from",
    "recipients",
    "tls_version",
    "cipher",
    "queue_id",
];

/// The first submissions of the day, and how many there are.
pub(super) fn submissions(lake: &Lake, question: &Question) -> Result<(Vec<Traced>, u64)> {
    let mut found: Vec<Traced> = Vec::new();
    let mut count = 0;
    each(lake, &SUBMISSIONS, &COLUMNS, question, |source, batch, row| {
        count += 1;
        found.push(traced(source, batch, row)?);
        // Never many more than are asked for: an application may send a million messages a day.
        if found.len() >= 2 * question.most.max(1_000) {
            first(&mut found, question.most);
        }
        Ok(())
    })?;
    first(&mut found, question.most);
    Ok((found, count))
}

fn first(found: &mut Vec<Traced>, most: usize) {
    found.sort_by(|a, b| (a.ts, &a.source, &a.queue_id).cmp(&(b.ts, &b.source, &b.queue_id)));
    found.truncate(most);
}

/// What `daily_volume` has of the day.
pub(super) fn volume(lake: &Lake, question: &Question) -> Result<Option<Volume>> {
    let mut found: Option<Volume> = None;
    let columns = ["account", "messages", "recipients", "bytes"];
    each(lake, &DAILY_VOLUME, &columns, question, |_, batch, row| {
        let volume = found.get_or_insert_default();
        volume.messages += whole(batch, "messages", row)?.unwrap_or(0);
        volume.recipients += whole(batch, "recipients", row)?.unwrap_or(0);
        volume.bytes += whole(batch, "bytes", row)?.unwrap_or(0);
        Ok(())
    })?;
    Ok(found)
}

/// What other products have counted of the day alone.
pub(super) fn imported(lake: &Lake, question: &Question) -> Result<Vec<Counted>> {
    let mut found = Vec::new();
    let columns = ["account", "tls_version", "messages", "file", "line", "period_start"];
    each(lake, &IMPORTED, &columns, question, |source, batch, row| {
        if batch.days("period_start")?.value(row) == question.day.epoch_days() {
            found.push(Counted {
                source: source.to_owned(),
                tls_version: text(batch, "tls_version", row)?,
                messages: whole(batch, "messages", row)?.unwrap_or(0),
                file: text(batch, "file", row)?,
                line: whole(batch, "line", row)?.unwrap_or(0),
            });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Each row of the account on the day.
fn each(
    lake: &Lake,
    table: &'static Table,
    columns: &[&str],
    question: &Question,
    mut take: impl FnMut(&str, Columns<'_>, usize) -> Result<()>,
) -> Result<()> {
    let snapshot = lake.snapshot(table)?;
    for batch in lake.batches(table, snapshot.date(question.day), columns) {
        let (file, batch) = batch?;
        let batch = Columns::new(table.name, &batch);
        let accounts = batch.texts("account")?;
        let wanted = accounts.values().iter().map(|text| text == Some(question.account.as_str())).collect::<Vec<_>>();
        let is_wanted = |row: &usize| accounts.key(*row).is_some_and(|key| wanted[key]);
        for row in (0..batch.height()).filter(is_wanted) {
            take(file.partition.source.as_deref().unwrap_or_default(), batch, row)?;
        }
    }
    Ok(())
}

fn traced(source: &str, batch: Columns<'_>, row: usize) -> Result<Traced> {
    let text = |name| text(batch, name, row);
    let ts = batch.instants("ts")?;
    Ok(Traced {
        source: source.to_owned(),
        ts: if ts.is_valid(row) { ts.value(row) } else { 0 },
        server: text("server")?,
        client_ip: text("client_ip")?,
        client_name: text("client_name")?,
        tls_version: text("tls_version")?,
        cipher: text("cipher")?,
        mechanism: text("mechanism")?,
        mail_from: text("mail_from")?,
        recipients: whole(batch, "recipients", row)?,
        queue_id: text("queue_id")?,
        lines: Vec::new(),
    })
}

/// A text; what is not known is empty.
fn text(batch: Columns<'_>, name: &'static str, row: usize) -> Result<String> {
    Ok(batch.texts(name)?.text(row).unwrap_or_default().to_owned())
}

fn whole(batch: Columns<'_>, name: &'static str, row: usize) -> Result<Option<i64>> {
    let column = batch.numbers(name)?;
    Ok(column.is_valid(row).then(|| column.value(row)))
}
