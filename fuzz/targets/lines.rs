//! Any bytes as a log of every format, and each line of it with a secret.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mailtally_fuzz::any_bytes_as_a_log(bytes);
    mailtally_fuzz::any_line_with_a_secret(bytes);
});
