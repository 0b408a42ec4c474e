//! Who may do what: the host says who asks, the routes say what that takes.

mod bearer;
mod caller;
mod local;
mod principal;

use async_trait::async_trait;
use axum::http::request::Parts;

pub use self::bearer::{BearerTokens, InvalidTokenHash, TokenHash};
pub(crate) use self::caller::{Caller, Gate, admit};
pub use self::local::{InsecureLocal, insecure_local};
pub use self::principal::{Principal, Role};

/// Tells who asks. The host implements it: from headers, or from what its own login layer left in the request's
/// [extensions](axum::http::Extensions).
///
/// A function that needs not wait is one:
///
/// ```
/// use axum::http::request::Parts;
/// use maestro_http::{Denial, Principal, Role};
///
/// #[derive(Clone)]
/// struct User {
///     name: String,
///     is_admin: bool,
/// }
///
/// fn who_asks(request: &Parts) -> Result<Principal, Denial> {
///     let user = request.extensions.get::<User>().ok_or(Denial::login_at("/login"))?;
///     let role = if user.is_admin { Role::Admin } else { Role::Viewer };
///     Ok(Principal::new(&user.name, role))
/// }
/// ```
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    /// Returns who asks.
    ///
    /// # Errors
    /// [`Denial`] says why nobody in particular, or nobody who may.
    async fn authorize(&self, request: &Parts) -> Result<Principal, Denial>;
}

#[async_trait]
impl<F> Authorizer for F
where
    F: Fn(&Parts) -> Result<Principal, Denial> + Send + Sync + 'static,
{
    async fn authorize(&self, request: &Parts) -> Result<Principal, Denial> {
        self(request)
    }
}

/// Why a request is not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// Nobody is known to ask: 401. A browser that wants a page is sent to `login` instead, if there is one.
    Unknown {
        /// A URL, absolute or from the root of the site.
        login: Option<String>,
    },
    /// Whoever asks may not ask here: 403.
    Refused {
        /// Why, in words for whoever asks.
        reason: String,
    },
    /// It cannot be told now, such as when a directory does not answer: 503.
    Unavailable,
}

impl Denial {
    /// Nobody is known to ask, and there is no page to log in at.
    pub fn unknown() -> Self {
        Self::Unknown { login: None }
    }

    /// Nobody is known to ask; browsers are sent to `url`.
    pub fn login_at(url: impl Into<String>) -> Self {
        Self::Unknown { login: Some(url.into()) }
    }

    /// Whoever asks may not ask here.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }
}
