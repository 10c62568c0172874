//! Any bytes as a stored file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mailtally_fuzz::any_bytes_as_a_file(bytes));
