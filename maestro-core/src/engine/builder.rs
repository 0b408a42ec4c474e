//! Building an engine from its parts.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Maestro, MasterKeys, Options, Roles, Skill, SkillsError,
    counters::Counters,
    maintenance,
    outages::Outages,
    plans::Plans,
    scheduler,
    secrets::{self, Secrets},
    shared::Shared,
    skills::Skills,
    spending::Spending,
    worker,
};
use crate::{
    domain::PriceBook,
    ports::{Clock, Entropy, ModelClient, SecretSource, Store, SystemClock, SystemEntropy},
};

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
    /// The store holds sealed secrets, and nothing to open them with was given.
    #[error(
        "the store holds sealed secrets, and the engine was given no master key; set MAESTRO_SECRET_KEY and give \
         MasterKeys to the builder"
    )]
    NoMasterKey,
    /// The store holds secrets that none of the given master keys opens.
    #[error(
        "the store holds secrets that are sealed under the master key {}, which is not among those that the engine was \
         given; set MAESTRO_SECRET_KEY to it, or add it to MAESTRO_SECRET_KEY_PREVIOUS",
        .lacking.join(" and ")
    )]
    WrongMasterKey {
        /// The names of the keys that are needed.
        lacking: Vec<String>,
    },
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
    model: Option<Arc<dyn ModelClient>>,
    price_book: PriceBook,
    secrets: Secrets,
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
            model: None,
            price_book: PriceBook::default(),
            secrets: Secrets::default(),
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

    /// Adds a source of secrets. Sources are asked in the order in which they were added, the vault last; the first one that
    /// has a secret gives it.
    #[must_use]
    pub fn secrets(mut self, source: impl SecretSource) -> Self {
        self.secrets.sources.push(Arc::new(source));
        self
    }

    /// Opens the vault: secrets that are put into workspaces are sealed under these keys and kept in the store. `None`
    /// means that there is none, which is the default.
    #[must_use]
    pub fn master_keys(mut self, keys: impl Into<Option<MasterKeys>>) -> Self {
        self.secrets.keys = keys.into();
        self
    }

    /// Sets what talks to the providers of language models. Without one, LLM nodes are left to other processes.
    #[must_use]
    pub fn model_client(self, client: Arc<dyn ModelClient>) -> Self {
        Self { model: Some(client), ..self }
    }

    /// Sets the options.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Sets what models cost where a workspace has no price of its own. Default empty: then a call whose model has no price
    /// in its workspace costs an unknown amount.
    #[must_use]
    pub fn price_book(self, price_book: PriceBook) -> Self {
        Self { price_book, ..self }
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

    /// Starts the engine: from now on it claims and fires, as its roles say. An unreachable store is waited for; should it
    /// then turn out to hold secrets that the master keys do not open, the engine says so in the log and stops.
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
            model: self.model,
            price_book: self.price_book,
            spending: Spending::default(),
            secrets: self.secrets,
            plans: Plans::default(),
            outages: Outages::default(),
            counters: Counters::default(),
            work: Notify::new(),
            schedules: Notify::new(),
            stopping: CancellationToken::new(),
            out_of_grace: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        if !secrets::check_now(&shared).await? {
            shared.tasks.spawn(secrets::check_later(Arc::clone(&shared)));
        }
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
