//! Logs: one entry is one line, whatever was in the request.
//!
//! JSON with `ts`, `level`, `msg` and then the fields of the spans and of the entry; or the same for reading on a
//! terminal. What a stranger can put into a field cannot end the line, move the cursor or turn the writing direction
//! (S71, case 42), and is cut at 1 KiB.

mod line;

use std::io::{self, IsTerminal as _, Write as _};

use kernel::Clock as _;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::{
    clock::SystemClock,
    config::{Log, LogFormat},
};
use line::{Fields, Value};

/// Where entries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For the server: its log is its data.
    Stdout,
    /// For commands, whose data is on standard output.
    Stderr,
}

/// Starts logging for this process. Called again, it does nothing.
#[expect(clippy::disallowed_methods, reason = "NO_COLOR is of the environment, not of the configuration")]
pub fn start(log: Log, output: Output, no_color: bool) {
    let is_terminal = match output {
        Output::Stdout => io::stdout().is_terminal(),
        Output::Stderr => io::stderr().is_terminal(),
    };
    let format = log.format.unwrap_or(if is_terminal { LogFormat::Pretty } else { LogFormat::Json });
    let is_coloured =
        is_terminal && !no_color && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = Lines {
        format,
        is_coloured,
        now: || SystemClock.now(),
        // Nobody is left to tell if the log cannot be written.
        write: move |line: &str| {
            let _ = match output {
                Output::Stdout => io::stdout().lock().write_all(line.as_bytes()),
                Output::Stderr => io::stderr().lock().write_all(line.as_bytes()),
            };
        },
    };
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets(log.level))).try_init();
}

/// For commands: warnings and errors, for reading, on standard error.
pub fn start_quietly(no_color: bool) {
    start(Log { format: Some(LogFormat::Pretty), level: LevelFilter::WARN }, Output::Stderr, no_color);
}

/// The libraries below tell each of their steps; that is of use only to who asks for everything. One of them tells
/// addresses as they were sent, and is never asked for that: the address of an invitation opens it (S68).
pub fn targets(level: LevelFilter) -> Targets {
    let quiet = level.min(LevelFilter::WARN);
    let below = if level >= LevelFilter::TRACE { level } else { quiet };
    ["hyper", "hyper_util", "sqlx", "lettre", "rustls", "h2", "tower"]
        .into_iter()
        .fold(Targets::new().with_default(level), |targets, library| targets.with_target(library, below))
        .with_target("tower_http", quiet)
}

/// Writes each entry as a line.
struct Lines<N, W> {
    format: LogFormat,
    is_coloured: bool,
    now: N,
    write: W,
}

impl<S, N, W> Layer<S> for Lines<N, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: Fn() -> kernel::Timestamp + Send + Sync + 'static,
    W: Fn(&str) + Send + Sync + 'static,
{
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in
            context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.add(of_span);
            }
        }
        event.record(&mut fields);
        let level = *event.metadata().level();
        let line = match self.format {
            LogFormat::Json => line::json((self.now)(), level, event.metadata().target(), &fields),
            LogFormat::Pretty => line::pretty((self.now)(), level, &fields, self.is_coloured),
        };
        (self.write)(&line);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), Value::text(&value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), Value::Plain(value.to_string()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), Value::Plain(value.to_string()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), Value::Plain(value.to_string()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        let value = if value.is_finite() { Value::Plain(value.to_string()) } else { Value::text(&value) };
        self.set(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set(field.name(), Value::text(&value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.set(field.name(), Value::text(&format_args!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn logged(format: LogFormat, act: impl FnOnce()) -> String {
        let written = Arc::new(Mutex::new(String::new()));
        let lines = Lines {
            format,
            is_coloured: false,
            now: || kernel::Timestamp::from_seconds(1_795_347_000),
            write: {
                let written = Arc::clone(&written);
                move |line: &str| written.lock().expect("not poisoned").push_str(line)
            },
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), act);
        written.lock().expect("not poisoned").clone()
    }

    const NASTY: &str =
        "a\r\nb\0\x1b[2J\u{7f}\u{9b}1m\u{2028}\u{2029}\u{202e}\u{2066}\u{200f}\u{feff}\",\"level\":\"error";

    #[test]
    fn an_entry_has_its_fields_and_those_of_its_spans() {
        let text = logged(LogFormat::Json, || {
            let request =
                tracing::info_span!("request", request_id = "r1", route = "/x", code = tracing::field::Empty);
            let _entered = request.enter();
            request.record("code", 200);
            tracing::info!(dur_ms = 1.5, is_cached = true, actor = %"usr_1", "answered {}", "well");
        });
        let entry: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(entry["ts"], "2026-11-22T11:30:00Z");
        assert_eq!(entry["level"], "info");
        assert_eq!(entry["msg"], "answered well");
        assert_eq!(entry["request_id"], "r1");
        assert_eq!(entry["code"], 200);
        assert_eq!(entry["dur_ms"], 1.5);
        assert_eq!(entry["is_cached"], true);
        assert_eq!(entry["actor"], "usr_1");
        assert!(text.starts_with("{\"ts\":"), "{text}");
    }

    /// S71, case 42: one line, nothing that a terminal acts on, the text still there.
    #[test]
    fn nothing_in_a_field_ends_the_line_or_reaches_the_terminal() {
        for format in [LogFormat::Json, LogFormat::Pretty] {
            let text = logged(
                format,
                || tracing::warn!(user_agent = NASTY, debugged = ?NASTY, shown = %NASTY, "got {NASTY}"),
            );
            assert_eq!(text.matches('\n').count(), 1, "{text:?}");
            assert!(text.ends_with('\n'), "{text:?}");
            let is_harmless = |c: char| !line::is_harmful(c);
            assert!(text.trim_end_matches('\n').chars().all(is_harmless), "{text:?}");
        }
        let text = logged(LogFormat::Json, || tracing::warn!(user_agent = NASTY, "x"));
        let entry: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(entry["level"], "warn");
        assert_eq!(entry["user_agent"], NASTY);
    }

    /// S71: a megabyte of user agent is cut, between two characters.
    #[test]
    fn long_values_are_cut() {
        let long = "é".repeat(500_000);
        for format in [LogFormat::Json, LogFormat::Pretty] {
            let text = logged(format, || tracing::info!(user_agent = long.as_str(), also = ?long, "{long}"));
            assert!(text.len() < 4 * 1024, "{}", text.len());
            assert!(text.contains("é…"), "{text}");
        }
    }

    #[test]
    fn libraries_are_quiet_unless_everything_is_asked_for() {
        let info = targets(LevelFilter::INFO);
        assert!(info.would_enable("latchstring", &tracing::Level::INFO));
        assert!(!info.would_enable("sqlx::query", &tracing::Level::INFO));
        assert!(info.would_enable("sqlx::query", &tracing::Level::WARN));
        assert!(targets(LevelFilter::TRACE).would_enable("hyper::proto", &tracing::Level::TRACE));
        assert!(!targets(LevelFilter::TRACE).would_enable("tower_http::csrf", &tracing::Level::INFO), "S68");
    }
}
