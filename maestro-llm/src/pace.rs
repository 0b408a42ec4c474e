//! Pace: how fast a provider may be asked. Who comes too early waits, in the order of coming.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use maestro_core::ports::{Clock, ModelCall};
use tokio::sync::Mutex;

use crate::provider::Provider;

/// The tokens that an answer is taken for whose most is not said.
const UNSAID_ANSWER: u64 = 1_024;

/// The two rates of one provider.
pub(crate) struct Pace {
    clock: Monotonic,
    requests: Option<Rate>,
    tokens: Option<Rate>,
}

struct Rate {
    limiter: RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<Duration>>,
    burst: NonZeroU32,
    /// Whoever waits holds it, so that a large call is not overtaken for ever by small ones. It is fair.
    first: Mutex<()>,
}

/// The port's clock, as `governor` wants to read it.
#[derive(Clone)]
struct Monotonic(Arc<dyn Clock>);

impl GovernorClock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

impl Pace {
    pub(crate) fn new(provider: &Provider, clock: &Arc<dyn Clock>) -> Self {
        let clock = Monotonic(Arc::clone(clock));
        let rate = |most: NonZeroU32| Rate {
            limiter: RateLimiter::direct_with_clock(Quota::per_minute(most), clock.clone()),
            burst: most,
            first: Mutex::new(()),
        };
        let (requests, tokens) =
            (provider.requests_per_minute.map(rate), provider.tokens_per_minute.map(rate));
        Self { requests, tokens, clock }
    }

    /// Waits until the provider may be asked for `call`. Dropping the future gives the turn up.
    pub(crate) async fn wait(&self, call: &ModelCall) {
        if let Some(tokens) = &self.tokens {
            let estimate = u32::try_from(estimate(call)).unwrap_or(u32::MAX);
            let cells = NonZeroU32::new(estimate).unwrap_or(NonZeroU32::MIN);
            tokens.wait(cells, &self.clock).await;
        }
        if let Some(requests) = &self.requests {
            requests.wait(NonZeroU32::MIN, &self.clock).await;
        }
    }
}

impl Rate {
    async fn wait(&self, cells: NonZeroU32, clock: &Monotonic) {
        let cells = cells.min(self.burst); // what is larger than a minute holds takes a whole one
        let _first = self.first.lock().await;
        while let Ok(Err(early)) = self.limiter.check_n(cells) {
            clock.0.sleep(early.wait_time_from(clock.now())).await;
        }
    }
}

/// Returns about how many tokens a call is.
fn estimate(call: &ModelCall) -> u64 {
    call.size() as u64 / 4 + call.max_tokens.map_or(UNSAID_ANSWER, u64::from)
}
