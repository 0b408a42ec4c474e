//! Routes of the prices of models.

use std::collections::BTreeSet;

use maestro_core::domain::ModelPricing;

use crate::{
    answer::Answer,
    auth::Caller,
    extract::Json,
    problem::Problem,
    wire::{Page, Price, Prices},
};

/// The most prices of one request.
const MOST: usize = 1_000;

/// Lists every price of the workspace, by model, then by the moment from which it holds.
#[utoipa::path(get, path = "/api/model-pricing", tag = "agents",
    responses((status = 200, body = Page<Price>)))]
pub(crate) async fn list_prices(caller: Caller) -> Result<Answer<Page<Price>>, Problem> {
    prices(&caller).await
}

/// Stores prices; one of the same model and moment is replaced. What was played before keeps its cost.
#[utoipa::path(put, path = "/api/model-pricing", tag = "agents", request_body = Prices,
    responses((status = 200, body = Page<Price>)))]
pub(crate) async fn set_prices(
    caller: Caller,
    Json(body): Json<Prices>,
) -> Result<Answer<Page<Price>>, Problem> {
    if body.prices.len() > MOST {
        return Err(Problem::invalid("/prices", format!("send at most {MOST} at once")));
    }
    let mut seen = BTreeSet::new();
    for (place, price) in body.prices.iter().enumerate() {
        if !seen.insert((price.model.as_str(), price.valid_from)) {
            let message = "this model has a price from this moment on already; send one of them";
            return Err(Problem::invalid(format!("/prices/{place}"), message));
        }
    }
    let new: Vec<ModelPricing> = body.prices.into_iter().map(ModelPricing::from).collect();
    caller.workspace.set_prices(&new).await?;
    tracing::info!(actor = %caller.actor, prices = new.len(), "prices set");
    prices(&caller).await
}

async fn prices(caller: &Caller) -> Result<Answer<Page<Price>>, Problem> {
    let items = caller.workspace.prices().await?.into_iter().map(Price::from).collect();
    Ok(Answer::ok(Page { items, next_cursor: None }))
}
