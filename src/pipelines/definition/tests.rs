//! Pipeline files and what is said about their mistakes.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::*;
use crate::storage::display;

const KNOWN: Known<'_> = Known {
    formats: &["postfix", "exim"],
    datasets: &["summary", "sending_volume", "tls_usage"],
    exports: &["parquet", "csv", "html"],
};

const WHOLE: &str = r#"
name = "nightly"
lake = "../lake"
publish = "s3://reports/mail"

[storage]
aws_endpoint = "http://127.0.0.1:9000"
aws_allow_http = true
timeout = 30

[[sources]]
name = "mx1"
format = "postfix"
files = ["logs/mail.log*", "s3://logs/mx1/*"]
timezone = "Europe/Berlin"
realm = "Corp.Example.com"
year = 2026
tls_logged = true

[[sources]]
name = "mx2"
files = "/var/log/mail.log"

[run]
lookback_days = "all"
threads = 2

[window]
days = 30
timezone = "UTC"

[report]
datasets = ["summary", "summary"]
formats = "csv"
title = "Mail"

[limits]
max_rejected_percent = 2
"#;

const SHORT: &str = "lake = 'lake'\npublish = 'out'\n[[sources]]\nname = 'mx1'\nfiles = 'mail.log'\n";

fn parse(text: &str) -> Result<Definition> {
    Definition::parse(text, Path::new("/etc/mailtally/demo.toml"), &KNOWN)
}

/// What is said about a file, under a short name so that it reads well here.
fn refusal(text: &str) -> String {
    parse(text).unwrap_err().to_string().replace("/etc/mailtally/", "")
}

#[test]
fn a_whole_file_is_read() {
    let pipeline = parse(WHOLE).unwrap();
    assert_eq!(pipeline.name, "nightly");
    assert_eq!(display(&pipeline.lake), "/etc/lake");
    assert_eq!(pipeline.publish.as_str(), "s3://reports/mail");
    let options: Vec<_> = pipeline.storage.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(options, ["aws_allow_http=true", "aws_endpoint=http://127.0.0.1:9000", "timeout=30"]);
    let first = pipeline.source("mx1").unwrap();
    let files: Vec<_> = first.files.iter().map(display).collect();
    assert_eq!(files, ["/etc/mailtally/logs/mail.log*", "s3://logs/mx1/*"]);
    assert_eq!(first.settings.timezone, chrono_tz::Tz::Europe__Berlin);
    assert_eq!(first.settings.realm.as_deref(), Some("corp.example.com"));
    assert_eq!((first.settings.year, first.settings.tls_logged), (Some(2026), TlsLogged::True));
    assert_eq!(pipeline.source("mx2").unwrap().settings, SourceSettings::default());
    assert_eq!(pipeline.run, Run { lookback: Lookback::All, threads: Some(2) });
    assert_eq!(pipeline.window.days, 30);
    assert_eq!((pipeline.report.datasets, pipeline.report.formats), (vec!["summary".into()], vec!["csv".into()]));
    assert_eq!(pipeline.limits.max_rejected_percent, 2.0);
}

#[test]
fn what_a_short_file_leaves_out_has_defaults() {
    let pipeline = parse(SHORT).unwrap();
    assert_eq!(pipeline.name, "demo");
    assert_eq!(pipeline.run, Run { lookback: Lookback::Days(35), threads: None });
    assert_eq!(pipeline.window.days, 7);
    assert_eq!(pipeline.report.datasets, KNOWN.datasets);
    assert_eq!(pipeline.report.formats, KNOWN.exports);
    assert_eq!(pipeline.limits.max_rejected_percent, 1.0);
}

#[test]
fn an_unknown_key_is_refused_with_its_neighbour() {
    insta::assert_snapshot!(refusal(&SHORT.replace("files", "fils")), @r#"
    demo.toml:5:1: unknown key 'fils' in [[sources]]
      5 | fils = 'mail.log'
        | ^^^^
        = did you mean 'files'? valid keys are name, format, files, timezone, realm, year, tls_logged
    "#);
    insta::assert_snapshot!(refusal(&format!("{SHORT}[run]\nlookback = 3\n")), @r#"
    demo.toml:7:1: unknown key 'lookback' in [run]
      7 | lookback = 3
        | ^^^^^^^^
        = did you mean 'lookback_days'? valid keys are lookback_days, threads
    "#);
}

#[test]
fn all_mistakes_are_named_at_once() {
    insta::assert_snapshot!(refusal("lake = 3\npublsh = 'out'\n[[sources]]\nname = 'a/b'\n[limit]\n"), @r#"
    demo.toml has 5 mistakes
    demo.toml:1:8: 'lake' must be a string, not a whole number
      1 | lake = 3
        |        ^
    demo.toml:2:1: unknown key 'publsh'
      2 | publsh = 'out'
        | ^^^^^^
        = did you mean 'publish'? valid keys are name, lake, publish, storage, sources, run, window, report, limits, activity
    demo.toml:3:1: 'files' is missing in [[sources]]
      3 | [[sources]]
        | ^^^^^^^^^^^
        = write files = ["/var/log/mail.log*"]
    demo.toml:4:8: a source's name has no '/' and no blanks around it
      4 | name = 'a/b'
        |        ^^^^^
    demo.toml:5:2: unknown key 'limit'
      5 | [limit]
        |  ^^^^^
        = did you mean 'limits'? valid keys are name, lake, publish, storage, sources, run, window, report, limits, activity
    "#);
}

#[test]
fn a_wrong_type_is_refused() {
    insta::assert_snapshot!(refusal(&format!("{SHORT}year = '2026'\n[run]\nthreads = true\n")), @r#"
    demo.toml has 2 mistakes
    demo.toml:6:8: 'year' must be a whole number, not a string
      6 | year = '2026'
        |        ^^^^^^
    demo.toml:8:11: 'threads' must be a whole number, not true or false
      8 | threads = true
        |           ^^^^
    "#);
}

#[test]
fn a_number_out_of_range_is_refused() {
    insta::assert_snapshot!(
        refusal(&format!("{SHORT}[run]\nlookback_days = -1\n[window]\ndays = 0\n[limits]\nmax_rejected_percent = -0.5\n")),
        @r#"
        demo.toml has 3 mistakes
        demo.toml:7:17: 'lookback_days' must be from 1 to 36500
          7 | lookback_days = -1
            |                 ^^
        demo.toml:9:8: 'days' must be from 1 to 3660
          9 | days = 0
            |        ^
        demo.toml:11:24: 'max_rejected_percent' must be from 0 to 100
         11 | max_rejected_percent = -0.5
            |                        ^^^^
        "#
    );
}

#[test]
fn an_unknown_zone_is_refused_with_its_neighbour() {
    insta::assert_snapshot!(refusal(&format!("{SHORT}timezone = 'Europe/Berlni'\n")), @r#"
    demo.toml:6:12: unknown time zone 'Europe/Berlni': did you mean 'Europe/Berlin'?
      6 | timezone = 'Europe/Berlni'
        |            ^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(refusal(&format!("{SHORT}[window]\ntimezone = 'Europe/Berlin'\n")), @r#"
    demo.toml:7:12: reports are cut at UTC days, not at those of Europe/Berlin
      7 | timezone = 'Europe/Berlin'
        |            ^^^^^^^^^^^^^^^
        = write "UTC" or leave the key out; a source's own zone goes into [[sources]]
    "#);
}

#[test]
fn a_source_name_is_used_once() {
    insta::assert_snapshot!(refusal(&format!("{SHORT}[[sources]]\nname = 'mx1'\nfiles = 'b.log'\n")), @r#"
    demo.toml:7:8: the name 'mx1' is taken by the source of line 3
      7 | name = 'mx1'
        |        ^^^^^
        = a source's name stands in every row of the lake: give each its own
    "#);
}

#[test]
fn an_unknown_name_is_refused_with_the_valid_ones() {
    insta::assert_snapshot!(refusal(&format!("{SHORT}format = 'postfx'\n[report]\ndatasets = ['sumary']\n")), @r#"
    demo.toml has 2 mistakes
    demo.toml:6:10: unknown format 'postfx'
      6 | format = 'postfx'
        |          ^^^^^^^^
        = did you mean 'postfix'? valid are postfix, exim
    demo.toml:8:13: unknown dataset 'sumary'
      8 | datasets = ['sumary']
        |             ^^^^^^^^
        = did you mean 'summary'? valid are summary, sending_volume, tls_usage
    "#);
}

#[test]
fn an_empty_list_is_refused() {
    insta::assert_snapshot!(refusal(&format!("{SHORT}[report]\nformats = []\n")), @r#"
    demo.toml:7:11: 'formats' is empty
      7 | formats = []
        |           ^^
        = leave the key out for all usual ones
    "#);
}

#[test]
fn what_only_a_shell_understands_is_refused() {
    insta::assert_snapshot!(refusal(&SHORT.replace("'lake'", "'~/lake'").replace("'mail.log'", "['$HOME/mail.log']")), @r#"
    demo.toml has 2 mistakes
    demo.toml:1:8: '~/lake' begins with '~' or has a '$', which only a shell replaces: write the whole path
      1 | lake = '~/lake'
        |        ^^^^^^^^
    demo.toml:5:10: '$HOME/mail.log' begins with '~' or has a '$', which only a shell replaces: write the whole path
      5 | files = ['$HOME/mail.log']
        |          ^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn bad_places_and_options_are_refused() {
    let text = SHORT.replace("'lake'", "'s4://bucket/lake'")
        + "[storage]\naws_endpiont = 'x'\naws_region = []\naws_endpoint = 'minio:9000'\n";
    insta::assert_snapshot!(refusal(&text), @r#"
    demo.toml has 4 mistakes
    demo.toml:1:8: unknown scheme 's4://': did you mean 's3'?
      1 | lake = 's4://bucket/lake'
        |        ^^^^^^^^^^^^^^^^^^
    demo.toml:7:16: unknown storage option 'aws_endpiont': did you mean 'aws_endpoint'?
      7 | aws_endpiont = …
        |                ^^^
    demo.toml:8:14: 'aws_region' must be a string, a number, true or false, not a list
      8 | aws_region = …
        |              ^^
    demo.toml:9:16: 'minio:9000' is no endpoint: write a URL with http:// or https://, such as https://s3.example.com:9000
      9 | aws_endpoint = …
        |                ^^^^^^^^^^^^
    "#);
}

#[test]
fn a_message_shows_no_secret() {
    let text = format!("{SHORT}[storage]\naws_secrt_access_key = 'hunter2'\n");
    let said = refusal(&text);
    assert!(said.contains("did you mean 'aws_secret_access_key'?") && !said.contains("hunter2"), "{said}");
    let end = [
        "[storage]\naws_secret_access_key \"hunter2\"\n",
        "[storage]\naws_secret_access_key = \"hunter2\n",
        "[storage]\naws_secret_access_key = \"\"\"\n[hunter2\\q\n\"\"\"\n",
        "[storage]\nazure_storage_account_key = [\n\"hunter2==\" \"\"]\n",
        "[storage]\nazure_client_secrt = 'hunter2'\n",
        "[storage]\naws_endpoint = 'BlobEndpoint=x;AccountKey=hunter2'\n",
        "[storage]\naws_endpoint = 'http://minio:hunter2@127.0.0.1:9000'\n",
        "[storage]\ngoogle_base_url = 'http://hunter2@127.0.0.1:9000'\n",
    ];
    let beginning = [
        "storage = { aws_endpiont = 'x', aws_secret_access_key = 'hunter2' }\n",
        "storage = { aws_endpiont = 'x', aws_scrt = 'hunter2' }\n",
        "storage = {\n  azure_client_scrt = 'hunter2',\n}\n",
        "storage.azure_client_scrt = 'hunter2'\n",
        "title = 's3://AKIA:hunter2@bucket/'\n",
    ];
    let texts = end.iter().map(|text| format!("{SHORT}{text}"));
    for text in texts.chain(beginning.iter().map(|text| format!("{text}{SHORT}"))) {
        let said = refusal(&text);
        assert!(said.contains('…') && !said.contains("hunter2"), "{text}\n{said}");
    }
    let signed = refusal(&SHORT.replace("'lake'", "'az://lake/x?sv=2024&sig=hunter2'"));
    assert!(signed.contains("lake = …") && !signed.contains("hunter2"), "{signed}");
    // What stands elsewhere is shown.
    let said = refusal(&format!("{SHORT}[storage]\naws_region = 'x'\n[limits]\nmax_rejected_percent = 101\n"));
    assert!(said.contains(" | max_rejected_percent = 101"), "{said}");
}

#[test]
fn broken_toml_is_refused_with_its_place() {
    insta::assert_snapshot!(refusal("lake = 'lake\npublish = 'out'\n"), @r#"
    demo.toml:1:13: invalid literal string, expected `'`
      1 | lake = 'lake
        |             ^
    "#);
    insta::assert_snapshot!(refusal("lake = 'a'\nlake = 'b'\n"), @r#"
    demo.toml:2:1: duplicate key
      2 | lake = 'b'
        | ^^^^
    "#);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Definition::read(Path::new("/nowhere/demo.toml"), &KNOWN).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the pipeline /nowhere/demo.toml: "), "{error}");
}

#[test]
fn the_numbers_behind_unusual_activity_are_settings() {
    let text = format!(
        "{SHORT}[activity]\nbaseline_days = 42\nz = 4\nvolume_floor = 50\n\
         [activity.profiles.high_volume]\naccounts = [\"News@example.org\", \"*@bulk.example.org\"]\nvolume_floor = 5000\n"
    );
    let activity = parse(&text).unwrap().activity;
    assert_eq!((activity.baseline_days, activity.precedent_days), (42, 90));
    assert_eq!((activity.usual.z, activity.usual.volume.floor, activity.usual.volume.cold_start), (4.0, 50, 100));
    let [profile] = &activity.profiles[..] else { panic!("{activity:?}") };
    assert_eq!(
        (profile.name.as_str(), &profile.accounts[..]),
        ("high_volume", &["news@example.org".to_owned(), "*@bulk.example.org".to_owned()][..])
    );
    // A profile has the section's numbers but for its own.
    assert_eq!((profile.thresholds.z, profile.thresholds.volume.floor), (4.0, 5_000));
    assert_eq!(parse(SHORT).unwrap().activity, unusual::Settings::default());
}

#[test]
fn mistakes_about_unusual_activity_are_shown() {
    let said = |section: &str| refusal(&format!("{SHORT}{section}"));
    let key = said("[activity]\nvolume_flor = 3\n");
    assert!(key.starts_with("demo.toml:7:1: unknown key 'volume_flor' in [activity]"), "{key}");
    assert!(key.contains("did you mean 'volume_floor'?"), "{key}");
    let profile = said("[activity.profiles.bulk]\naccounts = [\"a@b\"]\nbaseline_days = 3\n");
    assert!(profile.starts_with("demo.toml:8:1: unknown key 'baseline_days' in [activity.profiles]"), "{profile}");
    let nobody = said("[activity.profiles.bulk]\nz = 5\n");
    assert!(nobody.contains("'accounts' is missing in [activity.profiles]"), "{nobody}");
    let star = said("[activity.profiles.bulk]\naccounts = [\"news*@example.org\"]\n");
    assert!(star.starts_with("demo.toml:7:13: 'news*@example.org' has a '*' where none is understood"), "{star}");
    let range = said("[activity]\nmin_active_days = 0\n");
    assert!(range.contains("'min_active_days' must be from 1 to 366"), "{range}");
    let short = said("[activity]\nbaseline_days = 60\nprecedent_days = 30\n");
    assert!(short.contains("'precedent_days' must not be less than 'baseline_days'"), "{short}");
}
