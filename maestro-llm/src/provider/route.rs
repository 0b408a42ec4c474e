//! Routes: which provider a model belongs to, and what it is called there.

use super::Provider;

/// Returns the place of the provider that serves `model`, and the model's name as that provider knows it. A provider's name
/// before the first `/` decides; else the first one that serves models which begin so.
pub(crate) fn route<'a, 'p>(
    providers: impl Iterator<Item = &'p Provider> + Clone,
    model: &'a str,
) -> Option<(usize, &'a str)> {
    if let Some((name, rest)) = model.split_once('/')
        && let Some(at) = providers.clone().position(|provider| provider.name == name)
    {
        return (!rest.is_empty()).then_some((at, rest));
    }
    let at = providers.clone().position(|provider| {
        provider.serves.iter().any(|begin| !begin.is_empty() && model.starts_with(begin.as_str()))
    });
    at.map(|at| (at, model))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    #[test]
    fn a_name_before_the_model_decides_and_then_how_it_begins() {
        let router = Provider::openai_compatible("router", "https://router.example/v1/", Key::none());
        let mine = Provider::anthropic(Key::none()).with_name("mine");
        let providers = [Provider::anthropic(Key::none()), Provider::openai(Key::none()), router, mine];
        let cases = [
            ("anthropic/claude-x", Some((0, "claude-x"))),
            ("claude-x", Some((0, "claude-x"))),
            ("gpt-5", Some((1, "gpt-5"))),
            ("openai/my-own", Some((1, "my-own"))),
            ("router/meta/llama-4", Some((2, "meta/llama-4"))), // the rest is the provider's business
            ("mine/claude-x", Some((3, "claude-x"))),
            ("router/", None),
            ("meta/llama-4", None),
            ("llama-4", None),
            ("", None),
        ];
        for (model, expected) in cases {
            assert_eq!(route(providers.iter(), model), expected, "{model}");
        }
    }
}
