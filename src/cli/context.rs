//! What a command is given beside its arguments: settings, a voice, an output, the time, and a way to storage.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::args::GlobalArgs;
use super::messages::Messages;
use super::output::Output;
use super::progress::Progress;
use super::settings::{Environment, Settings};
use super::{Error, Result, logging};
use crate::calendar::{Day, Timestamp};
use crate::storage::Storage;

/// What a command is given.
pub struct Context {
    /// The settings of environment and flags.
    pub settings: Settings,
    /// Standard error, for words.
    pub messages: Messages,
    /// Standard output, for the answer.
    pub output: Output,
    /// The time at which the program was started. Nothing later asks for the time again.
    pub now: Timestamp,
    /// This run's id, which is in every event of its log.
    pub run_id: String,
    /// Kept while the command runs: storage's futures run on it.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Context {
    /// The context of this process. Starts its log, and warns of settings that nobody reads.
    ///
    /// # Errors
    /// Where a setting cannot be used.
    pub fn new(flags: &GlobalArgs, environment: &Environment, messages: Messages) -> Result<Self> {
        let folder = std::env::current_dir().map_err(Error::Folder)?;
        let settings = Settings::resolve(environment, flags, &folder)?;
        let run_id = Uuid::new_v4().simple().to_string();
        logging::start(&settings.log, &run_id)?;
        for warning in &settings.warnings {
            messages.warning(warning);
        }
        let now = chrono::Utc::now().timestamp_micros();
        Ok(Self { settings, messages, output: Output::stdout(), now, run_id, runtime: None })
    }

    /// The day that is not complete yet, UTC.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::of(self.now)
    }

    /// A storage with the given options: a pipeline's, or `settings.storage` where there is no pipeline.
    ///
    /// # Errors
    /// Where the threads behind it cannot be started.
    pub fn storage(&mut self, options: &BTreeMap<String, String>) -> Result<Storage> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => self.start_runtime()?,
        };
        let storage = Storage::new(options.clone(), runtime.handle().clone());
        self.runtime = Some(runtime);
        Ok(storage)
    }

    /// A progress bar over `total` bytes, drawn where somebody watches.
    #[must_use]
    pub fn progress(&self, total: u64) -> Progress {
        Progress::bytes(total, Progress::wanted(self.messages, self.settings.log.verbosity))
    }

    fn start_runtime(&self) -> Result<tokio::runtime::Runtime> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(self.settings.threads_or_cores()).thread_name("storage").enable_all();
        builder.build().map_err(Error::Runtime)
    }
}
