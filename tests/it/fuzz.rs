//! The package in `fuzz/`, which cargo builds apart: it compiles the same files, so its crates have to be the same.

use toml::{Table, Value};

use crate::compare::Findings;
use crate::project;

/// What the package says of each crate.
fn dependencies(manifest: &str) -> Table {
    let text = std::fs::read_to_string(project().join(manifest)).unwrap();
    let manifest: Table = text.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().clone()
}

/// Needs no cloud there, so only its version is compared.
const WITHOUT_CLOUD: &str = "object_store";

fn version(dependency: &Value) -> &Value {
    dependency.get("version").unwrap_or(dependency)
}

#[test]
fn its_crates_are_the_program_s() {
    let (ours, its) = (dependencies("Cargo.toml"), dependencies("fuzz/Cargo.toml"));
    let mut findings = Findings::default();
    let mut shared = 0;
    for (name, its) in &its {
        let Some(ours) = ours.get(name) else { continue };
        shared += 1;
        let same = if name == WITHOUT_CLOUD { version(its) == version(ours) } else { its == ours };
        if !same {
            findings.note(format_args!("fuzz/Cargo.toml has {name} = {its}, and Cargo.toml {ours}"));
        }
    }
    findings.none();
    assert!(shared > 20, "only {shared} crates are shared");
}
