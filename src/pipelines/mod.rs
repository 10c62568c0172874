//! What runs: the pipeline's definition, its plan, and its stages.

pub mod definition;
