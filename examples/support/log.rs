//! The log on standard error: a line for each event, as much of it as `MAESTRO_LOG` asks for.

use std::{fmt, fmt::Write as _, io, io::Write as _};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Begins to log. `level` is `error`, `warn`, `info`, `debug` or `trace`; anything else counts as `warn`.
pub(crate) fn begin(level: Option<String>) {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(Level::WARN);
    // An error means that somebody logs already.
    let _ = tracing::subscriber::set_global_default(Log(level));
}

struct Log(Level);

impl Subscriber for Log {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        *of.level() <= self.0 && of.target().starts_with("maestro")
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        // There is nobody left to tell that standard error is gone.
        let _ = writeln!(io::stderr(), "{:5} {}{}", event.metadata().level(), line.message, line.values);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What an event says.
#[derive(Default)]
struct Line {
    message: String,
    values: String,
}

impl Visit for Line {
    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        let _ = write!(self.values, " {field}={error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            let _ = write!(self.values, ": {error}");
            cause = error.source();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.values, " {name}={value:?}"),
        };
    }
}
