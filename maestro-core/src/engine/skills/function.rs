//! Functions of the host behind one face: payload in, payload out.

use std::{future::Future, marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

use super::Context;
use crate::{
    domain::{InvalidPayload, Payload},
    ports::StepError,
};

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
        let (input, most) = (read(&context)?, context.most_bytes());
        write(&(self.function)(context, input).await?, most)
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
        let (function, most) = (Arc::clone(&self.function), context.most_bytes());
        // Joined here; where the step is dropped the thread goes on until the function returns.
        let work = move || function(context, input).and_then(|output| write(&output, most));
        match tokio::task::spawn_blocking(work).await {
            Ok(output) => output,
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

/// Writes an output of at most so many bytes: a larger one is refused before it costs the others their time.
fn write<O: Serialize>(output: &O, most: usize) -> Result<Payload, StepError> {
    Payload::from_serialize_within(output, most).map_err(|error| {
        let message = format!("the output {error}");
        match error {
            // Its effect has happened for certain: nobody has to be asked.
            InvalidPayload::TooLarge { .. } => {
                StepError::with_code("value_too_large", message).permanent().not_applied()
            }
            _ => StepError::with_code("output_not_storable", message).permanent(),
        }
    })
}
