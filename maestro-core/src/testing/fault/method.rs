//! The calls of a store that a plan can name, so that a misspelt one does not compile.

/// Defines [`Method`] from the names of the port's methods.
macro_rules! methods {
    ($($variant:ident = $name:ident),+ $(,)?) => {
        /// A method of the store port.
        // Not `non_exhaustive`, on purpose: a new method must be wrapped before anything compiles.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Method { $(
            #[doc = concat!("`", stringify!($name), "`.")]
            $variant,
        )+ }

        impl Method {
            /// Every method, in the order of the ports.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name that the method has in its trait.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($name)),+ }
            }
        }
    };
}

methods! {
    Enqueue = enqueue, Claim = claim, Claimed = claimed, Due = due, Backlog = backlog, Record = record, History = history,
    Signal = signal, Cancel = cancel, Reopen = reopen, Promote = promote, Held = held, Reclaim = reclaim, Run = run, Runs = runs,
    Steps = steps, PruneRuns = prune_runs,
    SaveScore = save_score, Score = score, Scores = scores, DeleteScore = delete_score,
    SaveAgent = save_agent, Agent = agent, Agents = agents, DeleteAgent = delete_agent, SetPrices = set_prices,
    Prices = prices,
    PutSecret = put_secret, Secret = secret, Secrets = secrets, DeleteSecret = delete_secret,
    SecretKeys = secret_keys, SecretsUnderOtherKeys = secrets_under_other_keys, ResealSecret = reseal_secret,
    CreateOrchestra = create_orchestra, Orchestra = orchestra, BareOrchestra = bare_orchestra, Orchestras = orchestras,
    EditOrchestra = edit_orchestra, DeleteOrchestra = delete_orchestra, DueSchedules = due_schedules, Fire = fire,
    Firings = firings, PruneFirings = prune_firings,
    RegisterWorker = register_worker, RenewWorker = renew_worker, DeadWorkers = dead_workers,
    ForgetWorkers = forget_workers, PauseWorkspace = pause_workspace, Workspace = workspace,
    Settings = settings, SaveSettings = save_settings, Spent = spent, Costs = costs, BudgetWaits = budget_waits,
    PruneCosts = prune_costs,
    Changes = changes, NextChange = next,
}
