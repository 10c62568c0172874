//! Why a day is built, in words.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a day is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The lake does not have it.
    New,
    /// Its inputs have changed.
    Changed(Change),
    /// It was asked for.
    Asked,
}

/// What has changed since a day was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A run was killed while it wrote the day.
    Unfinished,
    /// How the source's lines are to be understood.
    Settings,
    /// What is known of a host whose silence about TLS meant nothing then.
    LogsTls(String),
    /// A file that was not there.
    NewFile(String),
    /// A file that was shorter.
    Grown(String),
}

impl Reason {
    /// Whether there are lines that may be the day's and that it was not built from.
    #[must_use]
    pub fn is_new_lines(&self) -> bool {
        matches!(self, Self::Changed(Change::NewFile(_) | Change::Grown(_)))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("not in the lake"),
            Self::Changed(what) => write!(f, "changed: {what}"),
            Self::Asked => f.write_str("asked for"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfinished => f.write_str("an earlier run did not come to its end"),
            Self::Settings => f.write_str("the source's settings"),
            Self::LogsTls(host) => write!(f, "host {host} has been seen to log TLS versions"),
            Self::NewFile(name) => write!(f, "new file {name}"),
            Self::Grown(name) => write!(f, "{name} has grown"),
        }
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
