//! The mailtally program.
fn main() {}
