//! The pages: each reads what it shows and hands it to its template.

pub(crate) mod agents;
pub(crate) mod builder;
pub(crate) mod composer;
pub(crate) mod costs;
pub(crate) mod orchestra;
pub(crate) mod overview;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod settings;

mod fires;
mod run_table;
mod schedule;
mod stats;

use std::collections::BTreeMap;

use maestro_core::{
    domain::{NodeKind, Score},
    engine::OperationInfo,
};

/// Returns the secret slots that a score needs, each with the operations that ask for it.
fn secret_slots(score: &Score, operations: &[OperationInfo]) -> BTreeMap<String, Vec<String>> {
    let mut slots: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in &score.nodes {
        let NodeKind::Deterministic { skill, operation } = &node.kind else { continue };
        let known = operations
            .iter()
            .find(|info| info.operation.skill == *skill && info.operation.name == *operation);
        for slot in known.into_iter().flat_map(|info| &info.secrets) {
            let asked_by = slots.entry(slot.clone()).or_default();
            let name = format!("{skill}.{operation}");
            if !asked_by.contains(&name) {
                asked_by.push(name);
            }
        }
    }
    slots
}
