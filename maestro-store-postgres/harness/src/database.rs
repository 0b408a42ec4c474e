//! Databases: one for each test, copied from a template that is migrated once.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use maestro_store_postgres::{PgOptions, PostgresStore};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tokio::sync::OnceCell;

use crate::{Cluster, cluster};

/// A database of one test. Dropped with this.
pub struct Database {
    cluster: PgConnectOptions,
    name: String,
    url: String,
}

impl Database {
    /// Makes a database with nothing in it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn empty() -> Self {
        Self::create(cluster(), None).await
    }

    /// Makes a database with nothing in it on this server.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn empty_on(cluster: &Cluster) -> Self {
        Self::create(cluster, None).await
    }

    /// Makes a database with the schema of the store and nothing in it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn migrated() -> Self {
        Self::create(cluster(), Some(template().await)).await
    }

    /// Returns where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens a connection that is no store's.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn connection(&self) -> PgConnection {
        self.cluster.clone().database(&self.name).connect().await.expect("a database of a test answers")
    }

    /// Returns options of a store in it.
    pub fn options(&self) -> PgOptions {
        PgOptions::from_connect_options(self.cluster.clone().database(&self.name))
    }

    /// Opens a store in it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn store(&self) -> PostgresStore {
        PostgresStore::connect(self.options()).await.expect("a database of a test answers")
    }

    async fn create(cluster: &Cluster, template: Option<&str>) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("maestro_test_{}_{number}", std::process::id());
        let options: PgConnectOptions = cluster.url().parse().expect("the URL of the cluster");
        let template = template.unwrap_or("template0");
        command(&options, format!("create database {name} template {template}")).await;
        let (start, _) = cluster.url().rsplit_once('/').expect("a URL that names a database");
        let url = format!("{start}/{name}");
        Self { cluster: options, name, url }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (options, drop) = (self.cluster.clone(), format!("drop database {} with (force)", self.name));
        // A thread of its own: a test drops this within its runtime, which may have one thread.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let dropped = thread::spawn(move || runtime.map(|runtime| runtime.block_on(command(&options, drop))));
        // A server that the test has stopped keeps its databases.
        let _ = dropped.join();
    }
}

/// Returns the name of the template, which the first caller makes.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let made = TEMPLATE.get_or_init(|| async {
        let database = Database::create(cluster(), None).await;
        let store = database.store().await;
        store.migrate().await.expect("an empty database can be migrated");
        store.close().await;
        let name = database.name.clone();
        std::mem::forget(database); // it lasts as long as the process
        name
    });
    made.await
}

async fn command(options: &PgConnectOptions, text: String) {
    let mut connection = options.connect().await.expect("the server of the tests answers");
    sqlx::raw_sql(AssertSqlSafe(text.clone())).execute(&mut connection).await.expect(&text);
    let _ = sqlx::Connection::close(connection).await;
}
