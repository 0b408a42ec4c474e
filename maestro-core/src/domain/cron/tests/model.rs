//! A model that is slow and plain: expressions whose sets are known because they were made from them, and a clock
//! that is watched minute by minute, as the daemon does.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};
use proptest::prelude::*;

use super::super::{CronField, Zone};

/// A field as text and as the set that it means.
#[derive(Clone, Debug)]
pub(super) struct ModelField {
    pub(super) text: String,
    values: BTreeSet<u32>,
}

impl ModelField {
    fn starts_with_star(&self) -> bool {
        self.text.starts_with('*')
    }
}

#[derive(Clone, Debug)]
pub(super) struct ModelExpr {
    pub(super) fields: [ModelField; 5],
}

impl ModelExpr {
    pub(super) fn text(&self) -> String {
        self.fields.each_ref().map(|field| field.text.as_str()).join(" ")
    }

    fn is_fixed_time(&self) -> bool {
        !self.fields[0].starts_with_star() && !self.fields[1].starts_with_star()
    }

    fn matches(&self, civil: NaiveDateTime) -> bool {
        let [minute, hour, day, month, weekday] = &self.fields;
        let has = |field: &ModelField, value: u32| field.values.contains(&value);
        let on_day = has(day, civil.day());
        let on_weekday = has(weekday, civil.weekday().num_days_from_sunday());
        let on = match day.starts_with_star() || weekday.starts_with_star() {
            true => on_day && on_weekday,
            false => on_day || on_weekday,
        };
        on && has(minute, civil.minute()) && has(hour, civil.hour()) && has(month, civil.month())
    }

    /// Watches the clock of `zone` for so many minutes and returns when the expression fires.
    /// `from` must be a whole civil minute, long after the last change.
    pub(super) fn watch(&self, from: DateTime<Utc>, minutes: i64, zone: &Zone) -> Vec<DateTime<Utc>> {
        let minute = TimeDelta::minutes(1);
        let mut fires = Vec::new();
        let mut shown = zone.local(from).naive_local(); // the latest time that the clock has shown
        for passed in 1..=minutes {
            let now = from + minute * passed as i32;
            let civil = zone.local(now).naive_local();
            let follows_now = !self.is_fixed_time() || civil - shown > TimeDelta::hours(3) + minute;
            let is_due = if follows_now {
                self.matches(civil)
            } else {
                (1..=(civil - shown).num_minutes()).any(|later| self.matches(shown + minute * later as i32))
            };
            shown = shown.max(civil);
            if is_due {
                fires.push(now);
            }
        }
        fires
    }
}

/// Makes fields of all accepted forms; `dense` ones match often.
fn field(field: CronField) -> impl Strategy<Value = ModelField> {
    let (low, high) = field.bounds();
    let (low, high) = (u32::from(low), u32::from(high));
    let fold = move |value: u32| if high == 7 { value % 7 } else { value };
    let made = move |text: String, values: Vec<u32>| ModelField {
        text,
        values: values.into_iter().map(fold).collect(),
    };
    let name = move |value: u32, named: bool| match field.words().get((value - low) as usize) {
        Some(word) if named => (*word).to_owned(),
        _ => value.to_string(),
    };
    let value =
        (low..=high, any::<bool>()).prop_map(move |(value, named)| made(name(value, named), vec![value]));
    let range = (low..=high, low..=high, any::<bool>()).prop_map(move |(one, other, named)| {
        let (first, last) = (one.min(other), one.max(other));
        made(format!("{}-{}", name(first, named), name(last, named && last < 7)), (first..=last).collect())
    });
    let stepped = (low..=high, low..=high, 1u32..20).prop_map(move |(one, other, step)| {
        let (first, last) = (one.min(other), one.max(other));
        made(format!("{first}-{last}/{step}"), (first..=last).step_by(step as usize).collect())
    });
    let star = Just(made("*".to_owned(), (low..=high).collect()));
    let star_step = (1u32..70)
        .prop_map(move |step| made(format!("*/{step}"), (low..=high).step_by(step as usize).collect()));
    let element = prop_oneof![4 => value, 2 => range, 1 => stepped, 1 => star_step].boxed();
    let list = prop::collection::vec(element, 1..4).prop_map(|elements| ModelField {
        text: elements.iter().map(|element| element.text.as_str()).collect::<Vec<_>>().join(","),
        values: elements.into_iter().flat_map(|element| element.values).collect(),
    });
    let stars = if matches!(field, CronField::Minute | CronField::Hour) { 1 } else { 3 };
    prop_oneof![stars => star, 3 => list]
}

/// Makes expressions that come; some of them are impossible dates, which the caller must leave out.
pub(super) fn model_expr() -> impl Strategy<Value = ModelExpr> {
    use CronField::{DayOfMonth, DayOfWeek, Hour, Minute, Month};
    (field(Minute), field(Hour), field(DayOfMonth), field(Month), field(DayOfWeek))
        .prop_map(|(a, b, c, d, e)| ModelExpr { fields: [a, b, c, d, e] })
}

/// The zones that broke others, both hemispheres, half hours, and some without any change.
pub(super) const ZONES: [&str; 18] = [
    "UTC",
    "America/New_York",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "America/Winnipeg",
    "Pacific/Apia",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/Santiago",
    "America/Havana",
    "America/Nuuk",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Pacific/Kwajalein",
];
