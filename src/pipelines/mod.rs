//! Pipelines: what is to be done, and doing it.
//!
//! [`definition`] is the file, [`runner`] the run: [`ingest`], [`rollup`] and [`report`] are its stages, in this
//! order; [`import`] goes with the first. [`reading`] and [`tally`] serve those who ask without a lake.

mod ahead;
mod beside;
pub mod definition;
pub mod detailed;
mod error;
mod executor;
pub mod explain;
pub mod import;
pub mod ingest;
pub mod inspect;
mod lock;
pub mod reading;
pub mod report;
pub mod rollup;
pub mod runner;
pub mod shared;
pub mod status;
pub mod tally;
mod upload;

pub use error::{Error, Result};
pub use executor::{Executor, Parts};
