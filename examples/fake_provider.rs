//! A provider of models that plays a script, as a process of its own.
//!
//! ```text
//! fake_provider --script FILE [--port N]
//! ```
//!
//! It prints its endpoint once it listens, for both formats that it speaks: those of Anthropic and of OpenAI. `GET /calls`
//! tells what it was asked and what it bills. SIGTERM and Ctrl-C end it. Exits with 2 when it could not begin: then standard
//! error says why.

#[path = "support/interrupt.rs"]
mod interrupt;

use std::{
    ffi::OsString,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use interrupt::Interrupt;
use maestro::{
    llm::fake::{FakeProvider, Script, ScriptError},
    ports::SystemClock,
};

const USAGE: &str = "\
usage: fake_provider --script FILE [--port N]

  --script FILE    what it answers, as JSON
  --port N         where it listens on the loopback interface; on any free port when absent
  --help           print this";

struct Args {
    script: PathBuf,
    port: u16,
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
    match serve(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(2)
        }
    }
}

async fn serve(args: Args) -> Result<(), Refusal> {
    let mut interrupt = Interrupt::listen().map_err(Refusal::Signals)?;
    let text = std::fs::read_to_string(&args.script);
    let text = text.map_err(|source| Refusal::File { path: args.script.clone(), source })?;
    let script = Script::parse(&text).map_err(|source| Refusal::Script { path: args.script, source })?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let fake = FakeProvider::start_at(address, script, Arc::new(SystemClock::new()));
    let fake = fake.await.map_err(|source| Refusal::Port { port: args.port, source })?;
    println!("{}", fake.endpoint());
    interrupt.wait().await;
    fake.stop().await;
    Ok(())
}

/// Reads the arguments behind the program's name; `None` when only help is asked for.
fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Option<Args>, UsageError> {
    let (mut script, mut port) = (None, 0);
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--help" | "-h") => return Ok(None),
            Some("--script") => script = Some(args.next().ok_or(UsageError::NoValue("--script"))?.into()),
            Some("--port") => {
                let text = args.next().ok_or(UsageError::NoValue("--port"))?;
                port = text.to_str().and_then(|text| text.parse().ok()).ok_or(UsageError::Port(text))?;
            }
            _ => return Err(UsageError::Unknown(arg)),
        }
    }
    Ok(Some(Args { script: script.ok_or(UsageError::NoScript)?, port }))
}

/// Why the arguments make no sense.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    #[error("--script is missing: somebody has to say what is answered")]
    NoScript,
    #[error("{0} needs a value")]
    NoValue(&'static str),
    #[error("--port: {0:?} is not a whole number from 0 to {max}", max = u16::MAX)]
    Port(OsString),
    #[error("unknown option {0:?}")]
    Unknown(OsString),
}

/// Why it could not begin.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("cannot hear signals: {0}")]
    Signals(io::Error),
    #[error("cannot read {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Script { path: PathBuf, source: ScriptError },
    #[error("cannot listen on port {port}: {source}")]
    Port { port: u16, source: io::Error },
}
