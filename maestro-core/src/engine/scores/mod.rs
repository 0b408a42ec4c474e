//! Scores: saved in versions, each checked whole before it is kept.

mod clone;

use std::collections::BTreeSet;

use super::{Error, Workspace, cast::agents_of, shared::Shared};
use crate::{
    domain::{AgentId, Catalog, OperationName, RESERVED_SLUGS, Score, ScoreId, SkillName},
    ports::store::StoreError,
};

/// How often a version is tried whose number others take first.
const TRIES: u32 = 20;

impl Workspace {
    /// Saves a score as the next version of its id and returns it as it is stored. A score that is the same as its latest
    /// version makes none. The number in `score` does not matter.
    ///
    /// Dropping the future leaves the version saved or not.
    ///
    /// # Errors
    /// [`Error::Score`] with every problem: unknown operations of this process and unknown agents of the workspace
    /// included; [`Error::Invalid`] for a reserved id; [`Error::Store`], a conflict when the id was deleted.
    pub async fn save_score(&self, score: Score) -> Result<Score, Error> {
        self.save_score_version(score, None).await
    }

    /// Saves a score like [`save_score`](Self::save_score), but only if nobody saved it since version `expected` was read;
    /// 0 means that there is none yet.
    ///
    /// # Errors
    /// [`Error::Revision`] when the latest version is another one; otherwise as [`save_score`](Self::save_score).
    pub async fn save_score_over(&self, score: Score, expected: u32) -> Result<Score, Error> {
        self.save_score_version(score, Some(expected)).await
    }

    async fn save_score_version(&self, score: Score, expected: Option<u32>) -> Result<Score, Error> {
        self.validate_score(&score).await?;
        for _ in 0..TRIES {
            let latest = self.latest_score(&score.id).await?;
            let version = latest.as_ref().map_or(0, |latest| latest.version);
            if let Some(expected) = expected.filter(|expected| *expected != version) {
                return Err(Error::Revision {
                    what: format!("score {}", score.id),
                    expected,
                    present: version,
                });
            }
            if let Some(latest) = latest
                && (Score { version, ..score.clone() }) == latest
            {
                return Ok(latest);
            }
            let next = Score { version: version.saturating_add(1), ..score.clone() };
            match self.shared.store.save_score(&self.id, &next, self.shared.now()).await {
                Ok(()) => return Ok(next),
                // Somebody took the number, or the id was deleted: then the latest stays away.
                Err(error) if error.conflict_reason().is_some() => {
                    if self.latest_score(&score.id).await?.is_none() {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let reason = "others save it all the time; try again".to_owned();
        Err(Error::Conflict { what: format!("score {}", score.id), reason })
    }

    /// Saves a score unless there is one with its id: that one is left as people have made it. Returns what is stored.
    /// Meant for the start of a host program; any number of them may call it at once.
    ///
    /// # Errors
    /// As [`save_score`](Self::save_score).
    pub async fn ensure_score(&self, score: Score) -> Result<Score, Error> {
        if let Some(there) = self.latest_score(&score.id).await? {
            return Ok(there);
        }
        self.validate_score(&score).await?;
        let first = Score { version: 1, ..score };
        match self.shared.store.save_score(&self.id, &first, self.shared.now()).await {
            Ok(()) => Ok(first),
            Err(error) => match self.latest_score(&first.id).await? {
                Some(there) => Ok(there),
                None => Err(error.into()),
            },
        }
    }

    /// Checks a score without saving it.
    ///
    /// # Errors
    /// [`Error::Score`] with every problem; [`Error::Invalid`] for a reserved id; [`Error::Store`].
    pub async fn validate_score(&self, score: &Score) -> Result<(), Error> {
        refuse_reserved("id", score.id.as_str())?;
        super::orchestras::check_name(&score.name)?;
        let known = self.known_to(score).await?;
        score.validate(&known).map_err(Error::Score)
    }

    /// Returns a version of a score, the latest when none is named.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn score(&self, id: &ScoreId, version: Option<u32>) -> Result<Score, Error> {
        Ok(self.shared.store.score(&self.id, id, version).await?)
    }

    /// Lists the latest versions of scores in the order of ids, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn scores(&self, after: Option<&ScoreId>, limit: u32) -> Result<Vec<Score>, Error> {
        Ok(self.shared.store.scores(&self.id, after, limit).await?)
    }

    /// Deletes a score that no orchestra plays. Its versions stay readable by number; its id is never given again.
    ///
    /// # Errors
    /// [`Error::Store`], a conflict while an orchestra plays it.
    pub async fn delete_score(&self, id: &ScoreId) -> Result<(), Error> {
        Ok(self.shared.store.delete_score(&self.id, id).await?)
    }

    async fn latest_score(&self, id: &ScoreId) -> Result<Option<Score>, Error> {
        match self.shared.store.score(&self.id, id, None).await {
            Ok(score) => Ok(Some(score)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks up which of the agents that a score names there are.
    async fn known_to(&self, score: &Score) -> Result<Known<'_>, Error> {
        let mut agents = BTreeSet::new();
        for id in agents_of(score) {
            match self.shared.store.agent(&self.id, &id, None).await {
                Ok(_) => _ = agents.insert(id),
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Known { shared: &self.shared, agents })
    }
}

/// What a score of a workspace may name.
struct Known<'s> {
    shared: &'s Shared,
    agents: BTreeSet<AgentId>,
}

impl Catalog for Known<'_> {
    fn has_operation(&self, skill: &SkillName, operation: &OperationName) -> bool {
        self.shared.skills.has_operation(skill, operation)
    }

    fn has_agent(&self, agent: &AgentId) -> bool {
        self.agents.contains(agent)
    }
}

pub(super) fn refuse_reserved(field: &'static str, id: &str) -> Result<(), Error> {
    if RESERVED_SLUGS.contains(&id) {
        return Err(Error::invalid(field, format!("{id:?} is reserved; use another id")));
    }
    Ok(())
}
