//! Pages of scores.

use maestro_core::{domain::Score, engine::Workspace};

use crate::{
    problem::Problem,
    wire::{Key, Page, PageQuery, ScoreSummary, page_limit, page_of, read_cursor},
};

/// Returns a page of the latest versions of scores, in the order of ids.
pub(crate) async fn scores(workspace: &Workspace, asked: &PageQuery) -> Result<Page<ScoreSummary>, Problem> {
    let limit = page_limit(asked.limit)?;
    let after = read_cursor(asked.cursor.as_deref(), |key| match key {
        Key::Id(id) => id.parse().ok(),
        _ => None,
    })?;
    let found = workspace.scores(after.as_ref(), limit + 1).await?;
    let key = |score: &Score| Key::Id(score.id.to_string());
    Ok(page_of(found, limit, |score| score.description.len(), key, ScoreSummary::from))
}
