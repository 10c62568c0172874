//! Any bytes as another product's report.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mailtally_fuzz::any_bytes_as_a_report(bytes));
