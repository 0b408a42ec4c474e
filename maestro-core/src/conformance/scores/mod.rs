//! The tier of scores.

mod samples;

use std::sync::Arc;

use self::samples::{full_score, operation};
pub(super) use self::samples::{score_of_agent, small_score};
use super::kit::{assert_conflict, assert_not_found, at, read_pages, workspace};
use crate::{
    domain::{PipelineKind, Score, ScoreId, Span},
    ports::store::ScoreStore,
};

/// The workspace of scores that name no other.
const HOME: &str = "Main_1:a.b@c-d";

async fn save(store: &Arc<dyn ScoreStore>, of: &str, score: &Score) {
    store.save_score(&workspace(of), score, at(0)).await.expect("a score is saved");
}

async fn read(store: &Arc<dyn ScoreStore>, of: &str, id: &ScoreId, version: Option<u32>) -> Score {
    store.score(&workspace(of), id, version).await.expect("a score is found")
}

/// Every field of a score reads back equal.
pub async fn a_score_reads_back_equal(store: Arc<dyn ScoreStore>) {
    let full = full_score();
    save(&store, HOME, &full).await;
    assert_eq!(read(&store, HOME, &full.id, None).await, full, "a score with every kind of node");
    let listed = store.scores(&workspace(HOME), None, 9).await.expect("scores are listed");
    assert_eq!(listed, [full], "and in the list");
    for kind in PipelineKind::ALL {
        let score = Score { pipeline_kind: *kind, ..small_score(kind.name(), 1) };
        save(&store, HOME, &score).await;
        assert_eq!(read(&store, HOME, &score.id, Some(1)).await, score, "a score with nothing set");
    }
}

/// A number that is taken is a conflict, unless the content is the same.
pub async fn a_score_version_is_immutable(store: Arc<dyn ScoreStore>) {
    let home = workspace(HOME);
    let first = small_score("song", 1);
    let second = Score { description: "second".to_owned(), ..small_score("song", 2) };
    for latest in [&first, &second] {
        save(&store, HOME, latest).await;
        let mut others = vec![
            Score { description: "other".to_owned(), ..latest.clone() },
            Score { timeout: Span::from_secs(1), ..latest.clone() },
            Score { nodes: vec![operation("other")], ..latest.clone() },
        ];
        others.push(Score { budget_cents: Some(0), ..latest.clone() });
        for other in others {
            assert_conflict(
                store.save_score(&home, &other, at(1)).await,
                &[],
                "another score under a taken number",
            );
        }
        store.save_score(&home, latest, at(9)).await.expect("the same score may be saved again");
        assert_eq!(read(&store, HOME, &latest.id, None).await, *latest, "the version as it was saved first");
    }
    store
        .save_score(&home, &first, at(9))
        .await
        .expect("the same score may be saved again, the latest or not");
    assert_eq!(read(&store, HOME, &first.id, Some(1)).await, first, "an older version");
    assert_eq!(read(&store, HOME, &first.id, None).await, second, "the latest version");
}

/// A number that does not follow the latest is a conflict.
pub async fn score_versions_have_no_gaps(store: Arc<dyn ScoreStore>) {
    let home = workspace(HOME);
    for version in [0, 2, 3] {
        let refused = store.save_score(&home, &small_score("song", version), at(0)).await;
        assert_conflict(refused, &[], &format!("version {version} as the first"));
    }
    let id = small_score("song", 1).id;
    assert_not_found(store.score(&home, &id, None).await, "a score of which no version was saved");
    assert_eq!(store.scores(&home, None, 9).await.expect("scores are listed"), []);
    for version in 1..=12 {
        let after_next = store.save_score(&home, &small_score("song", version + 1), at(0)).await;
        assert_conflict(after_next, &[], "a number that leaves a gap");
        save(&store, HOME, &small_score("song", version)).await;
        assert_eq!(
            read(&store, HOME, &id, None).await.version,
            version,
            "the latest, by number and not by text"
        );
    }
    for version in [0, 13] {
        assert_not_found(store.score(&home, &id, Some(version)).await, "a version that never was");
    }
}

/// A deleted id is not given again.
pub async fn a_deleted_score_id_is_not_given_again(store: Arc<dyn ScoreStore>) {
    let home = workspace(HOME);
    let (first, second) = (small_score("song", 1), small_score("song", 2));
    for score in [&first, &second] {
        save(&store, HOME, score).await;
        save(&store, "other", score).await;
    }
    store.delete_score(&home, &first.id).await.expect("a score is deleted");
    assert_eq!(
        store.scores(&home, None, 9).await.expect("scores are listed"),
        [],
        "a deleted score is not listed"
    );
    for version in [1, 3] {
        let again = Score { description: "again".to_owned(), ..small_score("song", version) };
        assert_conflict(store.save_score(&home, &again, at(1)).await, &[], "a score under a deleted id");
    }
    assert_eq!(
        read(&store, HOME, &first.id, Some(1)).await,
        first,
        "a deleted score stays readable by number"
    );
    assert_eq!(
        read(&store, HOME, &first.id, Some(2)).await,
        second,
        "a deleted score stays readable by number"
    );
    assert_eq!(store.scores(&home, None, 9).await.expect("scores are listed"), [], "and unlisted");
    save(&store, "other", &small_score("song", 3)).await; // another workspace is not concerned
}

/// A score of another workspace is not found.
pub async fn a_score_is_found_in_its_workspace_only(store: Arc<dyn ScoreStore>) {
    let score = small_score("song", 1);
    save(&store, HOME, &score).await;
    for of in ["other", "main_1:a.b@c-d", "default"] {
        let other = workspace(of);
        assert_not_found(store.score(&other, &score.id, None).await, "a score of another workspace");
        assert_not_found(store.score(&other, &score.id, Some(1)).await, "a version of another workspace");
        assert_not_found(store.delete_score(&other, &score.id).await, "a deletion in another workspace");
        assert_eq!(
            store.scores(&other, None, 9).await.expect("scores are listed"),
            [],
            "another workspace's list"
        );
        let theirs = Score { description: of.to_owned(), ..score.clone() };
        save(&store, of, &theirs).await;
        assert_eq!(read(&store, of, &score.id, None).await, theirs, "each workspace has its own");
    }
    assert_eq!(read(&store, HOME, &score.id, None).await, score, "what others do changes nothing");
    let never = small_score("never", 1).id;
    assert_not_found(store.score(&workspace(HOME), &never, None).await, "a score that never was");
    assert_not_found(
        store.delete_score(&workspace(HOME), &never).await,
        "the deletion of a score that never was",
    );
}

/// Each score once, only the latest version, none that was deleted.
pub async fn scores_are_listed_in_pages(store: Arc<dyn ScoreStore>) {
    let mut expected = Vec::new();
    // in the order of bytes
    for id in ["0", "a", "a-b", "a-c", "a_b", "ab", "b", &"z".repeat(64)] {
        for version in 1..=2 {
            save(&store, HOME, &small_score(id, version)).await;
        }
        expected.push(small_score(id, 2));
        save(&store, "other", &small_score(id, 1)).await;
    }
    for gone in ["a-bb", "zz"] {
        save(&store, HOME, &small_score(gone, 1)).await;
        store.delete_score(&workspace(HOME), &small_score(gone, 1).id).await.expect("a score is deleted");
    }
    for limit in [1, 3, 8, 99] {
        let found = read_pages(limit, |last: Option<Score>| {
            let store = Arc::clone(&store);
            async move { store.scores(&workspace(HOME), last.map(|score| score.id).as_ref(), limit).await }
        })
        .await;
        assert_eq!(found, expected, "pages of {limit}");
    }
    let absent = small_score("a-bb", 1).id;
    let found = store.scores(&workspace(HOME), Some(&absent), 1).await.expect("scores are listed");
    assert_eq!(found, expected[3..4], "after an id that is not listed");
}
