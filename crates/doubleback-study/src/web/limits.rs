//! Who may ask for how much.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use super::options::{Limits, Rate};
use crate::store::TokenHash;

/// Rate limits. None of them keeps anything on a disk.
pub struct Rates {
    sessions: DefaultKeyedRateLimiter<TokenHash>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    newcomers: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

/// Whole seconds to wait.
pub(super) type Wait = u64;

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            sessions: RateLimiter::keyed(quota(limits.session)),
            addresses: RateLimiter::keyed(quota(limits.address)),
            newcomers: RateLimiter::direct(quota(limits.newcomers)),
            clock: DefaultClock::default(),
        }
    }

    /// A request of a session that there is.
    pub(super) fn session(&self, session: TokenHash) -> Result<(), Wait> {
        self.sessions.check_key(&session).map_err(|until| self.wait(&until))
    }

    /// A request without one, by an address if it means something.
    pub(super) fn newcomer(&self, address: Option<IpAddr>) -> Result<(), Wait> {
        if let Some(address) = address {
            self.addresses
                .check_key(&network(address))
                .map_err(|until| self.wait(&until))?;
        }
        self.newcomers.check().map_err(|until| self.wait(&until))
    }

    fn wait(&self, until: &NotUntil<<DefaultClock as Clock>::Instant>) -> Wait {
        until.wait_time_from(self.clock.now()).as_secs() + 1
    }

    /// Forgets those who have not asked for long enough.
    pub(super) fn tidy(&self) {
        self.sessions.retain_recent();
        self.addresses.retain_recent();
        self.sessions.shrink_to_fit();
        self.addresses.shrink_to_fit();
    }
}

fn quota(rate: Rate) -> Quota {
    let period = Duration::from_secs(1) / rate.per_second.get();
    Quota::with_period(period.max(Duration::from_nanos(1)))
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(rate.burst)
}

/// One subscriber has a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(burst: u32) -> Rates {
        let rate = Rate::new(burst, 1);
        Rates::new(&Limits {
            session: rate,
            address: rate,
            newcomers: Rate::new(3 * burst, 1),
            ..Limits::default()
        })
    }

    #[test]
    fn each_session_has_its_own_limit() {
        let rates = rates(2);
        let (one, other) = (TokenHash::of("one"), TokenHash::of("other"));
        assert_eq!([rates.session(one), rates.session(one)], [Ok(()); 2]);
        assert!((1..=2).contains(&rates.session(one).unwrap_err()));
        assert_eq!(rates.session(other), Ok(()));
    }

    #[test]
    fn newcomers_share_one_and_addresses_have_theirs() {
        let rates = rates(1);
        let address = |text: &str| Some(text.parse().unwrap());
        assert_eq!(rates.newcomer(address("192.0.2.1")), Ok(()));
        assert!(rates.newcomer(address("192.0.2.1")).is_err());
        assert!(rates.newcomer(address("::ffff:192.0.2.1")).is_err());
        assert_eq!(rates.newcomer(address("2001:db8::1")), Ok(()));
        assert!(rates.newcomer(address("2001:db8::2")).is_err());
        assert_eq!(rates.newcomer(None), Ok(()));
        assert!(rates.newcomer(None).is_err());
    }
}
