//! Building an engine from its parts.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Maestro, Options, Roles, Skill, SkillsError, maintenance, outages::Outages, plans::Plans, scheduler,
    shared::Shared, skills::Skills, worker,
};
use crate::ports::{Clock, Entropy, Store, SystemClock, SystemEntropy};

/// Why an engine cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Skills with bad or equal names.
    #[error(transparent)]
    Skills(#[from] SkillsError),
    /// Options that make no sense.
    #[error("options: {0}")]
    Options(&'static str),
    /// There is no tokio runtime to run the engine's tasks.
    #[error("an engine needs a tokio runtime; build it inside #[tokio::main]")]
    NoRuntime,
}

/// Builds an engine. Made by [`Maestro::builder`].
pub struct Builder {
    store: Arc<dyn Store>,
    clock: Option<Arc<dyn Clock>>,
    entropy: Arc<dyn Entropy>,
    options: Options,
    roles: Roles,
    skills: Vec<Skill>,
}

impl Maestro {
    /// Begins to build an engine on `store`.
    pub fn builder(store: impl Store) -> Builder {
        Self::builder_on(Arc::new(store))
    }

    /// Begins to build an engine on a store that others hold too.
    pub fn builder_on(store: Arc<dyn Store>) -> Builder {
        Builder {
            store,
            clock: None,
            entropy: Arc::new(SystemEntropy),
            options: Options::default(),
            roles: Roles::default(),
            skills: Vec::new(),
        }
    }
}

impl Builder {
    /// Adds a skill.
    #[must_use]
    pub fn skill(mut self, skill: Skill) -> Self {
        self.skills.push(skill);
        self
    }

    /// Sets the options.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Sets what the process does. Default [`Roles::all`].
    #[must_use]
    pub fn roles(self, roles: Roles) -> Self {
        Self { roles, ..self }
    }

    /// Sets the clock. Default the one that [the store brings](Store::clock), else the [`SystemClock`].
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Sets the source of randomness. Default the [`SystemEntropy`].
    #[must_use]
    pub fn entropy(self, entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, ..self }
    }

    /// Starts the engine: from now on it claims and fires, as its roles say. An unreachable store is waited for.
    ///
    /// # Errors
    /// [`BuildError`], before anything was started.
    pub async fn build(self) -> Result<Maestro, BuildError> {
        if let Some(problem) = self.options.problem() {
            return Err(BuildError::Options(problem));
        }
        tokio::runtime::Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let of_store = || self.store.clock();
        let clock = self.clock.or_else(of_store).unwrap_or_else(|| Arc::new(SystemClock::new()));
        let shared = Arc::new(Shared {
            store: self.store,
            clock,
            entropy: self.entropy,
            options: self.options,
            skills: Skills::new(self.skills)?,
            plans: Plans::default(),
            outages: Outages::default(),
            work: Notify::new(),
            schedules: Notify::new(),
            stopping: CancellationToken::new(),
            out_of_grace: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        if self.roles.worker {
            shared.tasks.spawn(worker::run(Arc::clone(&shared)));
        }
        if self.roles.scheduler {
            shared.tasks.spawn(scheduler::run(Arc::clone(&shared)));
            shared.tasks.spawn(maintenance::run(Arc::clone(&shared)));
        }
        Ok(Maestro { shared, by_hand: Arc::default() })
    }
}
