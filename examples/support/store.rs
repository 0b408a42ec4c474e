//! The store that the caller of an example chooses.

use std::{process, sync::Arc};

use maestro::{MemoryStore, PgOptions, PostgresStore, SetupError, Store};

/// Opens the store that the arguments ask for: in the database of `--database-url URL`, else in memory. When there is none
/// to open, it says why and ends the program with 2.
pub(crate) async fn chosen() -> Arc<dyn Store> {
    let args: Vec<_> = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let url = match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => return Arc::new(MemoryStore::new()),
        ["--database-url", url] => *url,
        [given] if given.starts_with("--database-url=") => &given["--database-url=".len()..],
        _ => refuse("usage: quickstart [--database-url URL]"),
    };
    match open(url).await {
        Ok(store) => Arc::new(store),
        Err(error) => refuse(&error.to_string()),
    }
}

async fn open(url: &str) -> Result<PostgresStore, SetupError> {
    let store = PostgresStore::connect(PgOptions::from_url(url)?).await?;
    store.migrate().await?;
    Ok(store)
}

fn refuse(why: &str) -> ! {
    eprintln!("{why}");
    process::exit(2)
}
