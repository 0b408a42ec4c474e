//! Claims: by which of them a worker may own runs, so that a renewal looks at these alone.
//!
//! While somebody holds an old snapshot, what a worker owned long ago stays in the index, and a renewal that asked for all
//! the worker's runs would walk over it. From time to time one does, for whatever this process does not know of.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use maestro_core::domain::{ClaimId, WorkerId};

/// How long renewals may look at known claims alone.
const LASTS: Duration = Duration::from_secs(60);
/// Renewals that look at everything take at most one of so many parts of the time.
const SHARE: u32 = 50;
/// How long a claim without an answer may still take something: the server has given it up by then.
const LOST: Duration = Duration::from_secs(60);
/// Of more claims than this the next renewal finds out by itself.
const MOST: usize = 10_000;

/// The claims of the workers of one process.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<HashMap<WorkerId, Known>>);

#[derive(Debug, Default)]
struct Known {
    claims: BTreeMap<ClaimId, Claim>,
    /// When a renewal must look at everything.
    until: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    began: Duration,
    /// Whether what it took is there for everybody to see.
    answered: bool,
}

/// What a renewal looks at.
pub(crate) struct Look {
    /// The claims by which the worker may own runs; `None` means whatever it owns.
    pub(crate) claims: Option<Vec<ClaimId>>,
    /// Those that own nothing any more if the renewal finds nothing of them.
    answered: Vec<ClaimId>,
    began: Duration,
}

impl Claims {
    /// Takes note of a claim before it is made.
    pub(super) fn begin(&self, worker: WorkerId, claim: ClaimId, at: Duration) {
        let mut workers = self.lock();
        if workers.len() >= MOST {
            workers.clear();
        }
        let known = workers.entry(worker).or_default();
        if known.claims.len() >= MOST {
            *known = Known::default();
        }
        known.claims.insert(claim, Claim { began: at, answered: false });
    }

    /// Takes note of its answer.
    pub(super) fn answered(&self, worker: WorkerId, claim: ClaimId) {
        let mut workers = self.lock();
        let claim = workers.get_mut(&worker).and_then(|known| known.claims.get_mut(&claim));
        if let Some(claim) = claim {
            claim.answered = true;
        }
    }

    /// Returns what a renewal that begins now looks at.
    pub(crate) fn look(&self, worker: WorkerId, at: Duration) -> Look {
        let workers = self.lock();
        let Some(known) = workers.get(&worker) else {
            return Look { claims: None, answered: Vec::new(), began: at };
        };
        let answered = known.claims.iter().filter(|(_, claim)| claim.answered).map(|(id, _)| *id).collect();
        let claims = (at < known.until).then(|| known.claims.keys().copied().collect());
        Look { claims, answered, began: at }
    }

    /// Learns from a renewal by which claims the worker owns something.
    pub(crate) fn learn(&self, worker: WorkerId, look: &Look, owned: &BTreeSet<ClaimId>, ended: Duration) {
        let mut workers = self.lock();
        let known = workers.entry(worker).or_default();
        for id in look.answered.iter().filter(|id| !owned.contains(id)) {
            known.claims.remove(id);
        }
        if look.claims.is_none() {
            known.claims.retain(|_, claim| claim.answered || look.began < claim.began + LOST);
            let seen = Claim { began: look.began, answered: true };
            for id in owned {
                known.claims.entry(*id).or_insert(seen);
            }
            known.until = ended + (ended.saturating_sub(look.began) * SHARE).max(LASTS);
        }
    }

    /// Forgets a worker that is no more.
    pub(crate) fn forget(&self, worker: WorkerId) {
        self.lock().remove(&worker);
    }

    /// A panic elsewhere must not take the renewals along.
    fn lock(&self) -> MutexGuard<'_, HashMap<WorkerId, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKER: WorkerId = WorkerId::from_u128(7);

    fn id(number: u128) -> ClaimId {
        ClaimId::from_u128(number)
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn renew(claims: &Claims, at: u64, owned: &[u128]) -> Option<Vec<ClaimId>> {
        let look = claims.look(WORKER, secs(at));
        claims.learn(WORKER, &look, &owned.iter().map(|number| id(*number)).collect(), secs(at));
        look.claims
    }

    fn claim(claims: &Claims, at: u64, number: u128) {
        claims.begin(WORKER, id(number), secs(at));
        claims.answered(WORKER, id(number));
    }

    #[test]
    fn a_renewal_looks_at_claims_that_owned_something_and_at_those_made_since() {
        let claims = Claims::default();
        claim(&claims, 1, 10);
        claim(&claims, 1, 20);
        assert_eq!(renew(&claims, 2, &[10]), None, "the first looks at everything");
        claim(&claims, 3, 5);
        assert_eq!(renew(&claims, 4, &[10]), Some(vec![id(5), id(10)]));
        assert_eq!(renew(&claims, 5, &[]), Some(vec![id(10)]));
        assert_eq!(renew(&claims, 6, &[]), Some(vec![]));
        assert_eq!(renew(&claims, 99, &[]), None, "and so does one from time to time");
    }

    #[test]
    fn a_claim_that_is_under_way_is_looked_for_until_it_is_surely_over() {
        let claims = Claims::default();
        assert_eq!(renew(&claims, 1, &[]), None);
        claims.begin(WORKER, id(1), secs(2));
        let look = claims.look(WORKER, secs(3));
        claims.answered(WORKER, id(1)); // after the server has looked, it may be
        claims.learn(WORKER, &look, &BTreeSet::new(), secs(4));
        assert_eq!(renew(&claims, 5, &[1]), Some(vec![id(1)]));

        claims.begin(WORKER, id(2), secs(6)); // its answer is lost
        assert_eq!(renew(&claims, 7, &[1]), Some(vec![id(1), id(2)]));
        assert_eq!(renew(&claims, 61, &[1]), None);
        assert_eq!(renew(&claims, 62, &[1]), Some(vec![id(1), id(2)]), "the server may still be at it");
        assert_eq!(renew(&claims, 122, &[1]), None);
        assert_eq!(renew(&claims, 123, &[1]), Some(vec![id(1)]));
    }

    #[test]
    fn what_another_door_has_claimed_is_found_by_the_next_look_at_everything() {
        let claims = Claims::default();
        assert_eq!(renew(&claims, 1, &[]), None);
        assert_eq!(renew(&claims, 62, &[8]), None);
        assert_eq!(renew(&claims, 63, &[8]), Some(vec![id(8)]));
        claims.forget(WORKER);
        assert_eq!(renew(&claims, 64, &[8]), None);
    }
}
