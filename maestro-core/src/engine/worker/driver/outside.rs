//! What reaches a driver from outside: ends of steps, time, signals.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    Driver, Stop,
    reading::{limits, read_history},
};
use crate::{
    domain::{
        Actor, Signal, SignalKind, StepKey,
        play::{Answer, Ended, Event, Play},
    },
    engine::shared::{before, delta},
};

impl Driver<'_> {
    /// Waits until something happens, and applies it.
    pub(super) async fn wait(&mut self) -> Result<(), Stop> {
        let shared = Arc::clone(&self.life.shared);
        let moment = self.next_moment();
        let ended = tokio::select! {
            biased;
            () = shared.out_of_grace.cancelled() => return Ok(()),
            _ = self.notice.changed() => return Ok(()),
            ended = self.steps.next(self.life) => ended,
            () = sleep_until(&*shared.clock, moment) => {
                self.time_has_passed();
                return Ok(());
            }
        };
        self.take_ended(ended).await;
        while let Some(ended) = self.steps.try_next(self.life) {
            self.take_ended(ended).await;
        }
        Ok(())
    }

    pub(super) async fn take_ended(&mut self, (key, mut ended): (StepKey, Ended)) {
        self.price(&mut ended).await;
        self.settle(&key, &ended);
        // The play may have been loaded anew since the step was started.
        let Some(handle) = self.play.handle_of(&key) else { return };
        self.unrecorded.insert((key, ended.attempt));
        self.apply(Event::Ended(Box::new(Ended { handle, ..ended })));
    }

    fn next_moment(&mut self) -> Option<DateTime<Utc>> {
        let shared = &self.life.shared;
        if self.show_at.is_none() && self.steps.hides_any() {
            self.show_at = Some(shared.now() + delta(shared.options.show_running_after));
        }
        let show = self.show_at;
        let deadline = (!self.steps.is_empty()).then_some(self.deadline);
        [self.play.next_moment(), show, deadline].into_iter().flatten().min()
    }

    fn time_has_passed(&mut self) {
        let shared = &self.life.shared;
        let now = shared.now();
        if self.show_at.is_some_and(|at| at <= now) {
            self.show_at = None;
            self.rows.extend(self.steps.show(before(now, shared.options.show_running_after)));
        }
        self.apply(Event::Time);
    }

    /// Applies what people told the run since the last look, and the end of its time.
    pub(super) async fn heed(&mut self) -> Result<(), Stop> {
        let notice = *self.notice.borrow_and_update();
        if notice.lost || self.notice.has_changed().is_err() {
            return Err(Stop::Lost);
        }
        self.note(notice.signals, notice.cancel);
        let known = self.notice.borrow().signals;
        if known > self.seen {
            let history = read_history(self.life, self.claimed).await?;
            self.tell(history.signals);
            self.cancelled_by = history.cancelled_by;
            self.seen = known;
        }
        if self.notice.borrow().cancel && !self.cancelling {
            self.cancelling = true;
            self.cancel();
        }
        let is_active = !self.steps.is_empty() || !self.starts.is_empty();
        if is_active && self.life.shared.now() >= self.deadline {
            self.deadline = DateTime::<Utc>::MAX_UTC;
            self.apply(Event::Timeout);
        }
        Ok(())
    }

    /// Keeps what the store said of signals; the next look applies them.
    pub(super) fn note(&mut self, signals: u32, cancel: bool) {
        self.life.tell(self.claimed.run.run_id, signals, cancel);
    }

    /// Applies signals; those that were applied before change nothing.
    pub(super) fn tell(&mut self, signals: Vec<Signal>) {
        for signal in signals {
            match signal.kind {
                SignalKind::Resolve { key, attempt, resolution, .. } => {
                    self.apply(Event::Resolved { key, attempt, resolution });
                }
                SignalKind::Approve { key, attempt, note, data } => {
                    let answer = Answer { approved: true, by: signal.actor, note, data };
                    self.apply(Event::Answered { key, attempt, answer });
                }
                SignalKind::Reject { key, attempt, note, data } => {
                    let answer = Answer { approved: false, by: signal.actor, note, data };
                    self.apply(Event::Answered { key, attempt, answer });
                }
                // What it has played anew is on record.
                SignalKind::Retry { .. } => {}
                // Whoever was claimed after it looks anew anyway.
                SignalKind::Wake => self.apply(Event::Woken),
            }
        }
    }

    /// Loads the play anew from what is on record.
    pub(super) async fn reload(&mut self) -> Result<(), Stop> {
        let history = read_history(self.life, self.claimed).await?;
        let now = self.life.shared.now();
        let run = self.played.clone();
        let (play, decisions) =
            Play::load(Arc::clone(&self.plan), run, limits(self.life), history.steps, now);
        self.play = play;
        (self.rows, self.starts, self.finish) = (Vec::new(), Vec::new(), None);
        self.take(decisions);
        self.tell(history.signals);
        if self.cancelling {
            self.cancel();
        }
        Ok(())
    }

    /// Ends the run for whoever asked for it.
    fn cancel(&mut self) {
        // A request counts as a signal, so that the history was read after it came.
        let by = self.cancelled_by.clone().unwrap_or_else(Actor::engine);
        self.apply(Event::Cancel { by });
    }
}

async fn sleep_until(clock: &dyn crate::ports::Clock, moment: Option<DateTime<Utc>>) {
    match moment {
        Some(moment) => clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
