//! Values that a pipeline file, an environment variable and a flag spell alike: time zones, places, and the
//! options of object stores.

use std::path::Path;

use chrono_tz::{TZ_VARIANTS, Tz};
use object_store::aws::AmazonS3ConfigKey;
use object_store::azure::AzureConfigKey;
use object_store::gcp::GoogleConfigKey;
use url::Url;

use super::mistakes::did_you_mean;
use crate::storage;

/// Why a value cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadValue {
    /// The name is not in the IANA list.
    #[error("unknown time zone '{text}'{}", advice(.near, "write an IANA name such as Europe/Berlin"))]
    TimeZone {
        /// What was written.
        text: String,
        /// `did you mean …`, where a zone is near.
        near: Option<String>,
    },
    /// The name is an abbreviation, of which no region can be told for sure, nor whether its clocks are changed.
    #[error(
        "unknown time zone '{text}': an abbreviation does not tell the region: write an IANA name such as {region}"
    )]
    Abbreviation {
        /// What was written.
        text: String,
        /// A region where it is in use, or any.
        region: &'static str,
    },
    /// The text is neither a path nor a URL.
    #[error("'{}' is neither a path nor a URL of the form file://, s3://, az:// or gs://", storage::shown(.0))]
    Place(String),
    /// A URL with a password: no store reads it there, and URLs stand in logs.
    #[error("the URL has a password, which belongs into [storage] or the environment: write it without")]
    Password,
    /// No store is behind this scheme.
    #[error("unknown scheme '{scheme}://'{}", advice(.near, "known are file, s3, az and gs"))]
    Scheme {
        /// What stands before `://`.
        scheme: String,
        /// `did you mean …`, where a scheme is near.
        near: Option<String>,
    },
    /// A URL with `?` or `#`: in a URL these end the path, so a wildcard `?` would be lost without a word.
    #[error("'{}' has a '?' or '#', which end the path of a URL: use '*' as wildcard", storage::shown(.0))]
    Query(String),
    /// A path as only a shell understands it: as it stands it would be a folder of that name, here.
    #[error("'{0}' begins with '~' or has a '$', which only a shell replaces: write the whole path")]
    Shell(String),
    /// The text is no domain.
    #[error("'{0}' is not a realm: write a domain such as example.com")]
    Realm(String),
    /// object_store has no such option.
    #[error("unknown storage option '{key}'{}", advice(.near, "write a key of object_store such as aws_endpoint"))]
    StorageOption {
        /// What was written.
        key: String,
        /// `did you mean …`, where an option is near.
        near: Option<String>,
    },
    /// An endpoint is no URL: object_store would not notice before it asks for one there.
    #[error(
        "'{}' is no endpoint: write a URL with http:// or https://, such as https://s3.example.com:9000",
        storage::shown(.value)
    )]
    Endpoint {
        /// What was written.
        value: String,
    },
    /// A user in the URL of an endpoint, which messages show.
    #[error(
        "the URL has credentials: write it without, and them as options of their own such as aws_access_key_id and \
         aws_secret_access_key, in [storage] or the environment"
    )]
    EndpointUser,
}

fn advice(near: &Option<String>, otherwise: &str) -> String {
    format!(": {}", near.as_deref().unwrap_or(otherwise))
}

/// Abbreviations of a region's winter time that tzdata has as names of zones whose clocks are never changed (its file
/// `backward`): a server there would be an hour off all summer. `CET` and `EST5EDT` have summer time, and `GMT`, to which
/// servers are set on purpose, is what it says.
const WINTER: [&str; 3] = ["EST", "MST", "HST"];

/// The zone of an IANA name.
///
/// # Errors
/// Where there is none of that name; the nearest one is named.
pub fn timezone(text: &str) -> Result<Tz, BadValue> {
    let zone = text.parse().ok().filter(|_| !WINTER.contains(&text));
    zone.ok_or_else(|| match region(text) {
        Some(region) => BadValue::Abbreviation { text: text.to_owned(), region },
        None => BadValue::TimeZone {
            text: text.to_owned(),
            near: did_you_mean(text, TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| !WINTER.contains(name))),
        },
    })
}

/// A region that an abbreviation may stand for. A zone whose name looks like it is hours off: `EET` for `EEST`.
fn region(text: &str) -> Option<&'static str> {
    let is_abbreviation = (2..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
    is_abbreviation.then_some(match text {
        "WEST" => "Europe/Lisbon",
        "BST" => "Europe/London",
        "EEST" => "Europe/Helsinki",
        "MSK" => "Europe/Moscow",
        "EST" => "America/New_York, or Etc/GMT+5 where the clocks are never changed",
        "EDT" => "America/New_York",
        "CST" | "CDT" => "America/Chicago",
        "MST" => "America/Denver, or America/Phoenix where the clocks are never changed",
        "MDT" => "America/Denver",
        "PST" | "PDT" => "America/Los_Angeles",
        "HST" => "Pacific/Honolulu",
        "JST" => "Asia/Tokyo",
        "IST" => "Asia/Kolkata",
        "AEST" | "AEDT" => "Australia/Sydney",
        _ => "Europe/Berlin",
    })
}

/// A realm in lower case.
///
/// # Errors
/// Where the text is empty, or holds `@` or a blank.
pub fn realm(text: &str) -> Result<String, BadValue> {
    let domain = !text.is_empty() && !text.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control());
    if domain { Ok(text.to_lowercase()) } else { Err(BadValue::Realm(text.to_owned())) }
}

/// The schemes that a store is behind.
const SCHEMES: &[&str] = &["file", "s3", "s3a", "az", "azure", "adl", "abfs", "abfss", "gs"];

/// The URL of a path relative to `base`, or of a URL. Wildcards survive.
///
/// # Errors
/// Where the text is neither, its scheme is unknown, it has a query, or it is meant for a shell.
pub fn place(base: &Path, text: &str) -> Result<Url, BadValue> {
    let bad = || BadValue::Place(text.to_owned());
    let mut parts = text.split('/');
    if !text.contains("://") && (text.starts_with('~') || parts.any(|part| part.starts_with('$'))) {
        return Err(BadValue::Shell(text.to_owned()));
    }
    let url = storage::locate(base, text).map_err(|_| bad())?;
    if url.password().is_some() {
        return Err(BadValue::Password);
    }
    let scheme = url.scheme();
    if !SCHEMES.contains(&scheme) {
        let near = did_you_mean(scheme, ["file", "s3", "az", "gs"]);
        return Err(BadValue::Scheme { scheme: scheme.to_owned(), near });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(BadValue::Query(text.to_owned()));
    }
    let complete = if scheme == "file" { storage::local_path(&url).is_some() } else { url.host_str().is_some() };
    if complete { Ok(url) } else { Err(bad()) }
}

/// The options that people set, for the suggestion where one is misspelt; object_store knows more.
const STORAGE_OPTIONS: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_region",
    "aws_default_region",
    "aws_endpoint",
    "aws_allow_http",
    "aws_virtual_hosted_style_request",
    "aws_skip_signature",
    "aws_unsigned_payload",
    "aws_conditional_put",
    "aws_copy_if_not_exists",
    "aws_web_identity_token_file",
    "aws_role_arn",
    "aws_server_side_encryption",
    "aws_sse_kms_key_id",
    "azure_storage_account_name",
    "azure_storage_account_key",
    "azure_storage_client_id",
    "azure_storage_client_secret",
    "azure_storage_tenant_id",
    "azure_storage_sas_key",
    "azure_storage_token",
    "azure_storage_endpoint",
    "azure_storage_use_emulator",
    "azure_allow_http",
    "azure_skip_signature",
    "azure_use_azure_cli",
    "google_service_account",
    "google_service_account_key",
    "google_application_credentials",
    "google_base_url",
    "google_skip_signature",
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "timeout",
    "proxy_url",
    "proxy_excludes",
];

/// The key of an object store's option in the one spelling that stands for all of its aliases.
///
/// Two spellings of one option in two places (`aws_endpoint` in the file, `AWS_ENDPOINT_URL` in the environment)
/// would otherwise both be set, and the order of the alphabet would decide.
///
/// # Errors
/// Where no store knows the key: a misspelt option would be ignored without a word.
pub fn storage_option(key: &str) -> Result<String, BadValue> {
    known_storage_option(key).ok_or_else(|| {
        let key = key.to_ascii_lowercase();
        let near = did_you_mean(&key, STORAGE_OPTIONS.iter().copied());
        BadValue::StorageOption { key, near }
    })
}

/// An option's value, where it can be used.
///
/// # Errors
/// Where it should be an endpoint and is none, or has credentials in it.
pub fn storage_value(key: &str, value: String) -> Result<String, BadValue> {
    if storage::has_user(key, &value) {
        Err(BadValue::EndpointUser)
    } else if storage::is_bad_endpoint(key, &value) {
        Err(BadValue::Endpoint { value })
    } else {
        Ok(value)
    }
}

/// The one spelling of an option that a store knows.
#[must_use]
pub fn known_storage_option(key: &str) -> Option<String> {
    let key = key.to_ascii_lowercase();
    if key.starts_with("azure_") {
        azure(&key)
    } else if key.starts_with("google_") {
        google(&key)
    } else if key.starts_with("aws_") {
        amazon(&key)
    } else {
        // Without a prefix the same word may mean another option to another store, so it stays as it is.
        amazon(&key).or(azure(&key)).or(google(&key)).map(|_| key.clone())
    }
}

fn amazon(key: &str) -> Option<String> {
    match key.parse().ok()? {
        AmazonS3ConfigKey::Client(_) => Some(key.to_owned()),
        known => Some(known.as_ref().to_owned()),
    }
}

fn azure(key: &str) -> Option<String> {
    match key.parse().ok()? {
        AzureConfigKey::Client(_) => Some(key.to_owned()),
        known => Some(known.as_ref().to_owned()),
    }
}

fn google(key: &str) -> Option<String> {
    match key.parse().ok()? {
        GoogleConfigKey::Client(_) => Some(key.to_owned()),
        known => Some(known.as_ref().to_owned()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use chrono::{Offset as _, TimeZone as _};

    use super::*;

    #[test]
    fn a_zone_has_an_iana_name() {
        assert_eq!(timezone("Europe/Berlin").unwrap(), Tz::Europe__Berlin);
        let refused = timezone("europe/berlin").unwrap_err().to_string();
        assert_eq!(refused, "unknown time zone 'europe/berlin': did you mean 'Europe/Berlin'?");
        let refused = timezone("+02:00").unwrap_err().to_string();
        assert_eq!(refused, "unknown time zone '+02:00': write an IANA name such as Europe/Berlin");
    }

    #[test]
    fn an_abbreviation_is_no_zone_that_looks_like_it() {
        let regions = [
            ("CEST", "Europe/Berlin"),
            ("PDT", "America/Los_Angeles"),
            ("BST", "Europe/London"),
            ("EST", "America/New_York"),
            ("MST", "America/Denver"),
            ("HST", "Pacific/Honolulu"),
        ];
        for (text, region) in regions {
            let refused = timezone(text).unwrap_err().to_string();
            assert!(refused.contains(&format!(": write an IANA name such as {region}")), "{refused}");
        }
        assert!(!timezone("Est").unwrap_err().to_string().contains("'EST'"));
    }

    #[test]
    fn an_abbreviation_that_is_a_zone_has_its_summer_time() {
        let offset = |text, month| {
            let noon = chrono::NaiveDate::from_ymd_opt(2026, month, 15).unwrap().and_hms_opt(12, 0, 0).unwrap();
            timezone(text).unwrap().offset_from_utc_datetime(&noon).fix().local_minus_utc() / 3600
        };
        for (text, winter, summer) in [("EST5EDT", -5, -4), ("CET", 1, 2), ("GMT", 0, 0), ("UTC", 0, 0)] {
            assert_eq!((offset(text, 1), offset(text, 7)), (winter, summer), "{text}");
        }
    }

    #[test]
    fn a_place_is_a_path_or_a_url() {
        let at = |text| place(Path::new("/etc/mailtally"), text).map(|url| storage::display(&url));
        assert_eq!(at("../logs/mail.log*").unwrap(), "/etc/logs/mail.log*");
        assert_eq!(at("s3://bucket/logs/").unwrap(), "s3://bucket/logs/");
        assert_eq!(at("/var/log/mail.log?").unwrap(), "/var/log/mail.log?");
        assert!(at("s3://bucket/mail.log?").unwrap_err().to_string().contains("wildcard"));
        assert!(at("gss://bucket/x").unwrap_err().to_string().contains("did you mean 'gs'?"));
        assert!(at("s3://AKIA:hunter2@bucket/x").unwrap_err().to_string().contains("the URL has a password"));
        assert!(!at("az://lake/x?sv=2024&sig=hunter2").unwrap_err().to_string().contains("hunter2"));
        assert!(at("s3:///x").unwrap_err().to_string().contains("neither a path nor a URL"));
        for text in ["~/lake", "~", "~mail/lake", "$HOME/lake", "/srv/${HOST}/lake"] {
            assert!(at(text).unwrap_err().to_string().contains("write the whole path"), "{text}");
        }
        assert_eq!(at("./~/a~$b").unwrap(), "/etc/mailtally/~/a~$b");
    }

    #[test]
    fn every_suggested_option_exists() {
        for option in STORAGE_OPTIONS {
            assert!(storage_option(option).is_ok(), "{option}");
        }
    }

    #[test]
    fn aliases_of_an_option_are_one() {
        assert_eq!(storage_option("AWS_ENDPOINT_URL").unwrap(), "aws_endpoint");
        assert_eq!(storage_option("aws_allow_http").unwrap(), "aws_allow_http");
        assert_eq!(storage_option("azure_client_id").unwrap(), "azure_storage_client_id");
        let refused = storage_value("aws_endpoint", "minio.local:9000".to_owned()).unwrap_err().to_string();
        assert!(refused.starts_with("'minio.local:9000' is no endpoint: write a URL with http://"), "{refused}");
        let refused = storage_option("aws_endpiont").unwrap_err().to_string();
        assert_eq!(refused, "unknown storage option 'aws_endpiont': did you mean 'aws_endpoint'?");
    }
}
