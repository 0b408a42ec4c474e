//! The route that shows what a schedule means.

use axum::extract::State;

use crate::{
    answer::Answer,
    app::App,
    extract::Json,
    problem::Problem,
    read,
    wire::{CronPreview, CronPreviewed},
};

/// Says in English what a crontab expression means, and lists its next slots.
#[utoipa::path(post, path = "/api/cron/preview", tag = "orchestras", request_body = CronPreview,
    responses((status = 200, body = CronPreviewed)))]
pub(crate) async fn preview_cron(
    State(app): State<App>,
    Json(body): Json<CronPreview>,
) -> Result<Answer<CronPreviewed>, Problem> {
    Ok(Answer::ok(read::cron(body, app.now())?))
}
