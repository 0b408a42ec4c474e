//! The skills of the example programs: small operations that a score can combine, each typed and documented.

mod effect;
mod files;
mod http;
mod lists;
mod office;

use std::time::Duration;

use maestro::ports::{Clock, Entropy, SystemClock, SystemEntropy};
use maestro::{Context, Skill, StepError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use effect::Traces;

/// Returns every skill of the examples; `util.effect` only where there is a place for its traces.
pub(crate) fn all(traces: Option<Traces>) -> Vec<Skill> {
    let mut util = Skill::new("util")
        .operation("echo", echo)
        .operation("sleep", sleep)
        .operation("fail", fail)
        .operation("flaky", flaky)
        .operation("random", random);
    if let Some(traces) = traces {
        util = util.operation("effect", move |ctx, input| traces.clone().leave(ctx, input));
    }
    let mut all = vec![
        util,
        Skill::new("text").operation("upper", upper),
        lists::skill(),
        Skill::new("file").blocking_operation("read", files::read),
        Skill::new("lock").operation("packages", files::lock_packages).operation("check", files::lock_check),
        Skill::new("csv").operation("parse", files::csv_parse),
        Skill::new("http").blocking_operation("request", http::request),
    ];
    all.extend(office::all());
    all
}

/// Returns a failure that no other try can mend: the score asks for what makes no sense.
fn refused(message: impl AsRef<str>) -> StepError {
    StepError::with_code("invalid_input", message).permanent().not_applied()
}

/// `util.echo`: returns its input.
async fn echo(_ctx: Context, input: Value) -> Result<Value, StepError> {
    Ok(input)
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Sleep {
    /// Milliseconds.
    ms: u64,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// `util.sleep`: returns its input after `ms` milliseconds; ends early when the step should.
async fn sleep(ctx: Context, input: Sleep) -> Result<Sleep, StepError> {
    let clock = SystemClock::new();
    tokio::select! {
        biased;
        () = ctx.cancelled() => Err(StepError::with_code("cancelled", "woken before the time was over")),
        () = clock.sleep(Duration::from_millis(input.ms)) => Ok(input),
    }
}

#[derive(Deserialize, JsonSchema)]
struct Fail {
    /// What the failure says.
    message: Option<String>,
    /// Whether trying again cannot help. Default false.
    #[serde(default)]
    permanent: bool,
}

/// `util.fail`: fails.
async fn fail(_ctx: Context, input: Fail) -> Result<Value, StepError> {
    let error = StepError::new(input.message.as_deref().unwrap_or("failed on purpose"));
    Err(if input.permanent { error.permanent() } else { error })
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Flaky {
    /// How many tries fail.
    fail_times: u32,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// `util.flaky`: fails on the first `fail_times` tries, then returns its input.
async fn flaky(ctx: Context, input: Flaky) -> Result<Flaky, StepError> {
    if ctx.attempt() <= input.fail_times {
        let message = format!("try {} of {} that fail", ctx.attempt(), input.fail_times);
        return Err(StepError::with_code("flaky", message));
    }
    Ok(input)
}

#[derive(Deserialize, JsonSchema)]
struct Random {
    /// How many values are possible, at least 1.
    n: u64,
}

#[derive(Serialize, JsonSchema)]
struct Number {
    value: u64,
}

/// `util.random`: returns a whole number from 0 up to, not including, `n`.
async fn random(_ctx: Context, input: Random) -> Result<Number, StepError> {
    let drawn = SystemEntropy.next_u128().checked_rem(u128::from(input.n));
    let value = drawn.and_then(|value| u64::try_from(value).ok());
    value
        .map(|value| Number { value })
        .ok_or_else(|| refused("n: 0 leaves nothing to choose from; use 1 or more"))
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Text {
    text: String,
}

/// `text.upper`: returns the text in capitals.
async fn upper(_ctx: Context, input: Text) -> Result<Text, StepError> {
    Ok(Text { text: input.text.to_uppercase() })
}
