//! Values that the server refuses: they fail alone and harm nothing.

use maestro_core::{
    domain::{Disposition, EnqueueKey, Payload, RunRecord, StepStatus},
    ports::store::{RecordAnswer, RunStore, StoreError},
};
use maestro_store_postgres_harness::Database;

use crate::stage::{at, claim, finish, new_run, record, run_sql, step};

/// Demands that a record is refused for its data, and that the one beside it is applied when it comes alone.
async fn refused(odd: impl Fn(&RunRecord) -> RunRecord) {
    let database = Database::migrated().await;
    let store = database.store().await;
    store.enqueue(&[new_run(1), new_run(2)], at(0)).await.unwrap();
    let claimed = claim(&store, 1, 9).await;
    let good = |index: usize| {
        let steps = vec![step("a", Payload::null())];
        record(&claimed[index].run, 1, steps, Disposition::Continue)
    };
    let batch = [good(0), odd(&good(1))];
    let error = store.record(&batch, at(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotStorable { .. }), "{error:?}");
    for claimed in &claimed {
        let history = store.history(std::slice::from_ref(&claimed.run)).await.unwrap();
        assert_eq!(history[0].steps, [], "of a call that is refused nothing is applied");
    }
    let error = store.record(&batch[1..], at(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotStorable { .. }), "alone it is refused too: {error:?}");
    let applied = RecordAnswer::Applied { done: true, signals: 0, cancel: false };
    assert_eq!(store.record(&batch[..1], at(1)).await.unwrap(), [applied]);
    assert_eq!(
        store.record(&[good(1)], at(1)).await.unwrap(),
        [applied],
        "and so is its run with another step"
    );
    store.close().await;
}

#[tokio::test]
async fn a_nul_in_a_text_is_refused() {
    refused(|good| {
        let mut odd = good.clone();
        odd.steps[0].tool_name = Some("nul \0".to_owned());
        odd
    })
    .await;
    refused(|good| RunRecord { disposition: finish(Some("nul \0")), ..good.clone() }).await;
}

#[tokio::test]
async fn an_output_that_is_no_json_is_refused() {
    for text in ["", "{", "nul\0", "[1] 2"] {
        refused(|good| {
            let mut odd = good.clone();
            odd.steps[0].output = Some(Payload::from_stored(text));
            odd
        })
        .await;
    }
}

#[tokio::test]
async fn numbers_beyond_what_a_column_holds_are_refused() {
    refused(|good| {
        let mut odd = good.clone();
        odd.steps[0].attempt = u32::MAX;
        odd
    })
    .await;
    refused(|good| RunRecord { seq: u32::MAX, ..good.clone() }).await;
}

#[tokio::test]
async fn escaped_nuls_and_large_outputs_read_back() {
    let database = Database::migrated().await;
    let store = database.store().await;
    store.enqueue(&[new_run(1)], at(0)).await.unwrap();
    let claimed = claim(&store, 1, 9).await.remove(0);
    let nul = Payload::parse("{\"\\u0000\": \"\\u0000\"}").unwrap();
    let large = Payload::from(serde_json::Value::from("x".repeat(16 << 20)));
    let steps = vec![step("large", large.clone()), step("nul", nul.clone())];
    let applied =
        store.record(&[record(&claimed.run, 1, steps, Disposition::Continue)], at(1)).await.unwrap();
    assert!(matches!(applied[0], RecordAnswer::Applied { done: true, .. }));
    let history = store.history(&[claimed.run]).await.unwrap().remove(0);
    let outputs: Vec<_> = history.steps.iter().map(|step| step.output.as_ref().unwrap().as_str()).collect();
    assert!(outputs == [large.as_str(), nul.as_str()], "as the texts that they were");
    store.close().await;
}

#[tokio::test]
async fn a_key_that_is_refused_leaves_no_run_of_its_call() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut odd = new_run(2);
    odd.key = Some(EnqueueKey { key: "nul \0".to_owned(), request_hash: 1, expires_at: at(9) });
    let error = store.enqueue(&[new_run(1), odd], at(0)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotStorable { .. }), "{error:?}");
    assert_eq!(claim(&store, 1, 9).await, []);
    store.enqueue(&[new_run(1)], at(0)).await.unwrap();
    assert_eq!(claim(&store, 2, 9).await.len(), 1);
    store.close().await;
}

/// A row that is written twice by one record: the first that is final counts.
#[tokio::test]
async fn a_record_may_name_a_step_twice() {
    let database = Database::migrated().await;
    let store = database.store().await;
    store.enqueue(&[new_run(1)], at(0)).await.unwrap();
    let run = claim(&store, 1, 9).await.remove(0).run;
    let mut begun = step("a", Payload::null());
    begun.status = StepStatus::Running;
    let done = step("a", Payload::empty_object());
    let mut late = done.clone();
    late.status = StepStatus::Failed;
    let twice = record(&run, 1, vec![begun, done.clone(), late], Disposition::Continue);
    store.record(&[twice], at(1)).await.unwrap();
    let history = store.history(&[run]).await.unwrap().remove(0);
    let found: Vec<_> = history.steps.iter().map(|step| (step.status, step.output.clone())).collect();
    assert_eq!(found, [(done.status, done.output)]);
    store.close().await;
}

/// Records of one run that come in one call are applied one after the other, or none of them is.
#[tokio::test]
async fn a_call_may_have_several_records_of_a_run() {
    let database = Database::migrated().await;
    let store = database.store().await;
    store.enqueue(&[new_run(1)], at(0)).await.unwrap();
    let run = claim(&store, 1, 9).await.remove(0).run;
    let go_on = |seq, key: &str| record(&run, seq, vec![step(key, Payload::null())], Disposition::Continue);
    let mut odd = go_on(2, "b");
    odd.steps[0].output = Some(Payload::from_stored("{"));
    let error = store.record(&[go_on(1, "a"), odd], at(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotStorable { .. }), "{error:?}");
    let history = store.history(std::slice::from_ref(&run)).await.unwrap().remove(0);
    assert_eq!((history.seq, history.steps.len()), (0, 0), "none of them");
    let answers = store.record(&[go_on(1, "a"), go_on(2, "b"), go_on(1, "a")], at(1)).await.unwrap();
    let applied = RecordAnswer::Applied { done: true, signals: 0, cancel: false };
    assert_eq!(answers, [applied; 3]);
    let history = store.history(&[run]).await.unwrap().remove(0);
    assert_eq!((history.seq, history.steps.len()), (2, 2));
    store.close().await;
}

/// A full index or a trigger of the host: whatever the server says about data is said to the caller.
#[tokio::test]
async fn a_constraint_of_a_host_is_told_in_its_words() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    run_sql(
        &mut connection,
        "alter table maestro.runs add constraint no_news check (orchestra_id <> 'news')",
    )
    .await;
    let store = database.store().await;
    match store.enqueue(&[new_run(1)], at(0)).await {
        Err(StoreError::NotStorable { reason }) => assert!(reason.contains("no_news"), "{reason}"),
        other => panic!("{other:?}"),
    }
    store.close().await;
}
