//! Fairness: how the free slots of a worker are shared out among the workspaces and classes that have work.

use std::{collections::BTreeMap, num::NonZeroU32};

use crate::{
    domain::{Class, WorkspaceId},
    ports::store::{DueClass, Quota},
};

/// Shares out slots. With n busy workspaces each gets its n-th of every claim, in turn where there are fewer slots than
/// workspaces; within a workspace the classes get 8:4:1.
#[derive(Debug, Default)]
pub(super) struct Fairness {
    /// Behind whom the next turn begins: the one served last, or the first one when all were served, since the first ones
    /// get what does not divide.
    last: Option<WorkspaceId>,
    /// Counts the claims, to serve low classes now and then where a share is too small to divide.
    turn: u32,
}

fn weight(class: Class) -> u64 {
    match class {
        Class::High => 8,
        Class::Normal => 4,
        Class::Low => 1,
    }
}

impl Fairness {
    /// Returns how many runs to claim of each of `busy`, at most `free` in all.
    pub(super) fn share_out(&mut self, busy: &[DueClass], free: u32) -> Vec<Quota> {
        let mut workspaces: BTreeMap<&WorkspaceId, Vec<Class>> = BTreeMap::new();
        for due in busy {
            workspaces.entry(&due.workspace).or_default().push(due.class);
        }
        let mut order: Vec<_> = workspaces.into_iter().collect();
        let first =
            order.iter().position(|(workspace, _)| Some(*workspace) > self.last.as_ref()).unwrap_or(0);
        order.rotate_left(first);

        self.turn = self.turn.wrapping_add(1);
        let mut left = free;
        let mut quotas = Vec::new();
        let mut last = None;
        for (served, (workspace, classes)) in order.iter().enumerate() {
            let waiting = u32::try_from(order.len() - served).unwrap_or(u32::MAX);
            let share = left.div_ceil(waiting);
            if share == 0 {
                break;
            }
            left -= share;
            last = Some(served);
            quotas.extend(self.divide(workspace, classes, share));
        }
        let serves_all = last.is_some_and(|last| last + 1 == order.len());
        let behind = if serves_all { Some(0) } else { last };
        self.last = behind.map(|served| order[served].0.clone()).or_else(|| self.last.take());
        quotas
    }

    /// Divides a workspace's share among its classes: whole parts by weight, and of what is left by rounding each class gets
    /// one more as often as its remainder weighs, over the turns.
    fn divide(&self, workspace: &WorkspaceId, classes: &[Class], share: u32) -> Vec<Quota> {
        let all: u64 = classes.iter().map(|class| weight(*class)).sum();
        // 7 divides no sum of weights: over `all` turns the offset takes every value once.
        let offset = u64::from(self.turn) * 7 % all;
        let mut seen = 0;
        let mut quotas = Vec::with_capacity(classes.len());
        for class in classes {
            let due = u64::from(share) * weight(*class);
            let (whole, remainder) = (due / all, due % all);
            // How many of the marks offset, offset + all, offset + 2 all … lie in this class's stretch of remainders.
            let marks_below = |end: u64| (end + all - 1 - offset) / all;
            let extra = marks_below(seen + remainder) - marks_below(seen);
            seen += remainder;
            let limit = u32::try_from(whole + extra).unwrap_or(u32::MAX);
            if let Some(limit) = NonZeroU32::new(limit) {
                quotas.push(Quota { workspace: workspace.clone(), class: *class, limit });
            }
        }
        quotas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(workspace: &str, class: Class) -> DueClass {
        DueClass { workspace: WorkspaceId::new(workspace).unwrap(), class }
    }

    fn taken(quotas: &[Quota]) -> BTreeMap<String, u32> {
        let mut taken = BTreeMap::new();
        for quota in quotas {
            *taken.entry(quota.workspace.to_string()).or_default() += quota.limit.get();
        }
        taken
    }

    #[test]
    fn every_busy_workspace_gets_its_share_of_a_claim() {
        let mut fairness = Fairness::default();
        let busy = ["a", "b", "c"].map(|workspace| due(workspace, Class::Normal));
        let quotas = fairness.share_out(&busy, 90);
        assert_eq!(taken(&quotas), BTreeMap::from([("a".into(), 30), ("b".into(), 30), ("c".into(), 30)]));
    }

    #[test]
    fn with_fewer_slots_than_workspaces_they_take_turns() {
        let mut fairness = Fairness::default();
        let busy: Vec<_> = ('a'..='j').map(|c| due(&c.to_string(), Class::Normal)).collect();
        let mut all: BTreeMap<String, u32> = BTreeMap::new();
        for _ in 0..100 {
            let quotas = fairness.share_out(&busy, 3);
            assert_eq!(quotas.iter().map(|quota| quota.limit.get()).sum::<u32>(), 3);
            taken(&quotas).into_iter().for_each(|(workspace, n)| *all.entry(workspace).or_default() += n);
        }
        assert!(all.values().all(|n| (29..=31).contains(n)), "{all:?}");
    }

    #[test]
    fn classes_are_served_by_weight_even_one_at_a_time() {
        let busy = [Class::High, Class::Normal, Class::Low].map(|class| due("a", class));
        for free in [1, 2, 13, 100] {
            let mut fairness = Fairness::default();
            let mut all: BTreeMap<Class, u32> = BTreeMap::new();
            for _ in 0..1_300 {
                for quota in fairness.share_out(&busy, free) {
                    *all.entry(quota.class).or_default() += quota.limit.get();
                }
            }
            let of = |class| f64::from(all[&class]) / f64::from(1_300 * free) * 13.0;
            assert!((of(Class::High) - 8.0).abs() < 0.2, "{free}: {all:?}");
            assert!((of(Class::Normal) - 4.0).abs() < 0.2, "{free}: {all:?}");
            assert!((of(Class::Low) - 1.0).abs() < 0.2, "{free}: {all:?}");
        }
    }
}
