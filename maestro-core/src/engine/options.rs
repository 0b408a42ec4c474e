//! Options of the engine, checked once when it starts.

use std::time::Duration;

/// How the engine works. Every field has a default that suits one process on one machine. Spans but for those of retention are
/// at most a thousand years.
///
/// ```
/// use maestro_core::engine::Options;
/// use std::time::Duration;
/// let options = Options::default().with_max_runs(64).with_poll_interval(Duration::from_millis(500));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Runs that this process plays at once, parked ones not counted. Default 1,024.
    pub max_runs: u32,
    /// Steps that this process executes at once. Default 256, at most 1,000,000.
    pub max_steps: u32,
    /// How often the process looks for due work when nothing tells it that there is any; for due slots every fifth time.
    /// Default 1 s.
    pub poll_interval: Duration,
    /// How long a worker counts as alive after it last said so. Default 30 s.
    pub worker_ttl: Duration,
    /// How often a worker says that it is alive. Default 5 s; at most a third of `worker_ttl`.
    pub renew_interval: Duration,
    /// How often dead workers, held runs and old records are looked for. Default 10 s.
    pub sweep_interval: Duration,
    /// How long ended runs and ledger rows are kept. Default 90 days.
    pub retention: Duration,
    /// How long it is kept what was billed, whatever becomes of the runs. Default 400 days.
    pub cost_retention: Duration,
    /// How long an idempotency key stands for its run. Default 24 h.
    pub key_ttl: Duration,
    /// How long a step that was asked to end may take before it is aborted. Default 5 s.
    pub abort_grace: Duration,
    /// From which age on a running step is shown in the record. Default 250 ms.
    pub show_running_after: Duration,
    /// How long a run waits that this process cannot play, such as for an operation that only a newer one has.
    /// Default 30 s.
    pub hand_back_delay: Duration,
    /// The largest value of a run or a step, in bytes of JSON. Default 256 KiB.
    pub max_value_bytes: usize,
    /// How much may be said in one conversation with a model, in bytes. Default 1 MiB.
    pub max_transcript_bytes: usize,
    /// The model of agents that name none, in workspaces that name none either. Default none.
    pub default_model: String,
    /// The most records that are written at once. Default 512, at most 1,000,000.
    pub record_batch: usize,
    /// The most slots that `fire_all` catches up for one orchestra at once. Default 100.
    pub max_catch_up: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_runs: 1_024,
            max_steps: 256,
            poll_interval: Duration::from_secs(1),
            worker_ttl: Duration::from_secs(30),
            renew_interval: Duration::from_secs(5),
            sweep_interval: Duration::from_secs(10),
            retention: Duration::from_secs(90 * 86_400),
            cost_retention: Duration::from_secs(400 * 86_400),
            key_ttl: Duration::from_secs(86_400),
            abort_grace: Duration::from_secs(5),
            show_running_after: Duration::from_millis(250),
            hand_back_delay: Duration::from_secs(30),
            max_value_bytes: 256 * 1024,
            max_transcript_bytes: 1024 * 1024,
            default_model: String::new(),
            record_batch: 512,
            max_catch_up: 100,
        }
    }
}

macro_rules! setters {
    ($($setter:ident $field:ident: $type:ty),+ $(,)?) => {
        impl Options {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $setter(self, $field: $type) -> Self {
                    Self { $field, ..self }
                }
            )+
        }
    };
}
setters!(
    with_max_runs max_runs: u32,
    with_max_steps max_steps: u32,
    with_poll_interval poll_interval: Duration,
    with_worker_ttl worker_ttl: Duration,
    with_renew_interval renew_interval: Duration,
    with_sweep_interval sweep_interval: Duration,
    with_retention retention: Duration,
    with_cost_retention cost_retention: Duration,
    with_key_ttl key_ttl: Duration,
    with_abort_grace abort_grace: Duration,
    with_show_running_after show_running_after: Duration,
    with_hand_back_delay hand_back_delay: Duration,
    with_max_value_bytes max_value_bytes: usize,
    with_max_transcript_bytes max_transcript_bytes: usize,
    with_default_model default_model: String,
    with_record_batch record_batch: usize,
    with_max_catch_up max_catch_up: u32,
);

/// The longest span but for those of retention: a thousand years, so that adding one to a moment is a moment.
const LONGEST: Duration = Duration::from_secs(1_000 * 366 * 86_400);
/// The most records in a batch, and the most steps at once.
const MOST: usize = 1_000_000;

impl Options {
    /// Returns what makes no sense about them.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let spans = [self.poll_interval, self.worker_ttl, self.renew_interval, self.sweep_interval];
        let others = [self.key_ttl, self.abort_grace, self.show_running_after, self.hand_back_delay];
        if spans.iter().chain(&others).any(|span| *span > LONGEST) {
            return Some("every span but retention must be at most a thousand years");
        }
        if spans.iter().any(Duration::is_zero) {
            return Some(
                "poll_interval, worker_ttl, renew_interval and sweep_interval must be longer than 0",
            );
        }
        if self.renew_interval > self.worker_ttl / 3 {
            return Some("renew_interval must be at most a third of worker_ttl");
        }
        if self.max_runs == 0 || self.max_steps == 0 || self.record_batch == 0 || self.max_catch_up == 0 {
            return Some("max_runs, max_steps, record_batch and max_catch_up must be at least 1");
        }
        if self.record_batch > MOST || self.max_steps as usize > MOST {
            return Some("record_batch and max_steps must be at most 1,000,000");
        }
        (self.max_value_bytes < 1024).then_some("max_value_bytes must be at least 1024")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_no_arithmetic_survives_are_refused() {
        let good = Options::default();
        assert_eq!(good.problem(), None);
        let long = good.clone().with_retention(Duration::MAX).with_cost_retention(Duration::MAX);
        assert_eq!(long.problem(), None);
        let bad = [
            good.clone().with_renew_interval(Duration::MAX),
            good.clone().with_key_ttl(Duration::MAX),
            good.clone().with_show_running_after(Duration::MAX),
            good.clone().with_hand_back_delay(Duration::MAX),
            good.clone().with_record_batch(usize::MAX),
            good.clone().with_max_steps(u32::MAX),
            good.with_poll_interval(Duration::ZERO),
        ];
        for options in bad {
            assert!(options.problem().is_some(), "{options:?}");
        }
    }
}
