//! Numbers: PostgreSQL has none without a sign.

use std::fmt::Display;

use maestro_core::ports::store::StoreError;

use crate::error::corrupt;

/// Returns a number as a column takes it.
pub(crate) fn signed(what: &str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::NotStorable {
        reason: format!("{what} of {number} is more than {}", i64::MAX),
    })
}

/// Returns a number that a column gave.
pub(crate) fn unsigned<N: TryFrom<i64>>(
    what: &'static str,
    id: impl Display,
    number: i64,
) -> Result<N, StoreError> {
    N::try_from(number).map_err(|_| corrupt(what, id, format!("{number} is out of range")))
}
