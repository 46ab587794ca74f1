//! The body of an answer, in pieces that a client has to take one after the other.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::watch::Watch;

/// What is given out at a time. Whoever sends it keeps what the client does not take, so it must not be much; a page of
/// records fits, which else would be sent in two goes.
const PIECE: usize = 256 << 10;

/// A request in flight, from its head to the end of its answer.
pub(crate) struct InFlight {
    watch: Arc<Watch>,
    number: u64,
}

impl InFlight {
    pub(crate) fn begin(watch: Arc<Watch>) -> Self {
        let number = watch.request_began();
        Self { watch, number }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.watch.request_ended(self.number, Instant::now());
    }
}

pub(crate) struct Answer {
    body: Body,
    /// What is left of a large piece.
    rest: Bytes,
    in_flight: InFlight,
}

impl Answer {
    pub(crate) fn new(body: Body, in_flight: InFlight) -> Self {
        // The head is out: now it is for the client to take what follows.
        in_flight.watch.given(in_flight.number, Instant::now());
        Self { body, rest: Bytes::new(), in_flight }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let InFlight { watch, number } = &this.in_flight;
        watch.taken(*number);
        let mut piece = std::mem::take(&mut this.rest);
        if piece.is_empty() {
            match std::task::ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => piece = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return Poll::Ready(other),
            }
        }
        if piece.len() > PIECE {
            this.rest = piece.split_off(PIECE);
        }
        watch.given(*number, Instant::now());
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::limits::Deadlines;

    #[tokio::test]
    async fn a_large_answer_is_given_in_pieces_and_stays_whole() {
        let watch = Arc::new(Watch::new(Deadlines::default(), Instant::now()));
        let whole: Vec<u8> = (0..800_000_u32).map(|n| n as u8).collect();
        let mut answer = Answer::new(Body::from(whole.clone()), InFlight::begin(Arc::clone(&watch)));
        let mut read = Vec::new();
        while !answer.is_end_stream() {
            let left = (whole.len() - read.len()) as u64;
            assert_eq!(answer.size_hint().exact(), Some(left));
            assert!(watch.due().is_some(), "the client is waited for");
            let frame = std::future::poll_fn(|cx| Pin::new(&mut answer).poll_frame(cx)).await;
            let piece = frame.unwrap().unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            read.extend_from_slice(&piece);
        }
        assert_eq!(read, whole);
        drop(answer);
        assert!(watch.idle_since().is_some());
    }
}
