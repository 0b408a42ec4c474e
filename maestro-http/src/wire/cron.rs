//! Previews of schedules on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use crate::extract::RequestBody;

/// A schedule to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CronPreview {
    /// A crontab expression of five fields, or a nickname such as `@daily`.
    #[schema(min_length = 1, max_length = 200, example = "0 9 * * 1-5")]
    pub(crate) cron: String,
    /// The IANA zone in which it is read. Default `UTC`.
    #[schema(max_length = 100, example = "Europe/Berlin")]
    pub(crate) timezone: Option<String>,
    /// How many slots to list, 1 to 100. Default 5.
    #[schema(minimum = 1, maximum = 100, example = 5)]
    pub(crate) count: Option<u32>,
    /// Slots after this moment. Default now.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub(crate) from: Option<Moment>,
}

impl RequestBody for CronPreview {}

/// What a schedule says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CronPreviewed {
    /// In English.
    #[schema(example = "At 09:00, Monday through Friday")]
    pub(crate) description: String,
    /// The next slots; fewer than asked for when no more will come.
    pub(crate) fires: Vec<DateTime<Utc>>,
}
