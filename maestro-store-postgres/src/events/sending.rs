//! Sending: notifications leave a few times a second at most, whatever the number of changes.
//!
//! A transaction that notifies holds a lock of the whole server until it has ended, so no claim and no record ever does:
//! one small task does it for the process.

use std::{sync::Arc, time::Duration};

use maestro_core::ports::{Clock, store::StoreError};
use tokio_util::sync::CancellationToken;

use super::{outbox::Outbox, wire};
use crate::lanes::Lanes;

/// The first change after a quiet time is told at once; those that follow wait so long for each other.
const PAUSE: Duration = Duration::from_millis(10);
/// The pause after a notification that could not be sent.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// Sends notifications on one channel.
#[derive(Clone)]
pub(crate) struct Post {
    pub(super) channel: Arc<str>,
    pub(super) lanes: Arc<Lanes>,
}

impl Post {
    pub(super) async fn send(&self, texts: &[String]) -> Result<(), StoreError> {
        let notify = sqlx::query(include_str!("../../queries/notify.sql")).bind(&*self.channel).bind(texts);
        self.lanes.fetch(notify).await.map(drop)
    }
}

/// Sends what is in the outbox until `stop`, then what is left.
pub(super) async fn send(post: Post, outbox: Arc<Outbox>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut fails = false;
    while !stop.is_cancelled() {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = outbox.filled() => {}
        }
        let sent = send_letter(&post, &outbox).await;
        match &sent {
            Err(error) if !fails => {
                let error = error as &dyn std::error::Error;
                tracing::warn!(error, "other processes are not told of changes; they find them by polling");
            }
            Ok(()) if fails => tracing::info!("other processes are told of changes again"),
            _ => {}
        }
        fails = sent.is_err();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = clock.sleep(if fails { LONG_PAUSE } else { PAUSE }) => {}
        }
    }
}

async fn send_letter(post: &Post, outbox: &Outbox) -> Result<(), StoreError> {
    let texts = wire::write(outbox.origin, outbox.take());
    if texts.is_empty() {
        return Ok(());
    }
    let sent = post.send(&texts).await;
    if sent.is_err() {
        outbox.put_gap();
    }
    sent
}
