//! Settings: defaults < pipeline file < environment < flags.
//!
//! The environment is a plain map here, so that what overrides what is tested without touching the process's own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use url::Url;

use super::args::{GlobalArgs, LogFormat, PipelineArgs};
use super::{Error, Result};
use crate::pipelines::definition::values::BadValue;
use crate::pipelines::definition::{Definition, Known, choice, did_you_mean, values};

/// The environment's variables.
pub type Environment = BTreeMap<String, String>;

/// An environment variable of ours.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it sets, as the help says it.
    pub meaning: &'static str,
}

/// The variables, in the order of the help.
pub const VARIABLES: &[Variable] = &[
    Variable { name: LAKE, meaning: "the lake, a folder or URL (--lake)" },
    Variable { name: PUBLISH, meaning: "where datasets are published (--publish)" },
    Variable { name: THREADS, meaning: "threads that work (--threads)" },
    Variable { name: LOG, meaning: "what is logged, e.g. mailtally=debug (-v, -vv)" },
    Variable { name: LOG_FORMAT, meaning: "text or json (--log-format)" },
];

const LAKE: &str = "MAILTALLY_LAKE";
const PUBLISH: &str = "MAILTALLY_PUBLISH";
const THREADS: &str = "MAILTALLY_THREADS";
const LOG: &str = "MAILTALLY_LOG";
const LOG_FORMAT: &str = "MAILTALLY_LOG_FORMAT";
const STORAGE_PREFIX: &str = "MAILTALLY_STORAGE_";

/// The settings of environment and flags, which go over those of a pipeline file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The lake, where set.
    pub lake: Option<Url>,
    /// Where datasets are published, where set.
    pub publish: Option<Url>,
    /// Threads that work, where set.
    pub threads: Option<usize>,
    /// object_store's options, keys in lower case and each in one spelling.
    pub storage: BTreeMap<String, String>,
    /// The program's own log.
    pub log: LogSettings,
    /// Variables that look like ours and are not.
    pub warnings: Vec<String>,
    /// The folder that relative places start from.
    folder: PathBuf,
}

/// What the program logs, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// A filter of `tracing`'s, such as `mailtally=debug`; the verbosity decides where there is none.
    pub filter: Option<String>,
    /// The form.
    pub format: LogFormat,
    /// How many `-v` there were.
    pub verbosity: u8,
    /// Whether only errors are wanted.
    pub quiet: bool,
}

/// The variables of a process. One that is empty counts as unset, and one that is not UTF-8 cannot be meant.
pub fn environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Environment {
    let text = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(_, value)| !value.is_empty()).collect()
}

impl Settings {
    /// The settings of environment and flags; relative places start from `folder`.
    ///
    /// # Errors
    /// Where a variable's value cannot be used.
    pub fn resolve(environment: &Environment, flags: &GlobalArgs, folder: &Path) -> Result<Self> {
        let place = |text: &str| values::place(folder, text).map_err(|error| error.to_string());
        let threads = setting(environment, THREADS, threads)?;
        Ok(Self {
            lake: setting(environment, LAKE, place)?,
            publish: setting(environment, PUBLISH, place)?,
            threads: flags.threads.map(usize::from).or(threads),
            storage: storage(environment)?,
            log: log(environment, flags)?,
            warnings: unknown_variables(environment),
            folder: folder.to_owned(),
        })
    }

    /// Reads a pipeline file and puts the environment's and the flags' settings over it.
    ///
    /// # Errors
    /// Where the file or a flag has mistakes.
    pub fn pipeline(&self, args: &PipelineArgs, known: &Known<'_>) -> Result<Definition> {
        let mut pipeline = Definition::read(&args.pipeline, known)?;
        self.override_definition(&mut pipeline, args)?;
        Ok(pipeline)
    }

    fn override_definition(&self, pipeline: &mut Definition, args: &PipelineArgs) -> Result<()> {
        let flag = |text: &Option<String>| text.as_deref().map(|text| self.place(text)).transpose();
        if let Some(lake) = flag(&args.lake)?.or_else(|| self.lake.clone()) {
            pipeline.lake = lake;
        }
        if let Some(publish) = flag(&args.publish)?.or_else(|| self.publish.clone()) {
            pipeline.publish = publish;
        }
        pipeline.run.threads = self.threads.or(pipeline.run.threads);
        pipeline.storage.extend(self.storage.clone());
        Ok(())
    }

    /// The URL of a path or URL on the command line.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn place(&self, text: &str) -> Result<Url> {
        Ok(values::place(&self.folder, text)?)
    }

    /// The URLs of paths or URLs on the command line.
    ///
    /// # Errors
    /// Where one is neither.
    pub fn places(&self, texts: &[String]) -> Result<Vec<Url>> {
        texts.iter().map(|text| self.place(text)).collect()
    }

    /// The threads to work with: those asked for, or one per core.
    #[must_use]
    pub fn threads_or_cores(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }
}

/// Checks a name of the command line against a registry's names.
///
/// # Errors
/// Where it is not among them; the nearest one is named.
pub fn check_name(what: &'static str, name: &str, known: &[&str]) -> Result<()> {
    if known.contains(&name) {
        return Ok(());
    }
    Err(Error::UnknownName { what, name: name.to_owned(), advice: choice(name, "valid are", known) })
}

/// A variable's value, where it is set.
fn setting<T>(
    environment: &Environment,
    name: &str,
    parse: impl FnOnce(&str) -> std::result::Result<T, String>,
) -> Result<Option<T>> {
    let Some(value) = environment.get(name) else { return Ok(None) };
    let wrong = |reason| Error::Setting { name: name.to_owned(), value: value.clone(), reason };
    parse(value).map(Some).map_err(wrong)
}

fn threads(text: &str) -> std::result::Result<usize, String> {
    let threads = text.parse().ok().filter(|threads| (1..=1024).contains(threads));
    threads.ok_or_else(|| "must be a number from 1 to 1024".to_owned())
}

fn log(environment: &Environment, flags: &GlobalArgs) -> Result<LogSettings> {
    let form = setting(environment, LOG_FORMAT, |text| {
        LogFormat::from_str(text, false).map_err(|_| "must be text or json".to_owned())
    })?;
    // -v and -q are flags and so go over the environment's filter.
    let filter = environment.get(LOG).filter(|_| flags.verbose == 0 && !flags.quiet);
    Ok(LogSettings {
        filter: filter.cloned(),
        format: flags.log_format.or(form).unwrap_or_default(),
        verbosity: flags.verbose,
        quiet: flags.quiet,
    })
}

/// The options of object stores: the cloud's own variables first, ours over them.
fn storage(environment: &Environment) -> Result<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    for (name, value) in environment {
        let clouds = ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix));
        // These belong to the clouds' other tools too: what object_store does not know is none of our business.
        if let Some(key) = values::known_storage_option(name).filter(|_| clouds) {
            options.insert(key, value.clone());
        }
    }
    for (name, value) in environment {
        let Some(key) = name.strip_prefix(STORAGE_PREFIX) else { continue };
        let wrong = |error: BadValue| Error::Setting {
            name: name.clone(),
            // It may be a credential.
            value: "…".to_owned(),
            reason: error.to_string(),
        };
        let key = values::storage_option(key).map_err(wrong)?;
        let value = values::storage_value(&key, value.clone()).map_err(wrong)?;
        options.insert(key, value);
    }
    Ok(options)
}

/// A variable that nobody reads is a setting that somebody believes in.
fn unknown_variables(environment: &Environment) -> Vec<String> {
    let ours = environment.keys().filter(|name| name.starts_with("MAILTALLY_") && !name.starts_with(STORAGE_PREFIX));
    let unknown = ours.filter(|name| VARIABLES.iter().all(|variable| variable.name != *name));
    let names = || VARIABLES.iter().map(|variable| variable.name);
    unknown
        .map(|name| {
            let near = did_you_mean(name, names()).map_or(String::new(), |near| format!(", {near}"));
            format!("the environment variable {name} is unknown and has no effect{near}")
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::cli::ExitCode;
    use crate::storage::display;

    const KNOWN: Known<'_> = Known { formats: &[], datasets: &[], exports: &[] };
    const FILE: &str = "lake = '/file/lake'\npublish = '/file/out'\n[run]\nthreads = 1\n[storage]\naws_region = 'file'\n\
        aws_endpoint = 'http://file'\n[[sources]]\nname = 'mx1'\nfiles = 'mail.log'\n";

    fn resolve(variables: &[(&str, &str)], flags: &GlobalArgs) -> Result<Settings> {
        let environment = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Settings::resolve(&environment, flags, Path::new("/here"))
    }

    /// What holds in the end: lake, publish, threads.
    fn outcome(variables: &[(&str, &str)], flags: &GlobalArgs, lake: Option<&str>) -> (String, String, Option<usize>) {
        let mut pipeline = Definition::parse(FILE, Path::new("/etc/demo.toml"), &KNOWN).unwrap();
        let args = PipelineArgs { pipeline: "/etc/demo.toml".into(), lake: lake.map(str::to_owned), publish: None };
        resolve(variables, flags).unwrap().override_definition(&mut pipeline, &args).unwrap();
        (display(&pipeline.lake), display(&pipeline.publish), pipeline.run.threads)
    }

    #[test]
    fn file_then_environment_then_flags() {
        let environment = [("MAILTALLY_LAKE", "env/lake"), ("MAILTALLY_THREADS", "2")];
        let flags = GlobalArgs { threads: Some(3), ..GlobalArgs::default() };
        let plain = GlobalArgs::default();
        let expect = |lake: &str, threads| (lake.to_owned(), "/file/out".to_owned(), Some(threads));
        assert_eq!(outcome(&[], &plain, None), expect("/file/lake", 1));
        assert_eq!(outcome(&environment, &plain, None), expect("/here/env/lake", 2));
        assert_eq!(outcome(&environment, &flags, Some("flag/lake")), expect("/here/flag/lake", 3));
    }

    #[test]
    fn storage_options_of_all_places_meet() {
        let variables = [
            ("AWS_ENDPOINT_URL", "http://cloud"),
            ("AWS_REGION", "cloud"),
            ("AWS_PAGER", "less"),
            ("MAILTALLY_STORAGE_AWS_ENDPOINT", "http://ours"),
        ];
        let mut pipeline = Definition::parse(FILE, Path::new("/etc/demo.toml"), &KNOWN).unwrap();
        let args = PipelineArgs { pipeline: "/etc/demo.toml".into(), lake: None, publish: None };
        resolve(&variables, &GlobalArgs::default()).unwrap().override_definition(&mut pipeline, &args).unwrap();
        let options: Vec<_> = pipeline.storage.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(options, ["aws_endpoint=http://ours", "aws_region=cloud"]);
    }

    #[test]
    fn flags_go_over_the_log_settings_of_the_environment() {
        let variables = [("MAILTALLY_LOG", "mailtally=trace"), ("MAILTALLY_LOG_FORMAT", "json")];
        let log = resolve(&variables, &GlobalArgs::default()).unwrap().log;
        assert_eq!((log.filter.as_deref(), log.format), (Some("mailtally=trace"), LogFormat::Json));
        let flags = GlobalArgs { verbose: 1, log_format: Some(LogFormat::Text), ..GlobalArgs::default() };
        let log = resolve(&variables, &flags).unwrap().log;
        assert_eq!((log.filter, log.format, log.verbosity), (None, LogFormat::Text, 1));
    }

    #[test]
    fn wrong_values_are_refused() {
        let refused = |name, value| resolve(&[(name, value)], &GlobalArgs::default()).unwrap_err();
        insta::assert_snapshot!(refused("MAILTALLY_THREADS", "many"), @"MAILTALLY_THREADS=many: must be a number from 1 to 1024");
        insta::assert_snapshot!(refused("MAILTALLY_LOG_FORMAT", "xml"), @"MAILTALLY_LOG_FORMAT=xml: must be text or json");
        insta::assert_snapshot!(refused("MAILTALLY_LAKE", "s4://x/y"), @"MAILTALLY_LAKE=s4://x/y: unknown scheme 's4://': did you mean 's3'?");
        insta::assert_snapshot!(refused("MAILTALLY_LAKE", "s3://AKIA:hunter2@x/y"), @"MAILTALLY_LAKE=…: the URL has a password, which belongs into [storage] or the environment: write it without");
        insta::assert_snapshot!(refused("MAILTALLY_STORAGE_AWS_ENDPIONT", "secret"), @"MAILTALLY_STORAGE_AWS_ENDPIONT=…: unknown storage option 'aws_endpiont': did you mean 'aws_endpoint'?");
        insta::assert_snapshot!(refused("MAILTALLY_STORAGE_AWS_ENDPOINT", "minio:9000"), @"MAILTALLY_STORAGE_AWS_ENDPOINT=…: 'minio:9000' is no endpoint: write a URL with http:// or https://, such as https://s3.example.com:9000");
        assert_eq!(refused("MAILTALLY_THREADS", "0").exit_code(), ExitCode::Usage);
    }

    #[test]
    fn an_unknown_variable_is_warned_of() {
        let settings = resolve(&[("MAILTALLY_LAKES", "x"), ("HOME", "/")], &GlobalArgs::default()).unwrap();
        insta::assert_snapshot!(settings.warnings.join("\n"), @"the environment variable MAILTALLY_LAKES is unknown and has no effect, did you mean 'MAILTALLY_LAKE'?");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_valid_ones() {
        insta::assert_snapshot!(check_name("format", "postfx", &["postfix", "exim"]).unwrap_err(), @"unknown format 'postfx': did you mean 'postfix'? valid are postfix, exim");
    }
}
