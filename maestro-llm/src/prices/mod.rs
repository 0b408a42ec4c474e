//! Prices: a short list that is shipped, and readers of the lists that others keep.
//!
//! Nothing is fetched at run time. A host that wants a longer list reads the one of [genai-prices] or [LiteLLM], looks at
//! what was left out, and gives the rest to the engine or to a workspace.
//!
//! [genai-prices]: https://github.com/pydantic/genai-prices
//! [LiteLLM]: https://github.com/BerriAI/litellm

mod decimal;
mod genai_prices;
mod import;
mod litellm;
mod shipped;

pub use self::genai_prices::from_genai_prices;
pub use self::import::{ImportError, Imported, Skipped};
pub use self::litellm::from_litellm;
pub use self::shipped::shipped;
