//! Words of a score document: enums whose variants have one stable name each.

/// Defines an enum of names. `name()` is exhaustive, `from_name` is its inverse, JSON carries the name.
macro_rules! named_enum {
    (
        $(#[$doc:meta])*
        pub enum $enum:ident { $( $(#[$variant_doc:meta])* $variant:ident = $name:literal, )+ }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $enum { $( $(#[$variant_doc])* #[serde(rename = $name)] $variant, )+ }

        impl $enum {
            /// Every variant, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name in documents and stores. Never changes once released.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Returns what `name` names.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(super) use named_enum;
