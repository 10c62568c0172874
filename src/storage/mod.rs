//! Where bytes live: one setting that opens local folders, S3, Azure and Google Cloud Storage.
//!
//! Raw files, the lake and the published datasets are all URLs. The same options (the keys that
//! `object_store` documents, such as `aws_endpoint` or `azure_storage_account_name`) feed this module,
//! Delta's log store and polars' readers, so what one can read the others can too.

mod sending;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, path::Path as ObjectPath};
use url::Url;

pub use self::sending::Sending;

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a place cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is neither a path nor a URL.
    #[error("'{}' is neither a path nor a URL of the form file://, s3://, az:// or gs://", shown(.text))]
    BadUrl {
        /// What was written.
        text: String,
    },
    /// No store for this URL: unknown scheme, or options that do not fit.
    #[error("cannot open {url}: {source}")]
    Open {
        /// The place asked for.
        url: String,
        /// What object_store says.
        source: object_store::Error,
    },
    /// An endpoint is no URL.
    #[error("cannot open {url}: the option {key} is no URL with http:// or https:// but '{}'", shown(.value))]
    Endpoint {
        /// The place asked for.
        url: String,
        /// The option.
        key: String,
        /// Its value.
        value: String,
    },
    /// A URL among the options has a user in it.
    #[error("cannot open {url}: the option {key} has credentials in its URL, which belong into options of their own")]
    User {
        /// The place asked for.
        url: String,
        /// The option.
        key: String,
    },
}

/// The options that say where a store is, in object_store's spelling.
const ENDPOINTS: &[&str] = &[
    "aws_endpoint",
    "aws_endpoint_url_s3",
    "azure_storage_endpoint",
    "google_base_url",
    "endpoint",
    "endpoint_url",
    "base_url",
];

/// Whether an option should say where a store is and does not. object_store puts paths behind whatever it is given and
/// panics where that makes no URL.
#[must_use]
pub fn is_bad_endpoint(key: &str, value: &str) -> bool {
    ENDPOINTS.contains(&key) && !(is_http(value) && Url::parse(value).is_ok_and(|url| url.has_host()))
}

fn is_http(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Whether an option is a URL with a user in it, and perhaps a password. No store logs in with them, and what is said of a
/// store that does not answer has the URL in it. Only a proxy's belong there.
#[must_use]
pub fn has_user(key: &str, value: &str) -> bool {
    is_http(value) && value.contains('@') && !key.ends_with("proxy_url")
}

/// The words that the names of credentials are made of, in pipelines, connection strings and signed URLs.
const CREDENTIALS: &[&str] = &["secret", "key", "token", "pass", "pwd", "credential", "signature", "sig="];

/// Whether a credential may stand in a text that a person wrote: beside its name, or before the host of a URL.
#[must_use]
pub fn may_hold_credential(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    CREDENTIALS.iter().any(|word| text.contains(word)) || has_password(&text)
}

/// Whether a URL, or one in a text, is of the form `scheme://user:password@host`. A password that is written as it is
/// may hold any sign.
fn has_password(text: &str) -> bool {
    let user = text.split_once("://").and_then(|(_, rest)| Some(rest.rsplit_once('@')?.0));
    user.is_some_and(|user| user.contains(':'))
}

/// A text as messages may repeat it: they end up in mails and logs.
#[must_use]
pub fn shown(text: &str) -> &str {
    if may_hold_credential(text) { "…" } else { text }
}

/// Opens stores by URL, each once, and runs their futures.
#[derive(Debug)]
pub struct Storage {
    options: BTreeMap<String, String>,
    runtime: tokio::runtime::Handle,
    stores: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl Storage {
    /// A storage with `object_store`'s options (keys in lower case) that runs its futures on `runtime`.
    ///
    /// An endpoint with `http://` says that there is no TLS; object_store wants it said a second time, by `allow_http`.
    #[must_use]
    pub fn new(mut options: BTreeMap<String, String>, runtime: tokio::runtime::Handle) -> Self {
        let mut endpoints = options.iter().filter(|(key, _)| ENDPOINTS.contains(&key.as_str()));
        let is_plain = endpoints.any(|(_, endpoint)| endpoint.starts_with("http://"));
        if is_plain && !options.keys().any(|key| key.ends_with("allow_http")) {
            options.insert("allow_http".to_owned(), true.to_string());
        }
        Self { options, runtime, stores: Mutex::default() }
    }

    /// The options that every reader and writer of this run shares.
    #[must_use]
    pub fn options(&self) -> &BTreeMap<String, String> {
        &self.options
    }

    /// The runtime that this storage's futures run on.
    #[must_use]
    pub fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }

    /// Waits for a future; call it from a thread that is not one of the runtime's own.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The store that serves a URL and the URL's path in it. The store's root is the bucket, or `/`.
    ///
    /// # Errors
    /// Where the scheme is unknown or the options do not fit it.
    pub fn store(&self, url: &Url) -> Result<(Arc<dyn ObjectStore>, ObjectPath)> {
        let failed = |source| Error::Open { url: url.to_string(), source };
        let path = ObjectPath::from_url_path(url.path()).map_err(|error| failed(error.into()))?;
        let key = url[..url::Position::BeforePath].to_owned();
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.get(&key) {
            return Ok((Arc::clone(store), path));
        }
        let store: Arc<dyn ObjectStore> = if url.scheme() == "file" {
            Arc::new(LocalFileSystem::new())
        } else {
            self.check_endpoints(url)?;
            object_store::parse_url_opts(url, &self.options).map_err(failed)?.0.into()
        };
        stores.insert(key, Arc::clone(&store));
        Ok((store, path))
    }

    /// Those of the clouds' own variables have not been looked at before.
    fn check_endpoints(&self, url: &Url) -> Result<()> {
        if let Some((key, _)) = self.options.iter().find(|(key, value)| has_user(key, value)) {
            return Err(Error::User { url: url.to_string(), key: key.clone() });
        }
        let Some((key, value)) = self.options.iter().find(|(key, value)| is_bad_endpoint(key, value)) else {
            return Ok(());
        };
        Err(Error::Endpoint { url: url.to_string(), key: key.clone(), value: value.clone() })
    }
}

/// Turns what a person writes (a path relative to `base`, or a URL) into a URL. Wildcards survive.
///
/// # Errors
/// Where the text is neither.
pub fn locate(base: &Path, text: &str) -> Result<Url> {
    let bad = || Error::BadUrl { text: text.to_owned() };
    if text.contains("://") {
        return Url::parse(text).map_err(|_| bad());
    }
    let path = normalise(&base.join(text));
    // A slash at the end stands for the files in a folder.
    let url = if text.ends_with('/') { Url::from_directory_path(path) } else { Url::from_file_path(path) };
    url.map_err(|()| bad())
}

/// The local path of a `file://` URL, for what must be named to a person or locked.
#[must_use]
pub fn local_path(url: &Url) -> Option<PathBuf> {
    (url.scheme() == "file").then(|| url.to_file_path().ok()).flatten()
}

/// A URL as a person would write it: a local path, or the URL itself.
#[must_use]
pub fn display(url: &Url) -> String {
    local_path(url).map_or_else(|| url.to_string(), |path| path.display().to_string())
}

/// The URL of something below `folder`.
#[must_use]
pub fn below(folder: &Url, name: &str) -> Url {
    let mut url = folder.clone();
    url.set_path(&format!("{}/{name}", folder.path().trim_end_matches('/')));
    url
}

/// The file that is still being written under a name such as `mail.log#1`, as `object_store` does it on local disk; none of
/// any other name.
#[must_use]
pub fn unfinished(name: &str) -> Option<&str> {
    let (file, number) = name.split_once('#')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(file)
}

/// Resolves `.` and `..` by text alone: the path need not exist.
fn normalise(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_from_the_base() {
        let url = locate(Path::new("/etc/mailtally"), "../logs/mail.log*").unwrap();
        assert_eq!(display(&url), "/etc/logs/mail.log*");
        assert_eq!(display(&locate(Path::new("/etc/mailtally"), "../logs/").unwrap()), "/etc/logs/");
        assert_eq!(locate(Path::new("/"), "s3://bucket/logs/").unwrap().as_str(), "s3://bucket/logs/");
    }

    #[test]
    fn an_endpoint_without_tls_is_allowed_once_it_is_named() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let allowed = |options: &[(&str, &str)]| {
            let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            Storage::new(options, runtime.handle().clone()).options().get("allow_http").cloned()
        };
        assert_eq!(allowed(&[("aws_endpoint", "http://127.0.0.1:9000")]).as_deref(), Some("true"));
        assert_eq!(allowed(&[("aws_endpoint", "https://s3.example.com")]), None);
        assert_eq!(allowed(&[("aws_endpoint", "http://127.0.0.1:9000"), ("aws_allow_http", "false")]), None);
    }

    #[test]
    fn an_endpoint_is_a_url() {
        for bad in ["minio.local:9000", "minio.local", "http://", "http:/minio", "s3://bucket", ""] {
            assert!(is_bad_endpoint("aws_endpoint", bad), "{bad}");
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let options = BTreeMap::from([("aws_endpoint".to_owned(), bad.to_owned())]);
            let storage = Storage::new(options, runtime.handle().clone());
            let refused = storage.store(&Url::parse("s3://bucket/lake").unwrap()).unwrap_err().to_string();
            assert!(refused.contains("the option aws_endpoint is no URL"), "{refused}");
        }
        assert!(!is_bad_endpoint("aws_endpoint", "http://[::1]:9000/base") && !is_bad_endpoint("aws_region", "x"));
    }

    #[test]
    fn an_endpoint_has_no_user() {
        for key in ["aws_endpoint", "azure_storage_endpoint", "google_base_url", "aws_metadata_endpoint"] {
            for value in ["http://minio:Hunter2@127.0.0.1:9", "https://Hunter2@s3.example.com", "http://a:9/x@b"] {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let options = BTreeMap::from([(key.to_owned(), value.to_owned())]);
                let storage = Storage::new(options, runtime.handle().clone());
                let refused = storage.store(&Url::parse("s3://bucket/lake").unwrap()).unwrap_err().to_string();
                assert!(refused.contains(&format!("the option {key} has credentials")), "{refused}");
                assert!(!refused.contains("Hunter2"), "{refused}");
            }
        }
        assert!(
            !has_user("aws_endpoint", "http://minio.example.com:9000") && !has_user("proxy_url", "http://a:b@proxy")
        );
    }

    #[test]
    fn what_may_hold_a_credential_is_not_repeated() {
        let texts = [
            "s3://AKIA:wJalrX/UtnF@bucket/lake",
            "https://mail.blob.core.windows.net/lake?sv=2024-11-04&sig=c2ln",
            "DefaultEndpointsProtocol=https;AccountName=mail;AccountKey=a2V5",
            "BlobEndpoint=https://mail.blob.core.windows.net;SharedAccessSignature=sv=2024",
        ];
        for text in texts {
            assert_eq!(shown(text), "…", "{text}");
        }
        for text in ["abfss://logs@mail.dfs.core.windows.net/lake", "/var/log/mail@host:1", "http://127.0.0.1:9000"] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_name_goes_below_a_folder() {
        let folder = Url::parse("s3://bucket/lake/").unwrap();
        assert_eq!(below(&folder, "submissions").as_str(), "s3://bucket/lake/submissions");
    }
}
