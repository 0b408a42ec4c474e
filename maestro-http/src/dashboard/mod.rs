//! The dashboard: pages for people. The server draws everything; scripts only replace what it drew and add shortcuts.

mod actions;
mod assets;
mod draw;
mod form;
mod frame;
mod json;
mod markup;
mod page;
mod pages;
mod read;
mod visit;
mod words;

use std::sync::Arc;

use axum::{
    Extension, Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use tower_http::compression::CompressionLayer;

use crate::{
    app::App,
    auth::{Gate, Role, admit},
};

/// Returns the pages, what they send, and what they are made of.
pub(crate) fn routes(app: &App) -> Router<App> {
    let gated = |routes: Router<App>, role| {
        let gate = Gate { app: app.clone(), role };
        routes.route_layer(from_fn_with_state(gate, admit))
    };
    gated(viewers(), Role::Viewer)
        .merge(gated(operators(), Role::Operator))
        .merge(gated(admins(), Role::Admin))
        .layer(from_fn(page::problems_as_pages))
        .layer(Extension(Arc::new(read::Kept::default())))
        // Whoever is not let in sees a page too, so that this needs no gate.
        .merge(Router::new().route("/assets/{version}/{name}", get(assets::serve)))
        .layer(CompressionLayer::new())
}

fn viewers() -> Router<App> {
    Router::new()
        .route("/", get(pages::overview::show))
        .route("/runs", get(pages::runs::show))
        .route("/runs/{id}", get(pages::run::show))
        .route("/runs/{id}/value", get(pages::run::value))
        .route("/orchestras/{id}", get(pages::orchestra::show))
        .route("/orchestras/{id}/settings", get(pages::settings::show))
        .route("/composer", get(pages::composer::list))
        .route("/composer/{id}", get(pages::composer::show))
        .route("/agents", get(pages::agents::list))
        .route("/agents/{id}", get(pages::agents::show))
        .route("/costs", get(pages::costs::show))
        .route("/cron", get(pages::builder::fires))
        .route("/theme", post(actions::set_theme))
}

fn operators() -> Router<App> {
    Router::new()
        .route("/orchestras/{id}/enable", post(actions::enable))
        .route("/orchestras/{id}/disable", post(actions::disable))
        .route("/orchestras/{id}/run", get(pages::orchestra::ask).post(actions::run_now))
        .route("/runs/{id}/cancel", post(actions::cancel))
        .route("/runs/{id}/retry", post(actions::retry))
        .route("/runs/{id}/rerun", post(actions::rerun))
        .route("/runs/{id}/steps/{key}/decide", post(actions::decide))
        .route("/runs/{id}/steps/{key}/resolve", post(actions::resolve))
}

fn admins() -> Router<App> {
    Router::new()
        .route("/orchestras/new", get(pages::builder::show).post(pages::builder::create))
        .route("/orchestras/{id}/settings", post(pages::settings::save))
        .route("/orchestras/{id}/delete", post(pages::settings::delete))
        .route("/composer/new", get(pages::composer::edit::begin).post(pages::composer::edit::change_new))
        .route("/composer/{id}/edit", get(pages::composer::edit::show).post(pages::composer::edit::change))
        .route("/composer/{id}/clone", post(pages::composer::clone))
        .route("/agents/new", get(pages::agents::begin).post(pages::agents::create))
        .route("/agents/{id}", post(pages::agents::save))
}
