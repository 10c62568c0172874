//! What needs more than Rust and a C compiler: suites of their own, which install what they need.
//!
//! Plain `cargo test` shows them as ignored. Run the script, or `cargo test --test it suites -- --ignored`.

use std::process::Command;

use crate::project;

fn run(script: &str) {
    let status = Command::new("bash").arg(project().join(script)).status().unwrap();
    assert!(status.success(), "{script}: {status}");
}

#[test]
#[ignore = "installs DuckDB, Polars and deltalake for Python: tests/with-readers.sh"]
fn with_readers() {
    run("tests/with-readers.sh");
}

#[test]
#[ignore = "installs and starts moto and Azurite: tests/with-object-stores.sh"]
fn with_object_stores() {
    run("tests/with-object-stores.sh");
}

#[test]
#[ignore = "installs Chromium, Playwright and axe, drives the report's page: tests/with-browser.sh"]
fn with_browser() {
    run("tests/with-browser.sh");
}

#[test]
#[ignore = "installs cargo-fuzz and runs each target for a minute: tests/with-fuzz.sh"]
fn with_fuzz() {
    run("tests/with-fuzz.sh");
}

#[test]
#[ignore = "installs and starts mail servers, as root: tests/with-mail-servers.sh"]
fn with_mail_servers() {
    run("tests/with-mail-servers.sh");
}

/// A script that no test here names would be skipped without a word.
#[test]
fn every_suite_is_named() {
    let here = std::fs::read_to_string(project().join("tests/it/suites.rs")).unwrap();
    for entry in std::fs::read_dir(project().join("tests")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if name.starts_with("with-") {
            assert!(here.contains(&format!("run(\"tests/{name}\")")), "{name} has no test");
        }
    }
}
