//! Connecting: how a connection of the store differs from any other.

use std::time::Duration;

use maestro_core::ports::Clock;
use sqlx::{ConnectOptions, PgConnection, Row, postgres::PgConnectOptions};

use crate::{
    PgOptions,
    clock::{Reading, read},
};

/// What connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Short statements of workers and schedulers, whose plans must not depend on the statistics of a queue that is full
    /// at one moment and empty at the next.
    Hot,
    /// What people read, sweeps, listening: plans as the statistics have it.
    Ordinary,
}

/// A bitmap scan never marks dead index entries, which a queue is full of; the rest leaves one plan for each statement.
pub(crate) const HOT: [(&str, &str); 5] = [
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_mergejoin", "off"),
    ("enable_bitmapscan", "off"),
];

/// Lets the server find out in a minute that a client is gone. Means nothing on a local socket, so nobody asks for it
/// back.
const KEEPALIVE: [(&str, &str); 3] =
    [("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "10"), ("tcp_keepalives_count", "3")];

/// What came of trying a connection out.
pub(crate) struct Trial {
    pub(crate) connection: PgConnection,
    /// Settings that it did not keep.
    pub(crate) lost: Vec<&'static str>,
    /// What the server's clock said.
    pub(crate) time: Reading,
}

/// Opens connections of one purpose.
pub(crate) struct Connector {
    options: PgConnectOptions,
    settings: Vec<(&'static str, String)>,
    /// What begins a transaction; behind a pooler every statement needs one, with the settings in it.
    pub(crate) begin: String,
    pub(crate) pooler: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) statement_timeout: Duration,
}

impl Connector {
    pub(crate) fn new(options: &PgOptions, purpose: Purpose) -> Self {
        let connect = options.connect.clone().application_name("maestro").disable_statement_logging();
        // PgBouncer refuses whoever asks for it, and this store reads no number as text.
        let connect = if options.pooler { connect.extra_float_digits(None) } else { connect };
        let settings = settings(options, purpose);
        Self {
            options: connect,
            begin: if options.pooler { begin_with(&settings) } else { "begin".to_owned() },
            pooler: options.pooler,
            settings,
            connect_timeout: options.connect_timeout,
            statement_timeout: options.statement_timeout,
        }
    }

    /// Returns what the driver needs to connect by itself.
    pub(crate) fn into_options(self) -> PgConnectOptions {
        self.options
    }

    /// Opens a connection and sets it up, unless a pooler would give the settings to others.
    pub(crate) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        if self.pooler {
            return Ok(connection);
        }
        let settings = self.settings.iter().map(|(name, value)| (*name, value.as_str()));
        let (names, values): (Vec<_>, Vec<_>) = settings.chain(KEEPALIVE).unzip();
        sqlx::query(include_str!("../queries/set.sql"))
            .persistent(false)
            .bind(&names)
            .bind(&values)
            .execute(&mut connection)
            .await?;
        Ok(connection)
    }

    /// Opens a connection, sees that it keeps its settings, and reads the server's time. For when the store begins, where a
    /// server that does not answer is told at once and not waited for.
    pub(crate) async fn try_out(&self, clock: &dyn Clock) -> Result<Trial, sqlx::Error> {
        let trial = async {
            let mut connection = self.connect().await?;
            let lost = self.lost_settings(&mut connection).await?;
            let time = read(&mut connection, clock).await?;
            Ok(Trial { connection, lost, time })
        };
        tokio::select! {
            biased;
            tried = trial => tried,
            () = clock.sleep(self.connect_timeout) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        }
    }

    /// Returns the settings that the server did not take: a pooler in between may drop them.
    async fn lost_settings(&self, connection: &mut PgConnection) -> Result<Vec<&'static str>, sqlx::Error> {
        if self.pooler {
            return Ok(Vec::new());
        }
        let names: Vec<_> = self.settings.iter().map(|(name, _)| *name).collect();
        let rows = sqlx::query(include_str!("../queries/show.sql"))
            .persistent(false)
            .bind(&names)
            .fetch_all(connection)
            .await?;
        let mut lost = Vec::new();
        for ((name, expected), row) in self.settings.iter().zip(rows) {
            let found: Option<String> = row.try_get(0)?;
            if found.as_deref() != Some(expected) {
                lost.push(*name);
            }
        }
        Ok(lost)
    }
}

/// Names and values are the store's own: words and numbers, none of a user's.
fn begin_with(settings: &[(&'static str, String)]) -> String {
    let settings = settings.iter().filter(|(name, _)| !name.starts_with("idle_session"));
    let settings = settings.map(|(name, value)| format!("; set local {name} = '{value}'"));
    format!("begin{}", settings.collect::<String>())
}

/// Timeouts are numbers of milliseconds, as the catalogue of settings shows them.
fn settings(options: &PgOptions, purpose: Purpose) -> Vec<(&'static str, String)> {
    let millis = |span: Duration| span.as_millis().to_string();
    let mut settings = vec![
        ("statement_timeout", millis(options.statement_timeout)),
        ("lock_timeout", millis(options.lock_timeout)),
        ("idle_in_transaction_session_timeout", millis(options.idle_in_transaction_timeout)),
        ("idle_session_timeout", "0".to_owned()),
        ("default_transaction_isolation", "read committed".to_owned()),
    ];
    if purpose == Purpose::Hot {
        settings.extend(HOT.map(|(name, value)| (name, value.to_owned())));
    }
    settings
}
