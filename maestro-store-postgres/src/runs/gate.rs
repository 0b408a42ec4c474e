//! The gate of an orchestra: who counts its live runs to decide whether one more may go waits for the others.

use maestro_core::domain::{OrchestraId, WorkspaceId};
use sqlx::PgConnection;

use crate::statement::Schema;

/// Keeps our locks apart from those that a host takes with two numbers.
pub(crate) const GATES: i32 = 0x6d61_6573;

/// The gates of orchestras. Two orchestras that share a number only wait for each other more often.
pub(super) struct Gates(Vec<i32>);

impl Gates {
    pub(super) fn of<'a>(
        schema: &Schema,
        orchestras: impl IntoIterator<Item = (&'a WorkspaceId, &'a OrchestraId)>,
    ) -> Self {
        let numbers = orchestras.into_iter().map(|(workspace, id)| gate_of(schema.name(), workspace, id));
        let mut gates: Vec<i32> = numbers.collect();
        gates.sort_unstable(); // everybody locks in the same order
        gates.dedup();
        Self(gates)
    }

    /// Waits for the others, and makes them wait until the transaction ends. What follows in a statement of its own sees
    /// whatever they have done.
    pub(super) async fn lock(
        self,
        connection: &mut PgConnection,
        schema: &Schema,
    ) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        schema
            .query(include_str!("../../queries/gate.sql"))
            .bind(GATES)
            .bind(self.0)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Returns the gate of an orchestra. FNV-1a: every process of every release must find the same number.
pub(crate) fn gate_of(schema: &str, workspace: &WorkspaceId, orchestra: &OrchestraId) -> i32 {
    let names = [schema, workspace.as_str(), orchestra.as_str()];
    let bytes = names.iter().flat_map(|name| name.bytes().chain([0]));
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_orchestra_never_changes() {
        let gate = |workspace, orchestra| {
            gate_of("maestro", &WorkspaceId::new(workspace).unwrap(), &OrchestraId::new(orchestra).unwrap())
        };
        assert_eq!(gate("default", "news"), 1_725_578_554);
        assert_ne!(gate("a", "b-c"), gate("a-b", "c"));
    }
}
