//! Putting it together: the routes, what stands around them, and where they are mounted.

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state};
use maestro_core::engine::Maestro;
use tower_http::{catch_panic::CatchPanicLayer, csrf::CsrfLayer};

use crate::{
    app::{App, Limits},
    auth::Authorizer,
    health, layers, openapi, routes,
};

/// Begins to build the routes of the API. Whoever asks must pass `authorizer`, health apart; there is no way around it.
pub fn router(maestro: Maestro, authorizer: impl Authorizer) -> ApiRouter {
    let csrf = CsrfLayer::new();
    ApiRouter {
        maestro,
        authorizer: Arc::new(authorizer),
        limits: Limits::default(),
        base: String::new(),
        csrf,
    }
}

/// The API, to be merged into an axum [`Router`] or served as one. Made by [`router`].
///
/// The router answers what it does not know with a problem document: everything below its base, or, without one, everything
/// that the application has no route for.
pub struct ApiRouter {
    maestro: Maestro,
    authorizer: Arc<dyn Authorizer>,
    limits: Limits,
    base: String,
    csrf: CsrfLayer,
}

/// A text is no origin.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{origin:?} is no origin; write it as browsers do, such as https://example.com")]
pub struct InvalidOrigin {
    /// The text.
    pub origin: String,
}

impl ApiRouter {
    /// Mounts it under a path, such as `/automation`. Default: at the root.
    #[must_use]
    pub fn base(self, base: &str) -> Self {
        let base = base.trim_matches('/');
        Self { base: if base.is_empty() { String::new() } else { format!("/{base}") }, ..self }
    }

    /// Sets what requests may take.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Lets pages of another origin send requests that change something. Pages of the site itself always may.
    ///
    /// # Errors
    /// [`InvalidOrigin`].
    pub fn trust_origin(self, origin: &str) -> Result<Self, InvalidOrigin> {
        let csrf = self.csrf.add_trusted_origin(origin);
        let csrf = csrf.map_err(|_| InvalidOrigin { origin: origin.to_owned() })?;
        Ok(Self { csrf, ..self })
    }

    /// Returns the routes, mounted under the base.
    pub fn build(self) -> Router {
        let app = App::new(self.maestro, self.authorizer, self.limits);
        let (gated, description) = routes::all(&app).split_for_parts();
        app.describe(openapi::document(&description, &self.base).to_string());
        #[cfg(feature = "dashboard")]
        let gated = gated.merge(crate::dashboard::routes(&app));
        let inner = gated
            .merge(health::routes())
            .fallback(layers::no_route)
            .method_not_allowed_fallback(layers::no_method)
            // The last stands outermost.
            .layer(self.csrf.with_rejection_response(layers::cross_site))
            .layer(from_fn_with_state(app.clone(), layers::limit))
            .layer(CatchPanicLayer::custom(layers::panicked))
            .layer(axum::middleware::from_fn(layers::secure))
            .layer(from_fn_with_state(app.clone(), layers::trace))
            .with_state(app);
        match self.base.as_str() {
            "" => inner,
            base => Router::new().nest(base, inner),
        }
    }
}

impl From<ApiRouter> for Router {
    fn from(api: ApiRouter) -> Self {
        api.build()
    }
}
