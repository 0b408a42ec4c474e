//! The tier of agents and prices.

use std::sync::Arc;

use super::kit::{TEXTS, assert_conflict, assert_not_found, at, read_pages, tick, workspace};
use crate::{
    domain::{Agent, AgentId, ModelPricing},
    ports::store::AgentStore,
};

/// The workspace of agents that name no other.
const HOME: &str = "Main_1:a.b@c-d";

/// Returns an agent with nothing set that need not be.
pub(super) fn small_agent(id: &str, version: u32) -> Agent {
    Agent {
        id: AgentId::new(id).expect("a good agent id"),
        version,
        name: id.to_owned(),
        description: String::new(),
        model: String::new(),
        system_prompt: "Be brief.".to_owned(),
        allowed_tools: Vec::new(),
        max_tokens: None,
        updated_at: at(i64::from(version)),
    }
}

async fn save(store: &Arc<dyn AgentStore>, of: &str, agent: &Agent) {
    store.save_agent(&workspace(of), agent).await.expect("an agent is saved");
}

async fn read(store: &Arc<dyn AgentStore>, of: &str, id: &AgentId, version: Option<u32>) -> Agent {
    store.agent(&workspace(of), id, version).await.expect("an agent is found")
}

/// Every field of an agent reads back equal.
pub async fn an_agent_reads_back_equal(store: Arc<dyn AgentStore>) {
    for (index, text) in TEXTS.iter().enumerate() {
        let agent = Agent {
            name: (*text).to_owned(),
            description: TEXTS[(index + 1) % TEXTS.len()].to_owned(),
            model: TEXTS[(index + 2) % TEXTS.len()].to_owned(),
            system_prompt: format!("{text} {}", "long ".repeat(index * 1_000)),
            allowed_tools: vec!["web.search".to_owned(), "leads.fetch".to_owned(), "web.search".to_owned()],
            max_tokens: [None, Some(0), Some(i32::MAX as u32)][index % 3],
            updated_at: at(0) + tick(),
            ..small_agent(&format!("agent-{index}"), 1)
        };
        save(&store, HOME, &agent).await;
        assert_eq!(read(&store, HOME, &agent.id, None).await, agent, "the latest version");
        assert_eq!(read(&store, HOME, &agent.id, Some(1)).await, agent, "the version by number");
    }
    let longest = small_agent(&"x".repeat(64), 1);
    save(&store, HOME, &longest).await;
    assert_eq!(
        read(&store, HOME, &longest.id, None).await,
        longest,
        "an id of 64 characters, nothing else set"
    );
}

/// A number that is taken is a conflict, unless the content is the same.
pub async fn an_agent_version_is_immutable(store: Arc<dyn AgentStore>) {
    let home = workspace(HOME);
    let (first, second) = (small_agent("scout", 1), small_agent("scout", 2));
    for latest in [&first, &second] {
        save(&store, HOME, latest).await;
        let others = [
            Agent { system_prompt: "Be long.".to_owned(), ..latest.clone() },
            Agent { max_tokens: Some(1), ..latest.clone() },
            Agent { allowed_tools: vec!["a.b".to_owned()], ..latest.clone() },
        ];
        for other in others {
            assert_conflict(store.save_agent(&home, &other).await, &[], "another agent under a taken number");
        }
        store.save_agent(&home, latest).await.expect("the same agent may be saved again");
        assert_eq!(read(&store, HOME, &latest.id, None).await, *latest, "the version as it was saved first");
    }
    store.save_agent(&home, &first).await.expect("the same agent may be saved again, the latest or not");
    assert_eq!(read(&store, HOME, &first.id, Some(1)).await, first, "an older version");
    assert_eq!(read(&store, HOME, &first.id, None).await, second, "the latest version");
}

/// A number that does not follow the latest is a conflict.
pub async fn agent_versions_have_no_gaps(store: Arc<dyn AgentStore>) {
    let home = workspace(HOME);
    for version in [0, 2, 3] {
        let refused = store.save_agent(&home, &small_agent("scout", version)).await;
        assert_conflict(refused, &[], &format!("version {version} as the first"));
    }
    let id = small_agent("scout", 1).id;
    assert_not_found(store.agent(&home, &id, None).await, "an agent of which no version was saved");
    for version in 1..=12 {
        let after_next = store.save_agent(&home, &small_agent("scout", version + 1)).await;
        assert_conflict(after_next, &[], "a number that leaves a gap");
        save(&store, HOME, &small_agent("scout", version)).await;
        assert_eq!(
            read(&store, HOME, &id, None).await.version,
            version,
            "the latest, by number and not by text"
        );
    }
    for version in [0, 13] {
        assert_not_found(store.agent(&home, &id, Some(version)).await, "a version that never was");
    }
}

/// An agent of another workspace is not found.
pub async fn an_agent_is_found_in_its_workspace_only(store: Arc<dyn AgentStore>) {
    let agent = small_agent("scout", 1);
    save(&store, HOME, &agent).await;
    for of in ["other", "main_1:a.b@c-d", "default"] {
        let other = workspace(of);
        assert_not_found(store.agent(&other, &agent.id, None).await, "an agent of another workspace");
        assert_not_found(store.agent(&other, &agent.id, Some(1)).await, "a version of another workspace");
        assert_not_found(store.delete_agent(&other, &agent.id).await, "a deletion in another workspace");
        assert_eq!(
            store.agents(&other, None, 9).await.expect("agents are listed"),
            [],
            "another workspace's list"
        );
        let theirs = Agent { description: of.to_owned(), ..agent.clone() };
        save(&store, of, &theirs).await;
        assert_eq!(read(&store, of, &agent.id, None).await, theirs, "each workspace has its own");
    }
    assert_eq!(read(&store, HOME, &agent.id, None).await, agent, "what others do changes nothing");
    let never = small_agent("never", 1).id;
    assert_not_found(store.agent(&workspace(HOME), &never, None).await, "an agent that never was");
    assert_not_found(store.delete_agent(&workspace(HOME), &never).await, "the deletion of what never was");
}

/// Each agent once, only the latest version, none that was deleted.
pub async fn agents_are_listed_in_pages(store: Arc<dyn AgentStore>) {
    let mut expected = Vec::new();
    // in the order of bytes
    for id in ["0", "a", "a-b", "a-c", "a_b", "ab", "b", &"z".repeat(64)] {
        for version in 1..=2 {
            save(&store, HOME, &small_agent(id, version)).await;
        }
        expected.push(small_agent(id, 2));
        save(&store, "other", &small_agent(id, 1)).await;
    }
    let gone = small_agent("a-bb", 1);
    save(&store, HOME, &gone).await;
    store.delete_agent(&workspace(HOME), &gone.id).await.expect("an agent is deleted");
    for limit in [1, 3, 8, 99] {
        let found = read_pages(limit, |last: Option<Agent>| {
            let store = Arc::clone(&store);
            async move { store.agents(&workspace(HOME), last.map(|agent| agent.id).as_ref(), limit).await }
        })
        .await;
        assert_eq!(found, expected, "pages of {limit}");
    }
    let found = store.agents(&workspace(HOME), Some(&gone.id), 1).await.expect("agents are listed");
    assert_eq!(found, expected[3..4], "after an id that is not listed");
    assert_eq!(read(&store, HOME, &gone.id, Some(1)).await, gone, "a deleted agent stays readable by number");
}

/// Prices are replaced by model and moment, and listed by model, then moment.
pub async fn prices_are_replaced_by_model_and_moment(store: Arc<dyn AgentStore>) {
    let price = |model: &str, second: i64, input: u64| ModelPricing {
        model: model.to_owned(),
        valid_from: at(second) + tick(),
        input,
        output: input + 1,
        cache_read: input.is_multiple_of(2).then_some(0),
        cache_write: (input % 2 == 1).then_some(i64::MAX as u64),
    };
    let home = workspace(HOME);
    let set = async |prices: &[ModelPricing]| store.set_prices(&home, prices).await.expect("prices are set");
    let prices = async || store.prices(&home).await.expect("prices are read");
    assert_eq!(prices().await, [], "no price is set");
    set(&[price("b", 5, 1), price("a", 9, 2), price("a", 3, 3)]).await;
    assert_eq!(
        prices().await,
        [price("a", 3, 3), price("a", 9, 2), price("b", 5, 1)],
        "by model, then moment"
    );
    set(&[price("a", 9, 7), price("a", 10, 8), price(TEXTS[5], 0, i64::MAX as u64 - 1)]).await;
    let replaced = [price("a", 3, 3), price("a", 9, 7), price("a", 10, 8), price("b", 5, 1)];
    let found = prices().await;
    let ascii: Vec<_> = found.iter().filter(|price| price.model.is_ascii()).cloned().collect();
    assert_eq!(ascii, replaced, "the same model and moment is replaced, another is not");
    assert!(
        found.contains(&price(TEXTS[5], 0, i64::MAX as u64 - 1)),
        "a model of any name, a price of any size"
    );
    set(&[]).await;
    set(&found).await;
    assert_eq!(prices().await, found, "the same prices again change nothing");
    let other = workspace("other");
    assert_eq!(store.prices(&other).await.expect("prices are read"), [], "prices of another workspace");
    store.set_prices(&other, &[price("a", 3, 9)]).await.expect("prices are set");
    assert_eq!(prices().await, found, "another workspace has its own");
}
