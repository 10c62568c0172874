//! From a source's files to its plan: they are listed, looked at, put into streams, and held against the ledger.

use std::sync::Arc;

use super::ledger::Ledger;
use super::plan::{Found, Plan, Wanted, plan};
use super::{Failure, Ingested};
use crate::lake::Lake;
use crate::pipelines::Result;
use crate::pipelines::definition::Source;
use crate::pipelines::reading::{Prepared, prepare};
use crate::sources::list;
use crate::storage::Storage;
use crate::submissions::streams::TlsHostsOfFile;

/// A source as it was found, and what is to be done with it.
#[derive(Debug)]
pub struct Planned<'a> {
    /// The source.
    pub source: &'a Source,
    /// The digest of its settings.
    pub settings: String,
    /// What was found.
    pub prepared: Prepared,
    /// What is to be done.
    pub plan: Plan,
    /// What the files of each stream say of hosts' TLS.
    pub(super) tls_hosts: Vec<Vec<TlsHostsOfFile>>,
}

/// Plans every source of logs. A source that fails is reported and does not stop the others.
///
/// # Errors
/// Where the lake cannot be read.
pub fn plan_sources<'a>(
    storage: &Arc<Storage>,
    lake: &Lake,
    sources: impl Iterator<Item = &'a Source>,
    wanted: Wanted,
    allow_fewer_inputs: bool,
) -> Result<(Vec<Planned<'a>>, Ingested)> {
    let ledger = Ledger::read(lake, wanted.range())?;
    let mut planned = Vec::new();
    let mut ingested = Ingested::default();
    for source in sources {
        match plan_source(storage, source, &ledger, wanted, allow_fewer_inputs) {
            Ok(Some(plan)) => {
                ingested.detected.extend(plan.prepared.found.map(|found| (source.name.clone(), found)));
                let kept = plan.plan.kept.iter().map(|(day, gone)| ((source.name.clone(), *day), gone.clone()));
                ingested.kept.extend(kept);
                planned.push(plan);
            }
            Ok(None) => {
                let nothing = Found { source: &source.name, settings: &source.settings_digest(), streams: Vec::new() };
                let kept = plan(&nothing, &ledger, wanted, allow_fewer_inputs).kept;
                ingested.kept.extend(kept.into_iter().map(|(day, gone)| ((source.name.clone(), day), gone)));
                ingested.empty.push(source.name.clone());
            }
            Err(error) => {
                tracing::error!(source = source.name, "the source cannot be read");
                ingested.failed.push(Failure { source: source.name.clone(), days: None, error });
            }
        }
    }
    Ok((planned, ingested))
}

fn plan_source<'a>(
    storage: &Arc<Storage>,
    source: &'a Source,
    ledger: &Ledger,
    wanted: Wanted,
    allow_fewer_inputs: bool,
) -> Result<Option<Planned<'a>>> {
    let files = list(storage, &source.files)?;
    if files.is_empty() {
        return Ok(None);
    }
    let days = match wanted {
        Wanted::All(days) => Some(days),
        Wanted::Changed(_) => None,
    };
    let settings = source.settings_digest();
    let known = ledger.known_files(&source.name, &settings);
    let prepared = prepare(storage, &source.settings, &files, days, &known)?;
    let (mut streams, mut tls_hosts) = (Vec::new(), Vec::new());
    for stream in &prepared.streams {
        let (tls_logging, of_files) = prepared.tls_evidence(storage, stream, &known)?;
        streams.push((stream, tls_logging));
        tls_hosts.push(of_files);
    }
    if streams.iter().all(|(stream, _)| stream.files.iter().all(|file| file.first.is_none())) {
        return Ok(None);
    }
    let found = Found { source: &source.name, settings: &settings, streams };
    let plan = plan(&found, ledger, wanted, allow_fewer_inputs);
    tracing::info!(source = source.name, files = files.len(), days = plan.days.len(), "planned");
    Ok(Some(Planned { source, settings, prepared, plan, tls_hosts }))
}
