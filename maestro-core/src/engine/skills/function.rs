//! Functions of the host behind one face: payload in, payload out.

use std::{future::Future, marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

use super::Context;
use crate::{domain::Payload, ports::StepError};

/// A function of the host.
#[async_trait]
pub(crate) trait Function: Send + Sync {
    async fn call(&self, context: Context) -> Result<Payload, StepError>;
}

/// Wraps an async function.
pub(super) fn of_async<I, O, F, R>(function: F) -> Arc<dyn Function>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    F: Fn(Context, I) -> R + Send + Sync + 'static,
    R: Future<Output = Result<O, StepError>> + Send + 'static,
{
    Arc::new(Async { function, types: PhantomData })
}

/// Wraps a function that blocks.
pub(super) fn of_blocking<I, O, F>(function: F) -> Arc<dyn Function>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    F: Fn(Context, I) -> Result<O, StepError> + Send + Sync + 'static,
{
    Arc::new(Blocking { function: Arc::new(function), types: PhantomData })
}

struct Async<I, O, F> {
    function: F,
    types: PhantomData<fn(I) -> O>,
}

#[async_trait]
impl<I, O, F, R> Function for Async<I, O, F>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    F: Fn(Context, I) -> R + Send + Sync + 'static,
    R: Future<Output = Result<O, StepError>> + Send + 'static,
{
    async fn call(&self, context: Context) -> Result<Payload, StepError> {
        let input = read(&context)?;
        write(&(self.function)(context, input).await?)
    }
}

struct Blocking<I, O, F> {
    function: Arc<F>,
    types: PhantomData<fn(I) -> O>,
}

#[async_trait]
impl<I, O, F> Function for Blocking<I, O, F>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    F: Fn(Context, I) -> Result<O, StepError> + Send + Sync + 'static,
{
    async fn call(&self, context: Context) -> Result<Payload, StepError> {
        let input: I = read(&context)?;
        let function = Arc::clone(&self.function);
        // Joined here; where the step is dropped the thread goes on until the function returns.
        match tokio::task::spawn_blocking(move || function(context, input)).await {
            Ok(output) => write(&output?),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(StepError::with_code("aborted", "the process is shutting down")),
        }
    }
}

fn read<I: DeserializeOwned>(context: &Context) -> Result<I, StepError> {
    serde_json::from_str(context.input().as_str()).map_err(|error| {
        let message = format!("the input does not fit {}: {error}", context.operation());
        StepError::with_code("invalid_input", message).permanent().not_applied()
    })
}

fn write<O: Serialize>(output: &O) -> Result<Payload, StepError> {
    Payload::from_serialize(output).map_err(|error| {
        StepError::with_code("output_not_storable", format!("the output {error}")).permanent()
    })
}
