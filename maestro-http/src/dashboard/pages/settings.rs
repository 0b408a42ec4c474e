//! Settings of an orchestra.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::{IntoResponse, Response};
use maestro_core::{
    domain::{Misfire, Orchestra, OrchestraId, Overlap, Score},
    engine::OrchestraPatch,
    ports::store::OrchestraState,
};

use super::{builder::TAGS, fires::Fires};
use crate::{
    dashboard::{
        form::{Errors, Form},
        frame::{Frame, Place},
        page::{Page, redirect},
        visit::Visit,
        words::{self, Times},
    },
    extract::Path,
    problem::{Code, Problem},
};

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    f: Frame,
    o: Orchestra,
    live: u64,
    score: Option<Score>,
    typed: Typed,
    errors: Errors,
    fires: Fires,
    slots: Vec<Slot>,
    /// Orchestras that may play next.
    others: Vec<(String, String)>,
    times: Times,
}

/// What stands in the fields.
struct Typed {
    revision: String,
    name: String,
    tag: String,
    description: String,
    cron: String,
    timezone: String,
    overlap: String,
    misfire: String,
    catchup_window_s: String,
    max_concurrent_runs: String,
    budget_cents: String,
    on_finish: String,
    secrets: BTreeMap<String, String>,
}

/// A secret slot of the score.
struct Slot {
    name: String,
    /// The operations that ask for it.
    asked_by: String,
    bound: String,
}

const OVERLAPS: [(&str, &str); 4] = [
    (Overlap::Skip.name(), "Skip the slot"),
    (Overlap::QueueOne.name(), "Hold one run until it has ended"),
    (Overlap::QueueAll.name(), "Hold every run"),
    (Overlap::Allow.name(), "Play side by side"),
];
const MISFIRES: [(&str, &str); 3] = [
    (Misfire::FireOnce.name(), "Play the latest once"),
    (Misfire::Skip.name(), "Skip them"),
    (Misfire::FireAll.name(), "Play all of them"),
];

impl Typed {
    fn of(o: &Orchestra) -> Self {
        let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        Self {
            revision: o.revision.to_string(),
            name: o.name.clone(),
            tag: o.tag.clone(),
            description: o.description.clone(),
            cron: o.cron.as_ref().map_or_else(String::new, ToString::to_string),
            timezone: o.timezone.name().to_owned(),
            overlap: o.overlap.name().to_owned(),
            misfire: o.misfire.name().to_owned(),
            catchup_window_s: o.catchup_window_s.to_string(),
            max_concurrent_runs: number(o.max_concurrent_runs.map(u64::from)),
            budget_cents: number(o.budget_cents),
            on_finish: o.on_finish.as_ref().map_or_else(String::new, |next| next.orchestra_id.to_string()),
            secrets: o.secret_bindings.clone(),
        }
    }

    fn read(form: &Form) -> Self {
        let field = |name: &str| form.get(name).to_owned();
        let secrets = form.within("secret.").filter(|(_, secret)| !secret.trim().is_empty());
        Self {
            revision: field("revision"),
            name: field("name"),
            tag: field("tag"),
            description: field("description"),
            cron: field("cron"),
            timezone: field("timezone"),
            overlap: field("overlap"),
            misfire: field("misfire"),
            catchup_window_s: field("catchup_window_s"),
            max_concurrent_runs: field("max_concurrent_runs"),
            budget_cents: field("budget_cents"),
            on_finish: field("on_finish"),
            secrets: secrets.map(|(slot, secret)| (slot.to_owned(), secret.trim().to_owned())).collect(),
        }
    }

    /// Returns the edit that the fields ask for; what cannot be read is added to `errors`.
    fn patch(&self, errors: &mut Errors) -> OrchestraPatch {
        let mut patch = OrchestraPatch::default()
            .with_name(&self.name)
            .with_tag(&self.tag)
            .with_description(&self.description)
            .with_cron(&self.cron)
            .with_timezone(&self.timezone)
            .with_secret_bindings(self.secrets.clone());
        let mut number = |field: &str, text: &str| match text {
            "" => None,
            text => match text.parse::<u64>() {
                Ok(number) => Some(number),
                Err(_) => {
                    errors.add(field, "write a whole number, or nothing");
                    None
                }
            },
        };
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        patch = patch.with_budget_cents(number("budget_cents", &self.budget_cents));
        patch = patch
            .with_max_concurrent_runs(number("max_concurrent_runs", &self.max_concurrent_runs).map(small));
        if let Some(seconds) = number("catchup_window_s", &self.catchup_window_s) {
            patch = patch.with_catchup_window_s(small(seconds));
        }
        match self.overlap.parse() {
            Ok(overlap) => patch = patch.with_overlap(overlap),
            Err(_) => errors.add("overlap", "choose what becomes of the slot"),
        }
        match self.misfire.parse() {
            Ok(misfire) => patch = patch.with_misfire(misfire),
            Err(_) => errors.add("misfire", "choose what becomes of them"),
        }
        match self.on_finish.as_str() {
            "" => patch.with_on_finish(None),
            id => match OrchestraId::new(id) {
                Ok(id) => patch.with_on_finish(Some(id)),
                Err(_) => {
                    errors.add("on_finish", "choose an orchestra");
                    patch
                }
            },
        }
    }
}

impl Settings {
    fn at(&self, what: &str) -> String {
        self.f.to(&format!("/orchestras/{}{what}", self.o.id))
    }

    /// Says why it cannot be deleted now.
    fn in_the_way(&self) -> Option<String> {
        match (self.o.enabled, self.live) {
            (false, 0) => None,
            (true, 0) => Some("First disable it.".to_owned()),
            (false, live) => Some(format!("First let its {} end.", words::many(live, "live run"))),
            (true, live) => {
                Some(format!("First disable it and let its {} end.", words::many(live, "live run")))
            }
        }
    }
}

/// Shows the settings.
pub(crate) async fn show(visit: Visit, Path(id): Path<OrchestraId>) -> Result<Page, Problem> {
    let state = visit.workspace.orchestra(&id).await?;
    let typed = Typed::of(&state.orchestra);
    Ok(Page::new(&load(&visit, state, typed, Errors::default()).await?, &visit))
}

/// Saves the settings, or shows them again with what needs another look. Nothing typed is lost.
pub(crate) async fn save(visit: Visit, Path(id): Path<OrchestraId>, form: Form) -> Result<Response, Problem> {
    let typed = Typed::read(&form);
    let mut errors = Errors::default();
    let patch = typed.patch(&mut errors);
    let expected = typed.revision.parse().ok();
    let mut status = Code::Invalid.status();
    if errors.is_empty() {
        match visit.workspace.edit_orchestra(&id, patch, expected).await.map_err(Problem::from) {
            Ok(_) => {
                tracing::info!(actor = %visit.actor, orchestra = %id, "settings saved");
                return Ok(redirect(&visit, &format!("/orchestras/{id}"), Some("saved")));
            }
            Err(problem) if matches!(problem.code(), Code::NotFound | Code::Internal | Code::Unavailable) => {
                return Err(problem);
            }
            Err(problem) => {
                status = problem.status();
                errors = Errors::of(&problem);
            }
        }
    }
    let state = visit.workspace.orchestra(&id).await?;
    let page = load(&visit, state, typed, errors).await?;
    Ok(Page::new(&page, &visit).status(status).into_response())
}

/// Deletes an orchestra. What is in the way is told.
pub(crate) async fn delete(visit: Visit, Path(id): Path<OrchestraId>) -> Result<Response, Problem> {
    match visit.workspace.delete_orchestra(&id).await.map_err(Problem::from) {
        Ok(()) => {
            tracing::info!(actor = %visit.actor, orchestra = %id, "orchestra deleted");
            Ok(redirect(&visit, "/", Some("deleted")))
        }
        Err(problem) if matches!(problem.code(), Code::Enabled | Code::LiveRuns) => {
            let state = visit.workspace.orchestra(&id).await?;
            let typed = Typed::of(&state.orchestra);
            let page = load(&visit, state, typed, Errors::of(&problem)).await?;
            Ok(Page::new(&page, &visit).status(problem.status()).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn load(
    visit: &Visit,
    state: OrchestraState,
    mut typed: Typed,
    errors: Errors,
) -> Result<Settings, Problem> {
    let OrchestraState { orchestra: o, live } = state;
    let f = Frame::load(visit.clone(), Place::Orchestra, Some(o.id.clone())).await?;
    let score = visit.workspace.score(&o.score_id, None).await.ok();
    let operations = visit.app.maestro().operations();
    let slots = score.as_ref().map(|score| super::secret_slots(score, &operations)).unwrap_or_default();
    let slots = slots.into_iter().map(|(name, asked_by)| Slot {
        bound: typed.secrets.get(&name).cloned().unwrap_or_default(),
        asked_by: asked_by.join(", "),
        name,
    });
    if !errors.is_empty() && errors.at("revision").is_none() && typed.revision != o.revision.to_string() {
        // What was typed stays; sending it again overwrites what somebody else has saved meanwhile.
        typed.revision = o.revision.to_string();
    }
    let others = f.orchestras.iter().filter(|other| other.orchestra.id != o.id);
    let others = others.map(|other| (other.orchestra.id.to_string(), other.orchestra.name.clone())).collect();
    Ok(Settings {
        fires: Fires::of(&typed.cron, &typed.timezone, &visit.times),
        slots: slots.collect(),
        others,
        live: live.total(),
        times: visit.times,
        f: Frame { events: String::new(), ..f },
        o,
        score,
        typed,
        errors,
    })
}
