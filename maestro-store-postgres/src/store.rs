//! The store itself: its connections, its schema, and who hears of its changes.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicUsize},
};

use maestro_core::ports::{Clock, Store, SystemClock};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    DatabaseClock, PgOptions, SetupError,
    clock::Reading,
    connect::{Connector, Purpose, Trial},
    events::Events,
    lanes::Lanes,
    runs::{Claims, Floors},
    statement::Schema,
};

/// A store in PostgreSQL, 15 or later. Clones are the same store.
///
/// ```no_run
/// use maestro_store_postgres::{PgOptions, PostgresStore};
///
/// # async fn start() -> Result<(), maestro_store_postgres::SetupError> {
/// let store = PostgresStore::connect(PgOptions::from_url("postgres://localhost/automation")?).await?;
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) shared: Arc<Shared>,
}

/// What clones of a store share.
pub(crate) struct Shared {
    pub(crate) options: PgOptions,
    pub(crate) schema: Schema,
    /// For what workers and schedulers do.
    pub(crate) hot: Lanes,
    /// For what people read, for sweeps and for notifications.
    pub(crate) ordinary: Arc<Lanes>,
    /// For what only this process waits for.
    pub(crate) clock: Arc<dyn Clock>,
    /// For what all processes must agree on.
    pub(crate) server_clock: Arc<DatabaseClock>,
    pub(crate) events: Events,
    /// Where claims begin to look.
    pub(crate) floors: Floors,
    /// Where renewals look.
    pub(crate) claims: Claims,
    /// How many schedules made no sense when those that are due were read last: said once, not with every look.
    pub(crate) odd_schedules: AtomicUsize,
    /// The store's own tasks, which hold no store: they end when the last clone is dropped, at the latest.
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    _stops_when_dropped: DropGuard,
}

impl PostgresStore {
    /// Connects. Creates nothing in the database: that is what [`migrate`](Self::migrate) is for.
    ///
    /// # Errors
    /// [`SetupError::Options`]; [`SetupError::Unreachable`] when the first connection fails. Later ones may: calls then
    /// answer [`Unavailable`](maestro_core::ports::store::StoreError::Unavailable).
    pub async fn connect(options: PgOptions) -> Result<Self, SetupError> {
        let schema = options.check()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let hot = Connector::new(&options, Purpose::Hot);
        let time = try_out(&hot, &options, clock.as_ref()).await?;
        let server_clock = Arc::new(DatabaseClock::new(time, Arc::clone(&clock)));
        let ordinary = Connector::new(&options, Purpose::Ordinary);
        let stop = CancellationToken::new();
        let shared = Shared {
            schema,
            hot: Lanes::new(hot, options.connections.get() as usize, Arc::clone(&clock)),
            ordinary: Arc::new(Lanes::new(
                ordinary,
                options.reading_connections.get() as usize,
                Arc::clone(&clock),
            )),
            events: Events::new(&options),
            floors: Floors::default(),
            claims: Claims::default(),
            odd_schedules: AtomicUsize::new(0),
            clock,
            server_clock,
            options,
            tasks: TaskTracker::new(),
            _stops_when_dropped: stop.clone().drop_guard(),
            stop,
        };
        shared.tell_others();
        shared.tasks.spawn(shared.server_clock.follow(Arc::clone(&shared.ordinary), shared.stop.clone()));
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Returns a statement of a file, ready for its values.
    pub(crate) fn statement(&self, file: &'static str) -> Query<'static, Postgres, PgArguments> {
        self.shared.schema.query(file)
    }

    /// Tells others what they have not heard yet, ends the store's tasks and closes every connection. Calls that come
    /// later answer [`Unavailable`](maestro_core::ports::store::StoreError::Unavailable). Shut the engine down before.
    pub async fn close(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        self.shared.hot.close().await;
        self.shared.ordinary.close().await;
    }
}

impl Store for PostgresStore {
    fn clock(&self) -> Option<Arc<dyn Clock>> {
        Some(Self::clock(self))
    }
}

/// Opens a connection to see that one can, and that it keeps its settings; returns the server's time.
async fn try_out(
    connector: &Connector,
    options: &PgOptions,
    clock: &dyn Clock,
) -> Result<Reading, SetupError> {
    let tried = connector.try_out(clock).await;
    let Trial { connection, lost, time } = tried.map_err(|error| options.unreachable(error))?;
    // It was good, whether or not the server hears the good-bye.
    let _ = sqlx::Connection::close(connection).await;
    if !lost.is_empty() {
        tracing::warn!(
            ?lost,
            "a pooler drops settings of the session; give Maestro a direct URL of PostgreSQL"
        );
    }
    Ok(time)
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("options", &self.shared.options).finish_non_exhaustive()
    }
}
