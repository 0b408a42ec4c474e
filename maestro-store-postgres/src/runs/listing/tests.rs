//! The text of every shape of the statement.

use super::*;

fn text(filter: &RunFilter, before: Option<RunId>) -> String {
    let workspace = WorkspaceId::default();
    let page = Page { schema: "maestro", workspace: &workspace, filter, before, limit: 20 };
    page.statement().unwrap().0
}

#[test]
fn x() {
    let mut filter = RunFilter::default();
    println!("{}", text(&filter, None));
    filter.statuses = vec![RunStatus::Running, RunStatus::Failed];
    println!("{}", text(&filter, Some(RunId::from_u128(1))));
}
