//! Slugs to try for a new record, until one is free.

use crate::{
    domain::{slug_of, with_suffix},
    ports::{Entropy, EntropyExt},
};

/// So many are tried in order, then as many by chance: who makes thousands of one name does not ask thousands of times.
const IN_ORDER: u32 = 50;
const BY_CHANCE: u32 = 50;

/// Returns the slug of `name`, then the same with `-2`, `-3` … behind, then with long random numbers.
pub(super) fn to_try(name: &str, fallback: &str, entropy: &dyn Entropy) -> impl Iterator<Item = String> {
    let slug = slug_of(name, fallback);
    let by_chance = move || 1_000 + (entropy.next_fraction() * 1e9) as u32;
    let numbers = (1..=IN_ORDER).chain((0..BY_CHANCE).map(move |_| by_chance()));
    numbers.map(move |number| with_suffix(&slug, number))
}
