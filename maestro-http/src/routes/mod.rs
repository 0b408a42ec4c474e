//! The routes, sorted by the role that they take.

mod agents;
mod cron;
mod events;
mod orchestras;
mod pricing;
mod runs;
mod scores;
mod steps;
mod workspace;

use axum::middleware::from_fn_with_state;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::{Gate, Role, admit},
    openapi,
};

/// Returns every route behind the gate, each with its description.
pub(crate) fn all(app: &App) -> OpenApiRouter<App> {
    let gated = |routes: OpenApiRouter<App>, role| {
        let gate = Gate { app: app.clone(), role };
        openapi::with_role(routes, role).route_layer(from_fn_with_state(gate, admit))
    };
    gated(viewers(), Role::Viewer)
        .merge(gated(operators(), Role::Operator))
        .merge(gated(admins(), Role::Admin))
}

/// What reads, or only computes.
fn viewers() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(orchestras::list_orchestras))
        .routes(routes!(orchestras::get_orchestra))
        .routes(routes!(orchestras::list_firings))
        .routes(routes!(cron::preview_cron))
        .routes(routes!(runs::list_runs))
        .routes(routes!(runs::get_run))
        .routes(routes!(steps::list_steps))
        .routes(routes!(scores::list_scores))
        .routes(routes!(scores::get_score))
        .routes(routes!(scores::get_score_version))
        .routes(routes!(scores::validate_score))
        .routes(routes!(agents::list_agents))
        .routes(routes!(agents::get_agent))
        .routes(routes!(agents::get_agent_usage))
        .routes(routes!(pricing::list_prices))
        .routes(routes!(workspace::get_workspace))
        .routes(routes!(workspace::list_costs))
        .routes(routes!(events::workspace_events))
        .routes(routes!(events::orchestra_events))
        .routes(routes!(events::run_events))
        .routes(routes!(openapi::get_openapi))
}

/// What makes runs, ends them, and switches schedules.
fn operators() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(orchestras::enable_orchestra))
        .routes(routes!(orchestras::disable_orchestra))
        .routes(routes!(runs::run_now))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(runs::retry_run))
        .routes(routes!(runs::rerun_run))
        .routes(routes!(steps::approve_step))
        .routes(routes!(steps::reject_step))
        .routes(routes!(steps::resolve_step))
        .routes(routes!(workspace::pause_workspace))
        .routes(routes!(workspace::resume_workspace))
}

/// What makes, changes and deletes records.
fn admins() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(orchestras::create_orchestra))
        .routes(routes!(orchestras::edit_orchestra, orchestras::delete_orchestra))
        .routes(routes!(scores::create_score))
        .routes(routes!(scores::save_score, scores::delete_score))
        .routes(routes!(scores::clone_score))
        .routes(routes!(agents::create_agent))
        .routes(routes!(agents::edit_agent, agents::delete_agent))
        .routes(routes!(pricing::set_prices))
        .routes(routes!(workspace::edit_workspace))
}
