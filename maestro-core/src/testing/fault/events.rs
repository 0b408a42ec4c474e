//! Listening through faults: what a broken connection swallows is told as "some were missed".

use async_trait::async_trait;

use super::{FaultPlan, FaultStore, Method};
use crate::ports::store::{Change, ChangeStream, EventStore, StoreError};

#[async_trait]
impl<S: EventStore + ?Sized> EventStore for FaultStore<S> {
    async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError> {
        let inner = self.plan().play(Method::Changes, self.inner.changes()).await?;
        Ok(Box::new(FaultStream { inner, plan: self.plan().clone() }))
    }
}

struct FaultStream {
    inner: Box<dyn ChangeStream>,
    plan: FaultPlan,
}

#[async_trait]
impl ChangeStream for FaultStream {
    /// Any fault swallows the change; delays do not apply.
    async fn next(&mut self) -> Option<Change> {
        let change = self.inner.next().await;
        match self.plan.decide(Method::NextChange).1 {
            Some(_) => None,
            None => change,
        }
    }
}
