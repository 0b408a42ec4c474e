//! Columns: lists that a statement takes apart with `unnest`.

use chrono::{DateTime, Utc};
use maestro_core::ports::store::StoreError;
use uuid::Uuid;

/// A column in which most rows have nothing. `unnest` fills up what is missing at the end with nulls, so a column without
/// values is an empty list.
#[derive(Debug)]
pub(crate) struct Sparse<T>(Vec<Option<T>>);

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Sparse<T> {
    /// Writes a value of the row with this number, which grows from call to call.
    pub(crate) fn set(&mut self, row: usize, value: Option<T>) {
        if value.is_some() {
            self.0.resize_with(row, || None);
            self.0.push(value);
        }
    }

    pub(crate) fn into_values(self) -> Vec<Option<T>> {
        self.0
    }
}

/// Returns a number that is to be stored as PostgreSQL has it: with a sign.
pub(crate) fn integer(what: &str, number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| too_large(what, number.into()))
}

/// Returns a large number that is to be stored; `None` for 0.
pub(crate) fn nonzero(what: &str, number: u64) -> Result<Option<i64>, StoreError> {
    big(what, number).map(|number| (number != 0).then_some(number))
}

/// Returns a large number that is to be stored.
pub(crate) fn big(what: &str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| too_large(what, number))
}

/// Returns a number that is only compared: beyond what is stored nothing is.
pub(crate) fn compared(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Returns a time that is only compared: before what can be stored nothing is.
pub(crate) fn moment(at: DateTime<Utc>) -> DateTime<Utc> {
    /// 4000 BC; PostgreSQL's calendar begins in 4713 BC.
    const EARLIEST: i64 = -188_395_009_438;
    at.max(DateTime::from_timestamp(EARLIEST, 0).unwrap_or(at))
}

pub(crate) fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn too_large(what: &str, number: u64) -> StoreError {
    StoreError::NotStorable { reason: format!("{what}: {number} is too large") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_column_ends_with_its_last_value() {
        let mut column = Sparse::default();
        for (row, value) in [None, Some(1), None, Some(3), None].into_iter().enumerate() {
            column.set(row, value);
        }
        assert_eq!(column.into_values(), [None, Some(1), None, Some(3)]);
        assert_eq!(Sparse::<i32>::default().into_values(), []);
    }
}
