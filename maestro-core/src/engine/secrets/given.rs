//! What a try of a step is given: the values of the slots that its operation declares, read before it begins.

use std::collections::BTreeMap;

use tokio::sync::OnceCell;

use super::{latest, missing};
use crate::{
    domain::{Secret, SecretName, StepSecrets},
    engine::shared::Shared,
    ports::{SecretError, StepCall, StepError, store::StoreError},
};

/// The secret bindings of a claimed run's orchestra, read when the first step asks for them: a run without slots costs no
/// look. They are those of the present, not of the moment of the enqueue.
#[derive(Debug, Default)]
pub(crate) struct Bindings(OnceCell<BTreeMap<String, String>>);

impl Bindings {
    async fn read(&self, shared: &Shared, call: &StepCall) -> Result<&BTreeMap<String, String>, StepError> {
        let read = || shared.store.orchestra(&call.workspace, &call.orchestra_id);
        let insist = async || {
            let state = shared.insist("read secret bindings", read).await?;
            Ok(state.orchestra.secret_bindings)
        };
        self.0.get_or_try_init(insist).await.map_err(|error| unreadable(&error))
    }
}

/// Returns the values of the slots that an operation declares, as they are now.
///
/// # Errors
/// [`StepError`], with `not_applied`: the operation has not begun. `secret_missing` and `secret_unusable` are permanent,
/// `secret_unavailable` is not.
pub(crate) async fn give(
    shared: &Shared,
    bindings: &Bindings,
    call: &StepCall,
    slots: &[String],
) -> Result<StepSecrets, StepError> {
    let bindings = bindings.read(shared, call).await?;
    let mut values = BTreeMap::new();
    for slot in slots {
        let Some(name) = bindings.get(slot).filter(|name| !name.is_empty()) else {
            let message = format!(
                "the secret slot {slot} of {} is not bound; bind it in secret_bindings of the orchestra {}",
                call.operation, call.orchestra_id
            );
            return Err(lacking(message));
        };
        let name = SecretName::new(name).map_err(|error| lacking(format!("the slot {slot}: {error}")))?;
        let value = read(shared, call, &name).await?.ok_or_else(|| lacking(missing(slot, &name)))?;
        values.insert(slot.clone(), value);
    }
    Ok(StepSecrets::new(values))
}

/// Reads a secret. A store that does not answer is waited for, a source of the host is not.
async fn read(shared: &Shared, call: &StepCall, name: &SecretName) -> Result<Option<Secret>, StepError> {
    let (secrets, workspace) = (&shared.secrets, &call.workspace);
    if let Some(secret) = secrets.ask_sources(workspace, name).await.map_err(refused)? {
        return Ok(Some(secret));
    }
    if secrets.keys.is_none() {
        return Ok(None);
    }
    let sealed = shared.insist("read secret", || latest(&*shared.store, workspace, name)).await;
    secrets.open(workspace, sealed.map_err(|error| unreadable(&error))?).map_err(refused)
}

fn lacking(message: String) -> StepError {
    StepError::with_code("secret_missing", message).permanent().not_applied()
}

fn refused(error: SecretError) -> StepError {
    let code = if error.is_retryable() { "secret_unavailable" } else { "secret_unusable" };
    let refused = StepError::with_code(code, error.to_string()).not_applied();
    if error.is_retryable() { refused } else { refused.permanent() }
}

fn unreadable(error: &StoreError) -> StepError {
    StepError::with_code("secret_unusable", error.to_string()).permanent().not_applied()
}
