//! Pipelines: what is to be done, and doing it.

pub mod definition;
mod error;
pub mod reading;
pub mod tally;

pub use error::{Error, Result};
