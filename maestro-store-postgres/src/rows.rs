//! Rows: what a statement returned, read column by column into what the domain knows.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::domain::Payload;
use serde::de::DeserializeOwned;
use sqlx::{
    Decode, Postgres, Row, Type, ValueRef,
    error::BoxDynError,
    postgres::{PgRow, PgTypeInfo, PgValueFormat, PgValueRef},
};
use uuid::Uuid;

/// Why a row makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadRow(String);

impl BadRow {
    pub(crate) fn new(reason: impl Display) -> Self {
        Self(reason.to_string())
    }
}

impl From<sqlx::Error> for BadRow {
    fn from(error: sqlx::Error) -> Self {
        Self::new(error)
    }
}

/// Reads the columns of a row in their order.
pub(crate) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn new(row: &'r PgRow) -> Self {
        Self { row, next: 0 }
    }

    /// Reads a value as the driver knows it.
    pub(crate) fn value<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T, BadRow> {
        self.next += 1;
        Ok(self.row.try_get(self.next - 1)?)
    }

    /// Reads a time; infinity makes no sense.
    pub(crate) fn moment(&mut self) -> Result<DateTime<Utc>, BadRow> {
        Ok(self.value::<Moment>()?.0)
    }

    pub(crate) fn some_moment(&mut self) -> Result<Option<DateTime<Utc>>, BadRow> {
        Ok(self.value::<Option<Moment>>()?.map(|moment| moment.0))
    }

    /// Reads a number that is never negative.
    pub(crate) fn count(&mut self) -> Result<u32, BadRow> {
        u32::try_from(self.value::<i32>()?).map_err(BadRow::new)
    }

    /// Reads a number that is never negative; null stands for 0.
    pub(crate) fn count_or_zero(&mut self) -> Result<u32, BadRow> {
        u32::try_from(self.value::<Option<i32>>()?.unwrap_or(0)).map_err(BadRow::new)
    }

    /// Reads a large number that is never negative.
    pub(crate) fn some_number(&mut self) -> Result<Option<u64>, BadRow> {
        self.value::<Option<i64>>()?.map(u64::try_from).transpose().map_err(BadRow::new)
    }

    /// Reads an id or a stored name.
    pub(crate) fn word<T: FromStr<Err: Display>>(&mut self) -> Result<T, BadRow> {
        self.value::<&str>()?.parse().map_err(BadRow::new)
    }

    /// Reads a 128-bit id.
    pub(crate) fn id<T>(&mut self, made: fn(u128) -> T) -> Result<T, BadRow> {
        Ok(made(self.value::<Uuid>()?.as_u128()))
    }

    pub(crate) fn some_id<T>(&mut self, made: fn(u128) -> T) -> Result<Option<T>, BadRow> {
        Ok(self.value::<Option<Uuid>>()?.map(|id| made(id.as_u128())))
    }

    /// Reads JSON as the text that it was.
    pub(crate) fn payload(&mut self) -> Result<Payload, BadRow> {
        Ok(Payload::from_stored(self.value::<&str>()?))
    }

    pub(crate) fn some_payload(&mut self) -> Result<Option<Payload>, BadRow> {
        Ok(self.value::<Option<&str>>()?.map(Payload::from_stored))
    }

    /// Reads a document of the store's own.
    pub(crate) fn some_document<T: DeserializeOwned>(&mut self) -> Result<Option<T>, BadRow> {
        let text = self.value::<Option<&str>>()?;
        text.map(serde_json::from_str).transpose().map_err(BadRow::new)
    }
}

/// Reads a time by the name of its column; infinity makes no sense.
pub(crate) fn moment_named(row: &PgRow, name: &str) -> Result<Option<DateTime<Utc>>, BadRow> {
    Ok(row.try_get::<Option<Moment>, _>(name)?.map(|moment| moment.0))
}

/// A time as it is stored. The driver would panic where a person has written `infinity`.
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

/// 2000-01-01 00:00:00 UTC, from which PostgreSQL counts microseconds.
const EPOCH: DateTime<Utc> = DateTime::from_timestamp_nanos(946_684_800_000_000_000);

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Moment {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.is_null() || value.format() != PgValueFormat::Binary {
            return Ok(Self(DateTime::decode(value)?));
        }
        let micros = i64::from_be_bytes(value.as_bytes()?.try_into()?);
        let moment = EPOCH.checked_add_signed(TimeDelta::microseconds(micros));
        moment.map(Self).ok_or_else(|| "a time that is none".into())
    }
}
