//! How long a peer is waited for, and how many may be connected.

use std::time::Duration;

use super::proxies::Proxies;

/// What connections may take. The defaults are what production runs with; tests shorten them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub deadlines: Deadlines,
    /// Connections at a time. When there are that many, the one that has been idle longest gives way to a newcomer.
    pub connections: usize,
    /// Of these, connections from one address: an IPv4 address, or a /64 of IPv6. Proxies that are trusted stand for
    /// many people and are not counted.
    pub per_address: usize,
    /// Proxies that are believed when they name the address of a client.
    pub proxies: Proxies,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadlines: Deadlines::default(),
            connections: 10_000,
            per_address: 1_024,
            proxies: Proxies::default(),
        }
    }
}

/// How long each kind of wait may last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    /// From the connection to the end of the first request's head; also from the first byte of a later head to its end.
    pub head: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// How long the body of a request may fall behind [`Self::body_rate`].
    pub body: Duration,
    /// Bytes a second that a body has to come with.
    pub body_rate: u32,
    /// How long a client may take nothing of an answer.
    pub answer: Duration,
    /// How often an HTTP/2 connection is asked whether somebody is there, and how long that is waited for.
    pub ping: Duration,
    /// How long the last answer of a connection may take to arrive, while what the client still sends is thrown away.
    pub linger: Duration,
    /// How long requests in flight may take after the shutdown began.
    pub drain: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            body: Duration::from_secs(10),
            body_rate: 1_024,
            answer: Duration::from_mins(1),
            ping: Duration::from_secs(20),
            linger: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// These limits where only so many files can be open: part of them is kept for databases and uploaded files.
    #[must_use]
    pub fn within(mut self, descriptors: u64) -> Self {
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        let kept = (descriptors / 4).clamp(LEAST_KEPT, MOST_KEPT);
        self.connections = self.connections.min(descriptors.saturating_sub(kept)).max(1);
        // One address never fills the house.
        self.per_address = self.per_address.min(self.connections * 3 / 4).max(1);
        self
    }
}

/// Files kept for the databases and for what is uploaded, of few and of many.
const LEAST_KEPT: usize = 64;
const MOST_KEPT: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_kept_for_files() {
        for (descriptors, connections, per_address) in
            [(200, 136, 102), (1_024, 768, 576), (4_096, 3_072, 1_024), (524_288, 10_000, 1_024), (10, 1, 1)]
        {
            let limits = Limits::default().within(descriptors);
            assert_eq!((limits.connections, limits.per_address), (connections, per_address), "{descriptors}");
        }
    }
}
