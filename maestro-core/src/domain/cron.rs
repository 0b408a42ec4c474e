//! Placeholder until the cron module lands.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronExpr(String);
impl CronExpr {
    pub fn next_after(&self, _after: DateTime<Utc>, _zone: &Zone) -> Option<DateTime<Utc>> {
        None
    }
}
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone(String);
