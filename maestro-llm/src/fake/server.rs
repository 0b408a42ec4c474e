//! The server of a fake provider: HTTP/1.1 on this machine.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use maestro_core::ports::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Billed, FakeCall, Script,
    house::{House, answer},
};

/// A provider on this machine that plays a script. It stops when it is dropped; [`stop`](Self::stop) waits for that.
///
/// `GET /calls` tells what [`calls`](Self::calls) does, as a JSON list of [`FakeCall`]s, for those who run it as a process
/// of its own.
#[derive(Debug)]
pub struct FakeProvider {
    address: SocketAddr,
    house: Arc<House>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl FakeProvider {
    /// Starts one on a free port of the loopback interface.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(script: Script) -> io::Result<Self> {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::start_at(any_port, script, Arc::new(SystemClock::new())).await
    }

    /// Starts one at `address`, which waits by `clock` as long as its script says.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn start_at(address: SocketAddr, script: Script, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let house = Arc::new(House::new(script, clock));
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(listen(listener, Arc::clone(&house), stopping.clone(), tasks.clone()));
        Ok(Self { address, house, stopping, tasks })
    }

    /// Returns where it is, as endpoint of a [`Provider`](crate::Provider) of either format.
    pub fn endpoint(&self) -> String {
        format!("http://{}/v1/", self.address)
    }

    /// Returns every call that reached it, in the order of coming.
    pub fn calls(&self) -> Vec<FakeCall> {
        self.house.calls()
    }

    /// Returns what it bills for all of them.
    pub fn billed(&self) -> Billed {
        Billed::of(&self.house.calls())
    }

    /// Plays another script from now on. The calls so far are kept.
    pub fn play(&self, script: Script) {
        self.house.play(script);
    }

    /// Ends it and waits until it has let go of everything.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

async fn listen(listener: TcpListener, house: Arc<House>, stopping: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue }; // whoever knocked has left again
        let (house, stopping) = (Arc::clone(&house), stopping.clone());
        tasks.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&house), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                biased;
                () = stopping.cancelled() => {}
                _ = connection => {} // one that broke is the client's affair
            }
        });
    }
}
