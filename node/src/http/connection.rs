//! Connections: so many at once, and none that stands still or creeps.

use super::{
    quota::{Caller, Kind, Place, Quotas},
    stream::Stream,
};
use axum::serve::Listener;
use rustls::ServerConfig;
use std::{
    future::Future as _,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, Sleep, sleep_until},
};
use tokio_rustls::TlsAcceptor;

/// How long a connection may stand still. Event streams move some bytes every 15 seconds.
const IDLE_MAX: Duration = Duration::from_secs(75);
/// What a peer that is waited for has to send or take in a second, on average.
const RATE_MIN: u32 = 64 * 1024;

/// Accepts so many connections at once; the operating system keeps the others waiting. One address has but some of them: what
/// it opens beyond is closed.
pub(super) struct Bounded {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    quotas: Arc<Quotas>,
}

impl Bounded {
    pub(super) fn new(listener: TcpListener, connections_max: usize, quotas: Arc<Quotas>) -> Self {
        let permits = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
        Self { listener, permits, quotas, tls: None }
    }

    /// The same through TLS.
    pub(super) fn through(self, tls: watch::Receiver<Arc<ServerConfig>>) -> Self {
        Self { tls: Some(tls), ..self }
    }
}

impl Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The semaphore is never closed, so this waits for a permit and nothing else.
        let permit = self.permits.clone().acquire_owned().await.ok();
        let (stream, address, place) = loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            if let Ok(place) = self.quotas.enter(Caller(address), Kind::Connection) {
                break (stream, address, place);
            }
        };
        let stream = match &self.tls {
            Some(tls) => Stream::Shaking(Box::new(TlsAcceptor::from(tls.borrow().clone()).accept(stream))),
            None => Stream::Plain(stream),
        };
        let patience = Patience::new(Instant::now());
        let alarm = Box::pin(sleep_until(patience.end));
        (Connection { stream, patience, alarm, _permit: permit, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when its peer is waited for too long.
pub(super) struct Connection {
    stream: Stream,
    patience: Patience,
    /// Wakes up whoever waits when patience is at its end.
    alarm: Pin<Box<Sleep>>,
    _permit: Option<OwnedSemaphorePermit>,
    _place: Place,
}

/// How long a peer is waited for. Each byte that it was waited for buys it time by [`RATE_MIN`]; a new request, and bytes that
/// it takes at once, give it the full time again.
struct Patience {
    end: Instant,
    /// Something was written since the last byte was read.
    answered: bool,
    /// The last bytes were not taken at once.
    behind: bool,
}

impl Patience {
    fn new(now: Instant) -> Self {
        Self { end: now + IDLE_MAX, answered: true, behind: false }
    }

    fn read(&mut self, now: Instant, bytes: usize) {
        if bytes > 0 && std::mem::take(&mut self.answered) {
            self.end = now + IDLE_MAX;
        }
        self.buy(now, bytes);
    }

    fn wrote(&mut self, now: Instant, given: usize, taken: usize) {
        let was_behind = std::mem::replace(&mut self.behind, taken < given);
        if !was_behind && !self.behind {
            self.end = now + IDLE_MAX;
        }
        self.answered = true;
        self.buy(now, taken);
    }

    fn buy(&mut self, now: Instant, bytes: usize) {
        if bytes > 0 {
            let bought = Duration::from_secs(bytes as u64) / RATE_MIN;
            self.end = (self.end.max(now) + bought).min(now + IDLE_MAX);
        }
    }
}

impl Connection {
    fn wrote(
        &mut self,
        context: &mut Context<'_>,
        given: usize,
        said: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let taken = if let Poll::Ready(Ok(taken)) = &said { *taken } else { 0 };
        self.patience.wrote(Instant::now(), given, taken);
        self.in_time(context, said)
    }

    /// Waiting for the stream ends with patience.
    fn in_time<T>(&mut self, context: &mut Context<'_>, said: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if said.is_pending() {
            self.alarm.as_mut().reset(self.patience.end);
            if self.alarm.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        said
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let said = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.patience.read(Instant::now(), buffer.filled().len() - before);
        self.in_time(context, said)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let said = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(context, bytes.len(), said)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let said = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(context, slices.iter().map(|slice| slice.len()).sum(), said)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_S: u64 = 3600;

    /// For how many seconds of an hour a peer is waited for that does something each second.
    fn seconds(mut each: impl FnMut(&mut Patience, Instant)) -> u64 {
        let begin = Instant::now();
        let mut patience = Patience::new(begin);
        let at = |second: u64| begin + Duration::from_secs(second);
        let lasts = |second: &u64| {
            each(&mut patience, at(*second));
            patience.end >= at(*second + 1)
        };
        (0..HOUR_S).take_while(lasts).count() as u64
    }

    #[test]
    fn who_sends_slowly_is_not_waited_for_long() {
        let rate = RATE_MIN as usize;
        assert_eq!(seconds(|peer, now| peer.read(now, rate)), HOUR_S);
        let slow = seconds(|peer, now| peer.read(now, rate / 2));
        assert!((75..=150).contains(&slow), "{slow}");
        let creeping = seconds(|peer, now| peer.read(now, 1));
        assert!((75..=76).contains(&creeping), "{creeping}");
    }

    #[test]
    fn who_takes_slowly_is_not_waited_for_long() {
        let (rate, given) = (RATE_MIN as usize, 1 << 20);
        assert_eq!(seconds(|peer, now| peer.wrote(now, given, rate)), HOUR_S);
        let creeping = seconds(|peer, now| peer.wrote(now, given, 1));
        assert!((75..=76).contains(&creeping), "{creeping}");
        // The last bytes of what was given go all at once; that makes nobody fast.
        let ends = seconds(|peer, now| {
            peer.wrote(now, given, 0);
            peer.wrote(now, 10, 10);
        });
        assert!((75..=76).contains(&ends), "{ends}");
    }

    #[test]
    fn who_keeps_up_with_little_may_stay() {
        let stream = seconds(|peer, now| peer.wrote(now, 3, 3));
        assert_eq!(stream, HOUR_S);
        let begin = Instant::now();
        let mut peer = Patience::new(begin);
        for request in 1..100 {
            let now = begin + (IDLE_MAX - Duration::from_secs(1)) * request;
            assert!(peer.end >= now);
            peer.read(now, 100);
            peer.wrote(now, 500, 500);
        }
        assert_eq!(peer.end, begin + (IDLE_MAX - Duration::from_secs(1)) * 99 + IDLE_MAX);
    }
}
