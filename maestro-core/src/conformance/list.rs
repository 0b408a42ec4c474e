//! The one list of clauses, and the macros that make tests, names and functions of it.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use crate::ports::Store;

/// Hands the list to the macro `$then`, after `$with`: of each tier its name, the role it needs, and its clauses.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_clauses {
    ($then:ident $with:tt) => {
        $crate::$then! { $with
            runs: RunStore [
                the_live_row_follows_the_pure_model
                enqueue_is_repeatable
                enqueue_keeps_every_field
                a_key_makes_one_run
                a_limit_holds_a_run
                a_batch_is_enqueued_whole_or_not_at_all
                claim_is_exclusive
                claim_raises_claim_no
                claim_tells_where_the_record_ends
                claim_takes_the_oldest_due
                claim_keeps_to_its_quotas
                a_lost_claim_answer_loses_no_run
                due_names_every_workspace_with_work
                due_tells_the_next_moment
                backlog_tells_how_much_is_due_and_since_when
                a_record_is_fenced
                a_record_may_be_repeated
                a_refused_record_writes_nothing
                a_step_row_is_final_once
                a_park_that_missed_a_signal_is_refused
                a_parked_run_wakes_at_its_time
                a_worker_that_falters_is_counted
                a_finish_ends_the_run_once
                each_record_of_a_batch_stands_alone
                history_returns_what_was_recorded
                a_signal_wakes_a_parked_run
                a_signal_is_kept_once
                a_signal_to_an_ended_run_is_refused
                what_does_not_run_is_cancelled_at_once
                an_owner_is_asked_to_cancel
                force_fences_the_owner
                a_reopened_run_is_played_on
                reopening_undoes_the_finish
                reopening_writes_its_rows
                a_run_is_reopened_once
                only_what_ended_badly_is_reopened
                promote_lets_go_what_the_limit_allows
                held_names_orchestras_that_hold_runs
                reclaim_returns_runs_of_the_dead
                a_run_is_found_in_its_workspace_only
                a_live_run_shows_where_it_stands
                runs_are_listed_newest_first_in_pages
                runs_are_filtered
                steps_are_listed_in_pages
                steps_are_filtered
                prune_runs_deletes_only_old_ended_runs
            ]
            scores: ScoreStore [
                a_score_reads_back_equal
                a_score_version_is_immutable
                score_versions_have_no_gaps
                a_deleted_score_id_is_not_given_again
                a_score_is_found_in_its_workspace_only
                scores_are_listed_in_pages
            ]
            agents: AgentStore [
                an_agent_reads_back_equal
                an_agent_version_is_immutable
                agent_versions_have_no_gaps
                an_agent_is_found_in_its_workspace_only
                agents_are_listed_in_pages
                prices_are_replaced_by_model_and_moment
            ]
            secrets: SecretStore [
                a_secret_reads_back_equal
                secret_versions_have_no_gaps
                a_secret_version_is_immutable
                old_secret_versions_are_forgotten
                a_secret_is_found_in_its_workspace_only
                secrets_are_listed_in_pages
                a_deleted_secret_is_gone
                secret_keys_are_told
                secrets_under_other_keys_are_found
                a_reseal_is_compared
            ]
            orchestras: Store [
                an_orchestra_reads_back_equal
                an_orchestra_id_is_never_given_again
                an_orchestra_is_found_in_its_workspace_only
                live_runs_are_counted
                a_bare_orchestra_is_the_whole_orchestra
                orchestras_are_listed_in_pages
                an_edit_is_compared
                an_edit_covers_its_slots
                only_a_quiet_orchestra_is_deleted
                a_score_in_use_is_not_deleted
                an_agent_in_use_is_not_deleted
                due_schedules_are_enabled_and_due
                due_schedules_tell_the_next_moment
                a_slot_fires_once
                a_disabled_or_edited_orchestra_does_not_fire
                fire_writes_the_ledger_and_the_run_together
                overlap_decides_what_a_slot_becomes
                a_very_late_slot_is_written_down
                the_ledger_is_listed_latest_first_in_pages
                prune_firings_deletes_only_old_rows
            ]
            workers: Store [
                a_dead_worker_never_comes_back
                renewal_returns_what_is_owned
                a_renewed_worker_is_not_dead
                silent_workers_are_dead
                an_owner_that_nobody_knows_is_dead
                a_worker_with_runs_is_not_forgotten
                a_pause_lasts_until_resumed
                a_paused_workspace_is_not_claimed
                the_clock_of_a_store_tells_whole_microseconds
            ]
            costs: Store [
                every_billed_try_is_a_cost_once
                costs_outlive_their_runs
                settings_read_back_equal
                settings_are_compared
                spent_is_the_sum_since_a_moment
                costs_are_summed_by_what_is_asked
                an_edit_of_settings_finds_who_waits_for_the_budget
                prune_costs_deletes_only_old_ones
            ]
            events: Store [
                a_change_is_told_after_it_is_readable
                every_kind_of_change_is_told
            ]
        }
    };
}

/// Makes one `#[tokio::test]` for each clause of the store contract, named like the clause.
///
/// `store_conformance!(fresh)` is the whole suite; `store_conformance!(runs: fresh)` is one tier (`runs`, `scores`,
/// `agents`, `secrets`, `orchestras`, `workers`, `costs`, `events`). `fresh` is an `async fn` without arguments that
/// returns a new, empty store in an `Arc`, and a guard that lives until the test has ended. See
/// [`conformance`](crate::conformance).
#[macro_export]
macro_rules! store_conformance {
    ($tier:ident: $fresh:path) => {
        $crate::__store_clauses! { __store_tests ($tier $fresh) }
    };
    ($fresh:path) => {
        $crate::__store_clauses! { __store_tests (all $fresh) }
    };
}

/// Makes the tests of the wanted tier from the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_tests {
    ((all $fresh:path) $($tier:ident: $role:ident $clauses:tt)*) => {
        $($crate::__store_tests! { @tier $fresh, $role $clauses })*
    };
    ((runs $fresh:path) runs: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    ((scores $fresh:path) scores: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    ((agents $fresh:path) agents: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    ((secrets $fresh:path) secrets: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    ((orchestras $fresh:path) orchestras: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    ((workers $fresh:path) workers: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    ((costs $fresh:path) costs: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    ((events $fresh:path) events: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { @tier $fresh, $role $clauses }
    };
    (($wanted:ident $fresh:path) $other:ident: $role:ident $clauses:tt $($rest:tt)*) => {
        $crate::__store_tests! { ($wanted $fresh) $($rest)* }
    };
    (($wanted:ident $fresh:path)) => {
        ::core::compile_error!(
            "no such tier; use runs, scores, agents, secrets, orchestras, workers, costs or events"
        );
    };
    (@tier $fresh:path, $role:ident [$($clause:ident)*]) => { $(
        #[tokio::test]
        async fn $clause() {
            let (store, _guard) = $fresh().await;
            let store: ::std::sync::Arc<dyn $crate::ports::store::$role> = store;
            $crate::conformance::$clause(store).await;
        }
    )* };
}

/// A clause of the contract: a promise with a test.
#[derive(Clone, Copy)]
pub struct Clause {
    /// Its tier.
    pub tier: &'static str,
    /// Its name, in the port's documentation and in this module.
    pub name: &'static str,
    play: fn(Arc<dyn Store>) -> Playing,
}

type Playing = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Clause {
    /// Plays the clause on a new, empty store.
    ///
    /// # Panics
    /// When the store breaks the promise.
    pub async fn play(&self, store: Arc<dyn Store>) {
        (self.play)(store).await;
    }
}

impl fmt::Debug for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tier, self.name)
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __store_clause_names {
    (() $($tier:ident: $role:ident [$($clause:ident)*])*) => {
        /// The tier and the name of every clause.
        pub const CLAUSES: &[(&str, &str)] = &[$($((stringify!($tier), stringify!($clause)),)*)*];

        /// Returns every clause, to play them one by one on a whole store.
        pub fn clauses() -> Vec<Clause> {
            vec![$($(Clause {
                tier: stringify!($tier),
                name: stringify!($clause),
                play: |store| Box::pin($crate::conformance::$clause(store)),
            },)*)*]
        }
    };
}

__store_clauses! { __store_clause_names () }
