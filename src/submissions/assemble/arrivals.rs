//! Clients that have connected and are not greeted yet, for servers whose line of it does not name the session that
//! begins (hMailServer).

use std::collections::VecDeque;

use super::WAIT;
use crate::calendar::Timestamp;

/// How many clients may wait to be greeted. Those of other protocols never are.
const MOST: usize = 1_000;

/// The clients that wait, the latest one last.
#[derive(Debug, Default)]
pub(super) struct Arrivals(VecDeque<Arrival>);

#[derive(Debug)]
struct Arrival {
    at: Timestamp,
    host: u32,
    ip: Box<[u8]>,
    service: u32,
}

impl Arrivals {
    /// A client has connected to a service of a host.
    pub(super) fn add(&mut self, at: Timestamp, host: u32, ip: &[u8], service: u32) {
        while self.0.len() >= MOST || self.0.front().is_some_and(|first| first.at < at - WAIT) {
            self.0.pop_front();
        }
        self.0.push_back(Arrival { at, host, ip: ip.into(), service });
    }

    /// The service that a client has connected to which is greeted now: mostly, the one that came last.
    pub(super) fn greet(&mut self, at: Timestamp, host: u32, ip: &[u8]) -> Option<u32> {
        let is_its = |one: &Arrival| one.host == host && *one.ip == *ip && (0..=WAIT).contains(&(at - one.at));
        let place = self.0.iter().rposition(is_its)?;
        self.0.remove(place).map(|arrival| arrival.service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::SECOND;

    #[test]
    fn a_client_is_greeted_once_and_soon() {
        let mut arrivals = Arrivals::default();
        arrivals.add(SECOND, 0, b"192.0.2.7", 1);
        arrivals.add(2 * SECOND, 0, b"192.0.2.7", 2);
        arrivals.add(3 * SECOND, 0, b"192.0.2.8", 3);
        assert_eq!(arrivals.greet(4 * SECOND, 1, b"192.0.2.7"), None, "it is another host");
        assert_eq!(arrivals.greet(0, 0, b"192.0.2.7"), None, "it has not come yet");
        assert_eq!(arrivals.greet(4 * SECOND, 0, b"192.0.2.7"), Some(2));
        assert_eq!(arrivals.greet(4 * SECOND, 0, b"192.0.2.7"), Some(1));
        assert_eq!(arrivals.greet(4 * SECOND, 0, b"192.0.2.7"), None);
        assert_eq!(arrivals.greet(4 * SECOND + WAIT, 0, b"192.0.2.8"), None);
    }

    #[test]
    fn those_who_are_never_greeted_are_forgotten() {
        let mut arrivals = Arrivals::default();
        (0..5_000).for_each(|_| arrivals.add(SECOND, 0, b"192.0.2.7", 1));
        assert_eq!(arrivals.0.len(), MOST);
        arrivals.add(2 * SECOND + WAIT, 0, b"192.0.2.7", 1);
        assert_eq!(arrivals.0.len(), 1);
    }
}
