//! Nearest names: what somebody may have meant who wrote a name that does not exist.

/// Returns the candidate that is a typo or two away from `name`.
pub(super) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name: String = name.chars().take(64).collect();
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    let near = candidates.into_iter().map(|candidate| (distance(&name, candidate), candidate));
    near.filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, near)| near)
}

/// Returns how many letters must be added, dropped or changed, not minding case and `-` for `_`.
fn distance(one: &str, other: &str) -> usize {
    let plain = |text: &str| -> Vec<char> {
        text.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).take(64).collect()
    };
    let (one, other) = (plain(one), plain(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

/// Lists names as people do: `a, b or c`.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_name() {
        let names = ["max_attempts", "timeout_s", "kind", "on"];
        assert_eq!(nearest("max-attempt", names), Some("max_attempts"));
        assert_eq!(nearest("Kind", names), Some("kind"));
        assert_eq!(nearest("timeout", names), Some("timeout_s"));
        assert_eq!(nearest("no", names), None);
        assert_eq!(nearest("whatever", names), None);
        assert_eq!(one_of(&["a", "b", "c"]), "a, b or c");
    }
}
