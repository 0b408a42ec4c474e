//! The zones that a wrong name probably meant.

use super::data;

const MOST: usize = 3;

/// Returns up to three names, the likeliest first: the same but for case, spaces and the part before the slash;
/// otherwise those that differ by a letter or two.
pub(super) fn close_to(given: &str) -> Vec<&'static str> {
    let given = plain(given);
    if given.is_empty() || given.len() > 64 {
        return Vec::new();
    }
    if matches!(given.as_str(), "z" | "utc+0" | "utc0" | "gmt+00:00" | "+00:00") {
        return vec!["UTC"];
    }
    let same: Vec<_> = data::names().filter(|name| plain(name) == given).take(MOST).collect();
    if !same.is_empty() {
        return same;
    }
    let places = |name: &&'static str| plain(name).rsplit('/').next() == given.rsplit('/').next();
    let same_place: Vec<_> = data::names().filter(places).take(MOST).collect();
    if !same_place.is_empty() {
        return same_place;
    }
    let allowed = if given.len() < 6 { 1 } else { 2 };
    let mut close: Vec<_> = data::names()
        .map(|name| {
            let name_plain = plain(name);
            let place = name_plain.rsplit('/').next().unwrap_or_default();
            (distance(&name_plain, &given).min(distance(place, &given)), name)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    close.sort();
    close.into_iter().map(|(_, name)| name).take(MOST).collect()
}

/// Returns the name in lower case with `_` for spaces.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Counts the letters to insert, remove or replace to get from one text to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Zone;

    #[test]
    fn a_wrong_name_suggests_the_zone_that_was_meant() {
        let first = |given| close_to(given).first().copied();
        assert_eq!(first("america/new_york"), Some("America/New_York"));
        assert_eq!(first("America/New York"), Some("America/New_York"));
        assert_eq!(first("New York"), Some("America/New_York"));
        assert_eq!(first("utc"), Some("UTC"));
        assert_eq!(first("Z"), Some("UTC"));
        assert_eq!(first("Berlin"), Some("Europe/Berlin"));
        assert_eq!(first("Europe/Berlim"), Some("Europe/Berlin"));
        assert_eq!(first("Asia/Melbourne"), Some("Australia/Melbourne"));
        let refused = Zone::parse("Etc/GMT+14").unwrap_err().to_string();
        assert!(refused.contains("`Etc/GMT-14`, 14 hours ahead of UTC, to `Etc/GMT+12`"), "{refused}");
        assert!(Zone::parse("Etc/GMT-14").is_ok() && Zone::parse("Etc/GMT+12").is_ok());
        for hopeless in ["", "nowhere/at/all", "🎺", &"x".repeat(10_000)] {
            assert_eq!(first(hopeless), None, "{hopeless}");
        }
    }
}
