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
