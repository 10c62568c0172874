//! What the targets do with any bytes, and the layers that they do it to.
//!
//! A target panics where something does not hold; the fuzzer looks for bytes that make it.

#[path = "../../src/calendar.rs"]
pub mod calendar;
#[path = "../../src/formats/mod.rs"]
pub mod formats;
#[path = "../../src/sources/mod.rs"]
pub mod sources;
#[path = "../../src/storage/mod.rs"]
pub mod storage;
#[path = "../../src/submissions/mod.rs"]
pub mod submissions;

mod carried;
mod lines;
mod packed;
mod reports;
mod secrets;

pub use carried::any_line_in_any_container;
pub use lines::any_bytes_as_a_log;
pub use packed::any_bytes_as_a_file;
pub use reports::any_bytes_as_a_report;
pub use secrets::any_line_with_a_secret;
