//! Amounts: money, tokens, bytes, shares.

use maestro_core::domain::{Money, Totals};

/// Returns a number with a comma between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a number with its noun: `1 run`, `3 runs`.
pub(crate) fn many(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", count(number)),
    }
}

/// Returns a length with its noun.
pub(crate) fn many_of(number: usize, noun: &str) -> String {
    many(number as u64, noun)
}

/// Returns tokens, shortened: `812`, `5.4K`, `31.0M`.
pub(crate) fn tokens(number: u64) -> String {
    match number {
        0..=999 => number.to_string(),
        1_000..=999_949 => tenths(number, 1_000, "K"),
        999_950..=999_949_999 => tenths(number, 1_000_000, "M"),
        _ => tenths(number, 1_000_000_000, "G"),
    }
}

/// Returns a size in bytes, shortened: `812 B`, `4.1 kB`.
pub(crate) fn bytes(number: usize) -> String {
    let number = number as u64;
    match number {
        0..=999 => format!("{number} B"),
        1_000..=999_949 => tenths(number, 1_000, " kB"),
        _ => tenths(number, 1_000_000, " MB"),
    }
}

fn tenths(number: u64, unit: u64, name: &str) -> String {
    let tenths = (u128::from(number) * 10 + u128::from(unit) / 2) / u128::from(unit);
    format!("{}.{}{name}", tenths / 10, tenths % 10)
}

/// Returns a share in per cent; `None` of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<String> {
    let tenths = (u128::from(part) * 1_000).checked_div(u128::from(whole))?;
    Some(match tenths {
        1_000 => "100 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    })
}

/// Returns dollars with two decimals. What is only partly known says so; small amounts are not called nothing.
pub(crate) fn dollars(totals: &Totals) -> String {
    let least = Money::from_nanos(5_000_000);
    let known = match totals.known {
        known if Money::ZERO < known && known < least => "< $0.01".to_owned(),
        known => known.to_string(),
    };
    match (totals.has_unknown, totals.known == Money::ZERO) {
        (false, _) => known,
        (true, true) => "unknown".to_owned(),
        (true, false) => format!("≥ {}", totals.known),
    }
}

/// Returns cents with two decimals, as steps show them.
pub(crate) fn cents(amount: Money) -> String {
    // A hundredth of a cent has 100,000 nano-dollars.
    let hundredths = (i128::from(amount.nanos()) + 50_000).div_euclid(100_000);
    match hundredths {
        0 if amount > Money::ZERO => "< 0.01".to_owned(),
        _ => format!("{}.{:02}", hundredths / 100, hundredths % 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_shortened() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([7, 999, 5_432, 999_950, 31_000_000].map(tokens), ["7", "999", "5.4K", "1.0M", "31.0M"]);
        assert_eq!([7, 4_096, 2_000_000].map(bytes), ["7 B", "4.1 kB", "2.0 MB"]);
        assert_eq!((many(1, "run"), many(2_000, "run")), ("1 run".to_owned(), "2,000 runs".to_owned()));
        assert_eq!(percent(219, 228).as_deref(), Some("96.0 %"));
        assert_eq!((percent(3, 3).as_deref(), percent(0, 0)), (Some("100 %"), None));
    }

    #[test]
    fn money_that_is_not_known_is_never_nothing() {
        let totals =
            |nanos, has_unknown| Totals { known: Money::from_nanos(nanos), has_unknown, ..Totals::default() };
        assert_eq!(dollars(&totals(0, false)), "$0.00");
        assert_eq!(dollars(&totals(1, false)), "< $0.01");
        assert_eq!(dollars(&totals(150_000_000, false)), "$0.15");
        assert_eq!(dollars(&totals(150_000_000, true)), "≥ $0.15");
        assert_eq!(dollars(&totals(0, true)), "unknown");
        assert_eq!(cents(Money::from_nanos(23_800_000)), "2.38");
        assert_eq!(cents(Money::from_nanos(1)), "< 0.01");
    }
}
