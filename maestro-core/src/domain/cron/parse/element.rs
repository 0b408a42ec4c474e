//! One field: a list of `*`, `*/n`, `a`, `a-b` and `a-b/n`, as a bitset.

use super::super::error::cut;
use super::super::{CronError, CronField};
use super::foreign::foreign;

/// Returns the set of values that `text` lists; bit n stands for the value n, and Sunday is 0.
pub(super) fn parse_field(field: CronField, text: &str) -> Result<u64, CronError> {
    let mut values = 0;
    for element in text.split(',') {
        if element.is_empty() {
            let reason = "nothing stands beside a comma";
            return Err(CronError::new(field, text, reason, "write a value there or leave out the comma"));
        }
        values |= parse_element(Element { field, text: element })?;
    }
    let sunday = 1 << 7;
    if field == CronField::DayOfWeek && values & sunday != 0 {
        values = (values & !sunday) | 1;
    }
    Ok(values)
}

#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) field: CronField,
    pub(super) text: &'a str,
}

fn parse_element(element: Element<'_>) -> Result<u64, CronError> {
    if let Some(error) = foreign(element) {
        return Err(error);
    }
    let (range, step) = match element.text.split_once('/') {
        Some((range, step)) => (range, Some(element.step(range, step)?)),
        None => (element.text, None),
    };
    let (first, last) = match range.split_once('-') {
        None if range == "*" => (element.field.bounds().0, element.field.last()),
        None => {
            let value = element.value(range)?;
            if let Some(step) = step {
                return Err(element.step_without_range(value, step));
            }
            (value, value)
        }
        Some((first, last)) => {
            let ends = (element.value(first)?, element.value(last)?);
            if ends.0 > ends.1 {
                return Err(element.wraps_around(first, last, ends, step));
            }
            ends
        }
    };
    // As in Debian, a step beyond the range is no error: only the first value is left.
    let step = step.map_or(1, |step| step as usize);
    Ok((first..=last).step_by(step).fold(0, |values, value| values | 1 << value))
}

impl Element<'_> {
    pub(super) fn error(self, reason: impl Into<String>, fix: impl Into<String>) -> CronError {
        CronError::new(self.field, self.text, reason.into(), fix.into())
    }

    fn value(self, text: &str) -> Result<u8, CronError> {
        let (low, high) = self.field.bounds();
        if text.is_empty() {
            let fix = format!("write a value, such as `{low}`, or a range, such as `{low}-{high}`");
            return Err(self.error("a value is missing", fix));
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            let number = text.parse().ok().filter(|number| (low..=high).contains(number));
            return number.ok_or_else(|| {
                self.error(
                    format!("{} is out of range", cut(text)),
                    format!("write a number from {low} to {high}"),
                )
            });
        }
        let words = self.field.words();
        match words.iter().position(|word| word.eq_ignore_ascii_case(text)) {
            Some(place) => Ok(low + place as u8),
            None => Err(self.unknown_word(text)),
        }
    }

    fn unknown_word(self, text: &str) -> CronError {
        let (low, high) = self.field.bounds();
        let (Some(first), Some(last)) = (self.field.words().first(), self.field.words().last()) else {
            let fix = format!("write a number from {low} to {high}");
            return self.error(format!("`{}` is no number", cut(text)), fix);
        };
        let reason = format!("`{}` is neither a number nor a name", cut(text));
        let meant = self.field.words().iter().find(|word| {
            text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(word))
                && text.bytes().all(|b| b.is_ascii_alphabetic())
        });
        match meant {
            Some(word) => self.error(reason, format!("write `{word}`")),
            None => self.error(
                reason,
                format!("write a number from {low} to {high} or a name from `{first}` to `{last}`"),
            ),
        }
    }

    /// Reads the number after the slash.
    fn step(self, range: &str, step: &str) -> Result<u32, CronError> {
        let range = if range.is_empty() { "*".into() } else { cut(range) };
        if step.is_empty() || !step.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.error("a step is a whole number", format!("write `{range}/2`, for example")));
        }
        match step.trim_start_matches('0') {
            "" => {
                Err(self.error("a step of 0 never moves on", format!("write `{range}/1` or a larger step")))
            }
            digits => digits.parse().map_err(|_| {
                self.error(
                    format!("{} is out of range", cut(step)),
                    format!("write `{range}/2`, for example"),
                )
            }),
        }
    }

    fn step_without_range(self, value: u8, step: u32) -> CronError {
        let last = self.field.last();
        let fix = match value {
            7 if self.field == CronField::DayOfWeek => "write `7`".to_owned(),
            value if value == last => format!("write `{value}`"),
            value => format!("write `{value}-{last}/{step}`"),
        };
        self.error("a step needs a range", fix)
    }

    fn wraps_around(self, first: &str, last: &str, ends: (u8, u8), step: Option<u32>) -> CronError {
        let field = self.field;
        let (low, high) = (field.bounds().0, field.last());
        let fix = match step {
            // 7 as the start is Sunday, which is where the week starts.
            _ if ends.0 > high => format!("write `{}`", span(field, last, low, ends.1)),
            None | Some(1) => {
                let until = span(field, first, ends.0, high);
                let from = span(field, last, low, ends.1);
                format!("write `{until},{from}`")
            }
            Some(step) => {
                let size = high - low + 1;
                let around = (ends.0..=ends.1 + size).step_by(step as usize);
                let values: Vec<String> =
                    around.map(|value| (low + (value - low) % size).to_string()).collect();
                format!("write `{}`", values.join(","))
            }
        };
        self.error("a range runs from the smaller to the larger value", fix)
    }
}

/// Writes a range, or the value if it is only one.
fn span(field: CronField, like: &str, first: u8, last: u8) -> String {
    match first == last {
        true => word(field, like, first),
        false => format!("{}-{}", word(field, like, first), word(field, like, last)),
    }
}

/// Writes `value` as a name where the writer used one.
fn word(field: CronField, like: &str, value: u8) -> String {
    let name = field.words().get(usize::from(value - field.bounds().0));
    match name {
        Some(name) if !like.starts_with(|c: char| c.is_ascii_digit()) => (*name).to_owned(),
        _ => value.to_string(),
    }
}
