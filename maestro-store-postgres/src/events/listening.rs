//! Listening: what other processes tell, on a connection that does nothing else.
//!
//! Notifications are lost whenever the connection is. So whoever listens is told of a gap when it breaks, and once more
//! when it listens again: what is read after that misses nothing.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use maestro_core::ports::{Clock, EntropyExt, SystemEntropy};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Heard,
    sending::Post,
    stream::{CLOSED, Ear},
    wire,
};

/// After so long a silence the store asks itself whether it still hears.
const SILENCE: Duration = Duration::from_secs(30);
/// So long its own echo may take.
const ECHO: Duration = Duration::from_secs(5);
/// The pause after a first failure. It doubles with each further one.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The pause before it tries again what a pooler does not let through.
const DEAF_PAUSE: Duration = Duration::from_secs(60);

/// The task that listens.
pub(super) struct Listening {
    pub(super) connect: PgConnectOptions,
    pub(super) connect_timeout: Duration,
    pub(super) post: Post,
    pub(super) origin: Uuid,
    pub(super) heard: broadcast::Sender<Heard>,
    pub(super) ear: watch::Sender<Ear>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: CancellationToken,
}

/// Why listening has ended.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the connection that listens is lost")]
    Lost,
    #[error("{0}")]
    Driver(#[from] sqlx::Error),
    #[error("cannot ask for an echo: {0}")]
    Post(maestro_core::ports::store::StoreError),
    /// LISTEN was accepted, yet nothing comes: a pooler gave it to another connection.
    #[error("notifications do not arrive")]
    Deaf,
}

impl Listening {
    /// Listens until it is stopped; begins anew whatever happens, and says so once.
    pub(super) async fn run(self) {
        let stop = self.stop.clone();
        let mut pause = PAUSE;
        let mut is_told = false;
        loop {
            let pool = self.pool();
            let Err(cut) = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.close(&pool).await;
                    break;
                }
                ended = self.listen(&pool, &mut pause, &mut is_told) => ended,
            };
            self.close(&pool).await;
            let was_open = self.ear.send_replace(Ear::of(&cut)) == Ear::Open;
            if was_open {
                pause = PAUSE;
                let _ = self.heard.send(Heard::Gap);
            }
            if !is_told {
                is_told = true;
                let cut: &dyn std::error::Error = &cut;
                tracing::warn!(error = cut, "changes of other processes are not heard; polling finds them");
            }
            let jitter = 0.5 + SystemEntropy.next_fraction() / 2.0;
            let pause_now =
                if matches!(cut, Cut::Deaf) && !was_open { DEAF_PAUSE } else { pause.mul_f64(jitter) };
            pause = (pause * 2).min(LONGEST_PAUSE);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = self.clock.sleep(pause_now) => {}
            }
        }
        // Whoever waits to listen is refused now, and whoever listens hears no more.
        self.ear.send_replace(Ear::Failed(CLOSED.into()));
        let _ = self.heard.send(Heard::Gap);
    }

    /// Opens the connection and listens until it is cut.
    async fn listen(
        &self,
        pool: &PgPool,
        pause: &mut Duration,
        is_told: &mut bool,
    ) -> Result<Infallible, Cut> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.eager_reconnect(false); // a connection that comes back by itself would hide the gap
        listener.listen(&self.post.channel).await?;
        let mut awaits_echo = true;
        self.ask().await?;
        loop {
            let mut next = pin!(listener.try_recv());
            let notification = loop {
                tokio::select! {
                    biased;
                    next = &mut next => break next?.ok_or(Cut::Lost)?,
                    () = self.clock.sleep(if awaits_echo { ECHO } else { SILENCE }) => {
                        if awaits_echo {
                            return Err(Cut::Deaf);
                        }
                        awaits_echo = true;
                        self.ask().await?;
                    }
                }
            };
            if self.hear(notification.payload()) {
                awaits_echo = false;
                *pause = PAUSE;
                self.opened(is_told);
            }
        }
    }

    async fn ask(&self) -> Result<(), Cut> {
        self.post.send(&[wire::write_echo(self.origin)]).await.map_err(Cut::Post)
    }

    /// Passes a notification on; tells whether it was this store's own, which has been told already.
    fn hear(&self, text: &str) -> bool {
        let Some((origin, heard)) = wire::read(text) else { return false };
        if origin == self.origin {
            return true;
        }
        for heard in heard {
            // An error means that nobody listens any more.
            let _ = self.heard.send(heard);
        }
        false
    }

    fn opened(&self, is_told: &mut bool) {
        if self.ear.send_replace(Ear::Open) == Ear::Open {
            return;
        }
        let _ = self.heard.send(Heard::Gap);
        if *is_told {
            *is_told = false;
            tracing::info!("changes of other processes are heard again");
        }
    }

    /// The driver listens on a connection of a pool only; this one has no other, and no task that looks after it.
    fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(self.connect_timeout)
            .connect_lazy_with(self.connect.clone())
    }

    /// Waits until the driver has let go of the connection, unless that is dead.
    async fn close(&self, pool: &PgPool) {
        tokio::select! {
            biased;
            () = pool.close() => {}
            () = self.clock.sleep(ECHO) => {}
        }
    }
}

impl Ear {
    fn of(cut: &Cut) -> Self {
        match cut {
            Cut::Lost => Self::Opening,
            Cut::Deaf => Self::Deaf,
            Cut::Driver(_) | Cut::Post(_) => Self::Failed(cut.to_string().into()),
        }
    }
}
