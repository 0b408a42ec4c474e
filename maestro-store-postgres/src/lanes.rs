//! Lanes: the store's own connections, on which a statement is one round trip and nothing else.
//!
//! The driver's pool would ping a connection whenever it comes back, in a task that nobody joins.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use maestro_core::ports::{Clock, store::StoreError};
use sqlx::{
    Connection, PgConnection, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    connect::Connector,
    error::{failed, leaves_connection},
};

/// How long a connection keeps its plans: they are made anew as tables grow and shrink.
const PLANS_LAST: Duration = Duration::from_secs(60);
/// How much longer than the server the client waits for an answer before it takes the connection for dead.
const PATIENCE: Duration = Duration::from_secs(5);

/// A few connections of one kind.
pub(crate) struct Lanes {
    connector: Connector,
    clock: Arc<dyn Clock>,
    room: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: PgConnection,
    planned_at: Duration,
}

/// A connection in use. Dropped before it was [given back](Lane::give_back), as by a caller that is aborted, it is closed:
/// the server rolls back what was not committed.
pub(crate) struct Lane<'a> {
    lanes: &'a Lanes,
    idle: Idle,
    _room: SemaphorePermit<'a>,
}

impl Lanes {
    pub(crate) fn new(connector: Connector, count: usize, clock: Arc<dyn Clock>) -> Self {
        Self { connector, clock, room: Semaphore::new(count), idle: Mutex::default() }
    }

    /// Runs one statement and returns its rows.
    pub(crate) async fn fetch(
        &self,
        statement: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut lane = self.lane().await?;
        let answer = self.in_time(statement.fetch_all(&mut *lane)).await;
        lane.settle(answer)
    }

    /// Runs one statement and returns how many rows it wrote.
    pub(crate) async fn execute(
        &self,
        statement: Query<'_, Postgres, PgArguments>,
    ) -> Result<u64, StoreError> {
        let mut lane = self.lane().await?;
        let answer = self.in_time(statement.execute(&mut *lane)).await;
        Ok(lane.settle(answer)?.rows_affected())
    }

    /// Takes a connection, or opens one.
    pub(crate) async fn lane(&self) -> Result<Lane<'_>, StoreError> {
        let waiting = async {
            let room = self.room.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let known = self.lock().pop();
            let idle = match known {
                Some(idle) => idle,
                None => {
                    Idle { connection: self.connector.connect().await?, planned_at: self.clock.monotonic() }
                }
            };
            let mut lane = Lane { lanes: self, idle, _room: room };
            lane.plan_anew().await?;
            Ok(lane)
        };
        tokio::select! {
            biased;
            lane = waiting => lane.map_err(failed),
            () = self.clock.sleep(self.connector.connect_timeout) => Err(failed(sqlx::Error::PoolTimedOut)),
        }
    }

    /// Closes the connections. Those in use are closed when they come back; later calls fail.
    pub(crate) async fn close(&self) {
        self.room.close();
        let idle = std::mem::take(&mut *self.lock());
        for Idle { connection, .. } in idle {
            // The server notices by itself when the good-bye does not arrive.
            let _ = self.in_time(connection.close()).await;
        }
    }

    /// Waits for the server, but not for ever: a connection can die without a word.
    pub(crate) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        tokio::select! {
            biased;
            answer = answer => answer,
            () = self.clock.sleep(self.connector.statement_timeout + PATIENCE) => {
                Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
            }
        }
    }

    /// A panic elsewhere must not take the connections along.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane<'_> {
    /// Gives the connection back if it is good after this answer, and returns the answer.
    pub(crate) fn settle<T>(self, answer: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        match &answer {
            Ok(_) => self.give_back(),
            Err(error) if leaves_connection(error) => self.give_back(),
            // Where one connection died, the idle ones are dead too: better no connection than one that fails next.
            Err(_) => self.lanes.lock().clear(),
        }
        answer.map_err(failed)
    }

    /// Gives the connection back for others to use.
    pub(crate) fn give_back(self) {
        let Self { lanes, idle, _room } = self;
        if !lanes.room.is_closed() {
            lanes.lock().push(idle);
        }
    }

    /// Drops plans that are old.
    async fn plan_anew(&mut self) -> Result<(), sqlx::Error> {
        let now = self.lanes.clock.monotonic();
        if now.saturating_sub(self.idle.planned_at) >= PLANS_LAST {
            sqlx::raw_sql("discard plans").execute(&mut self.idle.connection).await?;
            self.idle.planned_at = now;
        }
        Ok(())
    }
}

impl Deref for Lane<'_> {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.idle.connection
    }
}

impl DerefMut for Lane<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.idle.connection
    }
}
