//! The role that keeps agents and the prices of models.

use std::collections::BTreeMap;

use async_trait::async_trait;
use maestro_core::{
    domain::{Agent, AgentId, ModelPricing, WorkspaceId},
    ports::store::{AgentStore, StoreError},
};
use sqlx::postgres::PgRow;

use crate::{
    PostgresStore,
    columns::{big, compared},
    error::corrupt,
    rows::{BadRow, Columns},
    versions::Kind,
};

const AGENT: Kind = Kind {
    what: "agent",
    one: include_str!("../queries/agent.sql"),
    list: include_str!("../queries/agents.sql"),
    standing: include_str!("../queries/agent_standing.sql"),
    lock: include_str!("../queries/lock_agent.sql"),
    delete: include_str!("../queries/delete_agent.sql"),
};

#[async_trait]
impl AgentStore for PostgresStore {
    async fn save_agent(&self, workspace: &WorkspaceId, agent: &Agent) -> Result<(), StoreError> {
        let save = self
            .statement(include_str!("../queries/save_agent.sql"))
            .bind(workspace.as_str())
            .bind(agent.id.as_str())
            .bind(compared(agent.version))
            .bind(AGENT.write(agent)?);
        if self.shared.ordinary.execute(save).await? == 0 {
            return self.settle_version(&AGENT, workspace, agent.id.as_str(), agent.version, agent).await;
        }
        let mut news = self.shared.events.news();
        news.agent(workspace, &agent.id);
        self.shared.events.tell(news);
        Ok(())
    }

    async fn agent(
        &self,
        workspace: &WorkspaceId,
        id: &AgentId,
        version: Option<u32>,
    ) -> Result<Agent, StoreError> {
        self.version(&AGENT, workspace, id.as_str(), version).await
    }

    async fn agents(
        &self,
        workspace: &WorkspaceId,
        after: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<Agent>, StoreError> {
        self.latest_versions(&AGENT, workspace, after.map(AgentId::as_str), limit).await
    }

    async fn delete_agent(&self, workspace: &WorkspaceId, id: &AgentId) -> Result<(), StoreError> {
        self.delete_versions(&AGENT, workspace, id.as_str()).await?;
        let mut news = self.shared.events.news();
        news.agent(workspace, id);
        self.shared.events.tell(news);
        Ok(())
    }

    async fn set_prices(&self, workspace: &WorkspaceId, prices: &[ModelPricing]) -> Result<(), StoreError> {
        // One row of a model and moment: a statement cannot write one twice, and the last one counts.
        let prices: BTreeMap<_, _> =
            prices.iter().map(|price| ((price.model.as_str(), price.valid_from), price)).collect();
        let (models, moments): (Vec<_>, Vec<_>) = prices.keys().copied().unzip();
        let set = self
            .statement(include_str!("../queries/set_prices.sql"))
            .bind(workspace.as_str())
            .bind(models)
            .bind(moments)
            .bind(column(&prices, |price| Some(price.input))?)
            .bind(column(&prices, |price| Some(price.output))?)
            .bind(column(&prices, |price| price.cache_read)?)
            .bind(column(&prices, |price| price.cache_write)?);
        self.shared.ordinary.execute(set).await.map(drop)
    }

    async fn prices(&self, workspace: &WorkspaceId) -> Result<Vec<ModelPricing>, StoreError> {
        let prices = self.statement(include_str!("../queries/prices.sql")).bind(workspace.as_str());
        self.shared.hot.fetch(prices).await?.iter().map(price).collect()
    }
}

fn column<K>(
    prices: &BTreeMap<K, &ModelPricing>,
    of: impl Fn(&ModelPricing) -> Option<u64>,
) -> Result<Vec<Option<i64>>, StoreError> {
    prices.values().map(|price| of(price).map(|amount| big("price", amount)).transpose()).collect()
}

fn price(row: &PgRow) -> Result<ModelPricing, StoreError> {
    let mut columns = Columns::new(row);
    let model: String = columns.value().map_err(|bad| corrupt("price", "", bad))?;
    let mut read = || {
        let needed = |amount: Option<u64>| amount.ok_or_else(|| BadRow::new("an amount is missing"));
        Ok(ModelPricing {
            model: model.clone(),
            valid_from: columns.moment()?,
            input: needed(columns.some_number()?)?,
            output: needed(columns.some_number()?)?,
            cache_read: columns.some_number()?,
            cache_write: columns.some_number()?,
        })
    };
    read().map_err(|bad: BadRow| corrupt("price", &model, bad))
}
