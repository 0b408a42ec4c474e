//! What an expression says, in English: short where that is exact, longer where it must be.

mod words;

use super::field::CronField;
use super::slots::Slots;

use self::words::{Unit, list, number_list, ordinal, progression, values};

/// Returns one sentence without a full stop.
pub(super) fn describe(slots: &Slots) -> String {
    let minutes = values(slots.minutes);
    let hours = values(u64::from(slots.hours));
    let days = values(u64::from(slots.days));
    let times = times(&minutes, &hours);
    let months = (slots.months.count_ones() < 12).then(|| months(slots));
    // A rule that either day satisfies is met every day as soon as one of the two is.
    let (any_day, any_weekday) = (days.len() == 31, slots.weekdays.count_ones() == 7);
    let is_every_day = if slots.either_day { any_day || any_weekday } else { any_day && any_weekday };
    if is_every_day {
        let every_day = match times.says_every_day {
            true => "",
            false if times.text.starts_with("At") => " every day",
            false => ", every day",
        };
        let months = months.map_or(String::new(), |months| format!(" in {months}"));
        return format!("{}{every_day}{months}", times.text);
    }
    let when = match (slots.either_day, any_day, any_weekday) {
        (false, false, true) => {
            let month = months.as_deref().unwrap_or("the month");
            return format!("{} on {}", times.text, days_of(&days, month));
        }
        (false, true, _) => match weekday_range(slots) {
            Some(range) => format!(", {range}"),
            None => format!(" on {}", weekday_list(slots, "and")),
        },
        (false, false, false) => {
            let weekday = match weekday_range(slots) {
                Some(range) => format!("if it falls on {range}"),
                None => format!("if it is a {}", weekday_list(slots, "or")),
            };
            format!(" on {}, {weekday}", days_of(&days, "the month"))
        }
        (true, _, _) => {
            let weekdays = weekday_range(slots).unwrap_or_else(|| weekday_list(slots, "and"));
            format!(" on {} or on {weekdays}", days_of(&days, "the month"))
        }
    };
    match months {
        None => format!("{}{when}", times.text),
        Some(months) => format!("{}{when}, in {months}", times.text),
    }
}

struct Times {
    text: String,
    /// Whether the text is complete for something that happens every day.
    says_every_day: bool,
}

const FEW: usize = 6; // times of day that are simply listed

fn times(minutes: &[u8], hours: &[u8]) -> Times {
    let cycle = full_cycle(minutes, 60);
    let all_day = hours.len() == 24;
    let clock = |hour: u8, minute: u8| format!("{hour:02}:{minute:02}");
    let (first_hour, last_hour) = (hours[0], hours[hours.len() - 1]);
    let (first_minute, last_minute) = (minutes[0], minutes[minutes.len() - 1]);
    let span = format!("from {} through {}", clock(first_hour, first_minute), clock(last_hour, last_minute));
    let hours_in_a_row = usize::from(last_hour - first_hour) + 1 == hours.len();
    let is_short_list = minutes.len() < 3 && minutes.len() * hours.len() <= FEW;

    let (text, says_every_day) = match (cycle, progression(hours)) {
        (Some(1), _) if all_day => ("Every minute".to_owned(), true),
        (Some(step), _) if all_day && first_minute == 0 => (format!("Every {step} minutes"), true),
        (Some(step), _) if all_day => (
            format!("Every {step} minutes, starting {} past the hour", Unit::MINUTE.count(first_minute)),
            true,
        ),
        (Some(step), _) if hours_in_a_row && !is_short_list => {
            let every = if step == 1 { "Every minute".to_owned() } else { format!("Every {step} minutes") };
            (format!("{every} {span}"), false)
        }
        (Some(1), _) => (format!("Every minute during {}", Unit::HOUR.name(hours)), false),
        (Some(step), _) if first_minute == 0 && !is_short_list => {
            (format!("Every {step} minutes during {}", Unit::HOUR.name(hours)), false)
        }
        _ if all_day && minutes == [0] => ("Every hour".to_owned(), true),
        _ if all_day && minutes.len() == 1 => {
            (format!("At {} past every hour", Unit::MINUTE.count(first_minute)), true)
        }
        _ if all_day => (format!("At {} past every hour", Unit::MINUTE.name(minutes)), true),
        (_, Some(1)) if minutes.len() == 1 => (format!("Every hour {span}"), false),
        (_, Some(step)) if minutes == [0] && full_cycle(hours, 24) == Some(step) && first_hour == 0 => {
            (format!("Every {step} hours"), true)
        }
        (_, Some(step)) if minutes.len() == 1 => (format!("Every {step} hours {span}"), false),
        _ if minutes.len() * hours.len() <= FEW => {
            let times = hours.iter().flat_map(|hour| minutes.iter().map(|minute| clock(*hour, *minute)));
            (format!("At {}", list(&times.collect::<Vec<_>>(), "and")), false)
        }
        _ => (format!("At {} past {}", Unit::MINUTE.name(minutes), Unit::HOUR.name(hours)), false),
    };
    Times { text, says_every_day }
}

/// Returns the step if the values divide their circle evenly, so that it goes on across the end.
fn full_cycle(values: &[u8], size: u8) -> Option<u8> {
    let step = values.get(1)? - values[0];
    let is_even = values.windows(2).all(|pair| pair[1] - pair[0] == step);
    (is_even && usize::from(step) * values.len() == usize::from(size)).then_some(step)
}

fn days_of(days: &[u8], month: &str) -> String {
    let last = days[days.len() - 1];
    match progression(days) {
        Some(step) if step > 1 && days.len() > 4 => {
            let from = if days[0] == 1 { String::new() } else { format!(" from day {}", days[0]) };
            let through = if last + step > 31 { String::new() } else { format!(" through day {last}") };
            format!("every {} day of {month}{from}{through}", ordinal(step))
        }
        _ => format!("{} {} of {month}", if days.len() == 1 { "day" } else { "days" }, number_list(days)),
    }
}

/// Returns the weekdays of the expression, Monday first.
fn weekdays(slots: &Slots) -> Vec<&'static str> {
    const NAMES: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    let from_monday = [1, 2, 3, 4, 5, 6, 0];
    from_monday.into_iter().filter(|day| slots.weekdays >> day & 1 == 1).map(|day| NAMES[day]).collect()
}

/// Returns the weekdays as a range if there are three or more in a row, Monday first.
fn weekday_range(slots: &Slots) -> Option<String> {
    let from_monday = slots.weekdays >> 1 | (slots.weekdays & 1) << 6;
    let shifted = from_monday >> from_monday.trailing_zeros();
    let names = weekdays(slots);
    let is_in_a_row = shifted & (shifted + 1) == 0;
    (is_in_a_row && names.len() > 2).then(|| format!("{} through {}", names[0], names[names.len() - 1]))
}

fn weekday_list(slots: &Slots, joint: &str) -> String {
    list(&weekdays(slots), joint)
}

fn months(slots: &Slots) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let first = CronField::Month.bounds().0;
    words::ranges(&values(u64::from(slots.months)), |month| NAMES[usize::from(month - first)].to_owned())
}
