//! Maestro on this machine, to look at and to play with: API and dashboard, a worker, and a demo that costs nothing.
//!
//! ```text
//! studio [--port 4400] [--database-url URL] [--no-demo]
//! ```
//!
//! It works in the workspace `demo`, listens on 127.0.0.1 alone and asks nobody who they are. SIGTERM and Ctrl-C let it
//! finish what it executes, for ten seconds at most; then it exits with 0. Exits with 2 when it could not begin: then
//! standard error says why.

#[path = "support/database.rs"]
mod database;
#[path = "support/demo.rs"]
mod demo;
#[path = "support/interrupt.rs"]
mod interrupt;
#[path = "support/models.rs"]
mod models;
#[path = "support/skills.rs"]
mod skills;

use std::{
    ffi::OsString,
    io,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use database::DatabaseError;
use interrupt::Interrupt;
use maestro::{
    Maestro, MemoryStore, PostgresStore, WorkspaceId,
    engine::{BuildError, Builder},
    http,
    ports::{Clock, SystemClock},
};
use models::ModelsError;
use tokio::sync::Notify;

/// How long what is executed may take to finish, and then connections to end.
const GRACE: Duration = Duration::from_secs(10);

const USAGE: &str = "\
usage: studio [--port N] [--database-url URL] [--no-demo]

  --port N              where it listens on 127.0.0.1; 4400 when absent, 0 for any free port
  --database-url URL    keep the records in a database, such as postgres://user:password@host:5432/name; in memory when
                        absent
  --no-demo             begin without demo scores, agents and orchestras
  --help                print this";

struct Args {
    port: u16,
    database_url: Option<String>,
    demo: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = match parse(std::env::args_os().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: Args) -> Result<(), Refusal> {
    let interrupt = Interrupt::listen().map_err(Refusal::Signals)?;
    let listen = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await;
    let listener = listen.map_err(|reason| Refusal::Port(args.port, reason))?;
    let address = listener.local_addr().map_err(|reason| Refusal::Port(args.port, reason))?;

    let (store, builder) = open(args.database_url.as_deref()).await?;
    let (builder, fake) = models::connect(builder).await?;
    let maestro = builder.build().await?;
    let workspace: WorkspaceId = "demo".parse().map_err(maestro::Error::from)?;
    if args.demo {
        demo::furnish(&maestro.workspace(&workspace)).await?;
    }
    let local = http::insecure_local().workspaces([workspace]);
    let app: Router = http::router(maestro.clone(), local).into();
    println!(
        "studio listens on http://{address}; it asks nobody who they are, and only this machine is served"
    );

    let served = serve(listener, app, &maestro, interrupt).await;
    if let Some(fake) = fake {
        fake.stop().await;
    }
    if let Some(store) = store {
        store.close().await;
    }
    served.map_err(Refusal::Serve)
}

/// Serves until somebody asks for the end. Streams end with the engine; who then still holds a connection is cut off.
async fn serve(
    listener: tokio::net::TcpListener,
    app: Router,
    maestro: &Maestro,
    mut interrupt: Interrupt,
) -> io::Result<()> {
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let server = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>());
    let server = server.with_graceful_shutdown(async move { stopped.notified().await });
    let end = async {
        interrupt.wait().await;
        stop.notify_one();
        maestro.shutdown(GRACE).await;
        SystemClock::new().sleep(GRACE).await;
    };
    tokio::select! {
        biased;
        served = server.into_future() => {
            maestro.shutdown(GRACE).await;
            served
        }
        () = end => Ok(()),
    }
}

async fn open(url: Option<&str>) -> Result<(Option<PostgresStore>, Builder), DatabaseError> {
    match url {
        Some(url) => database::open(url).await.map(|(store, builder)| (Some(store), builder)),
        None => {
            let builder = Maestro::builder(MemoryStore::new());
            Ok((None, skills::all(None).into_iter().fold(builder, Builder::skill)))
        }
    }
}

/// Reads the arguments behind the program's name; `None` when only help is asked for.
fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Option<Args>, UsageError> {
    let mut found = Args { port: 4400, database_url: None, demo: true };
    while let Some(arg) = args.next() {
        let arg = arg.into_string().map_err(UsageError::Unknown)?;
        let (name, value) =
            arg.split_once('=').map_or((arg.as_str(), None), |(name, value)| (name, Some(value.to_owned())));
        let mut value =
            |what| value.clone().or_else(|| args.next()?.into_string().ok()).ok_or(UsageError::NoValue(what));
        match name {
            "--help" | "-h" => return Ok(None),
            "--no-demo" => found.demo = false,
            "--database-url" => found.database_url = Some(value("--database-url")?),
            "--port" => {
                let text = value("--port")?;
                found.port = text.parse().map_err(|_| UsageError::Port(text))?;
            }
            _ => return Err(UsageError::Unknown(arg.into())),
        }
    }
    Ok(Some(found))
}

/// Why the arguments make no sense.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    #[error("{0} needs a value")]
    NoValue(&'static str),
    #[error("--port: {0:?} is not a whole number from 0 to 65535")]
    Port(String),
    #[error("unknown option {0:?}")]
    Unknown(OsString),
}

/// Why the studio could not begin.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("cannot hear signals: {0}")]
    Signals(io::Error),
    #[error("cannot listen on port {0} of 127.0.0.1: {1}")]
    Port(u16, io::Error),
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error("cannot serve: {0}")]
    Serve(io::Error),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Engine(#[from] maestro::Error),
}
