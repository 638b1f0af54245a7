//! Connections: how many there may be, how long one may be silent, and which gives way.
//!
//! The store needs few connections and few milliseconds on each. Whoever opens more, or keeps them open without
//! asking anything, loses the oldest ones; nobody else has to wait.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::telemetry;

/// What others can take of this machine at most.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections open at the same time.
    pub connections: usize,
    /// From the beginning of a connection to the end of its TLS handshake, and from there, or from the answer
    /// before, to the end of the next request's headers.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connections: 512, silence: Duration::from_secs(15) }
    }
}

/// Headers of a request, in number and in bytes; notifications have about twenty.
const MAX_HEADERS: usize = 64;
const MAX_HEAD: usize = 32 * 1024;

/// How long requests under way may take to end when all is to end: less than what service managers grant.
const GRACE: Duration = Duration::from_secs(3);

/// After the system refused a connection, for instance because too many files are open.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Answers connections of `listener` from `router` until `cancel` fires, encrypted if there is a configuration for it. Requests under way are answered before it
/// ends, but a client that does not end its request is not waited for.
pub async fn serve(
    listener: &TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    limits: Limits,
    cancel: CancellationToken,
) -> io::Result<()> {
    let crowd = Arc::new(Crowd::new(limits.connections));
    let (under_way, cut) = (TaskTracker::new(), CancellationToken::new());
    loop {
        let stream = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(AFTER_REFUSAL).await;
                    continue;
                }
            },
        };
        // When everybody is being answered, one more is not.
        let Some(place) = crowd.enter() else {
            tracing::warn!(limit = limits.connections, "a connection was closed: there are too many");
            continue;
        };
        let config = tls.clone();
        let (router, silence, cancel, cut) = (router.clone(), limits.silence, cancel.clone(), cut.clone());
        under_way.spawn(async move {
            let given_up = place.given_up.clone();
            let served = answer(stream, config, router, &place, silence, cancel);
            tokio::select! {
                () = given_up.cancelled() => tracing::debug!("a silent connection was closed"),
                () = cut.cancelled() => tracing::debug!("a connection was cut off"),
                result = served => if let Err(error) = result {
                    tracing::debug!(error, "a connection ended early");
                },
            }
        });
    }
    under_way.close();
    // Those who ask nothing have nothing to wait for; those who are not done by then are cut off. Either way nothing of
    // the router is held any more when this ends.
    crowd.dismiss_silent();
    if tokio::time::timeout(GRACE, under_way.wait()).await.is_err() {
        cut.cancel();
        under_way.wait().await;
    }
    Ok(())
}

async fn answer(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    place: &Place,
    silence: Duration,
    cancel: CancellationToken,
) -> Result<(), String> {
    // An answer is one small write, which has nothing to wait for.
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let Some(config) = tls else { return speak(stream, router, place, silence, cancel).await };
    let handshake = tokio::time::timeout(silence, TlsAcceptor::from(config).accept(stream)).await;
    match handshake {
        Ok(Ok(stream)) => speak(stream, router, place, silence, cancel).await,
        Ok(Err(error)) => Err(format!("no TLS: {error}")),
        Err(_elapsed) => Err("the TLS handshake took too long".to_owned()),
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    place: &Place,
    silence: Duration,
    cancel: CancellationToken,
) -> Result<(), String> {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let (router, asking) = (router.clone(), Asking::begin(&place.asking));
        async move {
            let response = router.oneshot(request.map(Body::new)).await;
            drop(asking);
            response
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(silence)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = cancel.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    ended.map_err(|error| error.to_string())
}

/// One more request of a connection is under way, as long as this lives.
struct Asking(Arc<AtomicUsize>);

impl Asking {
    fn begin(asking: &Arc<AtomicUsize>) -> Asking {
        asking.fetch_add(1, Ordering::Relaxed);
        Asking(Arc::clone(asking))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The open connections, oldest first.
struct Crowd {
    most: usize,
    open: Mutex<VecDeque<Open>>,
}

#[derive(Clone)]
struct Open {
    asking: Arc<AtomicUsize>,
    given_up: CancellationToken,
}

/// A connection's place among the open ones; it is free again when this is dropped.
struct Place {
    asking: Arc<AtomicUsize>,
    given_up: CancellationToken,
    crowd: Arc<Crowd>,
}

impl Crowd {
    fn new(most: usize) -> Crowd {
        Crowd { most, open: Mutex::new(VecDeque::new()) }
    }

    /// A place, for which the oldest connection without a request under way may have to go; none when there is no
    /// such connection.
    fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut open = self.open();
        if open.len() >= self.most {
            let silent = open.iter().position(|other| other.asking.load(Ordering::Relaxed) == 0)?;
            open.remove(silent)?.given_up.cancel();
        }
        let new = Open { asking: Arc::default(), given_up: CancellationToken::new() };
        open.push_back(new.clone());
        telemetry::connections(open.len());
        Some(Place { asking: new.asking, given_up: new.given_up, crowd: Arc::clone(self) })
    }

    /// Lets all connections go that have no request under way.
    fn dismiss_silent(&self) {
        let silent = |open: &&Open| open.asking.load(Ordering::Relaxed) == 0;
        self.open().iter().filter(silent).for_each(|open| open.given_up.cancel());
    }

    fn open(&self) -> MutexGuard<'_, VecDeque<Open>> {
        // What is in there is whole at any time.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.crowd.open();
        open.retain(|other| !Arc::ptr_eq(&other.asking, &self.asking));
        telemetry::connections(open.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_without_a_request_gives_way() {
        let crowd = Arc::new(Crowd::new(2));
        let (first, second) = (crowd.enter().unwrap(), crowd.enter().unwrap());
        let asking = Asking::begin(&first.asking);
        let third = crowd.enter().unwrap();
        assert!(second.given_up.is_cancelled() && !first.given_up.is_cancelled());
        let asking_too = Asking::begin(&third.asking);
        assert!(crowd.enter().is_none(), "both are being answered");
        drop(asking);
        assert!(crowd.enter().is_some());
        assert!(first.given_up.is_cancelled());
        drop((asking_too, first, second, third));
        assert_eq!(crowd.open().len(), 0, "places are given back");
    }
}
