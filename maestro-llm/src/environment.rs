//! The environment: which providers a process can ask, as the tools of the providers themselves find it out.

use crate::{Key, Provider};

/// Returns the providers that `look` finds the settings of.
pub(crate) fn providers(look: impl Fn(&str) -> Option<String>) -> Vec<Provider> {
    let set = |name: &str| look(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let keyed =
        |variable: &str, provider: fn(Key) -> Provider| set(variable).map(|_| provider(Key::env(variable)));
    let anthropic = keyed("ANTHROPIC_API_KEY", Provider::anthropic);
    let open_ai = keyed("OPENAI_API_KEY", Provider::openai);
    let gemini = keyed("GEMINI_API_KEY", Provider::gemini);
    let found = [
        anthropic.map(|provider| at(provider, set("ANTHROPIC_BASE_URL").map(versioned))),
        open_ai.map(|provider| at(provider, set("OPENAI_BASE_URL"))),
        gemini,
        Some(at(Provider::ollama(), set("OLLAMA_HOST").map(with_scheme).map(versioned))),
    ];
    found.into_iter().flatten().collect()
}

fn at(provider: Provider, endpoint: Option<String>) -> Provider {
    match endpoint {
        Some(endpoint) => provider.with_endpoint(endpoint),
        None => provider,
    }
}

fn versioned(address: String) -> String {
    format!("{}/v1/", address.trim_end_matches('/'))
}

/// Ollama takes `host:port` too.
fn with_scheme(address: String) -> String {
    if address.contains("://") { address } else { format!("http://{address}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(settings: &[(&str, &str)]) -> Vec<String> {
        let look = |name: &str| {
            let (_, value) = settings.iter().find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
        };
        let providers = providers(look).into_iter();
        providers.map(|provider| format!("{} {}", provider.name, provider.endpoint)).collect()
    }

    #[test]
    fn who_has_a_key_can_be_asked_and_ollama_always() {
        let local = "ollama http://localhost:11434/v1/";
        assert_eq!(found(&[]), [local]);
        assert_eq!(found(&[("OPENAI_API_KEY", ""), ("ANTHROPIC_BASE_URL", "http://elsewhere")]), [local]);
        let all = [("ANTHROPIC_API_KEY", "a"), ("OPENAI_API_KEY", "b"), ("GEMINI_API_KEY", "c")];
        let names: Vec<_> =
            found(&all).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(names, ["anthropic", "openai", "gemini", "ollama"]);
    }

    #[test]
    fn addresses_are_taken_as_the_tools_of_the_providers_take_them() {
        let settings = [
            ("ANTHROPIC_API_KEY", "a"),
            ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9000/"),
            ("OPENAI_API_KEY", "b"),
            ("OPENAI_BASE_URL", "http://127.0.0.1:9000/v1"),
            ("OLLAMA_HOST", "10.0.0.7:11434"),
        ];
        let expected = [
            "anthropic http://127.0.0.1:9000/v1/",
            "openai http://127.0.0.1:9000/v1",
            "ollama http://10.0.0.7:11434/v1/",
        ];
        assert_eq!(found(&settings), expected);
    }
}
