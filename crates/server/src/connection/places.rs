//! Who is connected. When there are too many, the connection that has been idle longest gives way.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::limits::Limits;
use super::watch::Watch;

pub(crate) struct Places {
    limits: Limits,
    held: Mutex<Held>,
    next: AtomicU64,
    emptied: Notify,
    closing: watch::Sender<bool>,
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
    leave: Arc<Notify>,
}

/// A connection's place; free again when it is dropped.
pub(crate) struct Place {
    pub(crate) watch: Arc<Watch>,
    number: u64,
    leave: Arc<Notify>,
    places: Arc<Places>,
}

impl Places {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        let (closing, _) = watch::channel(false);
        Arc::new(Self {
            limits,
            held: Mutex::default(),
            next: AtomicU64::new(0),
            emptied: Notify::new(),
            closing,
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
        let leave = Arc::new(Notify::new());
        let occupied = Occupied { address, watch: Arc::clone(&watch), leave: Arc::clone(&leave) };
        held.places.insert(number, occupied);
        if let Some(address) = address {
            *held.addresses.entry(address).or_default() += 1;
        }
        drop(held);
        Some(Place { watch, number, leave, places: Arc::clone(self) })
    }

    /// Tells every connection to end after what is in flight.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
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
        self.remove(number)?.leave.notify_one();
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
    /// Ends when the place is needed for somebody else.
    pub(crate) async fn is_needed(&self) {
        self.leave.notified().await;
    }

    /// Ends when the server is to stop.
    pub(crate) async fn closing(&self) {
        // The sender lives as long as the places, which this one keeps.
        let _ = self.places.closing.subscribe().wait_for(|closing| *closing).await;
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
        tokio::time::timeout(Duration::ZERO, place.is_needed()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_asked_leaves_before_who_is_idle_and_who_is_at_work_stays() {
        let places = places(3, 3);
        let from = |last: u8| IpAddr::from([192, 0, 2, last]);
        let works = places.take(from(1)).unwrap();
        works.watch.request_began();
        let idle = places.take(from(2)).unwrap();
        idle.watch.request_began();
        idle.watch.request_ended(Instant::now());
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
            held.extend(place.inspect(|place| place.watch.request_began()));
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
