//! Mailtally's own format is a promise to others: its JSON Schema, its page of documentation and its reader say the same.

use std::fmt::Display;
use std::net::Ipv4Addr;

use mailtally::formats::mailtally::{COLUMNS, TLS_VERSIONS};
use mailtally::submissions::RefusalKind;
use mailtally::submissions::tls::TlsVersion;
use serde_json::Value;

use crate::compare::Findings;
use crate::logs::Logs;
use crate::project;

fn schema() -> Value {
    serde_json::from_str(&text("docs/mailtally-schema.json")).unwrap()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(project().join(path)).unwrap()
}

/// The blocks of the page that are fenced as a language.
fn examples(language: &str) -> Vec<String> {
    let page = text("docs/schema.md");
    let blocks = page.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(&format!("{language}\n"))).map(str::to_owned).collect()
}

/// Why an object does not satisfy the schema; only what the schema uses is understood.
fn violations(schema: &Value, object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let members = object.as_object().unwrap();
    for (name, value) in members {
        match schema["properties"].get(name) {
            Some(property) if !satisfies(property, value) => found.push(format!("{name} is {value}")),
            None if !name.starts_with("x_") => found.push(format!("{name} is not allowed")),
            _ => {}
        }
    }
    let required = |schema: &Value| {
        let names = schema["required"].as_array().into_iter().flatten();
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .filter(|name| !members.contains_key(name))
            .collect::<Vec<_>>()
    };
    // What of a schema's properties are there and do not satisfy it, and what is missing.
    let wrong = |schema: &Value| {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let there = properties.filter_map(|(name, property)| Some((name, property, members.get(name)?)));
        let wrong = there.filter(|(_, property, value)| !satisfies(property, value));
        wrong.map(|(name, _, value)| format!("{name} is {value}")).chain(required(schema)).collect::<Vec<_>>()
    };
    found.extend(required(schema));
    for rule in schema["allOf"].as_array().unwrap().iter().chain([schema]) {
        let branch = if wrong(&rule["if"]).is_empty() { "then" } else { "else" };
        found.extend(wrong(&rule[branch]));
    }
    found
}

fn satisfies(property: &Value, value: &Value) -> bool {
    let is_of = |name: &Value| match name.as_str().unwrap() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the schema has learnt a type: {other}"),
    };
    let typed = match &property["type"] {
        Value::Null => true,
        Value::Array(names) => names.iter().any(is_of),
        name => is_of(name),
    };
    let spelt = property["pattern"].as_str().zip(value.as_str()).is_none_or(|(pattern, text)| is_spelt(pattern, text));
    let same = property.get("const").is_none_or(|constant| constant == value);
    let listed = property["enum"].as_array().is_none_or(|list| list.contains(value));
    let bound = |name: &str| property[name].as_f64().zip(value.as_f64());
    let in_bounds = bound("minimum").is_none_or(|(least, value)| value >= least)
        && bound("maximum").is_none_or(|(most, value)| value <= most);
    typed && spelt && same && listed && in_bounds
}

/// Whether a text is spelt by one of the schema's patterns, in words of its own: no crate here has regular expressions.
fn is_spelt(pattern: &str, text: &str) -> bool {
    let octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    let ipv4 = format!("({octet}[.]){{3}}{octet}");
    let hex = "[0-9A-Fa-f]{1,4}";
    let address = format!("^({ipv4}|(({hex})?:){{2,8}}({hex}|{ipv4})?(%.+)?)?$");
    match pattern {
        "^([0-9]{3})?$" => text.is_empty() || (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())),
        r"[^\u0000- \u007f]" => !text.chars().all(|c| c == ' ' || c.is_ascii_control()),
        pattern if pattern == address => text.is_empty() || is_ipv4(text) || is_like_ipv6(text),
        other => panic!("the schema has learnt a pattern: {other}"),
    }
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

fn is_like_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "zone"));
    let is_group = |group: &str| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut groups = address.split(':').collect::<Vec<_>>();
    let last = groups.pop().unwrap();
    (2..=8).contains(&groups.len())
        && groups.into_iter().all(is_group)
        && (is_group(last) || is_ipv4(last))
        && !zone.is_empty()
}

fn same(what: &str, expected: &[impl Display], found: impl IntoIterator<Item = String>) {
    let mut findings = Findings::default();
    findings.same(what, expected.iter().map(ToString::to_string), found);
    findings.none();
}

#[test]
fn the_schema_has_the_reader_s_columns() {
    let schema = schema();
    same("properties", &COLUMNS, schema["properties"].as_object().unwrap().keys().cloned());
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["patternProperties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["^x_"]);
}

#[test]
fn the_schema_has_the_reader_s_words() {
    let schema = schema();
    let words = |list: &Value| {
        let words = list.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned);
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>()
    };
    same("tls_version", &TlsVersion::ALL.map(TlsVersion::as_str), words(&schema["properties"]["tls_version"]["enum"]));
    assert_eq!(TLS_VERSIONS, TlsVersion::ALL.map(TlsVersion::as_str));
    let refused = RefusalKind::ALL.map(RefusalKind::as_str);
    same("kind", &[&["submission"], &refused[..]].concat(), words(&schema["properties"]["kind"]["enum"]));
}

#[test]
fn the_page_has_the_reader_s_columns_in_order() {
    let page = text("docs/schema.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name));
    assert_eq!(rows.collect::<Vec<_>>(), COLUMNS);
}

#[test]
fn the_samples_and_the_page_s_examples_satisfy_the_schema() {
    let schema = schema();
    let mut findings = Findings::default();
    let texts = [text("sample_data/raw/mailtally/json-lines.log")].into_iter().chain(examples("json"));
    let mut lines = 0;
    for line in texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
        lines += 1;
        for violation in violations(&schema, &serde_json::from_str(&line).unwrap()) {
            findings.note(format_args!("{violation}: {line}"));
        }
    }
    findings.none();
    assert!(lines > 8, "{lines} lines");
}

#[test]
fn what_does_not_satisfy_the_schema_is_told() {
    let schema = schema();
    for object in [
        r#"{"account":"a"}"#,
        r#"{"ts":1}"#,
        r#"{"ts":1,"kind":"sender_rejected"}"#,
        r#"{"ts":1,"account":"a","tls":"x"}"#,
        r#"{"ts":1,"account":"a","recipients":-1}"#,
        r#"{"ts":1,"account":"a","recipients":"1"}"#,
        r#"{"ts":1,"account":"a","recipients":1.5}"#,
        r#"{"ts":1,"account":["a"]}"#,
        r#"{"ts":1,"account":"a","tls_version":"TLSv1"}"#,
    ] {
        assert!(!violations(&schema, &serde_json::from_str(object).unwrap()).is_empty(), "{object}");
    }
}

/// Values as programs spell them, which the schema takes or does not, and the reader with it.
#[test]
fn the_schema_and_the_reader_take_the_same_values() {
    let schema = schema();
    let taken = |members: &str| {
        // Of a refusal, the code is looked at; of a submission, the rest.
        let kind = if members.starts_with("\"code\"") { "auth_failed" } else { "submission" };
        let account = if members.starts_with("\"account\"") { "" } else { r#""account":"a@example.org","# };
        let line = format!(r#"{{"ts":1772355600.25,"kind":"{kind}",{account}{members}}}"#);
        let is_valid = violations(&schema, &serde_json::from_str(&line).unwrap()).is_empty();
        let good = r#"{"ts":1772355601,"account":"a@example.org"}"#;
        let answer = Logs::written([("own.jsonl", &format!("{good}\n{line}\n{good}\n"))]).format("mailtally").read();
        assert_eq!(is_valid, answer.rejected() == 0, "{line}");
        is_valid
    };
    for members in [
        r#""code":535"#,
        r#""code":535.0"#,
        r#""code":"535""#,
        r#""code":"""#,
        r#""code":null"#,
        r#""port":587.0"#,
        r#""port":5.87E2"#,
        r#""recipients":2e0"#,
        r#""size_bytes":1.2345678E7"#,
        r#""tls_known_present":true"#,
        r#""tls_known_present":true,"tls_version":"unknown""#,
        r#""tls_known_present":false,"tls_version":"unknown""#,
        r#""tls_known_present":true,"cipher":"AES256-SHA""#,
        r#""tls_known_present":false,"tls_version":"none","cipher":null"#,
        r#""tls_version":"none","cipher":"""#,
        r#""account":" x ""#,
        r#""account":"\u00a0""#,
        r#""client_ip":"""#,
        r#""client_ip":"255.249.99.0""#,
        r#""client_ip":"2001:db8::1""#,
        r#""client_ip":"fe80::1%eth0""#,
        r#""client_ip":"::""#,
        r#""client_ip":"1:2:3:4:5:6:7:8""#,
        r#""client_ip":"1:2:3:4:5:6:7::""#,
        r#""client_ip":"::2:3:4:5:6:7:8""#,
        r#""client_ip":"::FFFF:192.0.2.1""#,
        r#""x_note":{"a":[1]}"#,
    ] {
        assert!(taken(members), "{members}");
    }
    for members in [
        r#""code":"5.7.8""#,
        r#""code":"535 5.7.8""#,
        r#""code":99"#,
        r#""code":535.5"#,
        r#""port":70000"#,
        r#""recipients":2.5"#,
        r#""tls_known_present":1"#,
        r#""tls_version":"TLSv1""#,
        r#""tls_version":"none","tls_known_present":true"#,
        r#""tls_version":"none","cipher":"AES256-SHA""#,
        r#""tls_version":"TLSv1.2","tls_known_present":false"#,
        r#""tls_known_present":false,"cipher":"AES256-SHA""#,
        r#""account":null"#,
        r#""account":"\t""#,
        r#""account":" \u0000\u007f""#,
        r#""client_ip":"192.0.2.01""#,
        r#""client_ip":"192.0.2.256""#,
        r#""client_ip":"1.2.3""#,
        r#""client_ip":"192.0.2.1%eth0""#,
        r#""client_ip":"fe80::1%""#,
        r#""client_ip":"12345::""#,
        r#""client_ip":"::192.0.2.01""#,
        r#""client_ip":"[::1]""#,
    ] {
        assert!(!taken(members), "{members}");
    }
    let exponent = r#"{"ts":1.772355606E9,"account":"a@example.org"}"#;
    assert_eq!(Logs::written([("own.jsonl", exponent)]).format("mailtally").read().rejected(), 0);
}

#[test]
fn the_page_s_examples_are_read() {
    for (language, submissions, refusals) in [("json", 2, 1), ("csv", 2, 0)] {
        let examples = examples(language);
        assert_eq!(examples.len(), 1, "{language}");
        // The format is found from the lines alone.
        let answer = Logs::written([("any.log", &examples[0])]).read();
        assert_eq!(answer.rejected(), 0, "{language}");
        assert_eq!((answer.submissions().len(), answer.refusals().len()), (submissions, refusals), "{language}");
    }
}
