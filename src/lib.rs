//! mailtally turns the raw submission logs of mail servers into daily tables and reports.
//!
//! ```text
//! raw files ─▶ sources ─▶ formats ─▶ submissions ─▶ lake ─▶ rollups ─▶ reports ─▶ datasets, page, exports
//!              list,open   parse       assemble      commit   roll up     build
//!              decompress  a line      a session     a day    a day       a window
//! ```
//!
//! `pipelines` decides what runs (stage × days × source → tasks), `engine` decides where, `cli` is the face.
//!
//! What holds everywhere:
//!
//! 1. A day is a pure function of the raw files: not of the order of runs, what ran before, or the clock.
//! 2. A rerun replaces a day atomically and never appends.
//! 3. A rerun never makes a day poorer by accident.
//! 4. A bad line is data, a bad file is an error.
//! 5. What is not known is shown as unknown.
//! 6. The ledger follows the lake, never leads it.
//! 7. Data flows down the list of modules below, imports point up it; `tests/it/architecture.rs` holds that.
//! 8. Only [`cli`] prints, exits, or reads the environment. Time is passed in.

pub mod calendar;
pub mod storage;
pub mod words;

pub mod sources;

pub mod formats;

pub mod submissions;

pub mod lake;

pub mod rollups;

pub mod reports;

pub mod pipelines;

pub mod engine;

pub mod cli;
