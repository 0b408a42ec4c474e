//! An embeddable engine for scheduled, durable automation.
//!
//! A first score: two functions of yours, one played for each name, one after all of them.
//!
//! ```
//! use maestro::{Context, Maestro, MemoryStore, NewOrchestra, Score, Skill, StepError, domain::Node};
//!
//! async fn greet(_ctx: Context, name: String) -> Result<String, StepError> {
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! async fn join(_ctx: Context, lines: Vec<String>) -> Result<String, StepError> {
//!     Ok(lines.join(" "))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let words = Skill::new("words").operation("greet", greet).operation("join", join);
//!     let maestro = Maestro::builder(MemoryStore::new()).skill(words).build().await?;
//!     let score = Score::builder("Greetings")
//!         .node(Node::map_over("each", "{{ input }}").body(["greet"]))
//!         .node(Node::operation("greet", "words.greet"))
//!         .node(Node::operation("join", "words.join").input("{{ from.each }}"))
//!         .then("each", "join");
//!     let studio = maestro.default_workspace();
//!     let score = studio.ensure_score(score.build()?).await?;
//!     let orchestra = studio.ensure_orchestra(NewOrchestra::new("Greetings", &score.id)).await?;
//!     let run = studio.run_now(&orchestra.id).input(["Ada", "Grace"]).await?.finished().await?;
//!     println!("{}: {}", run.status, run.result.unwrap_or_default().as_str());
//!     maestro.shutdown(std::time::Duration::from_secs(5)).await;
//!     Ok(())
//! }
//! ```
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `memory` | yes | [`MemoryStore`], for one process |
//! | `postgres` | no | [`PostgresStore`], for many processes on one database |
//! | `llm` | no | [`llm`]: clients of language models, and what their tokens cost |
//! | `fake` | no | [`llm::fake`]: a provider of models on this machine that plays a script, for demos and tests |
//! | `http` | no | [`http`]: a JSON API, live updates and a dashboard for an axum application |
//! | `dashboard` | no | pages for people beside that API |
//! | `metrics` | no | the same, with numbers for monitoring systems |
//! | `tls` | no | connections by TLS, to PostgreSQL and to providers of models |
//! | `testing` | no | `testing`: a manual clock, fault injection and recorders, for hosts that test their automation |
//! | `conformance` | no | `conformance` and `store_conformance!`: the store contract, for those who write a store |

pub mod templates;

/// For tests of automation, which play by hand:
///
/// ```
/// use std::sync::Arc;
/// use maestro::{Context, Maestro, MemoryStore, NewOrchestra, Roles, Score, Skill, StepError};
/// use maestro::testing::{Executions, ManualClock, drain};
/// use serde_json::{Value, json};
///
/// async fn send(_: Context, to: Value) -> Result<Value, StepError> {
///     Ok(json!({ "sent_to": to }))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (clock, executions) = (Arc::new(ManualClock::new("2026-03-08T07:00:00Z".parse()?)), Executions::default());
/// let maestro = Maestro::builder(MemoryStore::new())
///     .skill(executions.watch(Skill::new("mail").operation("send", send)))
///     .roles(Roles::none())
///     .clock(clock.clone())
///     .build()
///     .await?;
/// let node = json!({"id": "send", "kind": "deterministic", "skill": "mail", "operation": "send"});
/// let workspace = maestro.default_workspace();
/// let score = workspace.save_score(Score::from_json(&json!({"name": "Mail", "nodes": [node]}))?).await?;
/// let orchestra = workspace.create_orchestra(NewOrchestra::new("Mail", &score.id)).await?;
///
/// executions.panic_at("mail.send", 1); // a failed try; the next one is due a second later
/// let run = workspace.run_now(&orchestra.id).input("ann").await?;
/// drain(&maestro, &clock).await?;
///
/// assert!(run.finished().await?.status.is_good());
/// let tries: Vec<_> = executions.of("mail.send").iter().map(|execution| execution.attempt).collect();
/// assert_eq!(tries, [1, 2]);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "testing")]
pub use maestro_core::testing;
#[cfg(feature = "conformance")]
pub use maestro_core::{conformance, store_conformance};
pub use maestro_core::{domain, engine, ports};
#[doc(inline)]
pub use maestro_core::{
    domain::{
        Node, Orchestra, Payload, Run, RunId, RunStatus, RunStep, Score, Secret, SecretName, WorkspaceId,
    },
    engine::{
        BuildError, Builder, Context, EnvSecrets, Error, Maestro, MasterKeys, NewOrchestra, Options,
        OrchestraPatch, Retry, Roles, RunHandle, Skill, Workspace,
    },
    ports::{SecretSource, StepError, Store},
};
#[cfg(feature = "http")]
pub use maestro_http as http;
#[cfg(feature = "llm")]
pub use maestro_llm as llm;
#[cfg(feature = "memory")]
pub use maestro_store_memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use maestro_store_postgres::{
    DatabaseClock, Hint, MigrationScript, PgOptions, PostgresStore, SetupError,
};
