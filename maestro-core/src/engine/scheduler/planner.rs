//! Planning: what becomes of the slots from the watermark up to now. Pure; its cost does not grow with the downtime.
//!
//! A slot up to a minute late just plays. Older ones follow the misfire policy of the orchestra:
//!
//! | policy | younger than the catch-up window | older |
//! | --- | --- | --- |
//! | `fire_once` | the latest plays, the others are `coalesced`; all of them are when a slot that is not late plays anyway | `missed` |
//! | `skip` | `missed` | `missed` |
//! | `fire_all` | each plays, the latest ones up to a cap, the others are `missed` | `missed` |

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::slots::{Stretch, just_before, schedule_of};
use crate::domain::{FiringOutcome, Misfire, Orchestra, Schedule};

/// How late a slot may be and still just play.
pub(super) const TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// Whether slots of an orchestra can play at all.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing<'r> {
    /// They can.
    Ready,
    /// The workspace is paused.
    Paused,
    /// Something is wrong that only a person can mend.
    Broken(&'r str),
}

/// What shall become of every slot from the watermark up to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Every slot once, in order.
    pub(super) entries: Vec<Entry>,
    /// The first slot after now.
    pub(super) next_fire_at: Option<DateTime<Utc>>,
}

/// What shall become of a slot, or of a stretch of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slots: Stretch,
    pub(super) fate: Fate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Play,
    Note { outcome: FiringOutcome, reason: String },
}

/// Plans what becomes of the slots of `orchestra` up to `now`; `None` while its watermark lies ahead, as it does after the
/// time of day went back. There are at most `max_catch_up` entries and five more.
pub(super) fn plan(
    orchestra: &Orchestra,
    standing: Standing<'_>,
    now: DateTime<Utc>,
    max_catch_up: u32,
) -> Option<Plan> {
    let watermark = orchestra.next_fire_at.filter(|watermark| *watermark <= now)?;
    let Some(schedule) = schedule_of(orchestra) else {
        return Some(Plan { entries: Vec::new(), next_fire_at: None });
    };
    let mut entries = Vec::new();
    match standing {
        Standing::Paused => {
            let all = Stretch::of(&schedule, watermark, now);
            entries.extend(note(all, FiringOutcome::Disabled, "the workspace is paused"));
        }
        Standing::Broken(reason) => {
            let all = Stretch::of(&schedule, watermark, now);
            entries.extend(note(all, FiringOutcome::Error, reason));
        }
        Standing::Ready => {
            let in_time_from = now.checked_sub_signed(TOLERANCE).unwrap_or(now).max(watermark);
            let in_time: Vec<_> = schedule
                .fires_after(just_before(in_time_from))
                .take_while(|slot| *slot <= now)
                .map(|slot| Entry { slots: Stretch::one(slot), fate: Fate::Play })
                .collect();
            if watermark < in_time_from {
                let late = Late { schedule: &schedule, watermark, through: just_before(in_time_from), now };
                late.follow(orchestra, max_catch_up, in_time.is_empty(), &mut entries);
            }
            entries.extend(in_time);
        }
    }
    Some(Plan { entries, next_fire_at: schedule.next_after(now) })
}

/// The slots that are too late to just play.
struct Late<'s> {
    schedule: &'s Schedule,
    watermark: DateTime<Utc>,
    through: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Late<'_> {
    /// Plans them as the misfire policy says. `is_latest` tells that no slot follows them.
    fn follow(&self, orchestra: &Orchestra, max_catch_up: u32, is_latest: bool, entries: &mut Vec<Entry>) {
        if orchestra.misfire == Misfire::Skip {
            let all = Stretch::of(self.schedule, self.watermark, self.through);
            entries.extend(note(all, FiringOutcome::Missed, "late, and the misfire policy is skip"));
            return;
        }
        let window = TimeDelta::seconds(i64::from(orchestra.catchup_window_s));
        let too_old_through = self.now.checked_sub_signed(window).unwrap_or(self.watermark).min(self.through);
        let too_old = Stretch::of(self.schedule, self.watermark, too_old_through);
        entries.extend(note(too_old, FiringOutcome::Missed, "older than the catch-up window"));

        let in_window_from = self.watermark.max(too_old_through + TimeDelta::microseconds(1));
        let Some(in_window) = Stretch::of(self.schedule, in_window_from, self.through) else { return };
        match orchestra.misfire {
            Misfire::FireAll => self.play_latest(in_window, max_catch_up, entries),
            _ if is_latest => {
                let older = Stretch::of(self.schedule, in_window.first, just_before(in_window.last));
                entries.extend(note(older, FiringOutcome::Coalesced, "folded into the latest missed slot"));
                entries.push(Entry { slots: Stretch::one(in_window.last), fate: Fate::Play });
            }
            _ => entries.extend(note(
                Some(in_window),
                FiringOutcome::Coalesced,
                "folded into the next slot, which is not late",
            )),
        }
    }

    /// Plays the latest `most` of the slots.
    fn play_latest(&self, slots: Stretch, most: u32, entries: &mut Vec<Entry>) {
        let mut latest = vec![slots.last];
        while (latest.len() as u64) < slots.count.min(u64::from(most)) {
            let Some(earlier) = latest.last().and_then(|slot| {
                self.schedule.latest_at_or_before(just_before(*slot), just_before(slots.first))
            }) else {
                break;
            };
            latest.push(earlier);
        }
        let first_played = latest.last().copied().unwrap_or(slots.last);
        let others = Stretch::of(self.schedule, slots.first, just_before(first_played));
        let reason = format!("only the latest {most} of {} missed slots are caught up", slots.count);
        entries.extend(note(others, FiringOutcome::Missed, &reason));
        entries.extend(
            latest.into_iter().rev().map(|slot| Entry { slots: Stretch::one(slot), fate: Fate::Play }),
        );
    }
}

fn note(slots: Option<Stretch>, outcome: FiringOutcome, reason: &str) -> Option<Entry> {
    Some(Entry { slots: slots?, fate: Fate::Note { outcome, reason: reason.to_owned() } })
}
