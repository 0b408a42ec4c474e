//! Which clauses notice which breach: exactly these fail, and all others pass.

use crate::{breach::Breach, failing};

breaches! {
    none: None []
    enqueue_makes_another: EnqueueMakesAnother [
        the_live_row_follows_the_pure_model enqueue_is_repeatable a_key_makes_one_run a_limit_holds_a_run
        a_batch_is_enqueued_whole_or_not_at_all live_runs_are_counted
    ]
    enqueue_tells_held_again: EnqueueTellsHeldAgain [
        the_live_row_follows_the_pure_model enqueue_is_repeatable a_limit_holds_a_run
    ]
    batch_in_pieces: BatchInPieces [a_batch_is_enqueued_whole_or_not_at_all]
    key_ignored: KeyIgnored [
        enqueue_keeps_every_field a_key_makes_one_run a_batch_is_enqueued_whole_or_not_at_all
        prune_runs_deletes_only_old_ended_runs
    ]
    key_for_ever: KeyForEver [a_key_makes_one_run prune_runs_deletes_only_old_ended_runs]
    key_hash_ignored: KeyHashIgnored [a_key_makes_one_run]
    limit_ignored: LimitIgnored [
        the_live_row_follows_the_pure_model enqueue_is_repeatable a_limit_holds_a_run
        due_names_every_workspace_with_work due_tells_the_next_moment
        backlog_tells_how_much_is_due_and_since_when a_signal_wakes_a_parked_run
        what_does_not_run_is_cancelled_at_once a_reopened_run_is_played_on
        promote_lets_go_what_the_limit_allows held_names_orchestras_that_hold_runs
        prune_runs_deletes_only_old_ended_runs live_runs_are_counted overlap_decides_what_a_slot_becomes
        a_paused_workspace_is_not_claimed every_kind_of_change_is_told
    ]
    payload_parsed: PayloadParsed [enqueue_keeps_every_field a_finish_ends_the_run_once]
    time_cut: TimeCut [
        the_live_row_follows_the_pure_model claim_takes_the_oldest_due claim_keeps_to_its_quotas
        due_names_every_workspace_with_work due_tells_the_next_moment
        backlog_tells_how_much_is_due_and_since_when a_paused_workspace_is_not_claimed
    ]
    claim_takes_owned: ClaimTakesOwned [
        the_live_row_follows_the_pure_model enqueue_is_repeatable a_key_makes_one_run a_limit_holds_a_run
        a_batch_is_enqueued_whole_or_not_at_all claim_is_exclusive claim_takes_the_oldest_due
        claim_keeps_to_its_quotas a_lost_claim_answer_loses_no_run due_tells_the_next_moment
        a_record_is_fenced a_refused_record_writes_nothing a_park_that_missed_a_signal_is_refused
        a_signal_wakes_a_parked_run an_owner_is_asked_to_cancel promote_lets_go_what_the_limit_allows
        reclaim_returns_runs_of_the_dead runs_are_filtered steps_are_listed_in_pages steps_are_filtered
        prune_runs_deletes_only_old_ended_runs renewal_returns_what_is_owned
        an_owner_that_nobody_knows_is_dead a_paused_workspace_is_not_claimed
    ]
    claim_no_stays: ClaimNoStays [
        the_live_row_follows_the_pure_model enqueue_is_repeatable claim_raises_claim_no
        a_lost_claim_answer_loses_no_run a_record_is_fenced a_record_may_be_repeated
        a_parked_run_wakes_at_its_time a_worker_that_falters_is_counted a_reopened_run_is_played_on
        reclaim_returns_runs_of_the_dead a_worker_with_runs_is_not_forgotten
    ]
    quota_exceeded: QuotaExceeded [
        the_live_row_follows_the_pure_model claim_takes_the_oldest_due claim_keeps_to_its_quotas
        a_lost_claim_answer_loses_no_run due_names_every_workspace_with_work
        backlog_tells_how_much_is_due_and_since_when
    ]
    class_ignored: ClassIgnored [
        the_live_row_follows_the_pure_model claim_takes_the_oldest_due claim_keeps_to_its_quotas
        a_lost_claim_answer_loses_no_run due_names_every_workspace_with_work
        backlog_tells_how_much_is_due_and_since_when
    ]
    claim_early: ClaimEarly [
        the_live_row_follows_the_pure_model enqueue_keeps_every_field claim_raises_claim_no
        claim_keeps_to_its_quotas a_parked_run_wakes_at_its_time a_worker_that_falters_is_counted
        a_signal_wakes_a_parked_run what_does_not_run_is_cancelled_at_once a_reopened_run_is_played_on
        a_live_run_shows_where_it_stands
    ]
    claimed_forgets: ClaimedForgets [
        the_live_row_follows_the_pure_model claim_tells_where_the_record_ends a_lost_claim_answer_loses_no_run
        an_owner_is_asked_to_cancel
    ]
    claimed_ignores_id: ClaimedIgnoresId [
        the_live_row_follows_the_pure_model a_lost_claim_answer_loses_no_run
    ]
    due_never_goes_round: DueNeverGoesRound [due_names_every_workspace_with_work]
    backlog_tells_no_age: BacklogTellsNoAge [backlog_tells_how_much_is_due_and_since_when]
    due_tells_now: DueTellsNow [the_live_row_follows_the_pure_model due_tells_the_next_moment]
    fence_ignored: FenceIgnored [
        the_live_row_follows_the_pure_model a_record_is_fenced a_record_may_be_repeated
        a_refused_record_writes_nothing each_record_of_a_batch_stands_alone a_reopened_run_is_played_on
        reopening_writes_its_rows every_billed_try_is_a_cost_once
    ]
    fence_ignores_worker: FenceIgnoresWorker [
        the_live_row_follows_the_pure_model a_record_is_fenced a_record_may_be_repeated
        a_refused_record_writes_nothing each_record_of_a_batch_stands_alone reopening_writes_its_rows
        every_billed_try_is_a_cost_once
    ]
    refused_writes_steps: RefusedWritesSteps [
        the_live_row_follows_the_pure_model a_record_is_fenced a_refused_record_writes_nothing
        each_record_of_a_batch_stands_alone a_reopened_run_is_played_on reopening_writes_its_rows
        every_billed_try_is_a_cost_once
    ]
    repeat_refused: RepeatRefused [
        the_live_row_follows_the_pure_model a_record_may_be_repeated a_park_that_missed_a_signal_is_refused
        a_worker_that_falters_is_counted a_finish_ends_the_run_once each_record_of_a_batch_stands_alone
        every_billed_try_is_a_cost_once
    ]
    finish_again: FinishAgain [the_live_row_follows_the_pure_model a_finish_ends_the_run_once]
    finish_loses_result: FinishLosesResult [a_finish_ends_the_run_once]
    final_row_replaced: FinalRowReplaced [
        a_step_row_is_final_once what_does_not_run_is_cancelled_at_once force_fences_the_owner
        reopening_writes_its_rows
    ]
    open_row_kept: OpenRowKept [
        a_step_row_is_final_once a_finish_ends_the_run_once a_live_run_shows_where_it_stands
        steps_are_filtered every_billed_try_is_a_cost_once
        an_edit_of_settings_finds_who_waits_for_the_budget
    ]
    park_ignores_signals: ParkIgnoresSignals [
        the_live_row_follows_the_pure_model a_park_that_missed_a_signal_is_refused
        each_record_of_a_batch_stands_alone
    ]
    park_forgets_for_ever: ParkForgetsForEver [
        the_live_row_follows_the_pure_model due_names_every_workspace_with_work due_tells_the_next_moment
        a_parked_run_wakes_at_its_time a_signal_wakes_a_parked_run a_signal_is_kept_once
        what_does_not_run_is_cancelled_at_once reclaim_returns_runs_of_the_dead runs_are_filtered
        prune_runs_deletes_only_old_ended_runs an_edit_of_settings_finds_who_waits_for_the_budget
    ]
    batch_fails_together: BatchFailsTogether [each_record_of_a_batch_stands_alone]
    history_sorted: HistorySorted [history_returns_what_was_recorded]
    signal_twice: SignalTwice [
        the_live_row_follows_the_pure_model history_returns_what_was_recorded a_signal_is_kept_once
    ]
    signal_after_end: SignalAfterEnd [
        the_live_row_follows_the_pure_model a_finish_ends_the_run_once a_signal_to_an_ended_run_is_refused
    ]
    cancel_forgets_actor: CancelForgetsActor [
        what_does_not_run_is_cancelled_at_once an_owner_is_asked_to_cancel force_fences_the_owner
    ]
    force_only_asks: ForceOnlyAsks [
        the_live_row_follows_the_pure_model force_fences_the_owner reopening_writes_its_rows
        renewal_returns_what_is_owned costs_outlive_their_runs
    ]
    reopen_uncompared: ReopenUncompared [
        the_live_row_follows_the_pure_model only_what_ended_badly_is_reopened
    ]
    reopen_forgets_rows: ReopenForgetsRows [reopening_writes_its_rows]
    reopen_forgets_agents: ReopenForgetsAgents [reopening_writes_its_rows]
    reopen_late: ReopenLate [
        the_live_row_follows_the_pure_model a_reopened_run_is_played_on reopening_undoes_the_finish
        reopening_writes_its_rows a_run_is_reopened_once only_what_ended_badly_is_reopened
    ]
    reopen_twice: ReopenTwice [
        the_live_row_follows_the_pure_model reopening_writes_its_rows a_run_is_reopened_once
    ]
    reopen_keeps_finish: ReopenKeepsFinish [reopening_undoes_the_finish]
    promote_all: PromoteAll [
        the_live_row_follows_the_pure_model promote_lets_go_what_the_limit_allows live_runs_are_counted
    ]
    held_repeats: HeldRepeats [the_live_row_follows_the_pure_model held_names_orchestras_that_hold_runs]
    reclaim_takes_all: ReclaimTakesAll [
        the_live_row_follows_the_pure_model a_record_is_fenced reclaim_returns_runs_of_the_dead
        an_owner_that_nobody_knows_is_dead
    ]
    recoveries_forgotten: RecoveriesForgotten [
        the_live_row_follows_the_pure_model a_worker_that_falters_is_counted reclaim_returns_runs_of_the_dead
    ]
    falter_uncounted: FalterUncounted [
        the_live_row_follows_the_pure_model a_worker_that_falters_is_counted
    ]
    records_forgotten: RecordsForgotten [
        the_live_row_follows_the_pure_model claim_tells_where_the_record_ends a_reopened_run_is_played_on
    ]
    run_found_anywhere: RunFoundAnywhere [a_run_is_found_in_its_workspace_only]
    live_totals_missing: LiveTotalsMissing [
        a_step_row_is_final_once reopening_undoes_the_finish a_live_run_shows_where_it_stands
    ]
    pages_repeat_rows: PagesRepeatRows [runs_are_listed_newest_first_in_pages runs_are_filtered]
    filter_after_limit: FilterAfterLimit [runs_are_filtered]
    until_included: UntilIncluded [runs_are_filtered]
    prefix_is_pattern: PrefixIsPattern [steps_are_filtered]
    prune_young: PruneYoung [reopening_undoes_the_finish prune_runs_deletes_only_old_ended_runs]
    prune_live: PruneLive [reopening_undoes_the_finish prune_runs_deletes_only_old_ended_runs]
    summary_lost: SummaryLost [a_score_reads_back_equal]
    versions_swallowed: VersionsSwallowed [
        a_score_version_is_immutable a_deleted_score_id_is_not_given_again an_agent_version_is_immutable
        a_secret_version_is_immutable
    ]
    version_gaps: VersionGaps [
        score_versions_have_no_gaps agent_versions_have_no_gaps secret_versions_have_no_gaps
        a_deleted_secret_is_gone
    ]
    deleted_listed: DeletedListed [scores_are_listed_in_pages]
    scores_shared: ScoresShared [
        a_deleted_score_id_is_not_given_again a_score_is_found_in_its_workspace_only
        a_score_in_use_is_not_deleted an_agent_in_use_is_not_deleted every_kind_of_change_is_told
    ]
    used_deleted: UsedDeleted [a_score_in_use_is_not_deleted an_agent_in_use_is_not_deleted]
    agents_shared: AgentsShared [
        an_agent_is_found_in_its_workspace_only an_agent_in_use_is_not_deleted every_kind_of_change_is_told
    ]
    agent_pages_repeat: AgentPagesRepeat [agents_are_listed_in_pages]
    tools_sorted: ToolsSorted [an_agent_reads_back_equal]
    prices_unsorted: PricesUnsorted [prices_are_replaced_by_model_and_moment]
    secrets_as_text: SecretsAsText [a_secret_reads_back_equal]
    secrets_never_forgotten: SecretsNeverForgotten [
        old_secret_versions_are_forgotten secrets_are_listed_in_pages
    ]
    secrets_shared: SecretsShared [
        old_secret_versions_are_forgotten a_secret_is_found_in_its_workspace_only secrets_are_listed_in_pages
        secret_keys_are_told secrets_under_other_keys_are_found
    ]
    secrets_listed_from_first: SecretsListedFromFirst [secrets_are_listed_in_pages]
    secrets_stay: SecretsStay [secrets_are_listed_in_pages a_deleted_secret_is_gone secret_keys_are_told]
    one_key_told: OneKeyTold [secret_keys_are_told]
    old_versions_not_resealed: OldVersionsNotResealed [secrets_under_other_keys_are_found]
    reseal_uncompared: ResealUncompared [a_reseal_is_compared]
    zone_lost: ZoneLost [
        an_orchestra_reads_back_equal a_bare_orchestra_is_the_whole_orchestra an_edit_is_compared
    ]
    orchestra_found_anywhere: OrchestraFoundAnywhere [an_orchestra_is_found_in_its_workspace_only]
    bare_orchestra_unlimited: BareOrchestraUnlimited [a_bare_orchestra_is_the_whole_orchestra]
    orchestra_pages_short: OrchestraPagesShort [orchestras_are_listed_in_pages]
    orchestra_twice: OrchestraTwice [an_orchestra_id_is_never_given_again]
    held_counts_active: HeldCountsActive [live_runs_are_counted overlap_decides_what_a_slot_becomes]
    count_stops_early: CountStopsEarly [live_runs_are_counted]
    edit_uncompared: EditUncompared [an_edit_is_compared an_edit_covers_its_slots]
    edit_loses_ledger: EditLosesLedger [an_edit_covers_its_slots]
    busy_deleted: BusyDeleted [only_a_quiet_orchestra_is_deleted]
    schedules_unsorted: SchedulesUnsorted [due_schedules_are_enabled_and_due]
    slot_fires_twice: SlotFiresTwice [a_slot_fires_once a_disabled_or_edited_orchestra_does_not_fire]
    disabled_fires: DisabledFires [
        an_edit_is_compared only_a_quiet_orchestra_is_deleted due_schedules_are_enabled_and_due
        due_schedules_tell_the_next_moment a_disabled_or_edited_orchestra_does_not_fire
    ]
    ledger_without_run: LedgerWithoutRun [
        only_a_quiet_orchestra_is_deleted a_slot_fires_once fire_writes_the_ledger_and_the_run_together
        overlap_decides_what_a_slot_becomes a_very_late_slot_is_written_down every_kind_of_change_is_told
    ]
    overlap_ignored: OverlapIgnored [overlap_decides_what_a_slot_becomes]
    lateness_cut: LatenessCut [a_very_late_slot_is_written_down]
    ledger_oldest_first: LedgerOldestFirst [
        an_edit_covers_its_slots fire_writes_the_ledger_and_the_run_together
        a_very_late_slot_is_written_down the_ledger_is_listed_latest_first_in_pages
        prune_firings_deletes_only_old_rows
    ]
    ledger_pruned_early: LedgerPrunedEarly [prune_firings_deletes_only_old_rows]
    renewal_unwritten: RenewalUnwritten [a_renewed_worker_is_not_dead]
    dead_revived: DeadRevived [
        a_dead_worker_never_comes_back an_owner_that_nobody_knows_is_dead a_worker_with_runs_is_not_forgotten
    ]
    renewal_forgets_signals: RenewalForgetsSignals [renewal_returns_what_is_owned]
    dead_told_once: DeadToldOnce [
        a_dead_worker_never_comes_back silent_workers_are_dead an_owner_that_nobody_knows_is_dead
        a_worker_with_runs_is_not_forgotten
    ]
    busy_forgotten: BusyForgotten [an_owner_that_nobody_knows_is_dead a_worker_with_runs_is_not_forgotten]
    late_claim_orphaned: LateClaimOrphaned [
        an_owner_that_nobody_knows_is_dead a_worker_with_runs_is_not_forgotten
    ]
    pause_ignored: PauseIgnored [a_pause_lasts_until_resumed a_paused_workspace_is_not_claimed]
    pause_forgets_actor: PauseForgetsActor [a_pause_lasts_until_resumed settings_read_back_equal]
    settings_forget_zone: SettingsForgetZone [settings_read_back_equal]
    settings_uncompared: SettingsUncompared [settings_are_compared]
    costs_add_up: CostsAddUp [every_billed_try_is_a_cost_once]
    costs_die_with_runs: CostsDieWithRuns [costs_outlive_their_runs]
    spent_since_later: SpentSinceLater [every_billed_try_is_a_cost_once spent_is_the_sum_since_a_moment]
    spent_forgets_unknown: SpentForgetsUnknown [
        every_billed_try_is_a_cost_once spent_is_the_sum_since_a_moment
    ]
    unpriced_uncounted: UnpricedUncounted [costs_are_summed_by_what_is_asked]
    waits_forgotten: WaitsForgotten [an_edit_of_settings_finds_who_waits_for_the_budget]
    costs_pruned_young: CostsPrunedYoung [prune_costs_deletes_only_old_ones]
    clock_too_fine: ClockTooFine [the_clock_of_a_store_tells_whole_microseconds]
    told_early: ToldEarly [a_change_is_told_after_it_is_readable]
    agents_untold: AgentsUntold [every_kind_of_change_is_told]
    due_untold: DueUntold [every_kind_of_change_is_told]
    signals_untold: SignalsUntold [every_kind_of_change_is_told]
}
