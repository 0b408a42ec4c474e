//! Skills: the functions that a host hands to Maestro, grouped and named.

mod context;
mod function;

use std::{collections::BTreeMap, future::Future, num::NonZeroU32, sync::Arc};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::sync::Semaphore;

pub use self::context::Context;
pub(crate) use self::function::Function;
use crate::{
    domain::{AgentId, Catalog, InvalidId, OperationName, Payload, SkillName},
    ports::{Executor, Operation, StepCall, StepError},
};

/// A group of operations.
///
/// ```
/// use maestro_core::engine::{Context, Skill};
/// use maestro_core::ports::StepError;
/// use serde_json::{Value, json};
///
/// async fn greet(_ctx: Context, input: Value) -> Result<Value, StepError> {
///     let name = input["name"].as_str().ok_or_else(|| StepError::new("no name").permanent())?;
///     Ok(json!({ "greeting": format!("Hello {name}") }))
/// }
/// let skill = Skill::new("people").operation("greet", greet);
/// ```
pub struct Skill {
    name: String,
    operations: Vec<(String, Registered)>,
    /// A setting that stood before the first operation.
    misplaced: Option<&'static str>,
}

#[derive(Clone)]
struct Registered {
    function: Arc<dyn Function>,
    description: String,
    input_schema: Value,
    output_schema: Value,
    secrets: Vec<String>,
    limit: Option<NonZeroU32>,
}

/// What is known of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationInfo {
    /// Its full name.
    pub operation: Operation,
    /// What it does, for people and for models that may call it.
    pub description: String,
    /// JSON Schema of its input, from its type.
    pub input_schema: Value,
    /// JSON Schema of its output, from its type.
    pub output_schema: Value,
    /// The secret slots that an orchestra must bind.
    pub secrets: Vec<String>,
}

/// A type whose JSON form can be described. Every type with a schemars `JsonSchema` is one.
pub trait Described {
    /// Returns the JSON Schema (2020-12).
    fn schema() -> Value;
}

impl<T: schemars::JsonSchema> Described for T {
    fn schema() -> Value {
        schemars::SchemaGenerator::default().into_root_schema_for::<T>().into()
    }
}

impl Skill {
    /// Begins a skill. The name is checked when the engine is built: 1 to 64 of the characters a-z 0-9 _ -.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), operations: Vec::new(), misplaced: None }
    }

    /// Adds an async function as an operation.
    #[must_use]
    pub fn operation<I, O, F, R>(self, name: impl Into<String>, function: F) -> Self
    where
        I: DeserializeOwned + Described + Send + 'static,
        O: Serialize + Described + Send + 'static,
        F: Fn(Context, I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, StepError>> + Send + 'static,
    {
        self.add(name.into(), I::schema(), O::schema(), function::of_async(function))
    }

    /// Adds a function that blocks as an operation; it is called on a thread of its own. It cannot be aborted: it should
    /// look at [`Context::is_cancelled`].
    #[must_use]
    pub fn blocking_operation<I, O, F>(self, name: impl Into<String>, function: F) -> Self
    where
        I: DeserializeOwned + Described + Send + 'static,
        O: Serialize + Described + Send + 'static,
        F: Fn(Context, I) -> Result<O, StepError> + Send + Sync + 'static,
    {
        self.add(name.into(), I::schema(), O::schema(), function::of_blocking(function))
    }

    /// Says what the operation that was added last does: people read it, and models that may call it.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        match self.operations.last_mut() {
            Some((_, operation)) => operation.description = description.into(),
            None => self.misplaced = Some("describe"),
        }
        self
    }

    /// Declares a secret slot of the operation that was added last: an orchestra must bind it to a secret.
    ///
    /// ```
    /// use maestro_core::engine::{Context, Skill};
    /// use maestro_core::ports::StepError;
    /// use serde_json::{Value, json};
    ///
    /// async fn push(ctx: Context, lead: Value) -> Result<Value, StepError> {
    ///     let key = ctx.secret("crm_key").await?;
    ///     let authorization = format!("Bearer {}", key.expose()); // for the request, and nothing else
    ///     Ok(json!({ "pushed": lead["id"] }))
    /// }
    /// let skill = Skill::new("crm").operation("push", push).secret("crm_key");
    /// ```
    #[must_use]
    pub fn secret(mut self, slot: impl Into<String>) -> Self {
        match self.operations.last_mut() {
            Some((_, operation)) => operation.secrets.push(slot.into()),
            None => self.misplaced = Some("secret"),
        }
        self
    }

    /// Limits how many steps of the operation that was added last this process executes at once.
    #[must_use]
    pub fn max_concurrency(mut self, limit: NonZeroU32) -> Self {
        match self.operations.last_mut() {
            Some((_, operation)) => operation.limit = Some(limit),
            None => self.misplaced = Some("max_concurrency"),
        }
        self
    }

    /// Puts something around the function of every operation, which it is given with the full name.
    #[cfg(feature = "testing")]
    pub(crate) fn wrap(mut self, wrap: impl Fn(String, Arc<dyn Function>) -> Arc<dyn Function>) -> Self {
        for (name, operation) in &mut self.operations {
            let inner = Arc::clone(&operation.function);
            operation.function = wrap(format!("{}.{name}", self.name), inner);
        }
        self
    }

    fn add(mut self, name: String, input: Value, output: Value, function: Arc<dyn Function>) -> Self {
        let operation = Registered {
            function,
            description: String::new(),
            input_schema: input,
            output_schema: output,
            secrets: Vec::new(),
            limit: None,
        };
        self.operations.push((name, operation));
        self
    }
}

impl Registered {
    fn info(&self, skill: &SkillName, name: &OperationName) -> OperationInfo {
        OperationInfo {
            operation: Operation { skill: skill.clone(), name: name.clone() },
            description: self.description.clone(),
            input_schema: self.input_schema.clone(),
            output_schema: self.output_schema.clone(),
            secrets: self.secrets.clone(),
        }
    }
}

/// Every operation that this process can execute.
#[derive(Default)]
pub(crate) struct Skills {
    operations: BTreeMap<(SkillName, OperationName), Available>,
}

/// An operation, and its slots where it is limited.
type Available = (Registered, Option<Arc<Semaphore>>);

/// Why skills cannot be used together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkillsError {
    /// A name breaks the rule for names.
    #[error(transparent)]
    Name(#[from] InvalidId),
    /// A setting of an operation stands before any operation.
    #[error(
        "skill {skill:?}: {setting} belongs to the operation before it, and there is none; move it behind one"
    )]
    Misplaced {
        /// The skill.
        skill: String,
        /// The setting.
        setting: &'static str,
    },
    /// Two operations have the same name.
    #[error("the operation {0} is registered twice; rename one")]
    Twice(String),
}

impl Skills {
    pub(crate) fn new(skills: Vec<Skill>) -> Result<Self, SkillsError> {
        let mut all = Self::default();
        for skill in skills {
            let name = SkillName::new(&skill.name)?;
            if let Some(setting) = skill.misplaced {
                return Err(SkillsError::Misplaced { skill: skill.name, setting });
            }
            for (operation, registered) in skill.operations {
                let key = (name.clone(), OperationName::new(&operation)?);
                let slots = registered.limit.map(|limit| Arc::new(Semaphore::new(limit.get() as usize)));
                if all.operations.insert(key, (registered, slots)).is_some() {
                    return Err(SkillsError::Twice(format!("{name}.{operation}")));
                }
            }
        }
        Ok(all)
    }

    pub(crate) fn knows(&self, operation: &Operation) -> bool {
        self.operations.contains_key(&(operation.skill.clone(), operation.name.clone()))
    }

    /// Returns the slots of an operation that is limited.
    pub(crate) fn slots(&self, operation: &Operation) -> Option<Arc<Semaphore>> {
        self.operations.get(&(operation.skill.clone(), operation.name.clone()))?.1.clone()
    }

    pub(crate) fn infos(&self) -> impl Iterator<Item = OperationInfo> + '_ {
        self.operations.iter().map(|((skill, name), (registered, _))| registered.info(skill, name))
    }

    pub(crate) fn info(&self, operation: &Operation) -> Option<OperationInfo> {
        let key = (operation.skill.clone(), operation.name.clone());
        self.operations.get(&key).map(|(registered, _)| registered.info(&key.0, &key.1))
    }

    /// Returns the secret slots that an operation needs; none where it is not known.
    pub(crate) fn secrets(&self, skill: &SkillName, name: &OperationName) -> &[String] {
        self.operations.get(&(skill.clone(), name.clone())).map_or(&[], |(registered, _)| &registered.secrets)
    }
}

impl Catalog for Skills {
    fn has_operation(&self, skill: &SkillName, operation: &OperationName) -> bool {
        self.operations.contains_key(&(skill.clone(), operation.clone()))
    }

    fn has_agent(&self, _agent: &AgentId) -> bool {
        true // agents are records of a workspace: readiness looks for them
    }
}

#[async_trait]
impl Executor for Skills {
    async fn execute(&self, call: StepCall) -> Result<Payload, StepError> {
        let operation = call.operation.clone();
        match self.operations.get(&(operation.skill.clone(), operation.name.clone())) {
            Some((registered, _)) => registered.function.call(Context::new(call)).await,
            None => {
                Err(StepError::with_code("unknown_operation", format!("this process has no {operation}")))
            }
        }
    }
}
