//! A line between two programs that stalls, delays and breaks when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

pub(crate) struct BadLine {
    pub(crate) address: String,
    state: Arc<State>,
}

struct State {
    stalled: watch::Sender<bool>,
    delay_ms: AtomicU64,
    cut: Notify,
}

impl BadLine {
    /// A line that leads to an address, and is good at first.
    pub(crate) async fn to(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(State {
            stalled: watch::channel(false).0,
            delay_ms: AtomicU64::new(0),
            cut: Notify::new(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (state, target) = (Arc::clone(&shared), target.clone());
                tokio::spawn(async move {
                    // A line that was cut is closed on both ends when this returns.
                    tokio::select! {
                        () = connect(near, &target, &state) => {}
                        () = state.cut.notified() => {}
                    }
                });
            }
        });
        Self { address, state }
    }

    /// Nothing comes through from now on, or goes on again.
    pub(crate) fn stall(&self, stalled: bool) {
        self.state.stalled.send_replace(stalled);
    }

    pub(crate) fn delay(&self, by: Duration) {
        self.state.delay_ms.store(by.as_millis() as u64, Ordering::Relaxed);
    }

    /// Ends every connection there is.
    pub(crate) fn cut(&self) {
        self.state.cut.notify_waiters();
    }
}

async fn connect(near: TcpStream, target: &str, state: &State) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::select! {
        () = carry(near_in, far_out, state) => {}
        () = carry(far_in, near_out, state) => {}
    }
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    state: &State,
) {
    let mut stalled = state.stalled.subscribe();
    let mut piece = [0; 4_096];
    while let Ok(read) = from.read(&mut piece).await {
        if read == 0 {
            return;
        }
        let delay = state.delay_ms.load(Ordering::Relaxed);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if stalled.wait_for(|stalled| !stalled).await.is_err() || to.write_all(&piece[..read]).await.is_err()
        {
            return;
        }
    }
}
