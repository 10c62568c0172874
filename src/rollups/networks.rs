//! Client networks: the IPv4 /24 or IPv6 /48 that an address lies in.
//!
//! A home connection or a phone changes its address within such a network every day; a sender seen in another
//! network has moved. IPv4 written as IPv6 (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) counts as IPv4.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Set in the number of every IPv6 network, above its 48 bits: no IPv4 network has the same number.
const IPV6: i64 = 1 << 48;

/// The number of the network that an address lies in; `None` where the text is no address.
#[must_use]
pub fn network(address: &str) -> Option<i64> {
    // A link-local address may carry its interface: `fe80::1%eth0`.
    let text = address.split_once('%').map_or(address, |(text, _)| text);
    match text.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(v4) => Some(i64::from(v4.to_bits() >> 8)),
        IpAddr::V6(v6) => i64::try_from(v6.to_bits() >> 80).ok().map(|prefix| prefix | IPV6),
    }
}

/// The network of a number as people write it: `192.0.2.0/24`, `2001:db8::/48`.
#[must_use]
pub fn written(network: i64) -> String {
    if network & IPV6 == 0 {
        format!("{}/24", Ipv4Addr::from_bits((network << 8) as u32))
    } else {
        format!("{}/48", Ipv6Addr::from_bits(((network ^ IPV6) as u128) << 80))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_as_it_is_known() {
        let of = |address: &str| network(address).map(written);
        assert_eq!(of("198.51.100.7").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(of("255.255.255.255").as_deref(), Some("255.255.255.0/24"));
        assert_eq!(of("2001:db8:1:2::7").as_deref(), Some("2001:db8:1::/48"));
        assert_eq!(of("::1").as_deref(), Some("::/48"));
    }

    #[test]
    fn neighbours_share_a_network() {
        assert_eq!(network("192.0.2.1"), network("192.0.2.254"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("2001:db8::1"), network("2001:0DB8:0:ffff::2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:1::1"));
        assert_eq!(network("fe80::1%eth0"), network("fe80::2"));
    }

    #[test]
    fn ipv4_in_ipv6_is_ipv4() {
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.77"));
        assert_ne!(network("::1"), network("0.0.0.1"));
    }

    #[test]
    fn what_is_no_address_has_no_network() {
        assert_eq!(network("unknown"), None);
        assert_eq!(network("192.0.2"), None);
        assert_eq!(network(""), None);
    }
}
