//! Pages of the fire ledger.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{self, OrchestraId},
    engine::Workspace,
};

use crate::{
    problem::Problem,
    wire::{Firing, Key, Page, PageQuery, page_limit, page_of, read_cursor},
};

/// Returns a page of what became of the slots of an orchestra, the latest first.
pub(crate) async fn firings(
    workspace: &Workspace,
    id: &OrchestraId,
    asked: &PageQuery,
) -> Result<Page<Firing>, Problem> {
    let limit = page_limit(asked.limit)?;
    let before = read_cursor(asked.cursor.as_deref(), |key| match key {
        Key::Slot(micros) => DateTime::<Utc>::from_timestamp_micros(micros),
        _ => None,
    })?;
    let found = workspace.firings(id, before, limit + 1).await?;
    let key = |row: &domain::Firing| Key::Slot(row.slot.timestamp_micros());
    Ok(page_of(found, limit, |_| 0, key, Firing::from))
}
