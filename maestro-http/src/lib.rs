//! Maestro over HTTP: a JSON API, live updates and a dashboard, to be mounted in an axum application.
//!
//! ```
//! use axum::Router;
//! use maestro_core::engine::Maestro;
//! use maestro_http::{BearerTokens, Principal, Role, TokenHash};
//! use maestro_store_memory::MemoryStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let maestro = Maestro::builder(MemoryStore::new()).build().await?;
//! let tokens = BearerTokens::default()
//!     .allow(TokenHash::of("kq3vJd0mTz8wYb1nXc5e"), Principal::new("ada", Role::Admin));
//! let app: Router = Router::new() // your own routes
//!     .merge(maestro_http::router(maestro.clone(), tokens).base("/automation"));
//! # maestro.shutdown(std::time::Duration::ZERO).await;
//! # Ok(())
//! # }
//! ```
//!
//! | feature | adds |
//! | --- | --- |
//! | `dashboard` | pages for people at the root of the base |
//! | `metrics` | `/metrics`: numbers for monitoring systems, in the text form of Prometheus |

mod answer;
mod app;
mod auth;
#[cfg(feature = "dashboard")]
mod dashboard;
mod extract;
mod health;
mod in_flight;
mod layers;
mod live;
#[cfg(feature = "metrics")]
mod metrics;
mod openapi;
mod problem;
mod read;
mod router;
mod routes;
mod wire;

pub use self::app::Limits;
pub use self::auth::{
    Authorizer, BearerTokens, Denial, InsecureLocal, InvalidTokenHash, Principal, Role, TokenHash,
    insecure_local,
};
pub use self::problem::{Code, FieldProblem, PROBLEM_JSON, Problem};
pub use self::router::{ApiRouter, InvalidOrigin, router};
