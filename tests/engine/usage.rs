//! Tokens and money.

use maestro::{
    Context, Options, Skill, StepError,
    domain::{ModelPricing, Money, Usage},
};
use serde_json::{Value, json};

use crate::house::{House, ask};

fn usage() -> Usage {
    Usage { input: Some(1_000), output: Some(100), ..Usage::default() }
}

fn skill() -> Skill {
    Skill::new("model").operation("ask", async |context: Context, input: Value| {
        let model = input["model"].as_str().unwrap_or("m").to_owned();
        context.report_usage(&model, usage());
        if context.attempt() < 2 { Err(StepError::new("once more")) } else { Ok(input) }
    })
}

#[tokio::test(start_paused = true)]
async fn every_try_that_was_billed_counts_once_at_the_workspaces_price() {
    let house = House::new();
    let maestro = house.builder(1).skill(skill()).options(Options::default()).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let price = ModelPricing {
        model: "m".into(),
        valid_from: house.clock.now(),
        input: 3_000_000,
        output: 15_000_000,
        cache_read: None,
        cache_write: None,
    };
    workspace.set_prices(&[price]).await.unwrap();
    let node = json!({"id": "a", "kind": "deterministic", "skill": "model", "operation": "ask", "retry": {"initial_s": 10}});
    let score = json!({"name": "S", "nodes": [node]});
    let score = workspace.save_score(maestro::Score::from_json(&score).unwrap()).await.unwrap();
    let id = workspace.create_orchestra(maestro::NewOrchestra::new("S", &score.id)).await.unwrap().id;

    // The retry parks, so that the second try begins from what was recorded.
    let run = ask(&workspace, &id, json!({})).await.finished().await.unwrap();
    let each = 1_000 * 3_000_000 / 1_000_000 + 100 * 15_000_000 / 1_000_000; // micro-USD
    assert_eq!((run.totals.input_tokens, run.totals.output_tokens), (2_000, 200));
    assert_eq!(run.totals.cost(), Some(Money::from_nanos(2 * each * 1_000)));
    let rows = house.steps(run.id).await;
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((row.model.as_deref(), row.cost), (Some("m"), Some(Money::from_nanos(each * 1_000))));
        assert!(row.price.is_some());
    }

    let run = ask(&workspace, &id, json!({"model": "unheard of"})).await.finished().await.unwrap();
    assert_eq!((run.totals.input_tokens, run.totals.cost()), (2_000, None), "unknown is unknown");
    maestro.shutdown(std::time::Duration::ZERO).await;
}

/// What a try has reported when the process stops is billed, whether it listens or is cut off, and once however often that
/// happens.
#[tokio::test(start_paused = true)]
async fn a_try_that_a_shutdown_interrupts_is_billed_for_what_it_reported() {
    for listens in [true, false] {
        let house = House::new();
        let clock = std::sync::Arc::clone(&house.clock);
        let skill = || {
            let clock = std::sync::Arc::clone(&clock);
            Skill::new("model").operation("ask", move |context: Context, input: Value| {
                let clock = std::sync::Arc::clone(&clock);
                async move {
                    context.report_usage("m", usage());
                    let nap = clock.sleep(std::time::Duration::from_secs(20));
                    tokio::select! {
                        () = nap => Ok::<_, StepError>(input),
                        () = context.cancelled(), if listens => Err(StepError::new("asked to end")),
                    }
                }
            })
        };
        let node = json!({"id": "a", "kind": "deterministic", "skill": "model", "operation": "ask"});
        let office = house.builder(9).skill(skill()).roles(maestro::Roles::none()).build().await.unwrap();
        let workspace = office.default_workspace();
        let score = json!({"name": "S", "nodes": [node]});
        let score = workspace.save_score(maestro::Score::from_json(&score).unwrap()).await.unwrap();
        let id = workspace.create_orchestra(maestro::NewOrchestra::new("S", &score.id)).await.unwrap().id;
        let run = ask(&workspace, &id, json!({})).await;
        for seed in 1..=2 {
            let maestro = house.builder(seed).skill(skill()).build().await.unwrap();
            house.sleep(2.0).await;
            maestro.shutdown(std::time::Duration::ZERO).await;
            let so_far = workspace.run(run.id()).await.unwrap();
            assert_eq!(so_far.totals.input_tokens, 1_000 * seed, "listens: {listens}");
        }
        let _last = house.builder(3).skill(skill()).build().await.unwrap();
        let ended = run.finished().await.unwrap();
        assert_eq!(ended.totals.input_tokens, 3_000, "listens: {listens}");
        let rows = house.steps(ended.id).await;
        assert_eq!((rows.len(), rows[0].attempt), (1, 1), "an interruption is no failed try");
        assert_eq!(rows[0].usage.as_ref().unwrap().input, Some(3_000));
    }
}
