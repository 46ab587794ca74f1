//! Wakes whoever works for an org beside its requests: the server's workers, and nobody in a program that has none.

use std::sync::OnceLock;

/// Why the bell rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A job is there that is due, or the time has come for one.
    Work,
    /// An event was written, in a transaction that may not have ended yet.
    News,
}

type Listener = Box<dyn Fn(Call) + Send + Sync>;

/// The bell of an org. Ringing it costs a call, and nothing where nobody listens.
#[derive(Default)]
pub struct Bell(OnceLock<Listener>);

impl Bell {
    /// Who is told; the first to ask stays.
    pub fn tell(&self, listener: impl Fn(Call) + Send + Sync + 'static) {
        let _first_one_stays = self.0.set(Box::new(listener));
    }

    /// There is work. To be rung after the transaction that made it.
    pub fn notify_one(&self) {
        self.ring(Call::Work);
    }

    pub(crate) fn ring(&self, call: Call) {
        if let Some(listener) = self.0.get() {
            listener(call);
        }
    }
}
