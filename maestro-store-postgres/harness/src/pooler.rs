//! The pooler: PgBouncer in its transaction mode, in front of a server of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use maestro_store_postgres::PgOptions;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::{
    Cluster,
    cluster::{as_postgres, folder},
};

/// Fewer than a store opens, so that its statements go to whatever connection is free.
const CONNECTIONS: u32 = 2;

/// A pooler that runs, and its server.
pub struct Pooler {
    cluster: Cluster,
    folder: PathBuf,
    /// Stops the pooler when the pipe to it is closed, as in the case of the server.
    _undertaker: Child,
}

impl Pooler {
    /// Starts a server and a pooler in front of it.
    ///
    /// # Panics
    /// When there is no PostgreSQL or no PgBouncer to start, or one of them does not.
    pub async fn start() -> Self {
        let program =
            program().expect("this test needs PgBouncer: install it (Debian: apt-get install pgbouncer)");
        let cluster = Cluster::start();
        let server: PgConnectOptions = cluster.url().parse().expect("the URL of the cluster");
        let socket = server.get_socket().expect("a private server has a local socket");
        let folder = folder();
        let settings = format!(
            "[databases]\n* = host={} port={} user=postgres\n[pgbouncer]\nunix_socket_dir = {}\nlisten_port = 6432\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = {CONNECTIONS}\n",
            socket.display(),
            server.get_port(),
            folder.display()
        );
        let config = folder.join("pgbouncer.ini");
        fs::write(&config, settings).expect("a pooler can be configured");
        let pooler = Self { _undertaker: undertaker(&program, &config), folder, cluster };
        pooler.answers().await;
        pooler
    }

    /// Returns the server behind it.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Returns options that lead to the same database through the pooler.
    pub fn options(&self, direct: &PgOptions) -> PgOptions {
        let mut options = direct.clone().with_pooler(true);
        options.connect = options.connect.socket(&self.folder).port(6432);
        options
    }

    /// Waits until it answers.
    async fn answers(&self) {
        let options: PgConnectOptions = self.cluster.url().parse().expect("the URL of the cluster");
        let options = options.socket(&self.folder).port(6432).extra_float_digits(None);
        for _ in 0..1_000 {
            if options.connect().await.is_ok() {
                return;
            }
            let clock = maestro_core::ports::SystemClock::new();
            maestro_core::ports::Clock::sleep(&clock, Duration::from_millis(10)).await;
        }
        panic!("PgBouncer does not answer");
    }
}

fn program() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&on_path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|program| program.exists())
}

fn undertaker(program: &Path, config: &Path) -> Child {
    let script = "\"$1\" -q \"$2\" & cat; kill $!; rm -rf \"$(dirname \"$2\")\"";
    let mut command: Command = as_postgres(Path::new("/bin/sh"));
    command.args(["-c", script, "undertaker"]).arg(program).arg(config);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("a shell can be started")
}
