//! The canary: an operation that leaks its secret in every way it knows, and a search of everything that was written.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use maestro::{Context, Maestro, Skill, StepError, domain::Usage, ports::store::Change};
use maestro_store_postgres_harness::Database;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};

use crate::{
    capture::Capture,
    house::{House, ONE, deploy, name, play, secret, steps},
};

/// Has what encoders escape.
const CANARY: &str = "c4nary/\"sings\" loud&clear+\\é";

const RETURNS: [&str; 10] =
    ["plain", "key", "base64", "basic", "token", "url", "form", "hex", "bytes", "nested"];
const FAILS: [&str; 6] = ["error", "code", "debug", "url_error", "panic", "cut"];
const OTHERS: [&str; 3] = ["log", "usage", "use"];

pub(crate) fn skill() -> Skill {
    Skill::new("canary").operation("leak", leak).secret("key")
}

async fn leak(context: Context, input: Value) -> Result<Value, StepError> {
    let secret = context.secret("key").await?;
    let value = secret.expose();
    let how = input["how"].as_str().unwrap_or_default();
    let permanent = |message: String| Err(StepError::new(message).permanent());
    Ok(match how {
        "plain" => json!({ "sent": {"with": [format!("Bearer {value}")]} }),
        "key" => json!({ value: 1 }),
        "base64" => json!(STANDARD.encode(value)),
        "basic" => json!(format!("Basic {}", STANDARD.encode(format!("bot:{value}")))),
        "token" => json!(URL_SAFE_NO_PAD.encode(format!("{{\"k\":\"{value}\"}}"))),
        "url" => json!(format!("https://crm/?key={}", percent(value))),
        "form" => json!(percent(value).replace("%20", "+")),
        "hex" => json!(hex(value)),
        "bytes" => json!(value.as_bytes()),
        "nested" => json!(json!({ "body": json!(value).to_string() }).to_string()),
        "error" => return permanent(format!("401 for {value}, try another")),
        "code" => return Err(StepError::with_code(value, "no").permanent()),
        "debug" => return permanent(format!("{:?}", json!({ "key": value }))),
        "url_error" => return permanent(format!("GET https://crm/?key={} failed", percent(value))),
        "panic" => panic!("with {value}"),
        "cut" => return permanent(format!("{}{value}", "x".repeat(4_096 - 12))),
        "log" => {
            context.log(&format!("asking with {value} and {}", STANDARD.encode(value)));
            json!("logged")
        }
        "usage" => {
            let raw = Some(json!({ "key": value }).into());
            context.report_usage(value, Usage { raw, ..Usage::default() });
            json!("billed")
        }
        _ => json!(value.len()),
    })
}

fn percent(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn hex(value: &str) -> String {
    value.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns pieces of what is leaked, long enough to give something away, in every form.
fn traces() -> Vec<String> {
    let mut traces: Vec<String> = ["c4nary", "sings", "loud&", "clear+"].map(str::to_owned).into();
    traces.extend([hex("c4nary"), hex("clear"), percent("c4nary"), "99,52,110,97,114,121".to_owned()]);
    // Wherever it begins: six bytes from its first, second or third byte on are eight digits.
    for start in 0..3 {
        traces.push(STANDARD.encode(&CANARY[start..start + 6]));
        traces.push(STANDARD.encode(&CANARY[start + 14..start + 20]));
    }
    traces
}

fn assert_clean(text: &str, what: &str) {
    for trace in traces() {
        let found = text.find(&trace).map(|at| &text[at.saturating_sub(80)..(at + 40).min(text.len())]);
        assert_eq!(found, None, "{what} holds {trace}");
    }
}

/// Plays every leak and returns all that can be read by the API, and every change that was told.
async fn play_all(maestro: &Maestro) -> String {
    let workspace = maestro.default_workspace();
    workspace.put_secret(&name("crm"), &secret(CANARY)).await.unwrap();
    let mut changes = maestro.changes().await.unwrap();
    let node = |how: &str| {
        json!({
            "id": how, "kind": "deterministic", "skill": "canary", "operation": "leak", "input": {"how": how},
            "on_error": "continue", "retry": {"max_attempts": 1}
        })
    };
    let hows: Vec<_> = RETURNS.iter().chain(&FAILS).chain(&OTHERS).copied().collect();
    let orchestra = deploy(&workspace, hows.iter().map(|how| node(how)).collect(), json!([])).await;
    let run = play(&workspace, &orchestra).await;
    let steps = steps(&workspace, &run).await;
    assert_eq!(steps.len(), hows.len());
    for step in &steps {
        let (key, error) = (step.key.as_str(), step.error.as_ref());
        match error {
            Some(error) if RETURNS.contains(&key) => assert_eq!(error.code, "secret_in_output", "{key}"),
            Some(_) => assert!(FAILS.contains(&key), "{key}: {error:?}"),
            None => assert!(OTHERS.contains(&key), "{key} was not noticed"),
        }
    }
    let said = steps.iter().find(|step| step.key.as_str() == "error").unwrap().error.clone().unwrap();
    assert_eq!(said.message, "401 for [secret key], try another");

    let mut told: Vec<Change> = Vec::new();
    while let Ok(Some(change)) = tokio::select! {
        biased;
        change = changes.next() => Ok(change),
        () = std::future::ready(()) => Err(()),
    } {
        told.push(change);
    }
    let listed = workspace.secrets(None, 10).await.unwrap();
    let state = workspace.orchestra(&orchestra).await.unwrap();
    format!("{run:?}\n{steps:?}\n{listed:?}\n{state:?}\n{told:?}\n{}", json!([run, steps, listed]))
}

/// Returns every row of every table.
async fn dump(database: &Database) -> String {
    let mut connection = database.connection().await;
    let tables = "select table_schema || '.' || table_name from information_schema.tables
                  where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')";
    let mut text = String::new();
    let tables = sqlx::query(tables).fetch_all(&mut connection).await.unwrap();
    assert!(tables.len() > 10);
    for table in tables {
        let rows = format!("select t::text from {} as t", table.get::<String, _>(0));
        for row in sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap() {
            text.push_str(&row.get::<String, _>(0));
            text.push('\n');
        }
    }
    text
}

#[tokio::test]
async fn nothing_of_a_secret_is_written_in_memory() {
    let (capture, _guard) = Capture::listen();
    let maestro = House::in_memory().engine(ONE, &[]).await;
    assert_clean(&play_all(&maestro).await, "the record");
    maestro.shutdown(std::time::Duration::ZERO).await;
    let traced = capture.text();
    assert!(traced.contains("asking with [secret key] and [secret key]"), "{traced}");
    assert_clean(&traced, "the log");
}

#[tokio::test]
async fn nothing_of_a_secret_is_written_in_postgres() {
    let (capture, _guard) = Capture::listen();
    let (house, database) = House::in_postgres().await;
    let maestro = house.engine(ONE, &[]).await;
    assert_clean(&play_all(&maestro).await, "the record");
    maestro.shutdown(std::time::Duration::ZERO).await;
    let dump = dump(&database).await;
    assert!(dump.contains("secret_in_output") && dump.contains("[secret key]"), "{dump}");
    assert_clean(&dump, "the database");
    let traced = capture.text();
    assert!(traced.contains("asking with [secret key]"), "{traced}");
    assert_clean(&traced, "the log");
}

#[test]
fn the_traces_would_be_found() {
    for leak in [
        CANARY.to_owned(),
        STANDARD.encode(CANARY),
        STANDARD.encode(format!("bot:{CANARY}")),
        STANDARD.encode(format!("bo:{CANARY}")),
        STANDARD.encode(format!("b:{CANARY}")),
        percent(CANARY),
        hex(CANARY),
        json!(CANARY.as_bytes()).to_string(),
    ] {
        assert!(traces().iter().any(|trace| leak.contains(trace)), "{leak}");
    }
}
