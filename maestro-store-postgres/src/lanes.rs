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
    AssertSqlSafe, Connection, PgConnection, Postgres,
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
    in_transaction: bool,
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
        let statement = statement.persistent(!self.connector.pooler);
        let answer = self.in_time(statement.fetch_all(&mut *lane)).await;
        lane.settle(answer).await
    }

    /// Runs one statement and returns how many rows it wrote.
    pub(crate) async fn execute(
        &self,
        statement: Query<'_, Postgres, PgArguments>,
    ) -> Result<u64, StoreError> {
        let mut lane = self.lane().await?;
        let statement = statement.persistent(!self.connector.pooler);
        let answer = self.in_time(statement.execute(&mut *lane)).await;
        Ok(lane.settle(answer).await?.rows_affected())
    }

    /// Takes a connection, or opens one.
    pub(crate) async fn lane(&self) -> Result<Lane<'_>, StoreError> {
        self.open(self.connector.pooler).await
    }

    /// Takes a connection for statements that are applied together, when it is [settled](Lane::settle).
    pub(crate) async fn transaction(&self) -> Result<Lane<'_>, StoreError> {
        self.open(true).await
    }

    async fn open(&self, in_transaction: bool) -> Result<Lane<'_>, StoreError> {
        let waiting = async {
            let room = self.room.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let known = self.lock().pop();
            let idle = match known {
                Some(idle) => idle,
                None => {
                    Idle { connection: self.connector.connect().await?, planned_at: self.clock.monotonic() }
                }
            };
            let mut lane = Lane { lanes: self, idle, in_transaction, _room: room };
            lane.plan_anew().await?;
            if in_transaction {
                lane.say(self.connector.begin.clone()).await?;
            }
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
    /// Ends the transaction if there is one, gives the connection back if it is good after this answer, and returns the
    /// answer.
    pub(crate) async fn settle<T>(mut self, answer: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        let lanes = self.lanes;
        let is_good = answer.as_ref().err().is_none_or(leaves_connection);
        let ended = match (self.in_transaction && is_good, &answer) {
            (false, _) => Ok(()),
            (true, Ok(_)) => lanes.in_time(self.say("commit".to_owned())).await,
            (true, Err(_)) => lanes.in_time(self.say("rollback".to_owned())).await,
        };
        if is_good && ended.is_ok() {
            self.give_back();
        } else {
            // Where one connection died, the idle ones are dead too: better no connection than one that fails next.
            lanes.lock().clear();
        }
        let answer = answer.map_err(failed)?;
        ended.map_err(failed)?; // nothing was durable before
        Ok(answer)
    }

    /// Gives the connection back for others to use.
    fn give_back(self) {
        let Self { lanes, idle, .. } = self;
        if !lanes.room.is_closed() {
            lanes.lock().push(idle);
        }
    }

    /// Says something that has no values and no answer.
    async fn say(&mut self, words: String) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(words)).execute(&mut self.idle.connection).await.map(drop)
    }

    /// Drops plans that are old. Behind a pooler there are none.
    async fn plan_anew(&mut self) -> Result<(), sqlx::Error> {
        if self.lanes.connector.pooler {
            return Ok(());
        }
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
