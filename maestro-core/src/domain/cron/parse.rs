//! From text to bitsets, as strict as crontab(5): what Debian's cron would refuse or misread is refused.

mod element;
mod foreign;

use super::error::cut;
use super::{CronError, CronField, slots::Slots};

use self::element::parse_field;

const LONGEST: usize = 1024; // bytes; every minute, hour, day and month written out takes less than 400
const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// What a text says.
pub(super) struct Parsed {
    /// The text with single spaces between the fields.
    pub(super) text: String,
    pub(super) slots: Slots,
    /// Whether neither minute nor hour starts with `*`.
    pub(super) is_fixed_time: bool,
}

/// Reads five fields or a nickname.
pub(super) fn parse(given: &str) -> Result<Parsed, CronError> {
    check_characters(given)?;
    let words: Vec<&str> = given.split_ascii_whitespace().collect();
    let text = words.join(" ");
    let parsed = match words[..] {
        [] => return Err(CronError::new(None, given, "it is empty", SHAPE)),
        [zone, ref rest @ ..] if zone.starts_with("CRON_TZ=") || zone.starts_with("TZ=") => {
            return Err(zone_in_front(zone, rest));
        }
        [name] if name.starts_with('@') => parse_fields(nickname(name)?)?,
        [name, ..] if name.starts_with('@') => {
            let reason = "a nickname stands alone";
            return Err(CronError::new(None, &text, reason, format!("write `{}`", nickname_like(name)?)));
        }
        [minute, hour, day, month, weekday] => parse_fields([minute, hour, day, month, weekday])?,
        _ => return Err(wrong_count(&text, &words)),
    };
    Ok(Parsed { text, ..parsed })
}

/// Refuses the way in which some crontabs and Go programs write a zone.
fn zone_in_front(given: &str, rest: &[&str]) -> CronError {
    let zone = given.split_once('=').map_or("", |(_, zone)| zone).trim_start_matches(':');
    let rest = if rest.is_empty() { "0 9 * * 1-5".to_owned() } else { rest.join(" ") };
    let zone = if zone.is_empty() { "the zone".to_owned() } else { format!("`{}`", cut(zone)) };
    let fix = format!("put {zone} into `timezone`, and write only `{}` here", cut(&rest));
    CronError::new(None, given, "an expression has no zone in it", fix)
}

const SHAPE: &str =
    "write five fields: minute, hour, day of month, month, day of week, such as `0 9 * * 1-5`";

fn check_characters(given: &str) -> Result<(), CronError> {
    if given.len() > LONGEST {
        let reason = format!("it has {} bytes, and {LONGEST} are the most", given.len());
        return Err(CronError::new(None, given, reason, "write ranges and steps such as `0-59/2`"));
    }
    match given.chars().find(|c| !c.is_ascii_graphic() && !matches!(c, ' ' | '\t')) {
        Some(strange) => {
            let reason = format!("the character U+{:04X} has no meaning in crontab", u32::from(strange));
            let fix = "write ASCII digits, names, `*`, `,`, `-` and `/`, with spaces between the fields";
            Err(CronError::new(None, given, reason, fix))
        }
        None => Ok(()),
    }
}

fn parse_fields(words: [&str; 5]) -> Result<Parsed, CronError> {
    let [minutes, hours, days, months, weekdays] = words;
    let slots = Slots {
        minutes: parse_field(CronField::Minute, minutes)?,
        hours: parse_field(CronField::Hour, hours)? as u32,
        days: parse_field(CronField::DayOfMonth, days)? as u32,
        months: parse_field(CronField::Month, months)? as u16,
        weekdays: parse_field(CronField::DayOfWeek, weekdays)? as u8,
        either_day: !days.starts_with('*') && !weekdays.starts_with('*'),
    };
    if !slots.ever_come() {
        let reason = format!("day `{}` never comes in month `{}`", cut(days), cut(months));
        let fix = "write a day of month that the month has, such as `28`, or another month";
        return Err(CronError::new(CronField::DayOfMonth, days, reason, fix));
    }
    let is_fixed_time = !minutes.starts_with('*') && !hours.starts_with('*');
    Ok(Parsed { text: String::new(), slots, is_fixed_time })
}

/// Returns the fields that a nickname stands for. Debian's cron knows them in lower case only, and so do we.
fn nickname(name: &str) -> Result<[&'static str; 5], CronError> {
    let fields = NICKNAMES.iter().find(|(known, _)| *known == name).map(|(_, fields)| *fields);
    let Some(fields) = fields else {
        let reason = "nicknames are written in lower case";
        return Err(CronError::new(None, name, reason, format!("write `{}`", nickname_like(name)?)));
    };
    let mut words = fields.split(' ');
    Ok(std::array::from_fn(|_| words.next().expect("every nickname in the table has five fields")))
}

/// Returns the nickname that was meant.
fn nickname_like(name: &str) -> Result<&'static str, CronError> {
    if let Some((known, _)) = NICKNAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Ok(known);
    }
    if name.eq_ignore_ascii_case("@reboot") {
        let fix = "start the work when your program starts, or write a time such as `@hourly`";
        return Err(CronError::new(None, name, "it names no time", fix));
    }
    let fix = "write one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`, or five fields";
    Err(CronError::new(None, name, "there is no such nickname", fix))
}

fn wrong_count(text: &str, words: &[&str]) -> CronError {
    let reason = match words.len() {
        1 => "it has 1 field instead of five".to_owned(),
        count => format!("it has {count} fields instead of five"),
    };
    if words.iter().any(|word| word.starts_with(',') || word.ends_with(',')) {
        return CronError::new(None, text, reason, "write lists without spaces, such as `1,2`");
    }
    // Six or seven fields are mostly Quartz: seconds in front, a year behind, and `?`.
    let without_seconds = words.get(1..6).and_then(|rest| <[&str; 5]>::try_from(rest).ok());
    match without_seconds.map(|rest| rest.map(|word| if word == "?" { "*" } else { word })) {
        Some(rest) if words.len() <= 7 && parse_fields(rest).is_ok() => {
            let fix = format!("crontab has no seconds and no year: write `{}`", cut(&rest.join(" ")));
            CronError::new(None, text, reason, fix)
        }
        _ => CronError::new(None, text, reason, SHAPE),
    }
}
