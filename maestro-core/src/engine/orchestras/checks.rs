//! What the fields of an orchestra may hold.

use super::super::{Error, Workspace};
use crate::{
    domain::{CronExpr, Misfire, OnFinish, Orchestra, OrchestraId, Overlap, Score, SecretName, auto_tag},
    ports::store::StoreError,
};

const LONGEST_NAME: usize = 200; // characters, as all that follow
const LONGEST_TAG: usize = 50;
const LONGEST_DESCRIPTION: usize = 10_000;
const LONGEST_WINDOW_S: u32 = 366 * 86_400;
const MOST_BINDINGS: usize = 100;
const MOST_LINKS: usize = 100;

/// Returns a name without the spaces around it.
pub(in crate::engine) fn name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "use 1 to 200 characters on one line"));
    }
    Ok(name.to_owned())
}

/// Returns a tag; empty where it is left on Auto.
pub(super) fn tag(text: &str) -> Result<String, Error> {
    let tag = text.trim();
    if tag.eq_ignore_ascii_case("auto") {
        return Ok(String::new());
    }
    if tag.chars().count() > LONGEST_TAG || tag.chars().any(char::is_control) {
        return Err(Error::invalid("tag", "use at most 50 characters on one line, or nothing for Auto"));
    }
    Ok(tag.to_owned())
}

pub(in crate::engine) fn description(text: String) -> Result<String, Error> {
    if text.chars().count() > LONGEST_DESCRIPTION || text.contains('\0') {
        return Err(Error::invalid("description", "use at most 10,000 characters, none of them NUL"));
    }
    Ok(text)
}

/// Reads a cron expression; the empty text means never.
pub(super) fn cron(text: &str) -> Result<Option<CronExpr>, Error> {
    match text.trim() {
        "" => Ok(None),
        text => Ok(Some(text.parse()?)),
    }
}

/// Checks the fields that need no look at other records.
pub(super) fn policies(orchestra: &Orchestra) -> Result<(), Error> {
    let Orchestra { overlap, misfire, .. } = orchestra;
    if *misfire == Misfire::FireAll && !matches!(overlap, Overlap::Allow | Overlap::QueueAll) {
        let reason = format!(
            "fire_all needs overlap allow or queue_all, because {overlap} would drop what it catches up; \
             change one of them"
        );
        return Err(Error::invalid("misfire", reason));
    }
    if orchestra.catchup_window_s > LONGEST_WINDOW_S {
        return Err(Error::invalid("catchup_window_s", "use 0 to 31622400 seconds (366 days)"));
    }
    if orchestra.max_concurrent_runs == Some(0) {
        let reason = "use at least 1, or null for any number; to stop an orchestra, disable it";
        return Err(Error::invalid("max_concurrent_runs", reason));
    }
    if orchestra.budget_cents.is_some_and(|cents| cents > Score::MAX_BUDGET_CENTS) {
        return Err(Error::invalid("budget_cents", "use at most 10^12 cents, or null for no budget"));
    }
    let is_bad = |text: &str| {
        text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control)
    };
    let bindings = &orchestra.secret_bindings;
    if bindings.len() > MOST_BINDINGS
        || bindings.iter().any(|(slot, secret)| is_bad(slot) || SecretName::new(secret).is_err())
    {
        let reason = "use at most 100 pairs of a slot, 1 to 200 characters, and the name of a secret, 1 to 64 of the \
                      characters a-z 0-9 _ -";
        return Err(Error::invalid("secret_bindings", reason));
    }
    Ok(())
}

impl Workspace {
    /// Fills in a tag that was left on Auto. Fails where the score is missing.
    pub(super) async fn resolve_tag(&self, orchestra: &mut Orchestra) -> Result<(), Error> {
        let score = match self.shared.store.score(&self.id, &orchestra.score_id, None).await {
            Ok(score) => score,
            Err(StoreError::NotFound { .. }) => {
                let reason = format!("there is no score {:?}; save it first", orchestra.score_id.as_str());
                return Err(Error::invalid("score_id", reason));
            }
            Err(error) => return Err(error.into()),
        };
        if orchestra.tag.is_empty() {
            orchestra.tag = auto_tag(score.pipeline_kind).to_owned();
        }
        Ok(())
    }

    /// Walks from the orchestra that plays next to the one after it, and so on: all must be there, and none may lead back.
    /// `itself` is the orchestra at whose end it begins, if that exists already.
    pub(super) async fn check_on_finish(
        &self,
        first: Option<&OnFinish>,
        itself: Option<&OrchestraId>,
    ) -> Result<(), Error> {
        let mut next = first.cloned();
        for link in 0..MOST_LINKS {
            let Some(target) = next else { return Ok(()) };
            if Some(&target.orchestra_id) == itself {
                let reason = "it leads back to the orchestra itself, which would then play for ever; \
                              use a schedule instead";
                return Err(Error::invalid("on_finish", reason));
            }
            next = match self.find(&target.orchestra_id).await? {
                Some(found) => found.on_finish,
                None if link == 0 => {
                    let id = target.orchestra_id.as_str();
                    let reason = format!("there is no orchestra {id:?}; create it first");
                    return Err(Error::invalid("on_finish", reason));
                }
                None => None, // deleted since; not this orchestra's fault
            };
        }
        Err(Error::invalid("on_finish", "more than 100 orchestras would follow each other; use fewer"))
    }
}
