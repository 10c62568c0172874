//! A source: a named set of raw log files of one kind and time zone, usually one server or one fleet.

use std::path::Path;
use std::str::FromStr;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::fields::{Entry, Section};
use super::{Known, values};
use crate::sources::check_pattern;

/// A named set of raw log files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, unique in the pipeline: the value of the lake's `source` column.
    pub name: String,
    /// Where its files are; a path may hold wildcards (`*`, `?`, `[…]`).
    pub files: Vec<Url>,
    /// How its lines are to be understood.
    pub settings: SourceSettings,
}

/// What a line's meaning depends on beside its bytes. Two sources with equal settings and bytes have equal rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSettings {
    /// The format's registry name; none where it is to be detected.
    pub format: Option<String>,
    /// The zone of stamps that carry no offset.
    #[serde(with = "zone_name")]
    pub timezone: Tz,
    /// The realm of accounts without a domain, in lower case.
    pub realm: Option<String>,
    /// The year of the last line, for stamps without a year.
    pub year: Option<i32>,
    /// Whether the server logs TLS versions.
    pub tls_logged: TlsLogged,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self { format: None, timezone: Tz::UTC, realm: None, year: None, tls_logged: TlsLogged::Auto }
    }
}

/// Whether a server logs TLS versions: what is not logged is unknown, never none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsLogged {
    /// To be found out: it does if one line of the files says so.
    #[default]
    Auto,
    /// It does: a session without such a line had no TLS.
    True,
    /// It does not: every version is unknown.
    False,
}

impl FromStr for TlsLogged {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "true" => Ok(Self::True),
            "false" => Ok(Self::False),
            _ => Err(format!("'{text}' is none of auto, true, false")),
        }
    }
}

impl Source {
    /// A digest of the settings that decide the rows, as 16 hexadecimal digits. It goes into the ledger, so that
    /// a day is built again where, say, the time zone was corrected.
    #[must_use]
    pub fn settings_digest(&self) -> String {
        self.settings.digest()
    }
}

impl SourceSettings {
    /// See [`Source::settings_digest`].
    #[must_use]
    pub fn digest(&self) -> String {
        let Self { format, timezone, realm, year, tls_logged } = self;
        // Keys in a fixed order, written out: the digest must not change when a field moves or gets a neighbour.
        let canonical = serde_json::json!([
            ["format", format],
            ["timezone", timezone.name()],
            ["realm", realm],
            ["year", year],
            ["tls_logged", tls_logged]
        ]);
        format!("{:016x}", xxh3_64(canonical.to_string().as_bytes()))
    }
}

const KEYS: &[&str] = &["name", "format", "files", "timezone", "realm", "year", "tls_logged"];

/// Reads one `[[sources]]`.
pub(super) fn source(entry: Entry<'_>, folder: &Path, known: &Known<'_>) -> Option<Source> {
    let section = entry.section("[[sources]]", KEYS)?;
    let name = section.require("name", "name = \"mx1\"").and_then(name);
    let files = section.require("files", "files = [\"/var/log/mail.log*\"]").map(|entry| files(entry, folder));
    let settings = settings(section, known);
    Some(Source { name: name?, files: files?, settings })
}

/// The name becomes a folder of the lake and a column's value, so it has to be plain.
fn name(entry: Entry<'_>) -> Option<String> {
    let name = entry.text()?;
    let plain = !name.contains(['/', '\\']) && !name.contains(char::is_control) && name.trim() == name;
    if plain { Some(name.to_owned()) } else { entry.refuse("a source's name has no '/' and no blanks around it", None) }
}

fn files(entry: Entry<'_>, folder: &Path) -> Vec<Url> {
    let list = entry.list();
    if list.is_empty() {
        entry.refuse::<()>("'files' is empty", Some("name at least one file, folder pattern or URL".to_owned()));
    }
    list.iter().filter_map(|file| file.parse(|text| pattern(folder, text))).collect()
}

fn pattern(folder: &Path, text: &str) -> Result<Url, String> {
    let pattern = values::place(folder, text).map_err(|error| error.to_string())?;
    check_pattern(&pattern).map_err(|error| error.to_string())?;
    Ok(pattern)
}

fn settings(section: Section<'_>, known: &Known<'_>) -> SourceSettings {
    let year = section.get("year").and_then(|entry| entry.integer(1990..=2100));
    SourceSettings {
        format: section.get("format").and_then(|entry| entry.choice("format", known.formats)),
        timezone: section.get("timezone").and_then(|entry| entry.parse(values::timezone)).unwrap_or(Tz::UTC),
        realm: section.get("realm").and_then(|entry| entry.parse(values::realm)),
        year: year.and_then(|year| i32::try_from(year).ok()),
        tls_logged: section.get("tls_logged").and_then(tls_logged).unwrap_or_default(),
    }
}

fn tls_logged(entry: Entry<'_>) -> Option<TlsLogged> {
    match entry.scalar().as_deref().map(str::parse) {
        Some(Ok(tls_logged)) => Some(tls_logged),
        _ => entry.refuse("'tls_logged' must be \"auto\", true or false", None),
    }
}

/// A zone travels as its name.
mod zone_name {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    /// The digest is stored in lakes: a change of this value makes every day be built again.
    #[test]
    fn the_digest_is_stable() {
        insta::assert_snapshot!(SourceSettings::default().digest(), @"5f34821a69ac562b");
    }

    #[test]
    fn every_setting_changes_the_digest() {
        let plain = SourceSettings::default();
        let others = [
            SourceSettings { format: Some("postfix".into()), ..plain.clone() },
            SourceSettings { timezone: Tz::Europe__Berlin, ..plain.clone() },
            SourceSettings { realm: Some("example.com".into()), ..plain.clone() },
            SourceSettings { year: Some(2026), ..plain.clone() },
            SourceSettings { tls_logged: TlsLogged::False, ..plain.clone() },
        ];
        let mut digests: Vec<_> = others.iter().map(SourceSettings::digest).chain([plain.digest()]).collect();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), 6);
    }

    #[test]
    fn settings_survive_the_way_to_a_worker() {
        let settings = SourceSettings { timezone: Tz::Europe__Berlin, ..SourceSettings::default() };
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<SourceSettings>(&json).unwrap(), settings);
    }
}
