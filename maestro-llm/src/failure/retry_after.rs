//! When to come again, as providers say it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Nobody waits longer for a provider that says nonsense.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns how long the provider wants to be left alone, at most a day.
pub(super) fn retry_after(headers: &HeaderMap, body: &Value, now: DateTime<Utc>) -> Option<Duration> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let span = header("retry-after-ms")
        .and_then(|millis| seconds(millis)?.checked_div(1_000))
        .or_else(|| header("retry-after").and_then(|value| seconds(value).or_else(|| until(value, now))))
        .or_else(|| delay(body))?;
    Some(span.min(LONGEST))
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.parse().ok()?;
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Reads an HTTP date. What has passed already is no time to wait.
fn until(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let at = DateTime::parse_from_rfc2822(text).ok()?;
    Some((at.to_utc() - now).to_std().unwrap_or_default())
}

/// Reads what Gemini says in the body: `"retryDelay": "21s"`.
fn delay(body: &Value) -> Option<Duration> {
    let body = body.get(0).unwrap_or(body);
    let details = body.pointer("/error/details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    seconds(delay.strip_suffix('s')?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(name: &'static str, value: &str) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        retry_after(&headers, &Value::Null, "2026-11-22T09:00:00Z".parse().unwrap())
    }

    #[test]
    fn every_way_to_say_it_is_understood() {
        let cases = [
            ("retry-after", "7", Some(7_000)),
            ("retry-after", "0", Some(0)),
            ("retry-after", "1.5", Some(1_500)),
            ("retry-after", "Sun, 22 Nov 2026 09:00:20 GMT", Some(20_000)),
            ("retry-after", "Sun, 22 Nov 2026 08:00:00 GMT", Some(0)),
            ("retry-after-ms", "250", Some(250)),
            ("retry-after", "99999999999999999999999", Some(86_400_000)),
            ("retry-after", "-1", None),
            ("retry-after", "NaN", None),
            ("retry-after", "soon", None),
            ("other", "7", None),
        ];
        for (name, value, millis) in cases {
            assert_eq!(asked(name, value), millis.map(Duration::from_millis), "{name}: {value}");
        }
    }

    #[test]
    fn the_finer_one_counts_and_gemini_is_understood_too() {
        let headers = HeaderMap::from_iter([
            ("retry-after".parse().unwrap(), "3".parse().unwrap()),
            ("retry-after-ms".parse().unwrap(), "2100".parse().unwrap()),
        ]);
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(retry_after(&headers, &Value::Null, now), Some(Duration::from_millis(2_100)));
        let body = json!({"error": {"details": [{"@type": "x"}, {"retryDelay": "21s"}]}});
        assert_eq!(retry_after(&HeaderMap::new(), &body, now), Some(Duration::from_secs(21)));
    }
}
