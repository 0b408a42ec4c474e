//! What all routes share.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::body::Bytes;
use maestro_core::engine::Maestro;

use crate::{auth::Authorizer, in_flight::InFlight, live::Live};

/// What a request may take. Every field has a default that suits an API behind no proxy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The largest body, in bytes. Default 2 MiB, which is the largest score.
    pub body_bytes: usize,
    /// How long a body may take to come. Default 10 s.
    pub body_time: Duration,
    /// How long an answer may take. Default 30 s; streams excepted.
    pub answer_time: Duration,
    /// The largest sum of all headers, in bytes. Default 16 KiB.
    pub header_bytes: usize,
    /// The most streams that are open at once. Default 10,000.
    pub streams: usize,
    /// How long one stream lasts, so that whoever may no longer watch is asked again who they are. Default 15 minutes;
    /// browsers open it again by themselves.
    pub stream_time: Duration,
    /// How often a stream on which nothing happens says that it is alive. Default 15 s.
    pub keep_alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 2 * 1024 * 1024,
            body_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(30),
            header_bytes: 16 * 1024,
            streams: 10_000,
            stream_time: Duration::from_secs(15 * 60),
            keep_alive: Duration::from_secs(15),
        }
    }
}

macro_rules! setters {
    ($($setter:ident $field:ident: $type:ty),+ $(,)?) => {
        impl Limits {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $setter(self, $field: $type) -> Self {
                    Self { $field, ..self }
                }
            )+
        }
    };
}
setters!(
    with_body_bytes body_bytes: usize,
    with_body_time body_time: Duration,
    with_answer_time answer_time: Duration,
    with_header_bytes header_bytes: usize,
    with_streams streams: usize,
    with_stream_time stream_time: Duration,
    with_keep_alive keep_alive: Duration,
);

/// What all routes share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    maestro: Maestro,
    authorizer: Arc<dyn Authorizer>,
    limits: Limits,
    live: Live,
    in_flight: InFlight,
    document: OnceLock<Bytes>,
}

impl App {
    pub(crate) fn new(maestro: Maestro, authorizer: Arc<dyn Authorizer>, limits: Limits) -> Self {
        let live = Live::new(maestro.clone(), limits.clone());
        let (in_flight, document) = (InFlight::default(), OnceLock::new());
        Self(Arc::new(Shared { maestro, authorizer, limits, live, in_flight, document }))
    }

    /// Sets the description of the API, once.
    pub(crate) fn describe(&self, document: String) {
        self.0.document.get_or_init(|| document.into());
    }

    /// Returns the description of the API.
    pub(crate) fn document(&self) -> Bytes {
        self.0.document.get().cloned().unwrap_or_default()
    }

    pub(crate) fn maestro(&self) -> &Maestro {
        &self.0.maestro
    }

    pub(crate) fn authorizer(&self) -> &dyn Authorizer {
        &*self.0.authorizer
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.0.in_flight
    }

    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.maestro.clock().now()
    }
}
