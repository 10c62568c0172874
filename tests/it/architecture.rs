//! The house's plan: modules in the order of `src/lib.rs`, imports that point up it, one module with a voice.
//!
//! The checks read the sources as text, without comments and strings, and are tried on small texts themselves.

mod code;
mod module;

use std::collections::BTreeSet;

use crate::compare::Findings;
use crate::{project, rust_files};
use code::Code;
use module::Module;

/// The only module that prints, exits, reads the environment and asks for the time.
const FACE: &str = "cli";

/// What only the face may say.
const VOICE: [&str; 13] = [
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
    "std::env",
    "env::var",
    "env::args",
    "exit(",
    "Utc::now",
    "Local::now",
    "SystemTime::now",
    "Instant::now",
];

/// Names that say nothing: what is in such a file belongs where it is used.
const EMPTY_NAMES: [&str; 9] = ["utils", "util", "helpers", "helper", "manager", "data", "info", "common", "misc"];

/// The modules that `lib.rs` lists, in its order.
fn listed(lib: &str) -> Vec<String> {
    let name = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    lib.lines().filter_map(name).collect()
}

/// What a file of `module` imports although it is listed later, or not at all.
fn wrong_imports(module: &str, listed: &[String], imports: &BTreeSet<String>) -> Vec<String> {
    let place = |name: &str| listed.iter().position(|other| other == name);
    let own = place(module);
    let allowed = |name: &String| name == module || place(name).is_some_and(|place| Some(place) < own);
    imports.iter().filter(|name| !allowed(name)).cloned().collect()
}

/// What of the face's words a code says.
fn said(code: &str) -> Vec<&'static str> {
    let begins_a_word = |at: usize| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    VOICE.into_iter().filter(|word| code.match_indices(word).any(|(at, _)| begins_a_word(at))).collect()
}

/// Every file of the library; the program's own `main.rs` is the face's.
fn library() -> (Vec<String>, Vec<Module>) {
    let src = project().join("src");
    let lib = std::fs::read_to_string(src.join("lib.rs")).unwrap();
    let files = rust_files(&src).into_iter().map(|file| Module::read(&src, &file)).collect();
    (listed(&lib), files)
}

#[test]
fn every_file_belongs_to_a_listed_module() {
    let (listed, files) = library();
    let mut findings = Findings::default();
    for file in files.iter().filter(|file| !file.top.is_empty()) {
        if !listed.contains(&file.top) {
            findings.note(format_args!("{}: lib.rs does not list '{}'", file.path, file.top));
        }
    }
    findings.none();
    assert!(listed.len() > 5 && listed.last().is_some_and(|last| last == FACE), "{listed:?}");
}

#[test]
fn imports_point_up_the_list() {
    let (listed, files) = library();
    let mut findings = Findings::default();
    for file in files.iter().filter(|file| !file.top.is_empty()) {
        for name in wrong_imports(&file.top, &listed, &file.imports()) {
            findings.note(format_args!("{}: '{}' may not use '{name}'", file.path, file.top));
        }
    }
    findings.none();
}

#[test]
fn only_the_face_prints_exits_and_asks() {
    let (_, files) = library();
    let mut findings = Findings::default();
    let tests = files.iter().flat_map(Module::test_files).collect::<BTreeSet<_>>();
    for file in files.iter().filter(|file| file.top != FACE && !file.is_program() && !file.is_within(&tests)) {
        for word in said(file.code.without_tests().as_str()) {
            findings.note(format_args!("{}: {word} is for '{FACE}' alone", file.path));
        }
    }
    findings.none();
}

#[test]
fn every_file_says_what_it_is() {
    let (_, files) = library();
    let mut findings = Findings::default();
    for file in files.iter().filter(|file| !file.text.starts_with("//! ")) {
        findings.note(format_args!("{} does not open with //!", file.path));
    }
    findings.none();
}

#[test]
fn every_name_says_something() {
    let (_, files) = library();
    let mut findings = Findings::default();
    for file in &files {
        for name in file.path.trim_end_matches(".rs").split('/').filter(|name| EMPTY_NAMES.contains(name)) {
            findings.note(format_args!("{}: '{name}' says nothing", file.path));
        }
    }
    findings.none();
}

#[test]
fn an_import_that_points_down_is_found() {
    let listed = listed("//! mod ghost;\npub mod calendar;\n\npub mod formats;\npub mod cli;\nmod hidden;\n");
    assert_eq!(listed, ["calendar", "formats", "cli"]);
    for (module, path, code, wrong) in [
        ("formats", "formats/mod.rs", "use crate::calendar::Day;", vec![]),
        ("formats", "formats/mod.rs", "use crate::{calendar, cli::Context};", vec!["cli"]),
        ("formats", "formats/mod.rs", "use crate::{\n    calendar::{Day, DAY},\n    cli,\n};", vec!["cli"]),
        ("formats", "formats/postfix.rs", "fn f() -> crate::cli::Context {}", vec!["cli"]),
        ("formats", "formats/postfix.rs", "use super::super::cli;", vec!["cli"]),
        ("formats", "formats/postfix.rs", "use super::record::Record;", vec![]),
        ("formats", "formats/a/b.rs", "use super::super::record;", vec![]),
        ("calendar", "calendar.rs", "use super::formats;", vec!["formats"]),
        ("calendar", "calendar.rs", "use crate::ghost;", vec!["ghost"]),
        ("calendar", "calendar.rs", "/// See crate::cli.\n// crate::cli\n/* crate::cli */", vec![]),
        ("calendar", "calendar.rs", r##"let a = "crate::cli \" crate::cli"; let b = r#"" crate::cli"#;"##, vec![]),
        ("calendar", "calendar.rs", "let quote = '\"'; crate::cli::run()", vec!["cli"]),
        ("calendar", "calendar.rs", "fn f<'a>(a: &'a str) { crate::cli::run() }", vec!["cli"]),
        ("calendar", "calendar.rs", "#[cfg(test)]\nmod tests {\n    use crate::cli;\n}", vec!["cli"]),
        ("calendar", "calendar.rs", "#[cfg(test)]\nmod tests {\n    use super::*;\n}", vec![]),
    ] {
        let file = Module::of(path, code);
        assert_eq!(wrong_imports(module, &listed, &file.imports()), wrong, "{path}: {code}");
    }
}

#[test]
fn a_voice_outside_the_face_is_found() {
    for (code, words) in [
        ("fn f() { println!(\"x\"); }", vec!["println!"]),
        ("fn f() { std::eprintln!(\"x\"); }", vec!["eprintln!"]),
        ("fn f() { let at = chrono::Utc::now(); }", vec!["Utc::now"]),
        ("use std::env::args;", vec!["std::env", "env::args"]),
        ("fn f() { std::process::exit(1) }", vec!["exit("]),
        ("fn f() -> ExitCode { sexit(1); exit_code::of(error) }", vec![]),
        ("fn f() { /* println!() */ let text = \"Instant::now\"; blueprint!(); }", vec![]),
        ("fn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() { println!(\"{}\", 1); }\n}\n", vec![]),
        ("#[cfg(test)]\nmod tests { }\nfn f() { println!() }", vec!["println!"]),
        ("#[cfg(test)]\nmod tests;\nfn f() { println!() }", vec!["println!"]),
    ] {
        assert_eq!(said(Code::of(code).without_tests().as_str()), words, "{code}");
    }
}
