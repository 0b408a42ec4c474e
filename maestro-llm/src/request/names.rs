//! Names of tools on the wire: providers allow the characters a-z A-Z 0-9 _ - and 64 of them, and no dot.

use crate::hash;

const LONGEST: usize = 64;

/// Returns what `name` is called on the wire: `skill.operation` becomes `skill__operation`. No two names share one: where
/// the short form would be ambiguous, too long or not allowed, a hash of the name stands at its end.
///
/// It depends on nothing but the name, so that a conversation reads the same in every turn, whatever tools a turn has.
pub(crate) fn wire_name(name: &str) -> String {
    if let Some(plain) = plain(name).filter(|plain| plain.len() <= LONGEST) {
        return plain;
    }
    let hash = hash::short(name);
    let allowed = name.chars().map(|char| if is_allowed(char) { char } else { '_' });
    let begin: String = allowed.take(LONGEST - hash.len() - 1).collect();
    format!("{begin}_{hash}")
}

/// Returns the form from which the name can be told again.
fn plain(name: &str) -> Option<String> {
    let is_clean = |part: &str| !part.is_empty() && part.chars().all(is_allowed);
    let Some((skill, operation)) = name.split_once('.') else {
        return is_clean(name).then(|| name.to_owned());
    };
    let is_clear = !name.contains("__") && !skill.ends_with('_') && !operation.starts_with('_');
    (is_clear && is_clean(skill) && is_clean(operation)).then(|| format!("{skill}__{operation}"))
}

fn is_allowed(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '-')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_operation_keeps_its_name_but_for_the_dot() {
        assert_eq!(wire_name("crm.find-lead"), "crm__find-lead");
        assert_eq!(wire_name("made_up"), "made_up");
    }

    #[test]
    fn every_name_is_allowed_and_no_two_names_meet() {
        let long = "s".repeat(64);
        let longer = format!("{long}.{long}");
        let names = [
            "a.b",
            "a__b",
            "a.b__c",
            "a__b.c",
            "a_.b",
            "a._b",
            "a.b.c",
            "a b",
            "a_b",
            "",
            ".",
            "ä.ö",
            &longer,
            &format!("{longer}x"),
            &long,
        ];
        let wire: BTreeSet<String> = names.iter().map(|name| wire_name(name)).collect();
        // `a__b` is no operation: a model that made it up is not told from one that called `a.b`
        assert_eq!(wire.len(), names.len() - 1, "{wire:?}");
        for name in wire {
            assert!((1..=LONGEST).contains(&name.len()) && name.chars().all(is_allowed), "{name}");
        }
    }
}
