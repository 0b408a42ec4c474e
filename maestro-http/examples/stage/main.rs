//! A house for the browser tests, and for looking at the dashboard: orchestras with some hours of history, and a model and
//! skills that only pretend.
//!
//! ```text
//! stage [--port N] [--base PATH] [--empty]
//! ```
//!
//! It prints its address once it listens, on the loopback interface only, and ends with its standard input.

mod history;
mod model;
mod scores;
mod skills;

use std::{error::Error, io::Read, net::SocketAddr, sync::Arc, time::Duration};

use maestro_core::{
    engine::{Builder, Maestro, Options},
    ports::{Clock, SystemClock, store::Store},
};
use maestro_store_memory::MemoryStore;
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let port: u16 = value("--port").map_or(Ok(0), |port| port.parse())?;
    let base = value("--base").cloned().unwrap_or_default();

    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let is_empty = args.iter().any(|arg| arg == "--empty");
    if !is_empty {
        // Time can only be told when every task waits for it, which one thread can see.
        let past = tokio::runtime::Builder::new_current_thread().build()?;
        past.block_on(history::play(&store, clock.now()))?;
    }
    let present = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    present.block_on(serve(store, clock, is_empty, (port, &base)))
}

async fn serve(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    is_empty: bool,
    (port, base): (u16, &str),
) -> Result<(), Box<dyn Error>> {
    let maestro = furnished(Maestro::builder_on(store), &clock).build().await?;
    scores::keep(&maestro.default_workspace(), clock.now()).await?;
    if !is_empty {
        history::go_on(&maestro.default_workspace()).await?;
    }

    let app = maestro_http::router(maestro.clone(), maestro_http::insecure_local()).base(base).build();
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}{base}", listener.local_addr()?);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    tokio::select! {
        served = async { axum::serve(listener, service).await } => served?,
        _ = ended => {}
    }
    maestro.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

/// Gives an engine skills, a model and a clock.
fn furnished(builder: Builder, clock: &Arc<dyn Clock>) -> Builder {
    let options = Options::default().with_default_model("pretend-small".to_owned());
    let model = Arc::new(model::Pretender(Arc::clone(clock)));
    skills::all(clock)
        .into_iter()
        .fold(builder, Builder::skill)
        .model_client(model)
        .options(options)
        .clock(Arc::clone(clock))
}
