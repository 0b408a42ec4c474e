//! A process that plays what others enqueue, and fires schedules; start as many as you like on one database.
//!
//! ```text
//! worker --database-url URL [--concurrency N] [--ttl-s N]
//! ```
//!
//! It knows the skills of the examples, asks models as `support/models.rs` says, and brings the schema up to date when it
//! starts. SIGTERM and Ctrl-C let it finish
//! what it executes, for ten seconds at most; then it exits with 0. Whatever is not finished by then, another process goes
//! on with. Exits with 2 when it could not begin: then standard error says why.

#[path = "support/database.rs"]
mod database;
#[path = "support/interrupt.rs"]
mod interrupt;
#[path = "support/log.rs"]
mod log;
#[path = "support/models.rs"]
mod models;
#[path = "support/skills.rs"]
mod skills;

use std::{ffi::OsString, io, num::NonZeroU32, process::ExitCode, time::Duration};

use database::DatabaseError;
use interrupt::Interrupt;
use maestro::{Options, engine::BuildError};
use models::ModelsError;

/// How long a process that is asked to end finishes what it executes.
const GRACE: Duration = Duration::from_secs(10);

const USAGE: &str = "\
usage: worker --database-url URL [--concurrency N] [--ttl-s N]

  --database-url URL    the database, such as postgres://user:password@host:5432/name
  --concurrency N       how many runs are played, and steps executed, at once; 256 when absent
  --ttl-s N             after how many seconds of silence it counts as dead, for all processes alike; 30 when absent
  --help                print this

  MAESTRO_LOG           in the environment: how much is told on standard error, error, warn, info, debug or trace; warn
                        when absent";

struct Args {
    url: String,
    concurrency: Option<NonZeroU32>,
    ttl_s: Option<NonZeroU32>,
}

impl Args {
    fn options(&self) -> Options {
        let mut options = Options::default();
        if let Some(n) = self.concurrency {
            options = options.with_max_runs(n.get()).with_max_steps(n.get());
        }
        if let Some(ttl_s) = self.ttl_s {
            let ttl = Duration::from_secs(ttl_s.get().into());
            options = options.with_worker_ttl(ttl).with_renew_interval(ttl / 6).with_sweep_interval(ttl / 3);
        }
        options
    }
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
    match work(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(2)
        }
    }
}

async fn work(args: Args) -> Result<(), Refusal> {
    log::begin(std::env::var("MAESTRO_LOG").ok());
    let mut interrupt = Interrupt::listen().map_err(Refusal::Signals)?;
    let (store, builder) = database::open(&args.url).await?;
    let (builder, _fake) = models::connect(builder).await?;
    let maestro = builder.options(args.options()).build().await?;
    println!("worker {} is ready", std::process::id());
    interrupt.wait().await;
    maestro.shutdown(GRACE).await;
    store.close().await;
    Ok(())
}

/// Reads the arguments behind the program's name; `None` when only help is asked for.
fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Option<Args>, UsageError> {
    let (mut url, mut concurrency, mut ttl_s) = (None, None, None);
    let number = |name, text: String| text.parse().map_err(|_| UsageError::Number(name, text));
    while let Some(arg) = args.next() {
        let arg = arg.into_string().map_err(UsageError::Unknown)?;
        let (name, value) =
            arg.split_once('=').map_or((arg.as_str(), None), |(name, value)| (name, Some(value.to_owned())));
        let mut value =
            |what| value.clone().or_else(|| args.next()?.into_string().ok()).ok_or(UsageError::NoValue(what));
        match name {
            "--help" | "-h" => return Ok(None),
            "--database-url" => url = Some(value("--database-url")?),
            "--concurrency" => concurrency = Some(number("--concurrency", value("--concurrency")?)?),
            "--ttl-s" => ttl_s = Some(number("--ttl-s", value("--ttl-s")?)?),
            _ => return Err(UsageError::Unknown(arg.into())),
        }
    }
    Ok(Some(Args { url: url.ok_or(UsageError::NoUrl)?, concurrency, ttl_s }))
}

/// Why the arguments make no sense.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    #[error("--database-url is missing: a worker plays what is kept in a database")]
    NoUrl,
    #[error("{0} needs a value")]
    NoValue(&'static str),
    #[error("{0}: {1:?} is not a whole number from 1 to {max}", max = u32::MAX)]
    Number(&'static str, String),
    #[error("unknown option {0:?}")]
    Unknown(OsString),
}

/// Why the worker could not begin.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("cannot hear signals: {0}")]
    Signals(io::Error),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error(transparent)]
    Build(#[from] BuildError),
}
