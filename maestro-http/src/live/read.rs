//! Reading what changed: once, however many streams are told of it.

use axum::body::Bytes;
use maestro_core::{
    domain::{AgentId, OrchestraId, RunId, ScoreId, WorkspaceId},
    engine::{Error, Workspace},
    ports::store::{StepQuery, StoreError},
};
use serde::Serialize;

use super::{Live, Topic, event::event};
use crate::{
    read,
    wire::{Agent, Orchestra, Run, RunStep, RunSummary, ScoreSummary, WorkspaceState},
};

/// A record that changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    pub(super) workspace: WorkspaceId,
    pub(super) record: Record,
}

/// Which one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Record {
    Run(OrchestraId, RunId),
    Orchestra(OrchestraId),
    Score(ScoreId),
    Agent(AgentId),
    Workspace,
}

/// What is told to whom.
#[derive(Default)]
pub(super) struct Told {
    pub(super) events: Vec<(Topic, Bytes)>,
    /// Of a run: the last record whose steps are among the events.
    pub(super) steps_through: Option<(Topic, u32)>,
    /// Who must read a new snapshot, because there is too much to tell.
    pub(super) again: Option<Topic>,
}

/// A record that is gone.
#[derive(Serialize)]
struct Deleted<'a> {
    kind: &'a str,
    id: String,
}

/// So many steps of one run are told at once; more are a new snapshot.
const MOST_STEPS: u32 = 500;

impl Item {
    /// Returns the topics that are about it.
    pub(super) fn topics(&self) -> Vec<Topic> {
        let whole = Topic::Workspace(self.workspace.clone());
        match &self.record {
            Record::Run(orchestra, run) => vec![
                whole,
                Topic::Orchestra(self.workspace.clone(), orchestra.clone()),
                Topic::Run(self.workspace.clone(), *run),
            ],
            Record::Orchestra(id) => vec![whole, Topic::Orchestra(self.workspace.clone(), id.clone())],
            Record::Score(_) | Record::Agent(_) | Record::Workspace => vec![whole],
        }
    }

    /// Reads the record and writes the events that tell of it.
    ///
    /// # Errors
    /// [`Error`] of the store. A record that is not there is no error: it was deleted.
    pub(super) async fn read(&self, live: &Live) -> Result<Told, Error> {
        let workspace = live.0.maestro.workspace(&self.workspace);
        let written = match &self.record {
            Record::Run(_, id) => return self.read_run(live, &workspace, *id).await,
            Record::Orchestra(id) => match found(workspace.orchestra(id).await)? {
                Some(state) => event("orchestra", &Orchestra::from(state)),
                None => deleted("orchestra", id),
            },
            Record::Score(id) => match found(workspace.score(id, None).await)? {
                Some(score) => event("score", &ScoreSummary::from(score)),
                None => deleted("score", id),
            },
            Record::Agent(id) => match found(workspace.agent(id, None).await)? {
                Some(agent) => event("agent", &Agent::from(agent)),
                None => deleted("agent", id),
            },
            Record::Workspace => {
                let (state, settings) = (workspace.state().await?, workspace.settings().await?);
                event("workspace", &WorkspaceState::new(self.workspace.clone(), state, settings))
            }
        };
        let topics = self.topics().into_iter();
        let events =
            written.into_iter().flat_map(|event| topics.clone().map(move |topic| (topic, event.clone())));
        Ok(Told { events: events.collect(), ..Told::default() })
    }

    async fn read_run(&self, live: &Live, workspace: &Workspace, id: RunId) -> Result<Told, Error> {
        let mut told = Told::default();
        let [whole, of_orchestra, own] = self.topics().try_into().unwrap_or_else(|_| {
            let whole = Topic::Workspace(self.workspace.clone());
            [whole.clone(), whole.clone(), whole]
        });
        let Some(run) = found(workspace.run(id).await)? else {
            let events = deleted("run", id).into_iter();
            told.events = events
                .flat_map(|event| self.topics().into_iter().map(move |topic| (topic, event.clone())))
                .collect();
            return Ok(told);
        };
        let revision = run.revision;
        if let Some(summary) = event("run", &RunSummary::from(run.clone())) {
            told.events.extend([whole, of_orchestra].map(|topic| (topic, summary.clone())));
        }
        let is_watched = live.channels().get(&own).map(|channel| channel.steps_told);
        let Some(steps_told) = is_watched else { return Ok(told) };

        let mut query = StepQuery::default();
        query.after_seq = steps_told;
        let steps = workspace.steps(id, &query, MOST_STEPS + 1).await?;
        let bytes: usize = steps.iter().map(read::size_of).sum();
        if steps.len() > MOST_STEPS as usize || bytes > crate::wire::LARGEST_PAGE {
            told.again = Some(own.clone());
        } else {
            let events = steps.into_iter().filter_map(|step| event("step", &RunStep::from(step)));
            told.events.extend(events.map(|event| (own.clone(), event)));
            told.events.extend(event("run", &Run::from(run)).map(|event| (own.clone(), event)));
        }
        told.steps_through = Some((own, revision));
        Ok(told)
    }
}

fn deleted(kind: &str, id: impl ToString) -> Option<Bytes> {
    event("deleted", &Deleted { kind, id: id.to_string() })
}

fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(record) => Ok(Some(record)),
        Err(Error::Store(StoreError::NotFound { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}
