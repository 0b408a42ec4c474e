//! Statements: SQL files whose schema is known only when the store connects.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, IntoArguments, Postgres, SqlSafeStr, SqlStr, postgres::PgArguments, query::Query};

use crate::SetupError;

/// The schema of a store, and its statements with that schema in them.
///
/// In the files the schema is written `maestro.`, and nothing else is. A store in the schema of that name uses the files
/// as they are.
#[derive(Debug)]
pub(crate) struct Schema {
    name: Box<str>,
    /// By the address of the file's text: a file has one.
    statements: RwLock<HashMap<usize, Arc<str>>>,
    /// Whether the server keeps what it has parsed; a pooler would give it to somebody else.
    prepares: bool,
}

impl Schema {
    pub(crate) const DEFAULT: &str = "maestro";
    /// Leaves room in the 63 bytes of an identifier for what is named after the schema.
    const LONGEST: usize = 48;

    /// Checks the name: as it is put into statements, it must be an identifier that needs no quotes.
    pub(crate) fn new(name: &str) -> Result<Self, SetupError> {
        let is_lower = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let mut bytes = name.bytes();
        let is_name = bytes.next().is_some_and(is_lower) && bytes.all(|b| is_lower(b) || b.is_ascii_digit());
        if !is_name || name.len() > Self::LONGEST || name.starts_with("pg_") {
            let reason = format!(
                "the schema {name:?}: use 1 to {} of a-z 0-9 _, not beginning with a digit or pg_",
                Self::LONGEST
            );
            return Err(SetupError::Options { reason });
        }
        Ok(Self { name: name.into(), statements: RwLock::default(), prepares: true })
    }

    /// Returns the same, for statements that the server does not keep.
    pub(crate) fn unprepared(self) -> Self {
        Self { prepares: false, ..self }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the statement of a file, ready for its values.
    pub(crate) fn query(&self, file: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(self.statement(file)).persistent(self.prepares)
    }

    /// Returns the statement of a file for this schema. The one place where SQL is not a constant.
    pub(crate) fn statement(&self, file: &'static str) -> SqlStr {
        if &*self.name == Self::DEFAULT {
            return file.into_sql_str();
        }
        let address = file.as_ptr() as usize;
        let known = self.statements.read().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
        let text = known.unwrap_or_else(|| {
            let text: Arc<str> = file.replace("maestro.", &format!("\"{}\".", self.name)).into();
            let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
            statements.insert(address, Arc::clone(&text));
            text
        });
        AssertSqlSafe(text).into_sql_str()
    }
}

/// Takes a statement that [`sea_query`] has rendered, in which every value is bound.
pub(crate) fn shaped(text: String, values: SqlxValues) -> Query<'static, Postgres, PgArguments> {
    sqlx::query_with(AssertSqlSafe(text), values.into_arguments())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_put_in_quotes_where_a_file_names_it() {
        const FILE: &str = "select id from maestro.runs join maestro.live_runs using (id)";
        let schema = Schema::new("select").unwrap();
        let expected = "select id from \"select\".runs join \"select\".live_runs using (id)";
        assert_eq!(schema.statement(FILE).as_str(), expected);
        assert_eq!(schema.statement(FILE).as_str(), expected);
        assert_eq!(Schema::new("maestro").unwrap().statement(FILE).as_str(), FILE);
    }
}
