//! Scores and agents that are saved, declared and cloned.

use chrono::DateTime;
use maestro::{
    Error, Score,
    domain::{Agent, ModelPricing, NodeKind},
};
use serde_json::json;

use crate::stage::{Stage, at, score};

const NOW: &str = "2026-11-21T08:30:00Z";

fn agent(id: &str) -> Agent {
    Agent {
        id: id.parse().unwrap(),
        version: 0,
        name: "Writer".to_owned(),
        description: String::new(),
        model: String::new(),
        system_prompt: "You write.".to_owned(),
        allowed_tools: vec!["t.send".to_owned()],
        max_tokens: None,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn drafts() -> Score {
    score("drafts", json!({"kind": "llm", "agent": "writer", "prompt": "Draft {{ input.topic }}"}))
}

#[tokio::test]
async fn a_score_gets_a_version_only_when_it_changed() {
    let stage = Stage::at(NOW).await;
    let wait = |span| score("wait", json!({"kind": "delay", "for_s": span}));
    assert_eq!(stage.workspace.save_score(wait(1)).await.unwrap().version, 1);
    assert_eq!(stage.workspace.save_score(wait(1)).await.unwrap().version, 1);
    assert_eq!(stage.workspace.save_score(wait(2)).await.unwrap().version, 2);
    assert_eq!(stage.workspace.save_score(wait(1)).await.unwrap().version, 3);
    assert_eq!(
        stage.workspace.ensure_score(wait(9)).await.unwrap(),
        stage.workspace.score(&wait(1).id, None).await.unwrap()
    );
    let stale = stage.workspace.save_score_over(wait(5), 2).await.unwrap_err();
    assert!(matches!(stale, Error::Revision { expected: 2, present: 3, .. }), "{stale}");
    let old = stage.workspace.score(&wait(1).id, Some(2)).await.unwrap();
    assert_eq!(old.nodes, wait(2).nodes);

    let mut saves = tokio::task::JoinSet::new();
    for number in 0_u32..6 {
        let (workspace, next) = (stage.workspace.clone(), wait(100 + number));
        saves.spawn(async move { workspace.save_score(next).await.unwrap().version });
    }
    let mut versions = saves.join_all().await;
    versions.sort_unstable();
    assert_eq!(versions, [4, 5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn a_score_that_names_what_is_not_there_is_refused() {
    let stage = Stage::at(NOW).await;
    let told = async |score| match stage.workspace.save_score(score).await {
        Err(Error::Score(problems)) => problems.iter().map(|problem| problem.code.name()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(drafts()).await, ["unknown_agent"]);
    let unknown = score("x", json!({"kind": "deterministic", "skill": "t", "operation": "nope"}));
    assert_eq!(told(unknown).await, ["unknown_operation"]);
    let error =
        stage.workspace.save_score(score("new", json!({"kind": "delay", "for_s": 1}))).await.unwrap_err();
    assert_eq!(error.to_string(), "id: \"new\" is reserved; use another id");

    stage.workspace.save_agent(agent("writer")).await.unwrap();
    let saved = stage.workspace.ensure_score(drafts()).await.unwrap();
    assert_eq!(stage.workspace.scores(None, 1).await.unwrap(), [saved]);
    assert!(stage.workspace.delete_agent(&"writer".parse().unwrap()).await.is_err(), "it is in use");
    stage.workspace.delete_score(&drafts().id).await.unwrap();
    assert!(stage.workspace.save_score(drafts()).await.is_err(), "its id is never given again");
}

#[tokio::test]
async fn a_clone_has_agents_of_its_own() {
    let stage = Stage::at(NOW).await;
    stage.workspace.save_agent(agent("writer")).await.unwrap();
    stage.workspace.save_score(Score { template: true, ..drafts() }).await.unwrap();
    let clone = stage.workspace.clone_score(&drafts().id, "My drafts").await.unwrap();
    assert_eq!(
        (clone.id.as_str(), clone.name.as_str(), clone.version, clone.template),
        ("my-drafts", "My drafts", 1, false)
    );
    let NodeKind::Llm { agent: cloned, .. } = &clone.nodes[0].kind else { panic!() };
    assert_eq!(cloned.as_str(), "writer-my-drafts");
    let copy = stage.workspace.agent(cloned, None).await.unwrap();
    assert_eq!((copy.name.as_str(), copy.version, copy.updated_at), ("Writer (My drafts)", 1, at(NOW)));
    assert_eq!(copy.system_prompt, agent("writer").system_prompt);
    let again = stage.workspace.clone_score(&drafts().id, "My drafts").await.unwrap();
    assert_eq!(again.id.as_str(), "my-drafts-2");
    assert_eq!(stage.workspace.agents(None, 10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_agent_is_checked_and_gets_a_version_only_when_it_changed() {
    let stage = Stage::at(NOW).await;
    let workspace = &stage.workspace;
    assert_eq!(workspace.ensure_agent(agent("writer")).await.unwrap().version, 1);
    stage.clock.advance(crate::stage::seconds(60));
    assert_eq!(workspace.save_agent(agent("writer")).await.unwrap().updated_at, at(NOW));
    let other = Agent { model: "m".to_owned(), ..agent("writer") };
    assert_eq!(workspace.save_agent(other.clone()).await.unwrap().version, 2);
    assert_eq!(workspace.ensure_agent(agent("writer")).await.unwrap().model, "m");
    assert!(matches!(
        workspace.save_agent_over(agent("writer"), 0).await,
        Err(Error::Revision { present: 2, .. })
    ));
    assert_eq!(workspace.save_agent_over(other, 2).await.unwrap().version, 2);
    let cases = [
        (Agent { system_prompt: " ".to_owned(), ..agent("x") }, "system_prompt: say who"),
        (
            Agent { allowed_tools: vec!["send".to_owned()], ..agent("x") },
            "allowed_tools: \"send\" is no operation",
        ),
        (Agent { max_tokens: Some(0), ..agent("x") }, "max_tokens: use at least 1"),
        (Agent { name: String::new(), ..agent("x") }, "name: "),
        (Agent { id: "new".parse().unwrap(), ..agent("x") }, "id: \"new\" is reserved"),
    ];
    for (agent, expected) in cases {
        let error = workspace.save_agent(agent).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let price = |model: &str| ModelPricing {
        model: model.to_owned(),
        valid_from: at(NOW),
        input: 3_000_000,
        output: 15_000_000,
        cache_read: None,
        cache_write: None,
    };
    workspace.set_prices(&[price("m")]).await.unwrap();
    assert_eq!(workspace.prices().await.unwrap(), [price("m")]);
    assert!(workspace.set_prices(&[price("")]).await.is_err());
}
