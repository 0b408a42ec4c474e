//! The tier of runs: what a store of [`RunStore`](crate::ports::store::RunStore) alone must keep.

mod cancel;
mod claim;
mod due;
mod enqueue;
mod fence;
mod finish;
mod held;
mod keys;
mod model;
mod parking;
mod prune;
mod read;
mod reclaim;
mod reopen;
mod signal;
mod steps;

pub use self::cancel::{
    an_owner_is_asked_to_cancel, force_fences_the_owner, what_does_not_run_is_cancelled_at_once,
};
pub use self::claim::{
    a_lost_claim_answer_loses_no_run, claim_is_exclusive, claim_keeps_to_its_quotas, claim_raises_claim_no,
    claim_takes_the_oldest_due, claim_tells_where_the_record_ends,
};
pub use self::due::{
    backlog_tells_how_much_is_due_and_since_when, due_names_every_workspace_with_work,
    due_tells_the_next_moment,
};
pub use self::enqueue::{
    a_batch_is_enqueued_whole_or_not_at_all, enqueue_is_repeatable, enqueue_keeps_every_field,
};
pub use self::fence::{
    a_record_is_fenced, a_record_may_be_repeated, a_refused_record_writes_nothing,
    each_record_of_a_batch_stands_alone,
};
pub use self::finish::a_finish_ends_the_run_once;
pub use self::held::{
    a_limit_holds_a_run, held_names_orchestras_that_hold_runs, promote_lets_go_what_the_limit_allows,
};
pub use self::keys::a_key_makes_one_run;
pub use self::model::the_live_row_follows_the_pure_model;
pub use self::parking::{a_park_that_missed_a_signal_is_refused, a_parked_run_wakes_at_its_time};
pub use self::prune::prune_runs_deletes_only_old_ended_runs;
pub use self::read::{
    a_live_run_shows_where_it_stands, a_run_is_found_in_its_workspace_only, runs_are_filtered,
    runs_are_listed_newest_first_in_pages,
};
pub use self::reclaim::{a_worker_that_falters_is_counted, reclaim_returns_runs_of_the_dead};
pub use self::reopen::{
    a_reopened_run_is_played_on, a_run_is_reopened_once, only_what_ended_badly_is_reopened,
    reopening_undoes_the_finish, reopening_writes_its_rows,
};
pub use self::signal::{
    a_signal_is_kept_once, a_signal_to_an_ended_run_is_refused, a_signal_wakes_a_parked_run,
};
pub use self::steps::{
    a_step_row_is_final_once, history_returns_what_was_recorded, steps_are_filtered,
    steps_are_listed_in_pages,
};
