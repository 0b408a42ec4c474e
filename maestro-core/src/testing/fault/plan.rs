//! Which call fails, and how: written down call by call, or drawn from a seed.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    ops::{Bound, RangeBounds},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Method;
use crate::{
    ports::{Clock, EntropyExt},
    testing::SeededEntropy,
};

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The store is not called; the answer is `Unavailable`.
    NotApplied,
    /// The store is called, its answer is lost; the answer is `Unavailable`.
    AppliedButError,
    /// The store is called only after so long.
    Delay(Duration),
    /// The store is called, its answer comes only after so long.
    LateAnswer(Duration),
    /// The store's future is polled so often and then dropped; the answer is `Unavailable`. 0: it is never polled.
    DroppedAfter(u32),
    /// The store is not called; the answer is `NotStorable`, as if a value of the call could not be kept.
    NotStorable,
    /// The store is not called; the answer is `Corrupt`, as if a record made no sense.
    Corrupt,
    /// The store is not called and no answer ever comes: the caller can only drop the future.
    HangBefore,
    /// The store is called and no answer ever comes: the caller can only drop the future.
    HangAfter,
}

/// How often a seeded plan lets calls fail: a chance from 0 to 1 for each fault, together at most 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultRates {
    /// [`Fault::NotApplied`].
    pub not_applied: f64,
    /// [`Fault::AppliedButError`].
    pub applied_but_error: f64,
    /// [`Fault::Delay`] or [`Fault::LateAnswer`], up to `longest_delay`.
    pub delayed: f64,
    /// The longest delay.
    pub longest_delay: Duration,
    /// [`Fault::DroppedAfter`] 0 to 3 polls.
    pub dropped: f64,
}

/// One call that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which method.
    pub method: Method,
    /// The how manieth call of this method, from 1.
    pub number: u64,
    /// What went wrong with it, if anything.
    pub fault: Option<Fault>,
    /// How long the caller waited for the answer, by the plan's clock. `None` while there is none.
    pub took: Option<Duration>,
}

/// Decides for each call of one or more [`FaultStore`](super::FaultStore)s what goes wrong. Cloning shares it.
///
/// A partition comes first, then what [`fail_next`](Self::fail_next) asked for, then ranges in the order in which they
/// were given, then chance.
#[derive(Clone)]
pub struct FaultPlan {
    pub(super) clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    partitioned: bool,
    /// By the monotonic clock.
    frozen_until: Duration,
    /// A text that the store cannot keep, wherever it stands.
    unstorable: Option<String>,
    next: BTreeMap<Method, VecDeque<Fault>>,
    ranges: Vec<Range>,
    chance: Option<(SeededEntropy, FaultRates)>,
    counts: BTreeMap<Method, u64>,
    calls: Vec<Call>,
}

/// Calls of one method, or of all counted together.
struct Range {
    method: Option<Method>,
    numbers: (Bound<u64>, Bound<u64>),
    fault: Fault,
}

impl FaultPlan {
    /// Makes a plan that lets every call pass. Delays wait by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// Lets the next call of `method` fail. Asked twice, the next two fail.
    pub fn fail_next(&self, method: Method, fault: Fault) {
        self.lock().next.entry(method).or_default().push_back(fault);
    }

    /// Lets the calls of `method` with these numbers (from 1) fail: `between(Method::Claim, 2..=4, …)`.
    pub fn between(&self, method: Method, numbers: impl RangeBounds<u64>, fault: Fault) {
        self.add_range(Some(method), numbers, fault);
    }

    /// Lets calls fail by their number (from 1) among all calls: `between_all(7.., …)` is the end of a process.
    pub fn between_all(&self, numbers: impl RangeBounds<u64>, fault: Fault) {
        self.add_range(None, numbers, fault);
    }

    /// Lets every `record` and `enqueue` be [`Fault::NotStorable`] that has `text` somewhere in a value.
    pub fn refuse_values_with(&self, text: impl Into<String>) {
        self.lock().unstorable = Some(text.into());
    }

    /// Lets calls fail by chance; the same seed and the same order of calls give the same faults.
    pub fn random(&self, seed: u64, rates: FaultRates) {
        self.lock().chance = Some((SeededEntropy::new(seed), rates));
    }

    /// Cuts the store off: every call is [`Fault::NotApplied`] until [`heal`](Self::heal).
    pub fn partition(&self) {
        self.lock().partitioned = true;
    }

    /// Ends the partition.
    pub fn heal(&self) {
        self.lock().partitioned = false;
    }

    /// Lets no call through, and no answer, until `span` has passed and any earlier freeze is over; then all go on, as
    /// after SIGSTOP and SIGCONT. Clocks are the caller's to stop.
    pub fn freeze(&self, span: Duration) {
        let until = self.clock.monotonic().saturating_add(span);
        let mut state = self.lock();
        state.frozen_until = state.frozen_until.max(until);
    }

    /// Waits for as long as the plan is frozen.
    pub(super) async fn thaw(&self) {
        loop {
            let left = self.lock().frozen_until.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return;
            }
            self.clock.sleep(left).await;
        }
    }

    /// Lets every call pass from now on: no partition, nothing planned, no chance.
    pub fn calm(&self) {
        let mut state = self.lock();
        *state = State {
            counts: std::mem::take(&mut state.counts),
            calls: std::mem::take(&mut state.calls),
            ..State::default()
        };
    }

    /// Returns every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Returns how often `method` was called.
    pub fn count(&self, method: Method) -> u64 {
        self.lock().counts.get(&method).copied().unwrap_or(0)
    }

    /// Tells whether the store cannot keep one of these values.
    pub(super) fn refuses<'a>(&self, mut texts: impl Iterator<Item = &'a str>) -> bool {
        let state = self.lock();
        state.unstorable.as_ref().is_some_and(|unstorable| texts.any(|text| text.contains(unstorable)))
    }

    /// Counts a call and decides what goes wrong with it. Returns its place among the calls, too.
    pub(super) fn decide(&self, method: Method) -> (usize, Option<Fault>) {
        let mut state = self.lock();
        let count = state.counts.entry(method).or_default();
        *count += 1;
        let number = *count;
        let fault = state.fault(method, number);
        state.calls.push(Call { method, number, fault, took: None });
        (state.calls.len() - 1, fault)
    }

    /// Takes down how long a call took.
    pub(super) fn answered(&self, place: usize, took: Duration) {
        self.lock().calls[place].took = Some(took);
    }

    fn add_range(&self, method: Option<Method>, numbers: impl RangeBounds<u64>, fault: Fault) {
        let numbers = (numbers.start_bound().cloned(), numbers.end_bound().cloned());
        self.lock().ranges.push(Range { method, numbers, fault });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fault(&mut self, method: Method, number: u64) -> Option<Fault> {
        if self.partitioned {
            return Some(Fault::NotApplied);
        }
        if let Some(fault) = self.next.get_mut(&method).and_then(VecDeque::pop_front) {
            return Some(fault);
        }
        let among_all = self.calls.len() as u64 + 1;
        let planned = self.ranges.iter().find(|range| match range.method {
            Some(one) => one == method && range.numbers.contains(&number),
            None => range.numbers.contains(&among_all),
        });
        match (planned, &self.chance) {
            (Some(range), _) => Some(range.fault),
            (None, Some((entropy, rates))) => rates.draw(entropy),
            (None, None) => None,
        }
    }
}

impl FaultRates {
    fn draw(&self, entropy: &SeededEntropy) -> Option<Fault> {
        let (chance, detail) = (entropy.next_fraction(), entropy.next_fraction());
        let delay = self.longest_delay.mul_f64(detail);
        let faults = [
            (self.not_applied, Fault::NotApplied),
            (self.applied_but_error, Fault::AppliedButError),
            (self.delayed / 2.0, Fault::Delay(delay)),
            (self.delayed / 2.0, Fault::LateAnswer(delay)),
            (self.dropped, Fault::DroppedAfter((detail * 4.0) as u32)),
        ];
        let mut reached = 0.0;
        faults.into_iter().find_map(|(rate, fault)| {
            reached += rate;
            (chance < reached).then_some(fault)
        })
    }
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultPlan").field("calls", &self.lock().calls).finish_non_exhaustive()
    }
}
