//! Rows of orchestras and of the ledger, as the domain has them.

use std::str::FromStr;

use maestro_core::{
    domain::{Firing, LiveCount, OnFinish, Orchestra, OrchestraId, RunId, WorkspaceId},
    ports::store::{DueSchedule, OrchestraState, StoreError},
};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    error::{corrupt, failed},
    numbers::unsigned,
};

/// Reads columns of one orchestra; what makes no sense is told with its id.
struct Columns<'r> {
    row: &'r PgRow,
    id: String,
}

impl Columns<'_> {
    fn get<'r, T>(&'r self, column: &str) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        self.row.try_get(column).map_err(|error| corrupt("orchestra", &self.id, error))
    }

    /// Reads a text that is the name of something.
    fn parse<T: FromStr<Err: ToString>>(&self, column: &str) -> Result<T, StoreError> {
        self.word(self.get(column)?)
    }

    fn parse_some<T: FromStr<Err: ToString>>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| self.word(text)).transpose()
    }

    fn word<T: FromStr<Err: ToString>>(&self, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|error: T::Err| corrupt("orchestra", &self.id, error.to_string()))
    }

    fn number<N: TryFrom<i64>>(&self, column: &str) -> Result<N, StoreError> {
        unsigned("orchestra", &self.id, self.get(column)?)
    }

    fn some_number<N: TryFrom<i64>>(&self, column: &str) -> Result<Option<N>, StoreError> {
        let number: Option<i64> = self.get(column)?;
        number.map(|number| unsigned("orchestra", &self.id, number)).transpose()
    }
}

/// Reads an orchestra.
pub(super) fn orchestra(row: &PgRow) -> Result<Orchestra, StoreError> {
    let columns = Columns { row, id: row.try_get("id").map_err(failed)? };
    let bindings: &str = columns.get("secret_bindings")?;
    let workspace: WorkspaceId = columns.parse("workspace_id")?;
    let id: OrchestraId = columns.parse("id")?;
    let on_finish: Option<OrchestraId> = columns.parse_some("on_finish")?;
    Ok(Orchestra {
        workspace,
        id,
        name: columns.get("name")?,
        tag: columns.get("tag")?,
        description: columns.get("description")?,
        cron: columns.parse_some("cron")?,
        timezone: columns.parse("timezone")?,
        score_id: columns.parse("score_id")?,
        enabled: columns.get("enabled")?,
        secret_bindings: serde_json::from_str(bindings)
            .map_err(|error| corrupt("orchestra", &columns.id, error))?,
        overlap: columns.parse("overlap")?,
        misfire: columns.parse("misfire")?,
        catchup_window_s: columns.number("catchup_window_s")?,
        max_concurrent_runs: columns.some_number("max_concurrent_runs")?,
        budget_cents: columns.some_number("budget_cents")?,
        on_finish: on_finish.map(|orchestra_id| OnFinish { orchestra_id }),
        revision: columns.number("revision")?,
        schedule_rev: columns.number("schedule_rev")?,
        next_fire_at: columns.get("next_fire_at")?,
        created_at: columns.get("created_at")?,
        updated_at: columns.get("updated_at")?,
    })
}

/// Reads an orchestra with what is live of it.
pub(super) fn state(row: &PgRow) -> Result<OrchestraState, StoreError> {
    let orchestra = orchestra(row)?;
    let count = |column| -> Result<u64, StoreError> {
        unsigned("orchestra", &orchestra.id, row.try_get(column).map_err(failed)?)
    };
    let live = LiveCount { active: count("active")?, held: count("held")? };
    Ok(OrchestraState { orchestra, live })
}

/// Reads a row of the ledger; `None` where the slot is null, which is no row.
pub(super) fn firing(row: &PgRow, of: &OrchestraId) -> Result<Option<Firing>, StoreError> {
    let broken = |error: &dyn ToString| corrupt("firing of the orchestra", of, error.to_string());
    let Some(slot) = row.try_get("slot").map_err(|error| broken(&error))? else { return Ok(None) };
    let outcome: &str = row.try_get("outcome").map_err(|error| broken(&error))?;
    let run_id: Option<Uuid> = row.try_get("run_id").map_err(|error| broken(&error))?;
    Ok(Some(Firing {
        slot,
        until_slot: row.try_get("until_slot").map_err(|error| broken(&error))?,
        count: unsigned(
            "firing of the orchestra",
            of,
            row.try_get("count").map_err(|error| broken(&error))?,
        )?,
        outcome: outcome.parse().map_err(|error| broken(&error))?,
        late_ms: row.try_get("late_ms").map_err(|error| broken(&error))?,
        run_id: run_id.map(|id| RunId::from_u128(id.as_u128())),
        reason: row.try_get("reason").map_err(|error| broken(&error))?,
    }))
}

/// Reads a schedule that is due, `None` where nothing is. A record that makes no sense is left out: it must not keep the
/// others from firing, and whoever reads the orchestra is told what is wrong with it.
pub(super) fn due(row: &PgRow) -> Option<DueSchedule> {
    let id: Option<&str> = row.try_get("id").ok()?;
    id?;
    let due = orchestra(row).and_then(|orchestra| {
        let paused = row.try_get("paused").map_err(failed)?;
        Ok(DueSchedule { orchestra, paused })
    });
    due.ok()
}
