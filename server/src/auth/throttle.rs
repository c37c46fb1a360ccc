//! Slows down guessing, by account and by address.
//!
//! Nobody is locked out for good: an account under attack takes a try again every few
//! seconds, and `segue user add` on the host prints a link that isn't slowed down. Behind a
//! proxy all come from its address; its own limits are the better ones then.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use domain::{
    access::port::Throttle,
    time::{Clock, Span},
};
use governor::{
    Quota, RateLimiter, clock::Clock as GovernorClock, clock::Reference,
    middleware::NoOpMiddleware, nanos::Nanos, state::keyed::DashMapStateStore,
};

/// Tries of one account at once, and how long until the next.
const ACCOUNT: (u32, Duration) = (10, Duration::from_secs(20));
/// The same for an address: an office has many people behind one.
const ADDRESS: (u32, Duration) = (30, Duration::from_secs(5));
/// Keys to remember before those that have recovered are forgotten.
const KEYS: usize = 10_000;

/// Governor's view of our clock, so that tests turn it by hand.
#[derive(Clone)]
struct Watch(Arc<dyn Clock>);

impl GovernorClock for Watch {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        Nanos::from(u64::try_from(self.0.now().0).unwrap_or(0).saturating_mul(1_000))
    }
}

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, Watch, NoOpMiddleware<Nanos>>;

/// Counts the tries.
pub struct Guesses {
    accounts: Limiter<String>,
    addresses: Limiter<IpAddr>,
    watch: Watch,
}

impl Guesses {
    /// By this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let watch = Watch(clock);
        Self {
            accounts: RateLimiter::dashmap_with_clock(quota(ACCOUNT), watch.clone()),
            addresses: RateLimiter::dashmap_with_clock(quota(ADDRESS), watch.clone()),
            watch,
        }
    }

    fn check<K: Clone + Eq + std::hash::Hash>(
        &self,
        limiter: &Limiter<K>,
        key: &K,
    ) -> Result<(), Span> {
        if limiter.len() > KEYS {
            limiter.retain_recent();
        }
        limiter.check_key(key).map_err(|until| {
            let wait = until.earliest_possible().duration_since(self.watch.now()).as_u64();
            // Whole seconds, for people.
            Span::from_seconds(i64::try_from(wait.div_ceil(1_000_000_000)).unwrap_or(60))
        })
    }
}

fn quota((burst, refill): (u32, Duration)) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(refill).unwrap_or_else(|| Quota::per_minute(burst)).allow_burst(burst)
}

/// A home or a server has a whole /64 of IPv6 to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Throttle for Guesses {
    fn admit(&self, account: &str, address: Option<IpAddr>) -> Result<(), Span> {
        if let Some(address) = address {
            self.check(&self.addresses, &network(address))?;
        }
        // No address is longer; a longer text needs no memory of its own.
        let account: String = account.chars().take(254).collect();
        self.check(&self.accounts, &account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Instant;
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Instant {
            Instant::from_seconds(1_800_000_000).plus(Span::from_seconds(self.0.load(SeqCst)))
        }
    }

    fn admitted(guesses: &Guesses, tries: u32, account: &str, address: &str) -> usize {
        let address = address.parse().ok();
        (0..tries).filter(|_| guesses.admit(account, address).is_ok()).count()
    }

    #[test]
    fn a_thousand_guesses_are_ten_and_time_brings_more() {
        let clock = Arc::new(Hand::default());
        let guesses = Guesses::new(clock.clone());
        // From a new address each time: the account is what is guessed at.
        let from_everywhere = (0..1_000)
            .filter(|n: &u32| {
                let address = IpAddr::from((0x0a00_0000 + n).to_be_bytes());
                guesses.admit("ada@example.com", Some(address)).is_ok()
            })
            .count();
        assert_eq!(from_everywhere, 10);
        assert_eq!(guesses.admit("ada@example.com", None), Err(Span::from_seconds(20)));
        assert_eq!(admitted(&guesses, 1, "bob@example.com", "10.9.9.9"), 1);
        clock.0.store(20, SeqCst);
        assert_eq!(admitted(&guesses, 5, "ada@example.com", "10.9.9.9"), 1);
    }

    #[test]
    fn one_address_that_tries_many_accounts_is_slowed_down_too() {
        let guesses = Guesses::new(Arc::new(Hand::default()));
        let tried = (0..1_000)
            .filter(|n| {
                let address = format!("2001:db8::{n:x}").parse().ok();
                guesses.admit(&format!("{n}@example.com"), address).is_ok()
            })
            .count();
        assert_eq!(tried, 30);
        assert_eq!(admitted(&guesses, 1, "x@example.com", "2001:db8:0:1::1"), 1);
        assert_eq!(admitted(&guesses, 1, "y@example.com", "::ffff:10.0.0.1"), 1);
    }
}
