//! The wrapper that carries faults out.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use super::{Fault, FaultPlan, Method};
use crate::ports::{Clock, Store, store::StoreError};

/// A store around a store, whose calls fail as a [`FaultPlan`] says. It has the roles that `S` has.
///
/// Give each simulated process a wrapper of its own around one shared store, with a plan of its own.
#[derive(Debug)]
pub struct FaultStore<S: ?Sized> {
    pub(super) inner: Arc<S>,
    plan: FaultPlan,
}

impl<S: ?Sized> FaultStore<S> {
    /// Wraps `inner`.
    pub fn new(inner: Arc<S>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }

    /// Returns the plan.
    pub fn plan(&self) -> &FaultPlan {
        &self.plan
    }
}

impl<S: Store + ?Sized> Store for FaultStore<S> {
    /// The clock of the store within, which no fault stops.
    fn clock(&self) -> Option<Arc<dyn Clock>> {
        self.inner.clock()
    }
}

impl FaultPlan {
    /// Plays `call` as the plan says.
    pub(super) async fn play<T>(
        &self,
        method: Method,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.thaw().await;
        let begun = self.clock.monotonic();
        let (place, fault) = self.decide(method);
        let answer = match fault {
            Some(fault) => self.fail(fault, method, call).await,
            None => call.await,
        };
        self.thaw().await;
        self.answered(place, self.clock.monotonic().saturating_sub(begun));
        answer
    }

    async fn fail<T>(
        &self,
        fault: Fault,
        method: Method,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match fault {
            Fault::NotApplied => Err(unavailable(method, "not applied")),
            Fault::AppliedButError => {
                drop(call.await);
                Err(unavailable(method, "the answer was lost"))
            }
            Fault::Delay(span) => {
                self.clock.sleep(span).await;
                call.await
            }
            Fault::LateAnswer(span) => {
                let answer = call.await;
                self.clock.sleep(span).await;
                answer
            }
            Fault::DroppedAfter(polls) => {
                poll_at_most(polls, call).await;
                Err(unavailable(method, "the connection broke"))
            }
            Fault::NotStorable => Err(not_storable(method)),
            Fault::Corrupt => {
                let (what, reason) = ("record", "injected".to_owned());
                Err(StoreError::Corrupt { what, id: method.name().to_owned(), reason })
            }
            Fault::HangBefore => std::future::pending().await,
            Fault::HangAfter => {
                drop(call.await);
                std::future::pending().await
            }
        }
    }
}

/// Polls `call` until it is ready or was polled so often, then drops it.
async fn poll_at_most<T>(polls: u32, call: impl Future<Output = T>) {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 || call.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

pub(super) fn not_storable(method: Method) -> StoreError {
    StoreError::NotStorable { reason: format!("injected into {}", method.name()) }
}

fn unavailable(method: Method, what: &str) -> StoreError {
    StoreError::Unavailable { source: format!("injected into {}: {what}", method.name()).into() }
}

#[cfg(test)]
mod tests;
