//! What can go wrong in the face itself, and what each error means for the exit code.

use std::io;

use super::ExitCode;
use crate::pipelines::definition::values::BadValue;
use crate::pipelines::{self, definition};
use crate::{lake, sources, storage};

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The pipeline file cannot be used.
    #[error(transparent)]
    Definition(#[from] definition::Error),
    /// A flag's value or an argument cannot be used.
    #[error(transparent)]
    Value(#[from] BadValue),
    /// An environment variable's value cannot be used.
    #[error("{name}={}: {reason}", storage::shown(.value))]
    Setting {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name is in no registry.
    #[error("unknown {what} '{name}': {advice}")]
    UnknownName {
        /// What kind of name: `format`, `dataset`.
        what: &'static str,
        /// What was written.
        name: String,
        /// The nearest name, and all that are valid.
        advice: String,
    },
    /// The days asked for end before they begin.
    #[error("the days from {from} to {to} are none: the first day lies after the last")]
    NoDays {
        /// The first day.
        from: crate::calendar::Day,
        /// The last day.
        to: crate::calendar::Day,
    },
    /// The days asked for are more than anybody has.
    #[error("the days from {from} to {to} are {}: more than {most}", to.epoch_days() - from.epoch_days() + 1)]
    TooManyDays {
        /// The first day.
        from: crate::calendar::Day,
        /// The last day.
        to: crate::calendar::Day,
        /// As many can be asked for.
        most: u32,
    },
    /// A place cannot be opened.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// Raw files cannot be found or read.
    #[error(transparent)]
    Sources(#[from] sources::Error),
    /// The work itself failed.
    #[error(transparent)]
    Pipeline(#[from] pipelines::Error),
    /// The folder that relative paths start from is gone.
    #[error("cannot tell which folder this is: {0}")]
    Folder(io::Error),
    /// The threads that read and write files cannot be started.
    #[error("cannot start the threads that read and write files: {0}")]
    Runtime(io::Error),
    /// Standard output took no more.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// A value has no JSON form.
    #[error("cannot print the answer as JSON: {0}")]
    Json(serde_json::Error),
}

impl Error {
    /// The code that the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Definition(_)
            | Self::Value(_)
            | Self::Setting { .. }
            | Self::UnknownName { .. }
            | Self::NoDays { .. }
            | Self::TooManyDays { .. } => ExitCode::Usage,
            Self::Pipeline(pipelines::Error::Locked { .. }) => ExitCode::Locked,
            Self::Pipeline(
                pipelines::Error::UnknownFormat { .. }
                | pipelines::Error::NoLines
                | pipelines::Error::NoFormat { .. }
                | pipelines::Error::FormatTie { .. },
            ) => ExitCode::Usage,
            Self::Storage(_)
            | Self::Sources(_)
            | Self::Pipeline(_)
            | Self::Folder(_)
            | Self::Runtime(_)
            | Self::Output(_)
            | Self::Json(_) => ExitCode::Failed,
        }
    }

    /// What to do about it, where the message does not say so itself.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Definition(definition::Error::Read { source, .. }) => Some(match source.kind() {
                io::ErrorKind::PermissionDenied => "check that this user may read the file, and enter its folders",
                _ => "give the path of a pipeline file, such as pipelines/demo.toml",
            }),
            Self::Setting { .. } => Some("correct or unset the variable; `mailtally --help` lists them all"),
            Self::NoDays { .. } => Some("both days are included: --from 2026-03-01 --to 2026-03-07 are seven days"),
            Self::TooManyDays { .. } => Some("begin with the first day that there are logs of"),
            _ if self.is_of_object_store() => Some(
                "check the URL, and the options in [storage] or MAILTALLY_STORAGE_…: credentials, region, endpoint",
            ),
            Self::Output(_) => Some("check that the disk behind the output has room"),
            _ => None,
        }
    }

    /// Whether an object store did not do what was asked, for which its options may be the reason.
    fn is_of_object_store(&self) -> bool {
        use pipelines::Error as Pipeline;
        let is_url = |place: &str| place.contains("://");
        match self {
            Self::Storage(_) | Self::Pipeline(Pipeline::Storage(_) | Pipeline::Lake(lake::Error::Storage(_))) => true,
            Self::Sources(source) | Self::Pipeline(Pipeline::Sources(source)) => match source {
                sources::Error::Place(_) => true,
                sources::Error::List { pattern: place, .. } | sources::Error::Open { file: place, .. } => is_url(place),
                _ => false,
            },
            Self::Pipeline(Pipeline::Lake(lake)) => lake.place().is_some_and(is_url),
            Self::Pipeline(Pipeline::Publish { place, .. }) => is_url(place),
            _ => false,
        }
    }

    /// Whether the reader of the output has gone, as `head` does: no failure, and nothing to say.
    #[must_use]
    pub fn is_closed_output(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::tables;

    fn entered(place: &str) -> Error {
        let source = io::ErrorKind::PermissionDenied.into();
        let table = tables::COVERAGE.name;
        Error::Pipeline(lake::Error::Enter { table, place: place.to_owned(), source }.into())
    }

    #[test]
    fn options_are_hinted_at_where_an_object_store_is_asked() {
        assert!(entered("s3://bucket/lake/coverage").hint().is_some_and(|hint| hint.contains("[storage]")));
        assert_eq!(entered("/srv/lake/coverage").hint(), None);
    }

    #[test]
    fn a_pipeline_that_may_not_be_read_is_not_looked_for_elsewhere() {
        let hint = |kind: io::ErrorKind| {
            let error = definition::Error::Read { path: "/etc/nightly.toml".into(), source: kind.into() };
            Error::Definition(error).hint().unwrap_or_default()
        };
        assert!(hint(io::ErrorKind::PermissionDenied).starts_with("check that this user may read"));
        assert!(hint(io::ErrorKind::NotFound).contains("pipelines/demo.toml"));
    }
}
