//! The ways in which a store is broken here, one promise at a time.

/// What is wrong with a [`BrokenStore`](crate::store::BrokenStore).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// Nothing: shows that the wrapper itself keeps every promise.
    None,
    /// A run that is enqueued again is made anew, under another id.
    EnqueueMakesAnother,
    /// An answer tells of a repeated run that it entered held.
    EnqueueTellsHeldAgain,
    /// A batch is enqueued run by run.
    BatchInPieces,
    /// Keys are kept but make nothing unique.
    KeyIgnored,
    /// A key that has expired is still taken.
    KeyForEver,
    /// Every duplicate counts as the same request.
    KeyHashIgnored,
    /// Limits hold nobody.
    LimitIgnored,
    /// Payloads are stored as values, not as text.
    PayloadParsed,
    /// Times are cut to milliseconds.
    TimeCut,
    /// A claim returns owned runs again.
    ClaimTakesOwned,
    /// Every claim of a run has the number 1.
    ClaimNoStays,
    /// A claim takes one more than its quota.
    QuotaExceeded,
    /// A quota counts for every class.
    ClassIgnored,
    /// A run can be claimed a microsecond early.
    ClaimEarly,
    /// Nobody knows what a claim took.
    ClaimedForgets,
    /// A worker is told of all it owns, by whatever claim.
    ClaimedIgnoresId,
    /// What is due always begins with the first.
    DueNeverGoesRound,
    /// The next moment may be now.
    DueTellsNow,
    /// Whoever names the run may write, under whatever claim.
    FenceIgnored,
    /// Any worker may write under the present claim.
    FenceIgnoresWorker,
    /// The steps of a refused record are written.
    RefusedWritesSteps,
    /// A record that was applied is refused when it is repeated.
    RepeatRefused,
    /// A finish that is repeated ends the run again, as it says.
    FinishAgain,
    /// What a run returned is lost.
    FinishLosesResult,
    /// A row that is final is replaced.
    FinalRowReplaced,
    /// A row that is not final is kept.
    OpenRowKept,
    /// A run parks, whatever signals came.
    ParkIgnoresSignals,
    /// A run that waits for a signal alone is due at once.
    ParkForgetsForEver,
    /// One refused record refuses those after it.
    BatchFailsTogether,
    /// The signals of a history stand in the order of their times.
    HistorySorted,
    /// A repeated signal is another one.
    SignalTwice,
    /// A run that has ended takes signals.
    SignalAfterEnd,
    /// A cancelled run does not say who did it.
    CancelForgetsActor,
    /// A run is reopened whatever its last record is.
    ReopenUncompared,
    /// A reopening writes no steps.
    ReopenForgetsRows,
    /// A reopening leaves the agents as they are.
    ReopenForgetsAgents,
    /// A reopened run is due a microsecond late.
    ReopenLate,
    /// Every reopening is another one.
    ReopenTwice,
    /// A reopened run still tells how it had ended.
    ReopenKeepsFinish,
    /// Force only asks.
    ForceOnlyAsks,
    /// Promote lets everybody go.
    PromoteAll,
    /// Held orchestras are named for each of their runs.
    HeldRepeats,
    /// The runs of the living are reclaimed too.
    ReclaimTakesAll,
    /// Recoveries are not counted.
    RecoveriesForgotten,
    /// A worker that falters has only parked.
    FalterUncounted,
    /// A claim does not know of records.
    RecordsForgotten,
    /// A run is found in any workspace.
    RunFoundAnywhere,
    /// A live run has no totals.
    LiveTotalsMissing,
    /// A page begins with the last row of the one before.
    PagesRepeatRows,
    /// A filter looks only at the first rows.
    FilterAfterLimit,
    /// The end of a time window belongs to it.
    UntilIncluded,
    /// An underscore in a prefix stands for anything.
    PrefixIsPattern,
    /// Pruning also takes what ended just then.
    PruneYoung,
    /// Pruning also takes what is live.
    PruneLive,
    /// A score loses its summary.
    SummaryLost,
    /// A version that is taken is silently kept.
    VersionsSwallowed,
    /// Versions may leave gaps.
    VersionGaps,
    /// A list has deleted scores too.
    DeletedListed,
    /// Scores of one workspace are those of all.
    ScoresShared,
    /// A score or an agent that is in use can be deleted.
    UsedDeleted,
    /// Agents of one workspace are those of all.
    AgentsShared,
    /// A page of agents begins with the last one of the page before.
    AgentPagesRepeat,
    /// Tools of an agent are sorted.
    ToolsSorted,
    /// Prices are listed as they were set.
    PricesUnsorted,
    /// What is sealed is kept as text.
    SecretsAsText,
    /// Every version of a secret is kept.
    SecretsNeverForgotten,
    /// Secrets of one workspace are those of all.
    SecretsShared,
    /// A list says that all versions are kept.
    SecretsListedFromFirst,
    /// A secret that is deleted stays.
    SecretsStay,
    /// Only one key is told.
    OneKeyTold,
    /// First versions are not found when keys change.
    OldVersionsNotResealed,
    /// Reseals are not compared.
    ResealUncompared,
    /// An orchestra loses its time zone.
    ZoneLost,
    /// An orchestra is found in any workspace.
    OrchestraFoundAnywhere,
    /// An orchestra that is read without its runs has no limit.
    BareOrchestraUnlimited,
    /// A page of orchestras has one too few.
    OrchestraPagesShort,
    /// An orchestra that exists can be created.
    OrchestraTwice,
    /// Held runs count as active.
    HeldCountsActive,
    /// Live runs are counted up to some hundreds.
    CountStopsEarly,
    /// Edits are not compared.
    EditUncompared,
    /// An edit forgets its ledger.
    EditLosesLedger,
    /// An orchestra with live runs can be deleted.
    BusyDeleted,
    /// Schedules come in any order.
    SchedulesUnsorted,
    /// A slot can be fired again.
    SlotFiresTwice,
    /// What was disabled fires.
    DisabledFires,
    /// A slot is written down without its run.
    LedgerWithoutRun,
    /// Overlaps do not matter.
    OverlapIgnored,
    /// Lateness is kept in 32 bits.
    LatenessCut,
    /// The ledger is listed oldest first.
    LedgerOldestFirst,
    /// Ranges are pruned by their first slot.
    LedgerPrunedEarly,
    /// A renewal is not written down.
    RenewalUnwritten,
    /// A renewal revives the dead.
    DeadRevived,
    /// A renewal tells nothing of signals.
    RenewalForgetsSignals,
    /// The dead are told once.
    DeadToldOnce,
    /// Who owns runs can be forgotten.
    BusyForgotten,
    /// Only who is registered can be dead.
    LateClaimOrphaned,
    /// A pause is only written down.
    PauseIgnored,
    /// A pause does not say who did it.
    PauseForgetsActor,
    /// Settings lose their time zone.
    SettingsForgetZone,
    /// Settings of any revision seem to be saved.
    SettingsUncompared,
    /// A row that is written again costs what it cost before, too.
    CostsAddUp,
    /// Costs are deleted with the runs.
    CostsDieWithRuns,
    /// What was billed at the very moment is left out.
    SpentSinceLater,
    /// What was billed without a price is nothing.
    SpentForgetsUnknown,
    /// Calls without a price are not counted.
    UnpricedUncounted,
    /// Nobody waits for a budget.
    WaitsForgotten,
    /// Pruning also takes what was billed just then.
    CostsPrunedYoung,
    /// The clock of the store tells nanoseconds.
    ClockTooFine,
    /// Changes are told before they can be read.
    ToldEarly,
    /// Changes of agents are not told.
    AgentsUntold,
    /// What is due is always told to be due only now.
    BacklogTellsNoAge,
    /// Workers are not told of what is due.
    DueUntold,
    /// Workers are not told of signals.
    SignalsUntold,
}
