//! Numbers and lists in English.

/// What a number counts.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    one: &'static str,
    many: &'static str,
}

impl Unit {
    pub(super) const MINUTE: Self = Self { one: "minute", many: "minutes" };
    pub(super) const HOUR: Self = Self { one: "hour", many: "hours" };

    /// Returns `1 minute` or `5 minutes`.
    pub(super) fn count(self, number: u8) -> String {
        format!("{number} {}", if number == 1 { self.one } else { self.many })
    }

    /// Returns `minute 5`, `minutes 5 and 7` or `every 7th minute from 0 through 56`.
    pub(super) fn name(self, values: &[u8]) -> String {
        match (progression(values), values) {
            (Some(step), [first, .., last]) if step > 1 && values.len() > 4 => {
                format!("every {} {} from {first} through {last}", ordinal(step), self.one)
            }
            (_, [one]) => format!("{} {one}", self.one),
            _ => format!("{} {}", self.many, number_list(values)),
        }
    }
}

/// Returns the values of a bitset, the smallest first.
pub(super) fn values(bits: u64) -> Vec<u8> {
    (0..64).filter(|value| bits >> value & 1 == 1).collect()
}

/// Returns the step between three or more values if it is always the same.
pub(super) fn progression(values: &[u8]) -> Option<u8> {
    let [first, second, _, ..] = values else { return None };
    let step = second - first;
    values.windows(2).all(|pair| pair[1] - pair[0] == step).then_some(step)
}

/// Returns `2nd` for 2.
pub(super) fn ordinal(number: u8) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Returns `1, 5 through 7 and 20`.
pub(super) fn number_list(values: &[u8]) -> String {
    ranges(values, |value| value.to_string())
}

/// Lists values by name; three or more in a row become a range.
pub(super) fn ranges(values: &[u8], name: impl Fn(u8) -> String) -> String {
    let parts: Vec<String> = values
        .chunk_by(|one, next| *next == one + 1)
        .flat_map(|row| match row {
            [first, _, .., last] if row.len() > 2 => {
                vec![format!("{} through {}", name(*first), name(*last))]
            }
            _ => row.iter().map(|value| name(*value)).collect(),
        })
        .collect();
    list(&parts, "and")
}

/// Returns `a, b and c`.
pub(super) fn list(parts: &[impl AsRef<str>], joint: &str) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match parts[..] {
        [] => String::new(),
        [one] => one.to_owned(),
        [ref rest @ .., last] => format!("{} {joint} {last}", rest.join(", ")),
    }
}
