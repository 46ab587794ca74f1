//! Who is connected. When there are too many, the connection that has been idle longest gives way.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::Limits;
use super::watch::Watch;

pub(crate) struct Places {
    limits: Limits,
    held: Mutex<Held>,
    next: AtomicU64,
    emptied: Notify,
    is_closing: AtomicBool,
}

#[derive(Default)]
struct Held {
    places: HashMap<u64, Occupied>,
    /// How many are held from each address.
    addresses: HashMap<IpAddr, usize>,
}

struct Occupied {
    address: Option<IpAddr>,
    watch: Arc<Watch>,
    call: Arc<Call>,
}

/// How a place is called. Each has its own: what all connections wait for together is a lock that all of them take with
/// every request.
#[derive(Default)]
struct Call {
    is_needed: AtomicBool,
    bell: Notify,
}

/// Why a place is to be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Somebody else needs it.
    Needed,
    /// The server stops.
    Closing,
}

/// A connection's place; free again when it is dropped.
pub(crate) struct Place {
    pub(crate) watch: Arc<Watch>,
    number: u64,
    call: Arc<Call>,
    places: Arc<Places>,
}

impl Places {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            held: Mutex::default(),
            next: AtomicU64::new(0),
            emptied: Notify::new(),
            is_closing: AtomicBool::new(false),
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a newcomer. `None` when all are taken and everybody is at work.
    pub(crate) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let address = (!self.limits.proxies.trusts(peer)).then(|| home(peer));
        let mut held = self.held();
        if let Some(address) = address
            && held.addresses.get(&address).is_some_and(|count| *count >= self.limits.per_address)
        {
            held.make_room(Some(address))?;
        }
        if held.places.len() >= self.limits.connections {
            held.make_room(None)?;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let watch = Arc::new(Watch::new(self.limits.deadlines.clone(), Instant::now()));
        let call = Arc::new(Call::default());
        let occupied = Occupied { address, watch: Arc::clone(&watch), call: Arc::clone(&call) };
        held.places.insert(number, occupied);
        if let Some(address) = address {
            *held.addresses.entry(address).or_default() += 1;
        }
        drop(held);
        Some(Place { watch, number, call, places: Arc::clone(self) })
    }

    /// Tells every connection to end after what is in flight.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        for one in self.held().places.values() {
            one.call.bell.notify_one();
        }
    }

    /// Ends when nobody is connected.
    pub(crate) async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.held().places.is_empty() {
                return;
            }
            emptied.await;
        }
    }
}

impl Held {
    /// Makes one who is idle leave: of those that never sent a request, else of the others, the one that waits longest.
    fn make_room(&mut self, from: Option<IpAddr>) -> Option<()> {
        let candidates = self.places.iter().filter(|(_, one)| from.is_none() || one.address == from);
        let idle = candidates.filter_map(|(number, one)| Some((one.watch.idle_since()?, *number)));
        let (_, number) = idle.min()?;
        let call = self.remove(number)?.call;
        call.is_needed.store(true, Ordering::SeqCst);
        call.bell.notify_one();
        Some(())
    }

    fn remove(&mut self, number: u64) -> Option<Occupied> {
        let occupied = self.places.remove(&number)?;
        if let Some(address) = occupied.address
            && let Some(count) = self.addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&address);
            }
        }
        Some(occupied)
    }
}

impl Place {
    /// Ends when the place is to be left. Whoever is leaving because the server stops is called only if it is needed.
    pub(crate) async fn called(&self, is_closing: bool) -> Leave {
        loop {
            let rung = self.call.bell.notified();
            if self.call.is_needed.load(Ordering::SeqCst) {
                return Leave::Needed;
            }
            if !is_closing && self.places.is_closing.load(Ordering::SeqCst) {
                return Leave::Closing;
            }
            rung.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held();
        held.remove(self.number);
        if held.places.is_empty() {
            self.places.emptied.notify_waiters();
        }
    }
}

/// What counts as one address. Whoever has an IPv6 address has the other 2^64 of its network as well.
fn home(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::connection::proxies::Proxies;

    fn places(connections: usize, per_address: usize) -> Arc<Places> {
        let proxies = Proxies::parse("10.0.0.0/8").unwrap();
        Places::new(Limits { connections, per_address, proxies, ..Limits::default() })
    }

    async fn leaves(place: &Place) -> bool {
        tokio::time::timeout(Duration::ZERO, place.called(true)).await == Ok(Leave::Needed)
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_asked_leaves_before_who_is_idle_and_who_is_at_work_stays() {
        let places = places(3, 3);
        let from = |last: u8| IpAddr::from([192, 0, 2, last]);
        let works = places.take(from(1)).unwrap();
        works.watch.request_began();
        let idle = places.take(from(2)).unwrap();
        let answer = idle.watch.request_began();
        idle.watch.request_ended(answer, Instant::now());
        tokio::time::advance(Duration::from_secs(1)).await;
        let silent = places.take(from(3)).unwrap();
        let first = places.take(from(4)).expect("one that never asked gives way");
        assert!(leaves(&silent).await && !leaves(&idle).await);
        first.watch.request_began();
        let second = places.take(from(5)).expect("one that is idle gives way");
        assert!(leaves(&idle).await && !leaves(&works).await && !leaves(&first).await);
        second.watch.request_began();
        assert!(places.take(from(6)).is_none(), "everybody is at work");
        drop((silent, idle));
        assert!(places.take(from(6)).is_none(), "those who had left already free nothing");
        drop(second);
        assert!(places.take(from(6)).is_some());
    }

    #[test]
    fn one_address_gives_way_to_itself_and_proxies_stand_for_many() {
        let places = places(10, 2);
        let mut held = Vec::new();
        let mut take = |address: &str| {
            let place = places.take(address.parse().unwrap());
            let is_in = place.is_some();
            held.extend(place.inspect(|place| {
                place.watch.request_began();
            }));
            is_in
        };
        for (address, is_in) in [
            ("2001:db8::1", true),
            ("2001:db8::2", true),
            ("2001:db8::3", false),
            ("2001:db8:0:1::3", true),
            ("10.1.1.1", true),
            ("10.1.1.1", true),
            ("10.1.1.1", true),
        ] {
            assert_eq!(take(address), is_in, "{address}");
        }
    }
}
