//! Clauses of what is in use: scores by orchestras, agents by scores.

use std::{slice, sync::Arc};

use super::quiet;
use crate::{
    conformance::{
        agents::small_agent,
        kit::{Bench, assert_conflict, at, workspace},
        scores::{score_of_agent, small_score},
    },
    domain::Orchestra,
    ports::{Store, store::ConflictReason},
};

const IN_USE: [ConflictReason; 1] = [ConflictReason::InUse];

/// A score is not deleted while an orchestra plays it.
pub async fn a_score_in_use_is_not_deleted(store: Arc<dyn Store>) {
    let home = workspace(Bench::WORKSPACE);
    let score = small_score("song", 1);
    let ids =
        ["one", "two"].map(|id| Orchestra { score_id: score.id.clone(), ..quiet(Bench::WORKSPACE, id) });
    for of in [Bench::WORKSPACE, "other"] {
        store.save_score(&workspace(of), &score, at(0)).await.expect("a score is saved");
    }
    for orchestra in &ids {
        store.create_orchestra(orchestra).await.expect("an orchestra is created");
    }
    for orchestra in &ids {
        assert_conflict(
            store.delete_score(&home, &score.id).await,
            &IN_USE,
            "a score that an orchestra plays",
        );
        let listed = store.scores(&home, None, 9).await.expect("scores are listed");
        assert_eq!(&listed, slice::from_ref(&score), "a refused deletion changes nothing");
        store.delete_orchestra(&home, &orchestra.id).await.expect("an orchestra is deleted");
    }
    store.delete_score(&home, &score.id).await.expect("a score that nobody plays any more");
    assert_eq!(store.scores(&home, None, 9).await.expect("scores are listed"), [], "it is not listed");
    let found = store.score(&home, &score.id, Some(1)).await.expect("a version is found by number");
    assert_eq!(found, score, "but its versions stay readable");
    store
        .create_orchestra(&Orchestra { id: ids[0].id.clone(), ..other_player(&score.id) })
        .await
        .expect("created");
    let free = small_score("free", 1);
    store.save_score(&workspace("other"), &free, at(0)).await.expect("a score is saved");
    store.delete_score(&workspace("other"), &free.id).await.expect("a score that nobody ever played");
    assert_conflict(
        store.delete_score(&workspace("other"), &score.id).await,
        &IN_USE,
        "played in its own workspace",
    );
}

fn other_player(score_id: &crate::domain::ScoreId) -> Orchestra {
    Orchestra { score_id: score_id.clone(), ..quiet("other", "one") }
}

/// An agent is not deleted while the latest version of a score names it.
pub async fn an_agent_in_use_is_not_deleted(store: Arc<dyn Store>) {
    let home = workspace(Bench::WORKSPACE);
    let agent = small_agent("scout", 1);
    for of in [Bench::WORKSPACE, "other"] {
        store.save_agent(&workspace(of), &agent).await.expect("an agent is saved");
    }
    let save = async |score| store.save_score(&home, &score, at(0)).await.expect("a score is saved");
    save(score_of_agent("song", 1, "scout")).await;
    save(score_of_agent("another", 1, "scouts")).await; // another agent
    assert_conflict(store.delete_agent(&home, &agent.id).await, &IN_USE, "an agent that a score names");
    let listed = store.agents(&home, None, 9).await.expect("agents are listed");
    assert_eq!(&listed, slice::from_ref(&agent), "a refused deletion changes nothing");
    save(score_of_agent("song", 2, "other")).await;
    save(score_of_agent("song", 3, "scout")).await;
    assert_conflict(
        store.delete_agent(&home, &agent.id).await,
        &IN_USE,
        "an agent that the latest version names",
    );
    save(small_score("song", 4)).await;
    store.delete_agent(&home, &agent.id).await.expect("an agent that only older versions name");
    assert_eq!(store.agents(&home, None, 9).await.expect("agents are listed"), [], "it is not listed");
    let found = store.agent(&home, &agent.id, Some(1)).await.expect("a version is found by number");
    assert_eq!(found, agent, "but its versions stay readable");
    store.delete_agent(&workspace("other"), &agent.id).await.expect("a score of another workspace is no use");
}
