//! Any lines in every container.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mailtally_fuzz::any_line_in_any_container(bytes));
