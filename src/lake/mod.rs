//! The lake: Delta tables whose days are replaced whole, in one commit.

pub mod tables;
