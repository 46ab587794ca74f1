//! Counters that slow guessing down. Each lets some attempts through at once and then one more from time to time.
//!
//! Nobody is kept out for good, and nobody by others: a browser that has signed in before carries the proof of it and has
//! counters of its own ([`Limits::sign_in`]).

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::secret::{Digest, digest};

/// Keys remembered at a time by each counter.
const REMEMBERED: u64 = 10_000;

/// After how long an attempt would be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) Duration);

/// Lets `burst` attempts through at once, and then one in each interval.
pub(crate) struct Limit {
    burst: i64,
    interval_ms: i64,
    /// By key: until when (in milliseconds since the epoch) the attempts so far have been paid for. Keys are hashed, so
    /// that what a stranger sends takes no more room than anything else.
    paid: moka::sync::Cache<Digest, Arc<AtomicI64>>,
}

impl Limit {
    fn new(burst: u32, interval: Duration) -> Self {
        // After so long without an attempt everything is as at first.
        let paid =
            moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_idle(interval * burst).build();
        Self { burst: burst.into(), interval_ms: interval.as_millis() as i64, paid }
    }

    /// Counts an attempt before it is made, so that many at once do not slip through.
    pub(crate) fn admits(&self, key: &str, now_ms: i64) -> Result<(), Wait> {
        let paid = self.paid.get_with(digest(key), Arc::default);
        let credit = (self.burst - 1) * self.interval_ms;
        let counted = paid.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |until| {
            let until = until.max(now_ms);
            (until - now_ms <= credit).then_some(until + self.interval_ms)
        });
        counted
            .map(drop)
            .map_err(|until| Wait(Duration::from_millis((until - now_ms - credit).max(1) as u64)))
    }

    /// Takes an attempt back that was no guess.
    pub(crate) fn refund(&self, key: &str) {
        if let Some(paid) = self.paid.get(&digest(key)) {
            paid.fetch_sub(self.interval_ms, Ordering::Relaxed);
        }
    }

    /// Forgets the attempts under a key: the last one was right.
    pub(crate) fn forgive(&self, key: &str) {
        self.paid.invalidate(&digest(key));
    }
}

/// The counters of one installation.
pub(crate) struct Limits {
    pub(crate) sign_in: SignInLimits,
    /// Requests of clients that were refused, from one address: beyond these, they are refused without a reason.
    pub(crate) client: Limit,
    /// Codes for devices from one address.
    pub(crate) device_code: Limit,
    /// Wrong old passwords of one person who changes theirs.
    pub(crate) old_password: Limit,
    /// Links from one address that are none.
    pub(crate) link: Limit,
    /// Mails to one email address that strangers asked for.
    pub(crate) mail_to: Limit,
    /// Mails that were asked for from one address.
    pub(crate) mail_from: Limit,
    /// Codes of devices that one person typed in.
    pub(crate) user_code: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let (seconds, minutes) = (Duration::from_secs, Duration::from_mins);
        Self {
            sign_in: SignInLimits::default(),
            client: Limit::new(600, Duration::from_millis(200)),
            device_code: Limit::new(20, seconds(15)),
            old_password: Limit::new(10, minutes(1)),
            link: Limit::new(30, seconds(20)),
            mail_to: Limit::new(3, minutes(20)),
            mail_from: Limit::new(20, minutes(3)),
            user_code: Limit::new(30, seconds(20)),
        }
    }
}

/// Wrong passwords.
pub(crate) struct SignInLimits {
    /// Of one account from a browser that has signed in to it before: whatever others do, it has these.
    known: Limit,
    /// Of one account from one address.
    pair: Limit,
    /// Of all accounts from one address: passwords tried all round.
    address: Limit,
    /// Of one account from all addresses.
    account: Limit,
    /// In all.
    all: Limit,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            known: Limit::new(10, Duration::from_mins(1)),
            pair: Limit::new(10, Duration::from_mins(1)),
            address: Limit::new(30, Duration::from_secs(20)),
            account: Limit::new(100, Duration::from_secs(10)),
            all: Limit::new(600, Duration::from_millis(200)),
        }
    }
}

/// Who tries to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) email: &'a str,
    pub(crate) address: &'a str,
    /// The mark of a browser that has signed in as this person before.
    pub(crate) known: Option<&'a str>,
}

impl SignInLimits {
    /// Counts an attempt everywhere it counts, or nowhere.
    pub(crate) fn admits(&self, attempt: Attempt<'_>, now_ms: i64) -> Result<(), Wait> {
        let counters = self.counters(attempt);
        for (at, (limit, key)) in counters.iter().enumerate() {
            if let Err(wait) = limit.admits(key, now_ms) {
                for (limit, key) in &counters[..at] {
                    limit.refund(key);
                }
                return Err(wait);
            }
        }
        Ok(())
    }

    /// The password was not looked at, or was right.
    pub(crate) fn refund(&self, attempt: Attempt<'_>) {
        for (limit, key) in self.counters(attempt) {
            limit.refund(&key);
        }
    }

    /// The password was right: what was typed wrong before was a slip.
    pub(crate) fn forgive(&self, attempt: Attempt<'_>) {
        self.refund(attempt);
        if let Some((limit, key)) = self.counters(attempt).first() {
            limit.forgive(key);
        }
    }

    fn counters(&self, Attempt { email, address, known }: Attempt<'_>) -> Vec<(&Limit, String)> {
        if let Some(known) = known {
            return vec![(&self.known, known.to_owned())];
        }
        let address = home(address);
        vec![
            (&self.pair, format!("{email} {address}")),
            (&self.address, address),
            (&self.account, email.to_owned()),
            (&self.all, String::new()),
        ]
    }
}

/// What counts as one address. Whoever has an IPv6 address has the other 2^64 of its network as well.
pub(crate) fn home(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000_000;
    const MINUTE: i64 = 60_000;

    /// Attempts that are let through, when one is made in each so many milliseconds.
    fn passed<'a>(
        limits: &SignInLimits,
        every_ms: i64,
        for_ms: i64,
        attempt: impl Fn(i64) -> Attempt<'a>,
    ) -> i64 {
        let times = (0..for_ms / every_ms).map(|n| (n, START + n * every_ms));
        times.filter(|(n, now)| limits.admits(attempt(*n), *now).is_ok()).count() as i64
    }

    fn guess<'a>(email: &'a str, address: &'a str) -> Attempt<'a> {
        Attempt { email, address, known: None }
    }

    #[test]
    fn a_limit_is_what_a_list_of_times_says() {
        // The model: an attempt passes when fewer than `burst` of those that passed are still unpaid, one being paid
        // for in each interval.
        let (burst, interval) = (5_u32, 1_000_i64);
        let limit = Limit::new(burst, Duration::from_millis(interval as u64));
        let (mut owed, mut last) = (0.0_f64, START);
        let mut seed = 7_u64;
        let mut now = START;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += (seed >> 33) as i64 % 1_500;
            owed = (owed - (now - last) as f64 / interval as f64).max(0.0);
            last = now;
            let passes = owed <= f64::from(burst) - 1.0 + 1e-9;
            owed += f64::from(u8::from(passes));
            match limit.admits("key", now) {
                Ok(()) => assert!(passes),
                Err(Wait(wait)) => {
                    assert!(!passes);
                    let wanted = (owed - f64::from(burst) + 1.0) * interval as f64;
                    assert!((wait.as_millis() as f64 - wanted).abs() < 2.0, "{wait:?}, {wanted}");
                }
            }
        }
    }

    #[test]
    fn guessing_at_one_account_ends_in_one_try_a_minute() {
        let limits = SignInLimits::default();
        let passed = passed(&limits, 100, 60 * MINUTE, |_| guess("ada@example.com", "192.0.2.1"));
        assert_eq!(passed, 10 + 59);
    }

    #[test]
    fn spraying_one_password_over_many_accounts_is_slowed() {
        let limits = SignInLimits::default();
        let emails: Vec<String> = (0..6_000).map(|n| format!("{n}@example.com")).collect();
        let from_one = passed(&limits, 100, 10 * MINUTE, |n| guess(&emails[n as usize], "2001:db8::1"));
        assert_eq!(from_one, 30 + 29);
        // The rest of that network is the same.
        assert!(limits.admits(guess("x@example.com", "2001:db8::2"), START + 10 * MINUTE - 100).is_err());
        assert!(limits.admits(guess("x@example.com", "192.0.2.1"), START + 10 * MINUTE - 100).is_ok());
    }

    #[test]
    fn many_addresses_together_try_one_account_six_times_a_minute_and_all_five_times_a_second() {
        let limits = SignInLimits::default();
        let addresses: Vec<String> = (0..6_000).map(|n| format!("198.51.{}.{}", n / 250, n % 250)).collect();
        let at_one = passed(&limits, 100, 10 * MINUTE, |n| guess("ada@example.com", &addresses[n as usize]));
        assert_eq!(at_one, 100 + 59);

        let limits = SignInLimits::default();
        let emails: Vec<String> = (0..6_000).map(|n| format!("{n}@example.com")).collect();
        let at_all =
            passed(&limits, 100, 10 * MINUTE, |n| guess(&emails[n as usize], &addresses[n as usize]));
        assert_eq!(at_all, 600 + 2_999);
    }

    #[test]
    fn nobody_keeps_somebody_out_who_has_signed_in_before() {
        let limits = SignInLimits::default();
        let addresses: Vec<String> = (0..6_000).map(|n| format!("198.51.{}.{}", n / 250, n % 250)).collect();
        // Every counter for strangers is used up, also that of the address, which is a proxy's, and of the account.
        for n in 0..6_000 {
            let now = START + n * 10;
            let _ = limits.admits(guess("ada@example.com", &addresses[n as usize]), now);
            let _ = limits.admits(guess("ada@example.com", "10.0.0.1"), now);
        }
        let now = START + 59_995;
        assert!(limits.admits(guess("ada@example.com", "10.0.0.1"), now).is_err());
        let ada = Attempt { known: Some("browser"), ..guess("ada@example.com", "10.0.0.1") };
        for _ in 0..10 {
            assert!(limits.admits(ada, now).is_ok());
        }
        assert!(limits.admits(ada, now).is_err(), "a stolen browser is slowed as well");
        limits.forgive(ada);
        assert!(limits.admits(ada, now).is_ok());
    }

    #[test]
    fn what_was_right_or_not_looked_at_does_not_count() {
        let limits = SignInLimits::default();
        for n in 0..1_000 {
            let attempt = guess("ada@example.com", "192.0.2.1");
            assert!(limits.admits(attempt, START + n).is_ok());
            limits.refund(attempt);
        }
    }

    #[test]
    fn keys_take_no_room_of_their_own() {
        let limit = Limit::new(10, Duration::from_mins(1));
        let giant = "x".repeat(60_000);
        for n in 0..30_000 {
            let _ = limit.admits(&format!("{n}{}", &giant[..n % 1_000]), START);
        }
        limit.paid.run_pending_tasks();
        assert!(limit.paid.entry_count() <= REMEMBERED);
    }
}
