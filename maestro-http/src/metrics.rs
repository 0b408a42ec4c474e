//! Numbers for monitoring systems, in the text form of Prometheus (0.0.4). Names never change once released.
//!
//! | name | kind | labels | what |
//! | --- | --- | --- | --- |
//! | `maestro_runs_ended_total` | counter | `status` | runs that this process ended |
//! | `maestro_due_runs` | gauge | | runs of all workspaces that could be claimed |
//! | `maestro_oldest_due_seconds` | gauge | | for how long the oldest of them could |
//! | `maestro_claim_seconds`, `maestro_claim_runs` | histogram | | how long claims took, and what they brought |
//! | `maestro_record_seconds`, `maestro_record_batch` | histogram | | how long writing took, and how much was written at once |
//! | `maestro_step_seconds` | histogram | `tool`, `status` | how long tries took, by operation or model |
//! | `maestro_model_calls_total`, `maestro_model_unpriced_calls_total` | counter | `model` | calls that were billed; those without a price |
//! | `maestro_model_tokens_total` | counter | `model`, `kind` | their tokens |
//! | `maestro_model_cost_cents_total` | counter | `model` | what they cost, as far as it is known |
//! | `maestro_slots_total` | counter | `outcome` | slots, by what became of them |
//! | `maestro_store_outages_total` | counter | | how often the store stopped answering |
//! | `maestro_recovered_runs_total` | counter | | runs taken from workers that fell silent |
//! | `maestro_streams` | gauge | | streams of live updates that are open |

use std::fmt::{Display, Write};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use maestro_core::engine::{Billed, Histogram};

use crate::{app::App, health};

/// Answers with every number.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let mut text = Text(String::new());
    text.counts(&app);
    text.histograms(&app);
    text.models(&app);
    if let Some(backlog) = health::ask(&app).await {
        text.head("maestro_due_runs", "gauge").sample("maestro_due_runs", &[], backlog.due);
        let oldest = health::oldest_s(&app, backlog).unwrap_or(0);
        text.head("maestro_oldest_due_seconds", "gauge").sample("maestro_oldest_due_seconds", &[], oldest);
    }
    text.head("maestro_streams", "gauge").sample("maestro_streams", &[], app.live().open());
    let mut response = Response::new(Body::from(text.0));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// What is written.
struct Text(String);

impl Text {
    fn counts(&mut self, app: &App) {
        let metrics = app.maestro().metrics();
        self.head("maestro_runs_ended_total", "counter");
        for (status, count) in &metrics.runs_ended {
            self.sample("maestro_runs_ended_total", &[("status", status.name())], count);
        }
        self.head("maestro_slots_total", "counter");
        for (outcome, count) in &metrics.slots {
            self.sample("maestro_slots_total", &[("outcome", outcome.name())], count);
        }
        let name = "maestro_store_outages_total";
        self.head(name, "counter").sample(name, &[], metrics.outages);
        let name = "maestro_recovered_runs_total";
        self.head(name, "counter").sample(name, &[], metrics.recoveries);
    }

    fn histograms(&mut self, app: &App) {
        let metrics = app.maestro().metrics();
        for (name, histogram) in [
            ("maestro_claim_seconds", &metrics.claim_seconds),
            ("maestro_claim_runs", &metrics.claim_runs),
            ("maestro_record_seconds", &metrics.record_seconds),
            ("maestro_record_batch", &metrics.record_batch),
        ] {
            self.head(name, "histogram").histogram(name, &[], histogram);
        }
        self.head("maestro_step_seconds", "histogram");
        for ((tool, status), histogram) in &metrics.step_seconds {
            let labels = [("tool", tool.as_str()), ("status", status.name())];
            self.histogram("maestro_step_seconds", &labels, histogram);
        }
    }

    fn models(&mut self, app: &App) {
        let billed = app.maestro().metrics().billed;
        let mut one = |name, of: &dyn Fn(&Billed) -> String| {
            self.head(name, "counter");
            for (model, billed) in &billed {
                self.sample(name, &[("model", model)], of(billed));
            }
        };
        one("maestro_model_calls_total", &|billed| billed.calls.to_string());
        one("maestro_model_unpriced_calls_total", &|billed| billed.unpriced_calls.to_string());
        one("maestro_model_cost_cents_total", &|billed| billed.known.cents());
        let name = "maestro_model_tokens_total";
        self.head(name, "counter");
        for (model, billed) in &billed {
            let kinds = [
                ("input", billed.input_tokens),
                ("output", billed.output_tokens),
                ("cache_read", billed.cache_read_tokens),
                ("cache_write", billed.cache_write_tokens),
            ];
            kinds.iter().for_each(|(kind, tokens)| {
                self.sample(name, &[("model", model), ("kind", kind)], tokens);
            });
        }
    }

    fn head(&mut self, name: &str, kind: &str) -> &mut Self {
        self.line(format_args!("# TYPE {name} {kind}"));
        self
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        match labels.is_empty() {
            true => self.line(format_args!("{name} {value}")),
            false => self.line(format_args!("{name}{{{}}} {value}", labels.join(","))),
        }
    }

    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: &Histogram) {
        let bucket = format!("{name}_bucket");
        for (bound, count) in histogram.cumulated() {
            let bound = bound.to_string();
            self.sample(&bucket, &[labels, &[("le", bound.as_str())]].concat(), count);
        }
        self.sample(&bucket, &[labels, &[("le", "+Inf")]].concat(), histogram.count());
        self.sample(&format!("{name}_sum"), labels, histogram.sum());
        self.sample(&format!("{name}_count"), labels, histogram.count());
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// Returns the value of a label as it may stand between quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
