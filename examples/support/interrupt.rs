//! The wish to end early: Ctrl-C, or the signal that service managers send.

use std::io;

/// Hears the first wish to end. The second one ends the program at once, as if nobody listened.
pub(crate) struct Interrupt {
    heard: bool,
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

#[cfg(unix)]
impl Interrupt {
    /// Begins to listen.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        Ok(Self { heard: false, signals })
    }

    /// Waits for the first wish, and for ever after it.
    pub(crate) async fn wait(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if std::mem::replace(&mut self.heard, true) {
            std::process::exit(1);
        }
    }
}

#[cfg(not(unix))]
impl Interrupt {
    /// Begins to listen.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { heard: false })
    }

    /// Waits for the first wish, and for ever after it.
    pub(crate) async fn wait(&mut self) {
        let heard = tokio::signal::ctrl_c().await.is_ok();
        if heard && std::mem::replace(&mut self.heard, true) {
            std::process::exit(1);
        }
    }
}
