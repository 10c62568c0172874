//! The integration tests: one binary, one module per layer. What they share comes first.
//!
//! `MAILTALLY_CORPUS` names the folder of real logs; without it, `../shared/corpus` is looked for.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod compare;
mod csv;
mod logs;
mod packing;

mod activity;
mod architecture;
mod corpus;
mod fuzz;
mod joined;
mod properties;
mod same_answer;
mod samples;
mod scenarios;
mod schema;
mod suites;

use std::path::{Path, PathBuf};

/// The checkout.
fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, in order.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A file that no module line names is not compiled, and its tests pass by never running.
#[test]
fn no_test_file_is_forgotten() {
    let here = project().join("tests/it");
    for file in rust_files(&here).iter().filter(|file| !file.ends_with("main.rs")) {
        let parent = match file.parent().unwrap() {
            folder if folder == here => here.join("main.rs"),
            folder => folder.with_extension("rs"),
        };
        let line = format!("mod {};", file.file_stem().unwrap().to_string_lossy());
        let listed = std::fs::read_to_string(&parent).is_ok_and(|text| text.lines().any(|other| other == line));
        assert!(listed, "{} does not say `{line}`", parent.display());
    }
}
