//! The skill that leaves a trace: a row in a table of yours for every execution, so that you can count them.

use std::time::Duration;

use maestro::ports::{Clock, SystemClock};
use maestro::{Context, StepError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use super::refused;

/// Connections for traces: a few, and none of the store's.
const CONNECTIONS: u32 = 4;
/// What PostgreSQL keeps of a name.
const LONGEST_NAME: usize = 63;

/// Where traces are left.
#[derive(Clone)]
pub(crate) struct Traces {
    database: PgPool,
    worker: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct Effect {
    /// The table, with the columns `idempotency_key`, `worker` and `at`.
    table: String,
    /// Milliseconds to sleep before.
    #[serde(default)]
    ms: u64,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Traces {
    /// Leaves traces in a database. Connects when the first is left.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub(crate) fn in_database(url: &str) -> Result<Self, sqlx::Error> {
        let database = PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy(url)?;
        Ok(Self { database, worker: std::process::id().to_string() })
    }

    /// `util.effect`: sleeps `ms` milliseconds, then inserts one row into `table`; returns its input.
    pub(crate) async fn leave(self, ctx: Context, input: Effect) -> Result<Effect, StepError> {
        let table = quoted(&input.table)?;
        let clock = SystemClock::new();
        tokio::select! {
            biased;
            () = ctx.cancelled() => {
                return Err(StepError::with_code("cancelled", "asked to end before the effect").not_applied());
            }
            () = clock.sleep(Duration::from_millis(input.ms)) => {}
        }
        let insert =
            format!("insert into {table} (idempotency_key, worker, at) values ($1, $2, clock_timestamp())");
        let row = sqlx::query(AssertSqlSafe(insert)).bind(ctx.idempotency_key()).bind(&self.worker);
        row.execute(&self.database).await.map_err(|error| failure(&input.table, &error))?;
        Ok(input)
    }
}

/// Returns the name of a table, quoted: `table` or `schema.table`.
fn quoted(name: &str) -> Result<String, StepError> {
    let is_name = |part: &str| {
        (1..=LONGEST_NAME).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 2 || !parts.iter().all(|part| is_name(part)) {
        let why = "name a table, or schema.table, with letters, digits and `_`";
        return Err(refused(format!("table {name:?} is no name of a table; {why}")));
    }
    Ok(parts.iter().map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join("."))
}

/// Tells a table that is not as it must be, which another try finds the same, from a database that may answer later.
fn failure(table: &str, error: &sqlx::Error) -> StepError {
    match error.as_database_error() {
        Some(said) if said.code().is_some_and(|code| code.starts_with("42")) => {
            refused(format!("table {table}: {}", said.message()))
        }
        // Whether the row was written is not known.
        _ => StepError::with_code("database", error.to_string()),
    }
}
