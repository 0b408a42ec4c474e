//! No login at all, for a program on one's own machine: whoever comes from there may do everything.

use std::net::SocketAddr;

use async_trait::async_trait;
use axum::{
    extract::ConnectInfo,
    http::{HeaderName, HeaderValue, header, request::Parts, uri::Authority},
};
use maestro_core::domain::WorkspaceId;

use super::{Authorizer, Denial, Principal, Role};

/// Headers that a proxy adds: whoever it speaks for is not on this machine.
const OF_PROXIES: [HeaderName; 3] =
    [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

/// Admits everybody on this machine, as an admin of the workspace `default`, and nobody else.
///
/// It needs to see where connections come from: serve with
/// [`into_make_service_with_connect_info`](axum::Router::into_make_service_with_connect_info) and `SocketAddr`. Requests
/// that name another host than this machine are refused, so that no web site can rebind its name to it; so are those that
/// came through a proxy.
pub fn insecure_local() -> InsecureLocal {
    InsecureLocal { principal: Principal::new("local", Role::Admin) }
}

/// Admits everybody on this machine. Made by [`insecure_local`].
#[derive(Clone, Debug)]
pub struct InsecureLocal {
    principal: Principal,
}

impl InsecureLocal {
    /// Sets the workspaces that can be worked in; requests that name none mean the first.
    #[must_use]
    pub fn workspaces(self, workspaces: impl IntoIterator<Item = WorkspaceId>) -> Self {
        Self { principal: self.principal.workspaces(workspaces) }
    }
}

#[async_trait]
impl Authorizer for InsecureLocal {
    async fn authorize(&self, request: &Parts) -> Result<Principal, Denial> {
        let Some(ConnectInfo(peer)) = request.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Err(Denial::refused(
                "it is not known where the connection comes from; the server must be started with connect info",
            ));
        };
        if !peer.ip().to_canonical().is_loopback() {
            return Err(Denial::refused("only this machine itself may ask; use an authorizer for others"));
        }
        if OF_PROXIES.iter().any(|name| request.headers.contains_key(name)) {
            return Err(Denial::refused("it came through a proxy; use an authorizer behind one"));
        }
        let host = request.headers.get(header::HOST).map(HeaderValue::as_bytes);
        let host = host.and_then(|host| Authority::try_from(host).ok()).or(request.uri.authority().cloned());
        if !host.is_some_and(|host| is_this_machine(host.host())) {
            return Err(Denial::refused("ask for localhost; other names may be somebody else's"));
        }
        Ok(self.principal.clone())
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn asked(peer: &str, host: &str, more: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().header("host", host);
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.extensions.insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        parts
    }

    #[tokio::test]
    async fn only_this_machine_is_admitted_and_only_by_its_own_name() {
        let local = insecure_local();
        for (peer, host) in [
            ("127.0.0.1:9", "localhost:4400"),
            ("127.0.0.9:9", "LOCALHOST"),
            ("[::1]:9", "[::1]:4400"),
            ("[::ffff:127.0.0.1]:9", "127.0.0.1"),
        ] {
            assert!(local.authorize(&asked(peer, host, &[])).await.is_ok(), "{peer} {host}");
        }
        for (peer, host) in [
            ("192.168.1.4:9", "localhost"),
            ("127.0.0.1:9", "evil.example"),
            ("127.0.0.1:9", "localhost.evil.example"),
            ("127.0.0.1:9", ""),
            ("[::2]:9", "localhost"),
        ] {
            let denied = local.authorize(&asked(peer, host, &[])).await;
            assert!(matches!(denied, Err(Denial::Refused { .. })), "{peer} {host}");
        }
        for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            let proxied = asked("127.0.0.1:9", "localhost", &[(name, "1.2.3.4")]);
            assert!(local.authorize(&proxied).await.is_err(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_server_that_tells_no_addresses_admits_nobody() {
        let parts = Request::builder().header("host", "localhost").body(()).unwrap().into_parts().0;
        assert!(matches!(insecure_local().authorize(&parts).await, Err(Denial::Refused { .. })));
    }
}
