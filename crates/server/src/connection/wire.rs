//! The bytes of a connection, and how it ends.
//!
//! A connection that is closed while the peer still sends is reset by the system, and the reset destroys the answer that
//! is on its way. So a connection that ends with an answer says that it will say nothing more, and goes on reading for a
//! while, as long as the peer sends (nginx calls it a lingering close). Source: RFC 9112, 9.6.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::places::{Leave, Place};

/// How much is read from a peer that goes on sending, and how long it may pause.
const LINGER_BYTES: usize = 128 << 20;
const LINGER_PAUSE: Duration = Duration::from_secs(5);
/// The same when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(1);
const PIECE: usize = 16 << 10;

/// What connections are made of.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Throws away what the peer has not taken, when the stream is closed: else the system would keep it, and go on trying.
    fn forget(&self);
}

impl Stream for TcpStream {
    fn forget(&self) {
        if let Err(error) = self.set_zero_linger() {
            tracing::debug!(%error, "setting SO_LINGER failed");
        }
    }
}

#[cfg(test)]
impl Stream for tokio::io::DuplexStream {
    fn forget(&self) {}
}

/// A stream that tells the watch what happens on it.
pub(crate) struct Wire<I: Stream> {
    /// There until the end.
    stream: Option<I>,
    place: Arc<Place>,
}

impl<I: Stream> Wire<I> {
    pub(crate) fn new(stream: I, place: Arc<Place>) -> Self {
        Self { stream: Some(stream), place }
    }

    fn stream(&mut self) -> Pin<&mut I> {
        Pin::new(self.stream.as_mut().expect("the stream is there until the wire is dropped"))
    }

    fn wrote(&self, polled: &Poll<io::Result<usize>>) {
        match polled {
            Poll::Ready(Ok(_)) => self.place.watch.wrote(),
            Poll::Ready(Err(_)) => self.place.watch.over(),
            Poll::Pending => self.place.watch.stuck(Instant::now()),
        }
    }
}

impl<I: Stream> AsyncRead for Wire<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(self.stream().poll_read(cx, buf));
        if read.is_ok() && buf.filled().len() > before {
            self.place.watch.came(Instant::now());
        } else {
            self.place.watch.over();
        }
        Poll::Ready(read)
    }
}

impl<I: Stream> AsyncWrite for Wire<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = self.stream().poll_write(cx, buf);
        self.wrote(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = self.stream().poll_write_vectored(cx, bufs);
        self.wrote(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

impl<I: Stream> Drop for Wire<I> {
    fn drop(&mut self) {
        if self.place.watch.is_over() {
            if let Some(stream) = self.stream.as_ref().filter(|_| self.place.watch.is_reset()) {
                stream.forget();
            }
            return;
        }
        if let (Some(stream), Ok(runtime)) = (self.stream.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(linger(stream, Arc::clone(&self.place)));
        }
    }
}

/// Lets the last answer arrive.
async fn linger<I: Stream>(mut stream: I, place: Arc<Place>) {
    let read_on = async {
        stream.shutdown().await?;
        let mut piece = vec![0; PIECE];
        let mut left = LINGER_BYTES;
        while let Ok(read) = timeout(LINGER_PAUSE, stream.read(&mut piece)).await {
            match left.checked_sub(read?) {
                Some(rest) if rest < left => left = rest,
                _ => break,
            }
        }
        Ok::<_, io::Error>(())
    };
    tokio::select! {
        // How it ends makes no difference: it has ended.
        _ = timeout(place.watch.deadlines().linger, read_on) => {}
        () = async {
            if place.called(false).await == Leave::Closing {
                tokio::select! {
                    _ = place.called(true) => {}
                    () = sleep(LAST_WORDS) => {}
                }
            }
        } => {}
    }
}
