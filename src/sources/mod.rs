//! Sources: raw files to lines.

pub mod framing;
mod json;
pub mod stamp;
pub mod timeline;
