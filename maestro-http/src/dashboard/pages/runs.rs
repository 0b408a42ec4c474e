//! All runs of a workspace.

use askama::Template;

use super::run_table::{RunTable, RunsAsked};
use crate::{
    dashboard::{
        frame::{Frame, Place},
        page::Page,
        visit::Visit,
        words::{self, Look},
    },
    extract::Query,
    problem::Problem,
};

#[derive(Template)]
#[template(path = "runs.html")]
struct Runs {
    f: Frame,
    table: RunTable,
}

/// Shows the runs of all orchestras, the newest first.
pub(crate) async fn show(visit: Visit, Query(asked): Query<RunsAsked>) -> Result<Page, Problem> {
    let table = RunTable::load(&visit, asked, None, 50).await?;
    let page = Runs { f: Frame::load(visit.clone(), Place::Runs, None).await?, table };
    Ok(Page::new(&page, &visit))
}
