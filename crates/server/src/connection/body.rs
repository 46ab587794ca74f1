//! The body of a request: it has to come with a least rate, and what nobody read of it is read before the answer, so that
//! the connection can be used again.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Error;
use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::limits::Deadlines;

/// How much of an unread body is read before the answer, and for how long: most clients look for an answer only when all
/// is sent. The rest is thrown away after the answer, when the connection ends.
const REST_BYTES: u64 = 64 << 20;
const REST_TIME: Duration = Duration::from_secs(2);

/// What became of a body when its request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// All of it was read.
    None,
    /// Some is still to come: the connection cannot be used again.
    Unread,
    /// It came too slowly.
    Late,
}

/// A body that handlers read; a clone stays with whoever answers.
pub(crate) struct Paced<B>(Arc<Mutex<Source<B>>>);

struct Source<B> {
    body: B,
    pace: Pace,
    timer: Option<Pin<Box<Sleep>>>,
    is_begun: bool,
    has_ended: bool,
    is_late: bool,
}

/// How long may still be waited. What comes adds to it by the least rate, never beyond what was there at first.
struct Pace {
    most: Duration,
    rate: u32,
    left: Duration,
    waiting_since: Option<Instant>,
}

impl Pace {
    fn new(deadlines: &Deadlines) -> Self {
        let most = deadlines.body;
        Self { most, rate: deadlines.body_rate.max(1), left: most, waiting_since: None }
    }

    /// Until when something has to come. Waiting counts only while somebody reads.
    fn until(&mut self, now: Instant) -> Instant {
        *self.waiting_since.get_or_insert(now) + self.left
    }

    fn came(&mut self, bytes: usize, now: Instant) {
        let waited = self.waiting_since.take().map_or(Duration::ZERO, |since| now - since);
        let earned = Duration::from_secs_f64(bytes as f64 / f64::from(self.rate));
        self.left = (self.left.saturating_sub(waited) + earned).min(self.most);
    }
}

impl<B> Clone for Paced<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B> Paced<B> {
    pub(crate) fn new(body: B, deadlines: &Deadlines) -> Self {
        let pace = Pace::new(deadlines);
        Self(Arc::new(Mutex::new(Source {
            body,
            pace,
            timer: None,
            is_begun: false,
            has_ended: false,
            is_late: false,
        })))
    }

    /// Only one of handler and answer reads at a time, so nobody waits here.
    fn source(&self) -> MutexGuard<'_, Source<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Paced<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<axum::BoxError>,
{
    /// Reads what the handler left. A client that waits for leave to send its body (`expects`) gets its answer instead.
    pub(crate) async fn finish(mut self, expects: bool) -> Rest {
        {
            let source = self.source();
            if source.is_late {
                return Rest::Late;
            }
            if source.has_ended || source.body.is_end_stream() {
                return Rest::None;
            }
            if expects && !source.is_begun {
                return Rest::Unread;
            }
        }
        let read = async {
            let mut left = REST_BYTES;
            while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await {
                let Ok(frame) = frame else { return false };
                let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                match left.checked_sub(bytes) {
                    Some(rest) => left = rest,
                    None => return false,
                }
            }
            true
        };
        if matches!(timeout(REST_TIME, read).await, Ok(true)) { Rest::None } else { Rest::Unread }
    }
}

impl<B> Source<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<axum::BoxError>,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        self.is_begun = true;
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if self.pace.waiting_since.is_some() {
                    self.pace.came(frame.data_ref().map_or(0, Bytes::len), Instant::now());
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.has_ended = true;
                Poll::Ready(Some(Err(Error::new(error))))
            }
            Poll::Ready(None) => {
                self.has_ended = true;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let until = self.pace.until(Instant::now());
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
                if timer.deadline() != until {
                    timer.as_mut().reset(until);
                }
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                (self.has_ended, self.is_late) = (true, true);
                Poll::Ready(Some(Err(Error::new("the body came too slowly"))))
            }
        }
    }
}

impl<B> HttpBody for Paced<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<axum::BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.source().poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        let source = self.source();
        source.has_ended || source.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.source().body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures::StreamExt as _;
    use futures::stream;

    use super::*;

    /// A body whose pieces of that many bytes come after that many milliseconds each.
    fn body(pieces: &'static [(u64, usize)]) -> Paced<Body> {
        let pieces = stream::iter(pieces).then(|(wait, bytes)| async move {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            Ok::<_, std::convert::Infallible>(vec![b'x'; *bytes])
        });
        Paced::new(Body::from_stream(pieces), &Deadlines::default())
    }

    async fn read(body: &Paced<Body>) -> Result<usize, String> {
        let mut body = body.clone();
        let mut total = 0;
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            total += frame.map_err(|error| error.to_string())?.data_ref().map_or(0, Bytes::len);
        }
        Ok(total)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_comes_with_its_least_rate_or_not_at_all() {
        const SLOW_ENOUGH: [(u64, usize); 30] = [(9_900, 10_240); 30];
        const DRIPPING: [(u64, usize); 30] = [(2_000, 1); 30];
        const RUSH_AND_REST: [(u64, usize); 2] = [(0, 1 << 20), (10_500, 1)];
        for (pieces, all, until) in [
            (&SLOW_ENOUGH[..], Some(307_200), 297.0),
            (&DRIPPING[..], None, 10.0),
            // Haste does not buy a pause longer than the first.
            (&RUSH_AND_REST[..], None, 10.0),
        ] {
            let (body, started) = (body(pieces), Instant::now());
            assert_eq!(read(&body).await.ok(), all);
            assert!((started.elapsed().as_secs_f64() - until).abs() < 0.1, "{:?}", started.elapsed());
            assert_eq!(body.finish(false).await, if all.is_some() { Rest::None } else { Rest::Late });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_read_is_read_before_the_answer() {
        assert_eq!(body(&[(0, 1 << 20), (500, 1 << 20)]).finish(false).await, Rest::None);
        assert_eq!(
            body(&[(0, 10)]).finish(true).await,
            Rest::Unread,
            "a client that waits for leave is not given it"
        );
        assert_eq!(body(&[(0, 10), (3_000, 10)]).finish(false).await, Rest::Unread);
        assert_eq!(body(&[(0, 65 << 20)]).finish(false).await, Rest::Unread);
    }
}
