//! Which addresses this node connects to because a stranger wrote them into the chain.
//!
//! An address is `http://host:port` and nothing else: no path, no query, no user. What it stands for is looked up once, and the
//! connection goes to what was found and may be connected to, so that a name cannot lead elsewhere later.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// How long a name may be looked up.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(3);

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Reads what a prover declared; none if it is no such address.
    pub(super) fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://")?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let letters = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        let is_host = match bare {
            Some(bare) => bare.parse::<Ipv6Addr>().is_ok(),
            None => !host.is_empty() && letters(host),
        };
        (is_host && port > 0).then(|| Self { host: bare.unwrap_or(host).to_owned(), port })
    }

    /// What it stands for, as far as it may be connected to; `allow_private` as `p2p.allow_private` says.
    pub(super) async fn resolve(&self, allow_private: bool) -> Vec<SocketAddr> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port));
        let Ok(Ok(found)) = tokio::time::timeout(LOOKUP_TIMEOUT, found).await else { return Vec::new() };
        found.filter(|address| may_connect(address.ip(), allow_private)).take(2).collect()
    }
}

/// Whether an address is one that the whole network can reach; or, with `allow_private`, one of this machine or its own network.
fn may_connect(address: IpAddr, allow_private: bool) -> bool {
    match address {
        IpAddr::V4(address) => v4(address, allow_private),
        IpAddr::V6(address) => v6(address, allow_private),
    }
}

fn v4(address: Ipv4Addr, allow_private: bool) -> bool {
    if address.is_private() || address.is_loopback() {
        return allow_private;
    }
    let special = match address.octets() {
        // This network, carriers' own, protocol assignments, benchmarks, and what is reserved.
        [0 | 240..=255, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => true,
        _ => false,
    };
    !(special || address.is_link_local() || address.is_multicast() || address.is_documentation())
}

fn v6(address: Ipv6Addr, allow_private: bool) -> bool {
    if address.is_loopback() || address.is_unique_local() {
        return allow_private;
    }
    if let Some(address) = address.to_ipv4_mapped() {
        return v4(address, allow_private);
    }
    let [first, second, ..] = address.segments();
    // Global unicast, but for addresses that stand for others (Teredo, 6to4) and for examples.
    (first & 0xe000) == 0x2000 && !matches!((first, second), (0x2001, 0 | 0x0db8) | (0x2002, _) | (0x3fff, _))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let read = |text: &str| Address::read(text).map(|address| (address.host, address.port));
        assert_eq!(read("http://prover.example:8080"), Some(("prover.example".to_owned(), 8080)));
        assert_eq!(read("http://prover.example/"), Some(("prover.example".to_owned(), 80)));
        assert_eq!(read("http://[2001:db8::1]:9"), Some(("2001:db8::1".to_owned(), 9)));
        assert_eq!(read("http://[::1]"), Some(("::1".to_owned(), 80)));
        for text in [
            "",
            "http://",
            "https://host:1",
            "http://user@host:1",
            "http://host:1/path",
            "http://host:1?query",
            "http://host:0",
            "http://host:99999",
            "http://host:1 ",
            "http://ho\r\nst:1",
            "http://[::1",
            "http://::1:80",
            "file:///etc/passwd",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_everybody_can_reach_is_connected_to_unless_the_operator_allows_more() {
        let may = |text: &str| [false, true].map(|private| may_connect(text.parse().expect("address"), private));
        for global in ["1.1.1.1", "193.99.144.80", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert_eq!(may(global), [true, true], "{global}");
        }
        for private in ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "::1", "fd00::1", "::ffff:127.0.0.1"] {
            assert_eq!(may(private), [false, true], "{private}");
        }
        for never in [
            "0.0.0.0",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
            "64:ff9b::7f00:1",
            "::ffff:169.254.169.254",
        ] {
            assert_eq!(may(never), [false, false], "{never}");
        }
    }
}
