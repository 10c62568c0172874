//! The integration tests: one binary, one module per layer.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scenarios;
