//! Settings of a workspace, and what it has spent.

use chrono::TimeDelta;
use maestro::{
    Context, Error, NewOrchestra, Score, Skill, StepError, Workspace,
    domain::{
        CostGroup, CostsBy, Day, ModelPricing, Money, OrchestraId, PriceBook, Usage, WorkspaceSettings,
    },
    ports::store::RunStore,
};
use serde_json::{Value, json};

use crate::house::{House, play};

/// An operation that is billed: 1,000 tokens of input and 100 of output, of the model that `input` names.
fn skill() -> Skill {
    Skill::new("model").operation("ask", async |context: Context, input: Value| {
        let usage = Usage { input: Some(1_000), output: Some(100), ..Usage::default() };
        context.report_usage(input["model"].as_str().unwrap_or("m"), usage);
        Ok::<_, StepError>(input)
    })
}

/// Returns a price of so many micro-USD per million tokens of input; output costs nothing.
fn price(house: &House, model: &str, input: u64) -> ModelPricing {
    let valid_from = house.clock.now();
    ModelPricing { model: model.into(), valid_from, input, output: 0, cache_read: None, cache_write: None }
}

async fn deploy(workspace: &Workspace, name: &str) -> OrchestraId {
    let node = json!({"id": "ask", "kind": "deterministic", "skill": "model", "operation": "ask"});
    let score = Score::from_json(&json!({"name": name, "nodes": [node]})).unwrap();
    let score = workspace.save_score(score).await.unwrap();
    workspace.create_orchestra(NewOrchestra::new(name, &score.id)).await.unwrap().id
}

#[tokio::test(start_paused = true)]
async fn a_price_of_the_workspace_comes_before_the_book() {
    let house = House::new();
    let book = PriceBook::new([price(&house, "m", 1_000_000), price(&house, "n", 2_000_000)]);
    let maestro = house.builder(1).skill(skill()).price_book(book).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let id = deploy(&workspace, "Ask").await;
    let cost = async |model: &str| play(&workspace, &id, json!({"model": model})).await.totals.cost();
    assert_eq!(cost("m").await, Some(Money::from_nanos(1_000_000)));
    assert_eq!(cost("openai/n").await, Some(Money::from_nanos(2_000_000)), "by the name without its maker");
    workspace.set_prices(&[price(&house, "m", 5_000_000)]).await.unwrap();
    assert_eq!(cost("m").await, Some(Money::from_nanos(5_000_000)));
    assert_eq!(cost("openai/m").await, Some(Money::from_nanos(5_000_000)));
    assert_eq!(cost("reseller/n").await, None);
    maestro.shutdown(std::time::Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn costs_are_known_by_day_model_orchestra_and_node_and_outlive_the_runs() {
    let house = House::new();
    let maestro = house.builder(1).skill(skill()).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let zone = "Europe/Berlin".parse().unwrap();
    let settings = WorkspaceSettings { timezone: zone, ..workspace.settings().await.unwrap() };
    workspace.set_settings(settings).await.unwrap();
    workspace.set_prices(&[price(&house, "m", 3_000_000)]).await.unwrap();
    let (one, two) = (deploy(&workspace, "One").await, deploy(&workspace, "Two").await);
    let began = house.clock.now();
    play(&workspace, &one, json!({})).await;
    play(&workspace, &two, json!({"model": "unheard of"})).await;
    assert!(workspace.spent_today().await.unwrap().has_unknown);
    let today = Day::of(zone, house.clock.now());
    house.clock.sleep_until(today.end).await;
    assert_eq!(workspace.spent_today().await.unwrap().known, Money::ZERO, "a new day has begun in Berlin");
    play(&workspace, &one, json!({})).await;
    let until = house.clock.now() + TimeDelta::seconds(1);
    assert!(house.store.prune_runs(until, until, 99).await.unwrap() >= 3, "the runs are deleted");

    let costs = async |by| {
        let costs = workspace.costs(by, began, until).await.unwrap();
        costs
            .into_iter()
            .map(|costs| (costs.group, costs.calls, costs.unpriced_calls, costs.totals.known.nanos()))
            .collect::<Vec<_>>()
    };
    let each = 3_000_000;
    let days = [(CostGroup::Day(today.start), 2, 1, each), (CostGroup::Day(today.end), 1, 0, each)];
    assert_eq!(costs(CostsBy::Day).await, days);
    let model = |name: &str| CostGroup::Model(Some(name.to_owned()));
    assert_eq!(costs(CostsBy::Model).await, [(model("m"), 2, 0, 2 * each), (model("unheard of"), 1, 1, 0)]);
    let orchestras = [(CostGroup::Orchestra(one), 2, 0, 2 * each), (CostGroup::Orchestra(two), 1, 1, 0)];
    assert_eq!(costs(CostsBy::Orchestra).await, orchestras);
    let node =
        |score: &str| CostGroup::Node { score_id: score.parse().unwrap(), node: "ask".parse().unwrap() };
    assert_eq!(costs(CostsBy::Node).await, [(node("one"), 2, 0, 2 * each), (node("two"), 1, 1, 0)]);
    let long = workspace.costs(CostsBy::Day, began - TimeDelta::days(4_000), until).await;
    assert!(matches!(long, Err(Error::Invalid { field: "since", .. })), "{long:?}");
    maestro.shutdown(std::time::Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn settings_are_checked_and_nobody_overwrites_what_another_has_set() {
    let workspace = House::new().office().await;
    let untouched = workspace.settings().await.unwrap();
    assert_eq!(untouched, WorkspaceSettings::default());
    let wrong = [
        WorkspaceSettings { daily_budget_cents: Some(1_000_000_000_001), ..untouched.clone() },
        WorkspaceSettings { default_model: "two\nlines".into(), ..untouched.clone() },
        WorkspaceSettings { default_model: "m".repeat(201), ..untouched.clone() },
    ];
    for settings in wrong {
        let refused = workspace.set_settings(settings).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
    assert_eq!(workspace.set_settings(untouched.clone()).await.unwrap(), untouched, "no edit");
    let budget =
        WorkspaceSettings { daily_budget_cents: Some(500), default_model: " m ".into(), ..untouched.clone() };
    let saved = workspace.set_settings(budget.clone()).await.unwrap();
    assert_eq!((saved.revision, saved.daily_budget_cents, saved.default_model.as_str()), (1, Some(500), "m"));
    assert!(saved.updated_at.is_some());
    assert_eq!(workspace.settings().await.unwrap(), saved);
    let late = workspace.set_settings(WorkspaceSettings { daily_budget_cents: None, ..untouched }).await;
    assert!(matches!(late, Err(Error::Revision { expected: 0, present: 1, .. })), "{late:?}");
    assert_eq!(workspace.set_settings(saved.clone()).await.unwrap(), saved, "no edit");
}
