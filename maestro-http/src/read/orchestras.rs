//! Pages of orchestras.

use maestro_core::engine::Workspace;

use crate::{
    problem::Problem,
    wire::{Key, Orchestra, Page, PageQuery, page_limit, page_of, read_cursor},
};

/// Returns a page of orchestras in the order of ids.
pub(crate) async fn orchestras(workspace: &Workspace, asked: &PageQuery) -> Result<Page<Orchestra>, Problem> {
    let limit = page_limit(asked.limit)?;
    let after = read_cursor(asked.cursor.as_deref(), |key| match key {
        Key::Id(id) => id.parse().ok(),
        _ => None,
    })?;
    let found = workspace.orchestras(after.as_ref(), limit + 1).await?;
    let key = |state: &maestro_core::ports::store::OrchestraState| Key::Id(state.orchestra.id.to_string());
    Ok(page_of(found, limit, |state| state.orchestra.description.len(), key, Orchestra::from))
}
