//! The text of every shape of the statement.

use chrono::DateTime;
use maestro_core::domain::OrchestraId;

use super::*;

const ALL: &str = r#"SELECT "runs"."id" FROM "maestro"."runs""#;
const OF_WORKSPACE: &str = r#"WHERE "runs"."workspace_id" = $1"#;
const LIVE: &str = r#"INNER JOIN "maestro"."live_runs" ON "live_runs"."workspace_id" = "runs"."workspace_id" AND "live_runs"."orchestra_id" = "runs"."orchestra_id" AND "live_runs"."run_id" = "runs"."id""#;
const ALERTS: &str = r#"INNER JOIN "maestro"."run_alerts" ON "run_alerts"."workspace_id" = "runs"."workspace_id" AND "run_alerts"."orchestra_id" = "runs"."orchestra_id" AND "run_alerts"."run_id" = "runs"."id""#;

fn text(filter: &RunFilter, before: Option<RunId>) -> String {
    let workspace = WorkspaceId::default();
    let page = Page { schema: "maestro", workspace: &workspace, filter, before, limit: 20 };
    page.statement().unwrap().0
}

/// Returns a statement with this join and these conditions after that on the workspace.
fn expected(join: &str, conditions: &str, limit: u32) -> String {
    let join = if join.is_empty() { String::new() } else { format!("{join} ") };
    format!(r#"{ALL} {join}{OF_WORKSPACE}{conditions} ORDER BY "runs"."id" DESC LIMIT ${limit}"#)
}

fn filter(set: impl FnOnce(&mut RunFilter)) -> RunFilter {
    let mut filter = RunFilter::default();
    set(&mut filter);
    filter
}

#[test]
fn each_field_of_the_filter_is_one_condition() {
    let at = DateTime::from_timestamp(1_000_000_000, 0);
    let cases = [
        (RunFilter::default(), "", 2),
        (filter(|f| f.orchestra_id = OrchestraId::new("news").ok()), r#" AND "runs"."orchestra_id" = $2"#, 3),
        (filter(|f| f.trigger = Some("cron".to_owned())), r#" AND "runs"."trigger" = $2"#, 3),
        (filter(|f| f.since = at), r#" AND "runs"."queued_at" >= $2 AND "runs"."id" >= $3"#, 4),
        (filter(|f| f.until = at), r#" AND "runs"."queued_at" < $2 AND "runs"."id" < $3"#, 4),
    ];
    for (filter, conditions, limit) in cases {
        assert_eq!(text(&filter, None), expected("", conditions, limit), "{filter:?}");
    }
    let before = text(&RunFilter::default(), Some(RunId::from_u128(1)));
    assert_eq!(before, expected("", r#" AND "runs"."id" < $2"#, 3));
}

#[test]
fn a_status_leads_to_the_index_that_has_it() {
    use RunStatus::{Cancelled, Completed, Failed, Queued, Running, Succeeded, Waiting};
    let cases = [
        (vec![Succeeded, Failed], "", r#" AND "runs"."status" IN ($2, $3)"#, 4),
        (vec![Failed], ALERTS, r#" AND "run_alerts"."status" IN ($2)"#, 3),
        (vec![Completed, Cancelled], ALERTS, r#" AND "run_alerts"."status" IN ($2, $3)"#, 4),
        (vec![Running], LIVE, r#" AND "live_runs"."state" = $2"#, 3),
        (
            vec![Waiting],
            LIVE,
            r#" AND ("live_runs"."state" = $2 AND "live_runs"."started_at" IS NOT NULL)"#,
            3,
        ),
        (
            vec![Queued],
            LIVE,
            r#" AND ("live_runs"."state" = $2 OR ("live_runs"."state" = $3 AND "live_runs"."started_at" IS NULL))"#,
            4,
        ),
    ];
    for (statuses, join, conditions, limit) in cases {
        let filter = filter(|filter| filter.statuses = statuses);
        assert_eq!(text(&filter, None), expected(join, conditions, limit), "{filter:?}");
    }
}

#[test]
fn statuses_of_two_indexes_are_two_parts_of_a_page() {
    let filter = filter(|filter| filter.statuses = vec![RunStatus::Running, RunStatus::Failed]);
    let text = text(&filter, None);
    assert!(text.contains("UNION ALL") && text.contains(LIVE) && text.contains(ALERTS), "{text}");
    assert!(text.ends_with(r#"AS "part" ORDER BY "id" DESC LIMIT $7"#), "{text}");
}

#[test]
fn a_trigger_that_no_server_takes_finds_nothing() {
    let (workspace, filter) =
        (WorkspaceId::default(), filter(|filter| filter.trigger = Some("\0".to_owned())));
    let page = Page { schema: "maestro", workspace: &workspace, filter: &filter, before: None, limit: 20 };
    assert!(page.statement().is_none());
}
