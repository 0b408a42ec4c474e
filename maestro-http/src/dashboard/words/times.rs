//! Times: how long something took, how long ago it was, and what the clocks of a zone show.

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::domain::Zone;

use crate::dashboard::markup::Markup;

/// Returns a span with at most two units: `850 ms`, `1.8 s`, `3 min 11 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn span(ms: i64) -> String {
    let ms = ms.max(0);
    let two = |whole: i64, unit: &str, rest: i64, smaller: &str| match rest {
        0 => format!("{whole} {unit}"),
        _ => format!("{whole} {unit} {rest} {smaller}"),
    };
    let seconds = (ms + 500) / 1_000;
    let minutes = (seconds + 30) / 60;
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..59_950 => format!("{}.{} s", (ms + 50) / 1_000, (ms + 50) / 100 % 10),
        59_950..3_599_500 => two(seconds / 60, "min", seconds % 60, "s"),
        3_599_500..86_370_000 => two(minutes / 60, "h", minutes % 60, "min"),
        _ => two(ms / 86_400_000, "d", ms / 3_600_000 % 24, "h"),
    }
}

/// Returns how far away a moment is, in one unit: `just now`, `32 min ago`, `in 3 h`.
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds();
    let away = match seconds.unsigned_abs() {
        0..45 => return if seconds >= 0 { "just now" } else { "in a moment" }.to_owned(),
        s @ 45..3_570 => format!("{} min", (s + 30) / 60),
        s @ 3_570..84_600 => format!("{} h", (s + 1_800) / 3_600),
        s => match (s + 43_200) / 86_400 {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        },
    };
    if seconds >= 0 { format!("{away} ago") } else { format!("in {away}") }
}

/// What the clocks of whoever looks show, and what time it is.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) now: DateTime<Utc>,
    pub(crate) zone: Zone,
}

impl Times {
    /// Returns the same moment by the clocks of another zone.
    pub(crate) fn by(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Writes a moment as how long ago it is, with the exact time behind it. Scripts keep it up to date.
    pub(crate) fn ago(&self, at: DateTime<Utc>) -> Markup {
        self.element(at, &ago(at, self.now))
    }

    /// Writes a moment as how long it lasts already: `28 min`.
    pub(crate) fn since(&self, at: DateTime<Utc>) -> Markup {
        let since = ago(at, self.now);
        self.element(at, since.strip_suffix(" ago").unwrap_or(&since))
    }

    /// Returns what clocks show: `14:00`, with the day where that is not today.
    pub(crate) fn clock_text(&self, at: DateTime<Utc>) -> String {
        let (local, today) = (self.zone.local(at), self.zone.local(self.now).date_naive());
        let days = (local.date_naive() - today).num_days();
        match days {
            0 => local.format("%H:%M").to_string(),
            1 => local.format("tomorrow %H:%M").to_string(),
            -6..=6 => local.format("%a %H:%M").to_string(),
            -180..=180 => local.format("%-d %b, %H:%M").to_string(),
            _ => local.format("%-d %b %Y, %H:%M").to_string(),
        }
    }

    /// Returns what clocks show to the tenth of a second.
    pub(crate) fn exact(&self, at: DateTime<Utc>) -> String {
        let tenth = at.timestamp_subsec_millis() / 100;
        format!("{}.{tenth}", self.zone.local(at).format("%H:%M:%S"))
    }

    /// Returns the day and the time: `Thu 19 Nov, 09:00`.
    pub(crate) fn day_and_time(&self, at: DateTime<Utc>) -> String {
        self.zone.local(at).format("%a %-d %b, %H:%M").to_string()
    }

    /// Returns the day: `19 Nov`.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        self.zone.local(at).format("%-d %b").to_string()
    }

    /// Returns the moment in full: `19 Nov 2026 14:00:02 Europe/Berlin`.
    pub(crate) fn full(&self, at: DateTime<Utc>) -> String {
        format!("{} {}", self.zone.local(at).format("%-d %b %Y %H:%M:%S"), self.zone.name())
    }

    /// Returns the moment `hours` before or behind now, cut to the hour of the zone.
    pub(crate) fn hour(&self, hours: i64) -> DateTime<Utc> {
        let at = self.now + TimeDelta::hours(hours);
        let past = self.zone.local(at);
        let past =
            i64::from(chrono::Timelike::minute(&past)) * 60 + i64::from(chrono::Timelike::second(&past));
        at - TimeDelta::seconds(past) - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos()))
    }

    fn element(&self, at: DateTime<Utc>, shown: &str) -> Markup {
        let mut markup = Markup::new();
        let machine = at.format("%Y-%m-%dT%H:%M:%SZ");
        markup
            .raw(format_args!("<time datetime=\"{machine}\" title=\""))
            .text(self.full(at))
            .raw("\" data-ago>");
        markup.text(shown).raw("</time>");
        markup
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units() {
        let cases = [
            (-5, "0 ms"),
            (850, "850 ms"),
            (1_849, "1.8 s"),
            (59_949, "59.9 s"),
            (59_950, "1 min"),
            (191_000, "3 min 11 s"),
            (3_600_000, "1 h"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "1 d"),
            (273_600_000, "3 d 4 h"),
        ];
        for (ms, expected) in cases {
            assert_eq!(span(ms), expected, "{ms}");
        }
    }

    #[test]
    fn moments_are_told_by_their_distance() {
        let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
        let cases = [
            (0, "just now"),
            (-10, "in a moment"),
            (60, "1 min ago"),
            (1_920, "32 min ago"),
            (-10_800, "in 3 h"),
            (86_400, "1 day ago"),
            (-172_800, "in 2 days"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(ago(now - TimeDelta::seconds(seconds), now), expected, "{seconds}");
        }
    }

    #[test]
    fn clocks_show_the_zone_and_name_the_day_when_it_is_another() {
        let times =
            Times { now: "2026-11-19T13:32:00Z".parse().unwrap(), zone: "Europe/Berlin".parse().unwrap() };
        let at = |text: &str| times.clock_text(text.parse().unwrap());
        assert_eq!(at("2026-11-19T13:00:00Z"), "14:00");
        assert_eq!(at("2026-11-20T02:00:00Z"), "tomorrow 03:00");
        assert_eq!(at("2026-11-23T06:00:00Z"), "Mon 07:00");
        assert_eq!(at("2026-10-12T06:00:00Z"), "12 Oct, 08:00");
        assert_eq!(
            times.ago("2026-11-19T13:00:00Z".parse().unwrap()).to_string(),
            "<time datetime=\"2026-11-19T13:00:00Z\" title=\"19 Nov 2026 14:00:00 Europe/Berlin\" data-ago>32 min ago</time>"
        );
        assert_eq!(times.hour(-2).to_rfc3339(), "2026-11-19T11:00:00+00:00");
    }
}
