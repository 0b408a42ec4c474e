//! Signs of other cron dialects, refused by name: read as crontab they would mean something else or nothing.

use super::super::{CronError, CronField};
use super::element::Element;

/// Returns the error for an element that only another dialect knows.
pub(super) fn foreign(element: Element<'_>) -> Option<CronError> {
    let text = element.text.to_ascii_uppercase();
    let number_or_name = |text: &str| {
        text.bytes().all(|b| b.is_ascii_digit())
            || element.field.words().iter().any(|word| word.eq_ignore_ascii_case(text))
    };
    if text.contains('?') {
        return Some(element.error("`?` is not crontab", "write `*`"));
    }
    if text.contains('#') {
        let fix = "write the days of month on which it may fall, such as `1-7`, or every such weekday";
        return Some(element.error("crontab has no `#` for the nth weekday of a month", fix));
    }
    if text == "LW" || text.strip_suffix('W').is_some_and(number_or_name) {
        let fix = match element.field {
            CronField::DayOfWeek => "write the working days as `1-5`",
            _ => "write the day itself, or `*` here and `1-5` as day of week",
        };
        return Some(element.error("crontab has no `W` for the nearest weekday", fix));
    }
    if text.starts_with("L-") || text.strip_suffix('L').is_some_and(number_or_name) {
        let fix = match element.field {
            CronField::DayOfWeek => "write every such weekday, such as `5`",
            _ => "write a day that every month has, such as `28`, or `1` for the day after",
        };
        return Some(element.error("crontab has no `L` for the last day", fix));
    }
    if text != "*" && text.contains('*') && !text.starts_with("*/") {
        return Some(element.error("`*` stands alone or before a step", "write `*` or `*/2`, for example"));
    }
    None
}
