//! Slugs: URL-safe ids made from the names that people give.

/// Slugs that routes of the HTTP API use themselves.
pub const RESERVED_SLUGS: [&str; 4] = ["new", "validate", "by-orchestra", "preview"];

const LONGEST: usize = 48; // leaves room for a suffix within the 64 characters of an id

/// Returns the slug of `name`: its letters a-z and digits, lower case, all else as single hyphens.
/// A name without any gives `fallback`; a reserved slug gets the fallback in front.
pub fn slug_of(name: &str, fallback: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= LONGEST {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    match slug {
        "" => fallback.to_owned(),
        reserved if RESERVED_SLUGS.contains(&reserved) => format!("{fallback}-{reserved}"),
        free => free.to_owned(),
    }
}

/// Returns `slug` as the `n`th try at a free one: `slug`, `slug-2`, `slug-3` …
pub fn with_suffix(slug: &str, n: u32) -> String {
    if n <= 1 { slug.to_owned() } else { format!("{slug}-{n}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_keeps_letters_and_digits_and_is_never_empty_or_reserved() {
        assert_eq!(slug_of("Cold leads: Q3 / DACH", "orchestra"), "cold-leads-q3-dach");
        assert_eq!(slug_of("  --  ", "orchestra"), "orchestra");
        assert_eq!(slug_of("日本語 🎺", "orchestra"), "orchestra");
        assert_eq!(slug_of("New", "orchestra"), "orchestra-new");
        assert_eq!(slug_of(&"a b".repeat(100), "x").len(), 48);
        assert_eq!(with_suffix("a", 1), "a");
        assert_eq!(with_suffix("a", 3), "a-3");
    }
}
