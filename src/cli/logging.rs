//! The program's own log: `tracing` on standard error, for operators. People are spoken to by
//! [`messages`](super::messages) and never need to read a log line.
//!
//! Every event carries the run's id, on whichever thread it happens, so that the events of one night are found
//! among those of many. Events carry counts, days and file names, never an address: whoever writes one sees to it.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::args::LogFormat;
use super::settings::LogSettings;
use super::{Error, Result};

/// Starts the log of this process on standard error.
///
/// # Errors
/// Where the filter is none.
pub fn start(settings: &LogSettings, run_id: &str) -> Result<()> {
    // A second start in one process keeps the first log, which is as good.
    let _ = subscriber(settings, run_id, std::io::stderr)?.try_init();
    Ok(())
}

fn subscriber<W>(settings: &LogSettings, run_id: &str, writer: W) -> Result<impl Subscriber + Send + Sync + use<W>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let run_id = run_id.to_owned();
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match settings.format {
        LogFormat::Text => layer.event_format(TextEvent { run_id, inner: Format::default() }).boxed(),
        LogFormat::Json => {
            let inner = Format::default().json().flatten_event(true).with_span_list(false);
            layer.fmt_fields(JsonFields::new()).event_format(JsonEvent { run_id, inner }).boxed()
        }
    };
    Ok(tracing_subscriber::registry().with(layer.with_filter(filter(settings)?)))
}

/// What is logged: nothing unless somebody asks for it, since whatever fails is told by a message. The libraries below are
/// quieter than we are: their steps mean nothing to an operator.
fn filter(settings: &LogSettings) -> Result<EnvFilter> {
    let directives = match (&settings.filter, settings.quiet, settings.verbosity) {
        (Some(filter), ..) => filter,
        (None, true, _) | (None, false, 0) => "off",
        // The kernel calls a table that is not there yet an error, on each run that makes one.
        (None, false, 1) => "warn,buoyant_kernel=off,mailtally=info",
        (None, false, 2) => "warn,buoyant_kernel=off,mailtally=debug",
        (None, false, _) => "info,mailtally=trace",
    };
    EnvFilter::try_new(directives).map_err(|error| Error::Setting {
        name: "MAILTALLY_LOG".to_owned(),
        value: directives.to_owned(),
        reason: format!("is no filter such as mailtally=debug ({error})"),
    })
}

/// A line of text that ends with the run's id.
struct TextEvent {
    run_id: String,
    inner: Format<Full>,
}

impl<S, N> FormatEvent<S, N> for TextEvent
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        writeln!(writer, "{} run_id={}", line.trim_end_matches('\n'), self.run_id)
    }
}

/// A JSON object whose first field is the run's id.
struct JsonEvent {
    run_id: String,
    inner: Format<Json>,
}

impl<S, N> FormatEvent<S, N> for JsonEvent
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut object = String::new();
        self.inner.format_event(context, Writer::new(&mut object), event)?;
        // The id is hexadecimal, so it needs no escaping.
        writer.write_str(&object.replacen('{', &format!("{{\"run_id\":\"{}\",", self.run_id), 1))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged while `act` runs.
    fn logged(settings: &LogSettings, act: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(settings, "cafe", move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, act);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn every_event_carries_the_run() {
        let text = LogSettings { verbosity: 1, ..LogSettings::default() };
        let line = logged(&text, || tracing::info!(days = 3, "planned"));
        assert!(line.contains(" INFO ") && line.ends_with("planned days=3 run_id=cafe\n"), "{line}");
        let json = LogSettings { format: LogFormat::Json, ..text };
        let line = logged(&json, || {
            tracing::info_span!("stage", day = "2026-03-01").in_scope(|| tracing::info!(days = 3, "planned"))
        });
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&event["run_id"], &event["level"]), (&"cafe".into(), &"INFO".into()));
        assert_eq!((&event["message"], &event["days"]), (&"planned".into(), &3.into()));
        assert_eq!(event["span"]["day"], "2026-03-01");
    }

    #[test]
    fn people_see_no_log_line_unless_they_ask() {
        let act = || {
            tracing::info!("a step");
            tracing::error!("what failed is told by a message, too");
            tracing::warn!(target: "polars", "a library's worry");
        };
        assert_eq!(logged(&LogSettings::default(), act), "");
        assert_eq!(logged(&LogSettings { verbosity: 1, ..LogSettings::default() }, act).lines().count(), 3);
        assert_eq!(logged(&LogSettings { quiet: true, ..LogSettings::default() }, act), "");
    }

    #[test]
    fn a_filter_decides_alone() {
        let settings = LogSettings { filter: Some("polars=warn".into()), ..LogSettings::default() };
        let lines = logged(&settings, || {
            tracing::error!("ours");
            tracing::warn!(target: "polars", "theirs");
        });
        assert!(lines.contains("theirs") && !lines.contains("ours"), "{lines}");
        let wrong = LogSettings { filter: Some("mailtally=loud".into()), ..LogSettings::default() };
        assert!(filter(&wrong).unwrap_err().to_string().starts_with("MAILTALLY_LOG=mailtally=loud: is no filter"));
    }
}
