//! Connections: accepting them, ending those that wait for nothing, and letting requests in flight finish at the end.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, sleep_until};

use crate::connection::limits::Limits;
use crate::connection::places::{Leave, Place, Places};
use crate::connection::service::{self, Peer};
use crate::connection::watch::{Overdue, Watch};
use crate::connection::wire::{Stream, Wire};
use crate::host_guard::{HostGuard, Visitor};

/// Pause after an accept that failed for lack of file descriptors or memory.
const BREATHER: Duration = Duration::from_millis(50);
/// Longest head of a request in HTTP/2; in HTTP/1 it is what fits into the buffer, about 400 KB.
const HEAD_BYTES: u32 = 64 << 10;
/// What a newcomer is told when every place is taken by somebody at work.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What connections come to.
pub struct Site {
    pub router: Router,
    /// What they may take.
    pub limits: Limits,
    /// Who is let in; `None` for everybody.
    pub guard: Option<HostGuard>,
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// Every request was answered.
    Drained,
    /// Some were still running when the time was up.
    TimedOut,
}

/// Serves HTTP/1.1 and HTTP/2 until `shutdown` ends, then stops accepting and lets requests in flight finish.
pub async fn serve(listener: TcpListener, site: Site, shutdown: impl Future<Output = ()>) -> Served {
    let places = Places::new(site.limits.clone());
    let host = Arc::new(Host::new(site));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                sleep(BREATHER).await;
                continue;
            }
        };
        let Some(place) = places.take(peer.ip()) else {
            tracing::debug!("a connection was refused: all are at work");
            refuse(&stream);
            continue;
        };
        // Answers are small: waiting to fill a packet would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "setting TCP_NODELAY failed");
        }
        let local = stream.local_addr().ok().map(|address| address.ip());
        tokio::spawn(Arc::clone(&host).entertain(stream, peer.ip(), local, place));
    }
    drop(listener);
    places.close();
    tokio::select! {
        () = places.empty() => Served::Drained,
        () = sleep(host.site.limits.deadlines.drain) => Served::TimedOut,
    }
}

/// An answer is tried once: nobody waits for somebody who has no place.
fn refuse(stream: &TcpStream) {
    if let Err(error) = stream.try_write(FULL) {
        tracing::trace!(%error, "a refused connection could not be told so");
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // Heads have their deadline in the watch, which knows the time before the version was seen as well. Each answer is
    // flushed for itself: `pipeline_flush` would keep answers without a bound, and lose the one to a head that is refused.
    // Head and body of an answer go out as one piece: most are small, and a list of pieces costs the system more.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).writev(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.deadlines.ping)
        .keep_alive_timeout(limits.deadlines.ping)
        .max_header_list_size(HEAD_BYTES);
    builder
}

/// What all connections have in common.
struct Host {
    builder: auto::Builder<TokioExecutor>,
    site: Arc<Site>,
}

impl Host {
    fn new(site: Site) -> Self {
        Self { builder: builder(&site.limits), site: Arc::new(site) }
    }

    /// One connection, from its first byte to its end.
    async fn entertain<I>(self: Arc<Self>, stream: I, address: IpAddr, local: Option<IpAddr>, place: Place)
    where
        I: Stream,
    {
        let place = Arc::new(place);
        let watch = Arc::clone(&place.watch);
        let peer = Arc::new(Peer { address, visitor: Visitor::at(local), watch: Arc::clone(&watch) });
        let service =
            service_fn(|request| service::answer(Arc::clone(&self.site), Arc::clone(&peer), request));
        let wire = TokioIo::new(Wire::new(stream, Arc::clone(&place)));
        let mut connection = pin!(self.builder.serve_connection(wire, service));
        let mut is_closing = false;
        loop {
            let until = until(&watch);
            tokio::select! {
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::trace!(error, "a connection ended early");
                    }
                    return;
                }
                leave = place.called(is_closing) => if leave == Leave::Needed { break },
                () = sleep_until(until) => {
                    match watch.due() {
                        Some((due, Overdue::Idle)) if due <= Instant::now() && !is_closing => {}
                        Some((due, why)) if due <= Instant::now() => {
                            if why == Overdue::Answer {
                                watch.reset();
                            }
                            break;
                        }
                        _ => continue,
                    }
                }
            }
            // It says goodbye where the protocol has a word for it, and gets a moment for that.
            is_closing = true;
            watch.close(Instant::now());
            connection.as_mut().graceful_shutdown();
        }
        watch.over();
    }
}

/// When to look again what is due.
fn until(watch: &Watch) -> Instant {
    let latest = Instant::now() + watch.shortest();
    watch.due().map_or(latest, |(due, _)| due.min(latest))
}

#[cfg(test)]
mod tests {
    use axum::routing::any;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    /// What an ordinary answer has room in, and what it has not.
    const WIDE: usize = 1 << 20;
    const NARROW: usize = 16;
    const LONG: Duration = Duration::from_hours(1);

    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n01234567890123456789";
    const CHUNKED: &[u8] =
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n";
    /// Preface, settings, and `GET /` as the first stream.
    const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
        \0\0\0\x04\0\0\0\0\0\
        \0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01a";

    /// Answers with 100 KB after the body was read.
    fn host() -> Arc<Host> {
        let router = Router::new().route(
            "/",
            any(|body: axum::body::Bytes| async move { format!("{}{}", "x".repeat(100_000), body.len()) }),
        );
        Arc::new(Host::new(Site { router, limits: Limits::default(), guard: None }))
    }

    /// How long a connection lasts with a peer that says so much, reads so much, and then does nothing.
    async fn lasts(said: &[u8], room: usize, reads: usize) -> Duration {
        let host = host();
        let place = Places::new(host.site.limits.clone()).take(PEER).expect("there is room");
        let (mut peer, stream) = tokio::io::duplex(room);
        let begun = Instant::now();
        let connection = tokio::spawn(host.entertain(stream, PEER, None, place));
        let talk = async {
            // It may be closed before all is said or read.
            let _ = peer.write_all(said).await;
            let _ = peer.read_exact(&mut vec![0; reads]).await;
            // Holds the connection open.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = timeout(LONG, connection) => ended.expect("it ends").expect("it does not panic"),
            () = talk => {}
        }
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stops_at_any_byte_of_a_request_is_let_go() {
        for (request, head) in
            [(GET, GET.len()), (POST, POST.len() - 20), (CHUNKED, CHUNKED.len() - 23), (HTTP_2, HTTP_2.len())]
        {
            for said in 0..=request.len() {
                let lasted = lasts(&request[..said], WIDE, 0).await.as_secs_f64();
                let text = format!("{said} of {}: {lasted} s", String::from_utf8_lossy(request));
                if said < head {
                    assert!((10.0..11.5).contains(&lasted), "head: {text}");
                } else if said < request.len() {
                    // The body has ten seconds; then the answer says that it was too slow, and is waited for.
                    assert!((10.0..45.0).contains(&lasted), "body: {text}");
                } else {
                    assert!((30.0..61.5).contains(&lasted), "idle: {text}");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stops_reading_anywhere_in_an_answer_is_let_go() {
        for reads in (0..200).chain([50_000, 99_000]) {
            let lasted = lasts(GET, NARROW, reads).await.as_secs_f64();
            assert!((60.0..62.0).contains(&lasted), "{reads} bytes read: {lasted} s");
        }
        let lasted = lasts(HTTP_2, NARROW, 30).await.as_secs_f64();
        assert!(lasted < 62.0, "{lasted} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_waits_for_nobody_who_does_nothing() {
        for (said, room) in [
            (&b""[..], WIDE),
            (&GET[..9], WIDE),
            (&HTTP_2[..12], WIDE),
            (&HTTP_2[..33], WIDE),
            (GET, WIDE),
            (GET, NARROW),
        ] {
            let host = host();
            let places = Places::new(host.site.limits.clone());
            let place = places.take(PEER).expect("there is room");
            let (mut peer, stream) = tokio::io::duplex(room);
            tokio::spawn(host.entertain(stream, PEER, None, place));
            peer.write_all(said).await.expect("it is open");
            sleep(Duration::from_secs(1)).await;
            places.close();
            let begun = Instant::now();
            timeout(LONG, places.empty()).await.expect("it ends");
            assert!(begun.elapsed() < Duration::from_secs(8), "{said:?}: {:?}", begun.elapsed());
        }
    }
}
