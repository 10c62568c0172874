//! The pipeline that a command is about, with its places opened.

use std::sync::Arc;

use url::Url;

use super::args::PipelineArgs;
use super::{Context, Result};
use crate::formats::FORMATS;
use crate::formats::aggregate::AGGREGATES;
use crate::pipelines::definition::{Definition, Known};
use crate::pipelines::report::{dataset_names, format_names};
use crate::pipelines::runner::Runner;
use crate::storage::{Storage, below};

/// A pipeline and the storage that its places are in.
pub(super) struct Pipeline {
    pub(super) definition: Definition,
    pub(super) storage: Arc<Storage>,
}

impl Pipeline {
    /// The pipeline of a command line, checked against what this build knows.
    pub(super) fn open(args: &PipelineArgs, context: &mut Context) -> Result<Self> {
        let formats = FORMATS.iter().map(|format| format.name());
        let formats = formats.chain(AGGREGATES.iter().map(|report| report.name)).collect::<Vec<_>>();
        let known = Known { formats: &formats, datasets: &dataset_names(), exports: &format_names() };
        let definition = context.settings.pipeline(args, &known)?;
        let storage = Arc::new(context.storage(&definition.storage)?);
        Ok(Self { definition, storage })
    }

    /// Whether a place is where it publishes.
    pub(super) fn publishes_to(&self, place: &Url) -> bool {
        let whole = |url: &Url| below(url, "");
        whole(place) == whole(&self.definition.publish)
    }

    pub(super) fn runner(&self) -> Runner<'_> {
        Runner::new(&self.storage, &self.definition)
    }
}
