//! Stored names: the enums of the domain, with their names as the schema.

use std::borrow::Cow;

use maestro_core::domain;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Defines the form of a domain enum on the wire: its stored name.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) domain::$name);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map(Self).map_err(D::Error::custom)
            }
        }

        impl From<domain::$name> for $name {
            fn from(value: domain::$name) -> Self {
                Self(value)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let names = domain::$name::ALL.iter().map(|value| value.name());
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+ };
}

names!(
    /// In which queue a run stands.
    Class,
    /// By what costs are summed up.
    CostsBy,
    /// What became of a slot.
    FiringOutcome,
    /// What becomes of late slots.
    Misfire,
    /// What an orchestra is doing.
    OrchestraStatus,
    /// What becomes of a slot while a run is live.
    Overlap,
    /// What a score is for.
    PipelineKind,
    /// Where a run is in its life.
    RunStatus,
    /// What a step executes.
    StepKind,
    /// Where a step is in its life.
    StepStatus,
);
