//! Options of the store, checked once when it connects.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::{SetupError, error::words, statement::Schema};

/// Where the database is and how the store uses it. Every field but the place has a default.
///
/// ```
/// use maestro_store_postgres::PgOptions;
/// use std::time::Duration;
///
/// let options = PgOptions::from_url("postgres://maestro@db.example.org/automation")?
///     .with_schema("maestro_eu")
///     .with_statement_timeout(Duration::from_secs(10));
/// # Ok::<(), maestro_store_postgres::SetupError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct PgOptions {
    /// The server, the database and who connects.
    pub connect: PgConnectOptions,
    /// The schema in which everything of Maestro lives: a lower-case name of 1 to 48 letters, digits and `_`. Default
    /// `maestro`.
    pub schema: String,
    /// The most connections for what workers and schedulers do. Default 4.
    pub connections: NonZeroU32,
    /// The most connections for what people read and for sweeps. Default 2.
    pub reading_connections: NonZeroU32,
    /// Whether the place is a pooler that gives every transaction another connection, as PgBouncer does in its transaction
    /// mode. A call then takes four round trips instead of one, and changes of other processes are found by polling: where
    /// the server itself can be reached, connect to that. Migrations need it. Default false.
    pub pooler: bool,
    /// Whether to tell other processes of changes and to listen to theirs, on one more connection. Default true. Without,
    /// they find new work when they poll.
    pub listen: bool,
    /// How often a stream of changes says that it may have missed some, while it hears nothing of other processes. Default
    /// 5 s.
    pub look_again: Duration,
    /// How long one statement may take. Default 30 s.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock. Default 5 s.
    pub lock_timeout: Duration,
    /// How long a transaction may stand still before the server ends it. Default 10 s.
    pub idle_in_transaction_timeout: Duration,
    /// How long to wait for a connection, a new one or one that is in use. Default 10 s.
    pub connect_timeout: Duration,
}

impl PgOptions {
    /// Takes the place from a URL such as `postgres://user:password@host:5432/database?sslmode=require`.
    ///
    /// # Errors
    /// [`SetupError::Options`] when it is none.
    pub fn from_url(url: &str) -> Result<Self, SetupError> {
        // The message of the parser names the mistake and never the URL, in which a password may stand.
        let connect = PgConnectOptions::from_str(url)
            .map_err(|error| SetupError::Options { reason: format!("the database's URL: {error}") })?;
        Ok(Self::from_connect_options(connect))
    }

    /// Takes the place from a pool of the host. The store opens connections of its own and leaves the pool alone.
    pub fn from_pool(pool: &PgPool) -> Self {
        Self::from_connect_options(PgConnectOptions::clone(&pool.connect_options()))
    }

    /// Takes the place as the driver has it.
    pub fn from_connect_options(connect: PgConnectOptions) -> Self {
        const FOUR: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);
        Self {
            connect,
            schema: Schema::DEFAULT.to_owned(),
            connections: FOUR,
            reading_connections: NonZeroU32::MIN.saturating_add(1),
            pooler: false,
            listen: true,
            look_again: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
        }
    }
}

macro_rules! setters {
    ($($setter:ident $field:ident: $type:ty),+ $(,)?) => {
        impl PgOptions {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $setter(self, $field: impl Into<$type>) -> Self {
                    Self { $field: $field.into(), ..self }
                }
            )+
        }
    };
}
setters!(
    with_schema schema: String,
    with_connections connections: NonZeroU32,
    with_reading_connections reading_connections: NonZeroU32,
    with_pooler pooler: bool,
    with_listen listen: bool,
    with_look_again look_again: Duration,
    with_statement_timeout statement_timeout: Duration,
    with_lock_timeout lock_timeout: Duration,
    with_idle_in_transaction_timeout idle_in_transaction_timeout: Duration,
    with_connect_timeout connect_timeout: Duration,
);

/// The longest timeout: PostgreSQL counts milliseconds in 32 bits.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

impl PgOptions {
    /// Returns the schema, once it is certain that the other options make sense.
    pub(crate) fn check(&self) -> Result<Schema, SetupError> {
        let timeouts = [
            self.statement_timeout,
            self.lock_timeout,
            self.idle_in_transaction_timeout,
            self.connect_timeout,
            self.look_again,
        ];
        if timeouts.iter().any(|span| *span < Duration::from_millis(1) || *span > LONGEST) {
            return Err(SetupError::Options {
                reason: "a timeout or an interval is 1 ms to 24 days".to_owned(),
            });
        }
        let schema = Schema::new(&self.schema)?;
        Ok(if self.pooler { schema.unprepared() } else { schema })
    }

    /// Says that the place did not answer as a database does.
    pub(crate) fn unreachable(&self, source: sqlx::Error) -> SetupError {
        SetupError::Unreachable { place: self.place(), reason: words(&source), source: Box::new(source) }
    }

    /// Returns the place in words, without the password.
    pub(crate) fn place(&self) -> String {
        let connect = &self.connect;
        let database = connect.get_database().unwrap_or_else(|| connect.get_username());
        match connect.get_socket() {
            Some(socket) => format!("{} (database {database})", socket.display()),
            None => format!("{}:{} (database {database})", connect.get_host(), connect.get_port()),
        }
    }
}

/// Leaves out the password, which the driver's options would show.
impl fmt::Debug for PgOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encrypted = !matches!(self.connect.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow);
        f.debug_struct("PgOptions")
            .field("place", &self.place())
            .field("user", &self.connect.get_username())
            .field("prefers_tls", &encrypted)
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .field("reading_connections", &self.reading_connections)
            .field("pooler", &self.pooler)
            .field("listen", &self.listen)
            .field("look_again", &self.look_again)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .field("idle_in_transaction_timeout", &self.idle_in_transaction_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> PgOptions {
        PgOptions::from_url("postgres://anna:s3cret@db.example.org:6000/music").unwrap()
    }

    #[test]
    fn a_password_is_never_shown() {
        let shown = format!("{:?} {}", options(), options().place());
        assert!(shown.contains("db.example.org:6000") && shown.contains("anna"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
        let error = PgOptions::from_url("postgres://anna:s3cret@:nonsense").unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }

    #[test]
    fn options_that_no_server_takes_are_refused() {
        assert!(options().check().is_ok());
        let bad = [
            options().with_schema(""),
            options().with_schema("Maestro"),
            options().with_schema("a\"b"),
            options().with_schema("pg_catalog"),
            options().with_schema("x".repeat(49)),
            options().with_statement_timeout(Duration::ZERO),
            options().with_lock_timeout(Duration::MAX),
        ];
        for options in bad {
            assert!(matches!(options.check(), Err(SetupError::Options { .. })), "{options:?}");
        }
    }
}
