//! Query parameters: each once, each known.

use std::collections::BTreeSet;

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The parameter that names the workspace, on every route; the gate has read it already.
pub(crate) const WORKSPACE: &str = "workspace";

/// The parameters of a request.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let own = || form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != WORKSPACE);
    let mut seen = BTreeSet::new();
    if let Some((name, _)) = own().find(|(name, _)| !seen.insert(name.clone())) {
        return Err(Problem::invalid(name, "it stands there twice; send it once"));
    }
    let own = form_urlencoded::Serializer::new(String::new()).extend_pairs(own()).finish();
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(own.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let parameter = error.path().to_string();
        Problem::invalid(parameter, error.into_inner().to_string())
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        limit: Option<u8>,
        name: Option<String>,
    }

    #[test]
    fn parameters_are_read_strictly_and_the_workspace_belongs_to_all() {
        let read = |query: &str| parse::<Sample>(query);
        let all = Sample { limit: Some(7), name: Some("a b/ä".to_owned()) };
        assert_eq!(read("limit=7&workspace=x&name=a+b%2F%C3%A4").ok(), Some(all));
        assert_eq!(read("").ok(), Some(Sample { limit: None, name: None }));
        for (bad, parameter) in [
            ("limit=x", "limit"),
            ("limit=300", "limit"),
            ("limit=", "limit"),
            ("limit=1&limit=2", "limit"),
            ("more=1", "more"),
        ] {
            assert_eq!(read(bad).unwrap_err().errors()[0].pointer, parameter, "{bad}");
        }
    }
}
