//! Skills that take time and return something, and one that fails now and then.

use std::{sync::Arc, time::Duration};

use maestro_core::{
    engine::{Context, Skill},
    ports::{Clock, StepError},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
struct Work {
    /// Milliseconds.
    #[serde(default = "a_second")]
    ms: u64,
    /// How many tries fail before one works.
    #[serde(default)]
    fails: u32,
    /// What is returned.
    #[serde(default)]
    gives: Value,
}

fn a_second() -> u64 {
    1_000
}

#[derive(Serialize, JsonSchema)]
struct Given {
    given: Value,
}

/// Returns the skills; they wait by `clock`.
pub(crate) fn all(clock: &Arc<dyn Clock>) -> Vec<Skill> {
    let on = |clock: &Arc<dyn Clock>| {
        let clock = Arc::clone(clock);
        move |ctx: Context, work: Work| work_for(Arc::clone(&clock), ctx, work)
    };
    let names = [
        ("leads", "fetch"),
        ("leads", "history"),
        ("mail", "verify"),
        ("mail", "send"),
        ("crm", "notes"),
        ("crm", "merge"),
        ("pages", "read"),
        ("feed", "publish"),
    ];
    let mut skills: Vec<(&str, Skill)> = Vec::new();
    for (skill, operation) in names {
        match skills.iter().position(|(known, _)| *known == skill) {
            Some(at) => {
                let (known, built) = skills.remove(at);
                skills.insert(at, (known, built.operation(operation, on(clock))));
            }
            None => skills.push((skill, Skill::new(skill).operation(operation, on(clock)))),
        }
    }
    skills.into_iter().map(|(_, skill)| skill).collect()
}

async fn work_for(clock: Arc<dyn Clock>, ctx: Context, work: Work) -> Result<Given, StepError> {
    // A little more or less in each run, always the same in the same one.
    let luck = (ctx.run_id().as_u128() >> 7) as u64 % 40;
    let ms = work.ms * (80 + luck) / 100;
    tokio::select! {
        biased;
        () = ctx.cancelled() => return Err(StepError::with_code("cancelled", "ended early")),
        () = clock.sleep(Duration::from_millis(ms)) => {}
    }
    if ctx.attempt() <= work.fails {
        let error =
            StepError::with_code("unavailable", format!("503 from the provider, try {}", ctx.attempt()));
        return Err(error);
    }
    let given = if work.gives.is_null() { json!({"ok": true}) } else { work.gives };
    Ok(Given { given })
}
