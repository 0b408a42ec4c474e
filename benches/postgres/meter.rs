//! What a stretch of work cost: time, commits, write-ahead log, processor time on either side.

use std::{
    fs,
    time::{Duration, Instant},
};

use sqlx::{PgConnection, Row};

/// What had been used up to a moment.
pub(crate) struct Meter {
    at: Instant,
    commits: i64,
    wal_bytes: i64,
    own: Duration,
    server: Duration,
}

/// What was used between two moments.
pub(crate) struct Used {
    pub(crate) time: Duration,
    /// Transactions that wrote.
    pub(crate) commits: i64,
    pub(crate) wal_bytes: i64,
    pub(crate) own: Duration,
    pub(crate) server: Duration,
}

impl Meter {
    pub(crate) async fn read(connection: &mut PgConnection) -> Self {
        let sql = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint, \
                   pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
        let row = sqlx::query(sql).fetch_one(connection).await.unwrap();
        Self {
            at: Instant::now(),
            commits: row.get(0),
            wal_bytes: row.get(1),
            own: own_time(),
            server: server_time(),
        }
    }

    pub(crate) async fn used(&self, connection: &mut PgConnection) -> Used {
        let now = Self::read(connection).await;
        Used {
            time: now.at - self.at,
            commits: now.commits - self.commits,
            wal_bytes: now.wal_bytes - self.wal_bytes,
            own: now.own - self.own,
            server: now.server.saturating_sub(self.server),
        }
    }
}

impl Used {
    /// Prints a line with what one of `runs` cost.
    pub(crate) fn print(&self, what: &str, runs: usize, calls: u64) {
        let each = |total: f64| total / runs as f64;
        println!(
            "{what}: {:.0} runs/s; a run: {:.4} commits, {:.4} calls of the store, {:.0} bytes of WAL, {:.0} µs of the engine, {:.0} µs of PostgreSQL",
            runs as f64 / self.time.as_secs_f64(),
            each(self.commits as f64),
            each(calls as f64),
            each(self.wal_bytes as f64),
            each(self.own.as_secs_f64() * 1e6),
            each(self.server.as_secs_f64() * 1e6),
        );
    }
}

/// Returns the processor time of this process.
fn own_time() -> Duration {
    ticks(&fs::read_to_string("/proc/self/stat").unwrap())
}

/// Returns the processor time of every process of PostgreSQL that lives now.
fn server_time() -> Duration {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    stats.filter(|stat| stat.contains("(postgres)")).map(|stat| ticks(&stat)).sum()
}

/// Reads user and system time, in ticks of 10 ms: fields 14 and 15 of proc(5).
fn ticks(stat: &str) -> Duration {
    let behind_the_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = behind_the_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap_or(0)).sum();
    Duration::from_millis(ticks * 10)
}
