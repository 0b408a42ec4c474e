//! Rows that make no sense, as a bug or a foreign writer leaves them: they stop nothing else.

use maestro_core::{
    domain::{Actor, RunStatus, WorkspaceId},
    ports::store::{CancelAnswer, RunFilter, RunStore, StoreError},
};
use maestro_store_postgres_harness::Database;

use crate::stage::{at, claim, finish, new_run, record, run_sql};

/// What somebody has done to the run 2 of three.
const DEEDS: [&str; 5] = [
    "delete from maestro.runs where id = $2",
    "alter table maestro.runs drop constraint runs_trigger_check;
     update maestro.runs set trigger = 'whim' where id = $2",
    "update maestro.runs set trigger = 'cron', trigger_slot = 'infinity' where id = $2",
    "update maestro.runs set score_id = 'NO ID' where id = $2",
    "update maestro.runs set agents = '[7]' where id = $2",
];

#[tokio::test]
async fn a_run_that_cannot_be_played_is_set_aside_and_the_others_are_claimed() {
    for deed in DEEDS {
        let database = Database::migrated().await;
        let store = database.store().await;
        let runs = [new_run(1), new_run(2), new_run(3)];
        store.enqueue(&runs, at(0)).await.unwrap();
        let odd = &runs[1].run;
        let deed = deed.replace("$2", &format!("'{}'", odd.run_id));
        run_sql(&mut database.connection().await, &deed).await;

        let mut claimed: Vec<_> = claim(&store, 1, 3).await.into_iter().map(|claimed| claimed.run).collect();
        claimed.sort();
        assert_eq!(claimed, [runs[0].run.clone(), runs[2].run.clone()], "{deed}");
        assert_eq!(claim(&store, 2, 9).await, [], "it does not come back with every claim: {deed}");
        let (due, next) = store.due(at(9), None, 9).await.unwrap();
        assert_eq!((due, next), (vec![], None), "{deed}");
        let answers = store.record(&[record(&claimed[0], 1, Vec::new(), finish(None))], at(1)).await.unwrap();
        assert_eq!(answers.len(), 1);
        let ended = store.run(&WorkspaceId::default(), claimed[0].run_id).await.unwrap();
        assert_eq!(ended.status, RunStatus::Failed, "the others are played");
        store.close().await;
    }
}

#[tokio::test]
async fn a_run_that_makes_no_sense_is_told_by_its_id_and_can_be_cancelled() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let run = new_run(2).run;
    store.enqueue(&[new_run(1), new_run(2)], at(0)).await.unwrap();
    let odd = format!("update maestro.runs set score_version = -1 where id = '{}'", run.run_id);
    run_sql(&mut database.connection().await, &odd).await;
    match store.run(&run.workspace, run.run_id).await {
        Err(StoreError::Corrupt { id, .. }) => assert_eq!(id, run.run_id.to_string()),
        other => panic!("{other:?}"),
    }
    store.run(&run.workspace, new_run(1).run.run_id).await.unwrap();
    assert_eq!(claim(&store, 1, 9).await.len(), 1);
    let actor = Actor::new("ann");
    let answer = store.cancel(&run.workspace, run.run_id, false, &actor, at(2)).await.unwrap();
    assert_eq!(answer, CancelAnswer::Cancelled);
    store.close().await;
}

#[tokio::test]
async fn a_list_goes_without_a_run_that_makes_no_sense_and_its_pages_stay_full() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let runs = [1, 2, 3, 4].map(new_run);
    store.enqueue(&runs, at(0)).await.unwrap();
    let odd = format!("update maestro.runs set score_version = -1 where id = '{}'", runs[2].run.run_id);
    run_sql(&mut database.connection().await, &odd).await;
    let page = async |before, limit| {
        let page = store.runs(&WorkspaceId::default(), &RunFilter::default(), before, limit).await.unwrap();
        page.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    let [one, two, _, four] = runs.each_ref().map(|new| new.run.run_id);
    assert_eq!(page(None, 2).await, [four, two]);
    assert_eq!(page(Some(two), 2).await, [one]);
    assert_eq!(page(None, 9).await, [four, two, one]);
    store.close().await;
}

#[tokio::test]
async fn steps_that_make_no_sense_are_told_with_their_run() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut connection = database.connection().await;
    store.enqueue(&[new_run(1)], at(0)).await.unwrap();
    let run = claim(&store, 1, 9).await.remove(0).run;
    let deeds = [
        "insert into maestro.run_steps (workspace_id, run_id, key, try, seq, kind, status)
         values ('default', '$', 'no key', 1, 1, 'delay', 'failed')",
        "update maestro.run_steps set key = 'a', kind = 'dream'",
        "update maestro.run_steps set kind = 'delay', started_at = '-infinity'",
        "update maestro.run_steps set started_at = null, price = '7'",
    ];
    for deed in deeds {
        run_sql(&mut connection, &deed.replace('$', &run.run_id.to_string())).await;
        let found = store.history(std::slice::from_ref(&run)).await;
        match found {
            Err(StoreError::Corrupt { id, .. }) => assert_eq!(id, run.run_id.to_string(), "{deed}"),
            other => panic!("{deed}: {other:?}"),
        }
    }
    store.close().await;
}
