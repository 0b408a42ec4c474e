//! Tests of planning against a model that looks at every slot on its own.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::{CronExpr, Overlap, WorkspaceId, Zone};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn orchestra(cron: &str, zone: &str, misfire: Misfire, watermark: DateTime<Utc>) -> Orchestra {
    Orchestra {
        workspace: WorkspaceId::default(),
        id: "o".parse().unwrap(),
        name: "O".to_owned(),
        tag: String::new(),
        description: String::new(),
        cron: Some(cron.parse().unwrap()),
        timezone: zone.parse().unwrap(),
        score_id: "s".parse().unwrap(),
        enabled: true,
        secret_bindings: BTreeMap::new(),
        overlap: Overlap::Allow,
        misfire,
        catchup_window_s: 86_400,
        max_concurrent_runs: None,
        budget_cents: None,
        on_finish: None,
        revision: 1,
        schedule_rev: 1,
        next_fire_at: Some(watermark),
        created_at: watermark,
        updated_at: watermark,
    }
}

/// Writes a plan as lines: the slots in UTC, and `play` or the outcome.
fn lines(plan: &Plan) -> Vec<String> {
    let show = |at: DateTime<Utc>| at.format("%dT%H:%M").to_string();
    let line = |entry: &Entry| {
        let Stretch { first, last, count } = entry.slots;
        let slots =
            if count == 1 { show(first) } else { format!("{}..{} ({count})", show(first), show(last)) };
        match &entry.fate {
            Fate::Play => format!("{slots} play"),
            Fate::Note { outcome, .. } => format!("{slots} {outcome}"),
        }
    };
    plan.entries.iter().map(line).collect()
}

fn planned(orchestra: &Orchestra, now: &str) -> Vec<String> {
    lines(&plan(orchestra, Standing::Ready, at(now), 3).unwrap())
}

#[test]
fn a_slot_up_to_a_minute_late_just_plays_whatever_the_policy() {
    for misfire in Misfire::ALL {
        let orchestra = orchestra("0 9 * * *", "UTC", *misfire, at("2026-11-22T09:00:00Z"));
        for now in ["2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000001Z", "2026-11-22T09:01:00Z"] {
            assert_eq!(planned(&orchestra, now), ["22T09:00 play"], "{misfire} {now}");
        }
        let late = planned(&orchestra, "2026-11-22T09:01:00.000001Z");
        let expected = if *misfire == Misfire::Skip { "22T09:00 missed" } else { "22T09:00 play" };
        assert_eq!(late, [expected], "{misfire}");
    }
}

#[test]
fn a_week_down_follows_the_misfire_policy() {
    let down = |misfire| orchestra("0 */8 * * *", "UTC", misfire, at("2026-11-15T08:00:00Z"));
    let now = "2026-11-22T10:00:00Z";
    assert_eq!(
        planned(&down(Misfire::FireOnce), now),
        ["15T08:00..21T08:00 (19) missed", "21T16:00..22T00:00 (2) coalesced", "22T08:00 play"]
    );
    assert_eq!(planned(&down(Misfire::Skip), now), ["15T08:00..22T08:00 (22) missed"]);
    let all = Orchestra { catchup_window_s: 2 * 86_400, ..down(Misfire::FireAll) };
    assert_eq!(
        planned(&all, now),
        [
            "15T08:00..20T08:00 (16) missed",
            "20T16:00..21T08:00 (3) missed",
            "21T16:00 play",
            "22T00:00 play",
            "22T08:00 play"
        ]
    );
}

#[test]
fn what_was_missed_is_folded_into_a_slot_that_plays_anyway() {
    let orchestra = orchestra("0 * * * *", "UTC", Misfire::FireOnce, at("2026-11-22T06:00:00Z"));
    assert_eq!(
        planned(&orchestra, "2026-11-22T09:00:30Z"),
        ["22T06:00..22T08:00 (3) coalesced", "22T09:00 play"]
    );
}

#[test]
fn the_catch_up_window_ends_before_a_slot_that_is_as_old_as_it() {
    let young = orchestra("0 9 * * *", "UTC", Misfire::FireOnce, at("2026-11-21T09:00:00Z"));
    assert_eq!(planned(&young, "2026-11-22T08:59:59.999999Z"), ["21T09:00 play"]);
    let never = Orchestra { catchup_window_s: 0, ..young.clone() };
    assert_eq!(planned(&never, "2026-11-21T09:01:01Z"), ["21T09:00 missed"]);
    assert_eq!(planned(&young, "2026-11-22T09:00:00Z"), ["21T09:00 missed", "22T09:00 play"]);
}

#[test]
fn the_watermark_never_moves_back() {
    let orchestra = orchestra("0 9 * * *", "UTC", Misfire::FireAll, at("2026-11-22T09:00:00Z"));
    assert_eq!(plan(&orchestra, Standing::Ready, at("2026-11-22T08:59:59.999999Z"), 3), None);
    assert_eq!(plan(&orchestra, Standing::Paused, at("1970-01-01T00:00:00Z"), 3), None);
    let gone = Orchestra { next_fire_at: None, ..orchestra };
    assert_eq!(plan(&gone, Standing::Ready, at("2026-11-22T10:00:00Z"), 3), None);
}

#[test]
fn decades_of_minutes_are_a_few_entries_with_exact_lateness() {
    let now = at("2026-11-22T10:00:30.5Z");
    for misfire in Misfire::ALL {
        let orchestra = orchestra("* * * * *", "America/New_York", *misfire, at("1980-01-01T00:00:00Z"));
        let plan = plan(&orchestra, Standing::Ready, now, 3).unwrap();
        assert!(plan.entries.len() <= 8, "{misfire}: {:?}", lines(&plan));
        let minutes = (now - at("1980-01-01T00:00:00Z")).num_minutes() as u64 + 1;
        assert_eq!(plan.entries.iter().map(|entry| entry.slots.count).sum::<u64>(), minutes);
        assert_eq!(plan.entries.last().unwrap().slots.late_ms(now), 30_500);
        assert_eq!(plan.next_fire_at, Some(at("2026-11-22T10:01:00Z")));
    }
}

#[test]
fn a_paused_or_broken_orchestra_gets_one_row_that_says_why() {
    let orchestra = orchestra("* * * * *", "UTC", Misfire::FireAll, at("2026-11-22T09:00:00Z"));
    for (standing, outcome, reason) in [
        (Standing::Paused, "disabled", "the workspace is paused"),
        (Standing::Broken("no score"), "error", "no score"),
    ] {
        let plan = plan(&orchestra, standing, at("2026-11-22T10:00:30Z"), 3).unwrap();
        assert_eq!(lines(&plan), [format!("22T09:00..22T10:00 (61) {outcome}")]);
        assert!(
            matches!(&plan.entries[0].fate, Fate::Note { reason: given, .. } if given == reason),
            "{plan:?}"
        );
    }
}

#[test]
fn a_watermark_that_is_no_slot_any_more_just_moves_on() {
    let orchestra = orchestra("0 9 * * *", "UTC", Misfire::FireOnce, at("2026-11-22T08:30:00Z"));
    let moved = plan(&orchestra, Standing::Ready, at("2026-11-22T08:45:00Z"), 3).unwrap();
    assert_eq!(moved, Plan { entries: Vec::new(), next_fire_at: Some(at("2026-11-22T09:00:00Z")) });
    let without = Orchestra { cron: None, ..orchestra };
    let ended = plan(&without, Standing::Ready, at("2026-11-22T08:45:00Z"), 3).unwrap();
    assert_eq!(ended, Plan { entries: Vec::new(), next_fire_at: None });
}

/// What the table of the module says of one slot.
fn model(
    orchestra: &Orchestra,
    slots: &[DateTime<Utc>],
    number: usize,
    now: DateTime<Utc>,
    cap: usize,
) -> &'static str {
    let age = now - slots[number];
    let window = TimeDelta::seconds(i64::from(orchestra.catchup_window_s));
    let is_late = |slot: DateTime<Utc>| now - slot > TOLERANCE;
    match orchestra.misfire {
        _ if !is_late(slots[number]) => "play",
        Misfire::Skip => "missed",
        _ if age >= window => "missed",
        Misfire::FireOnce if number + 1 == slots.len() => "play",
        Misfire::FireOnce => "coalesced",
        Misfire::FireAll => {
            let later = slots[number + 1..].iter().filter(|slot| is_late(**slot)).count();
            if later < cap { "play" } else { "missed" }
        }
    }
}

const CRONS: &[&str] = &[
    "* * * * *",
    "*/7 * * * *",
    "0 9 * * 1-5",
    "30 2 * * *",
    "*/30 1 * * *",
    "0 * * * *",
    "59 23 * * 0",
    "0 0 1 * *",
    "5,6,7 */6 * * *",
    "0 0 29 2 *",
];
const ZONES: &[&str] =
    &["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "Asia/Kathmandu"];

proptest! {
    #[test]
    fn every_slot_is_covered_once_and_as_the_model_says(
        cron in prop::sample::select(CRONS),
        zone in prop::sample::select(ZONES),
        misfire in prop::sample::select(Misfire::ALL),
        window in prop::sample::select(&[0_u32, 30, 60, 61, 3_600, 86_400, 10_000_000][..]),
        from in 1_262_304_000_i64..1_798_761_600,
        down_ms in prop_oneof![0_i64..120_000, 0_i64..1_000_000_000],
        cap in 1_usize..6,
    ) {
        let zone: Zone = zone.parse().unwrap();
        let expr: CronExpr = cron.parse().unwrap();
        let watermark = expr.next_after(DateTime::from_timestamp(from, 0).unwrap(), &zone).unwrap();
        let now = watermark + TimeDelta::milliseconds(down_ms);
        let orchestra = Orchestra {
            catchup_window_s: window,
            ..orchestra(cron, zone.name(), misfire, watermark)
        };
        let plan = plan(&orchestra, Standing::Ready, now, cap as u32).unwrap();

        let mut slots = vec![watermark];
        slots.extend(expr.fires_after(watermark, &zone).take_while(|slot| *slot <= now));
        let mut covered = 0;
        for entry in &plan.entries {
            let last = covered + entry.slots.count as usize - 1;
            prop_assert_eq!((entry.slots.first, entry.slots.last), (slots[covered], slots[last]));
            let fate = match &entry.fate {
                Fate::Play => "play",
                Fate::Note { outcome, .. } => outcome.name(),
            };
            for number in covered..=last {
                prop_assert_eq!(fate, model(&orchestra, &slots, number, now, cap), "slot {}", slots[number]);
            }
            covered = last + 1;
        }
        prop_assert_eq!(covered, slots.len());
        prop_assert!(plan.entries.len() <= cap + 5);
        prop_assert_eq!(plan.next_fire_at, expr.next_after(now, &zone));
    }
}
