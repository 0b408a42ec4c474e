//! Decimals: numbers of JSON as they are written, scaled to integers without ever being a float.

/// Why a number is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPrice {
    #[error("is no number")]
    NoNumber,
    #[error("is negative")]
    Negative,
    #[error("is finer than a micro-USD per million tokens")]
    TooFine,
    #[error("is too large")]
    TooLarge,
}

/// Returns a number of JSON times a power of ten, exactly.
pub(super) fn scaled(text: &str, power: i64) -> Result<u64, NoPrice> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| NoPrice::NoNumber)?),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err(NoPrice::NoNumber);
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    if negative {
        return Err(NoPrice::Negative);
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let places = [exponent, power, length(dropped), -length(fraction.len())];
    let places = places.into_iter().fold(0_i64, i64::saturating_add);
    let places =
        u32::try_from(places).map_err(|_| if places < 0 { NoPrice::TooFine } else { NoPrice::TooLarge })?;
    let significant: u64 = significant.parse().map_err(|_| NoPrice::TooLarge)?;
    let unit = 10_u64.checked_pow(places).ok_or(NoPrice::TooLarge)?;
    significant.checked_mul(unit).ok_or(NoPrice::TooLarge)
}

fn length(digits: usize) -> i64 {
    i64::try_from(digits).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_scaled_to_the_last_digit() {
        let cases = [
            ("3e-06", 12, 3_000_000),
            ("3E-6", 12, 3_000_000),
            ("0.000003", 12, 3_000_000),
            ("2.1875e-06", 12, 2_187_500),
            ("5.46875e-07", 12, 546_875),
            ("3", 6, 3_000_000),
            ("3.0", 6, 3_000_000),
            ("0.01875", 6, 18_750),
            ("0.1", 6, 100_000),
            ("1e2", 0, 100),
            ("120", -1, 12),
            ("0", 6, 0),
            ("0.0e99999999999", 6, 0),
            ("-0", 6, 0),
            ("18446744073709551615", 0, u64::MAX),
            ("0.3000000000000000000000000000000000000000", 6, 300_000),
        ];
        for (text, power, expected) in cases {
            assert_eq!(scaled(text, power), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_says_why() {
        let cases = [
            ("", NoPrice::NoNumber),
            ("null", NoPrice::NoNumber),
            ("\"3\"", NoPrice::NoNumber),
            (".5", NoPrice::NoNumber),
            ("1e", NoPrice::NoNumber),
            ("1e99999999999999999999", NoPrice::NoNumber),
            ("0x10", NoPrice::NoNumber),
            ("-1", NoPrice::Negative),
            ("0.0000001", NoPrice::TooFine),
            ("1e-9223372036854775807", NoPrice::TooFine),
            ("1e20", NoPrice::TooLarge),
            ("1e9223372036854775807", NoPrice::TooLarge),
            ("18446744073709.551616", NoPrice::TooLarge),
        ];
        for (text, expected) in cases {
            assert_eq!(scaled(text, 6), Err(expected), "{text}");
        }
    }
}
