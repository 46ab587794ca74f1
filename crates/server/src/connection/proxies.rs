//! Whose word on the address of a client is believed.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Networks of proxies that are trusted to say for whom they call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

/// The address that a request came from, as far as that is known. Among the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl Proxies {
    /// Reads a list such as `10.0.0.0/8, ::1`: networks, or single addresses. The error names what is neither.
    pub fn parse(list: &str) -> Result<Self, String> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let networks = entries.map(|entry| {
            let network = entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| format!("{entry:?} is no address and no network: 10.0.0.0/8"))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whom a request comes from: the last address on its way that is no trusted proxy. What stands further left in
    /// `X-Forwarded-For` is the word of somebody who is not trusted.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer.to_canonical();
        if !self.trusts(address) {
            return address;
        }
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let entries = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','));
        for entry in entries {
            let Some(named) = read(entry) else { break };
            address = named;
            if !self.trusts(address) {
                break;
            }
        }
        address
    }
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn read(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let address = entry
        .parse::<IpAddr>()
        .or_else(|_| entry.parse::<std::net::SocketAddr>().map(|address| address.ip()))
        .or_else(|_| entry.trim_start_matches('[').trim_end_matches(']').parse());
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(proxies: &str, peer: &str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let proxies = Proxies::parse(proxies).unwrap();
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let ours = "127.0.0.1, 10.0.0.0/8, fd00::/8";
        for (proxies, peer, lines, wanted) in [
            ("", "127.0.0.1", &["203.0.113.9"][..], "127.0.0.1"),
            (ours, "198.51.100.7", &["203.0.113.9"], "198.51.100.7"),
            (ours, "127.0.0.1", &[], "127.0.0.1"),
            (ours, "127.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            (ours, "::ffff:127.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            // What a client writes itself stands left of what the proxy adds.
            (ours, "127.0.0.1", &["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            (ours, "127.0.0.1", &["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
            (ours, "127.0.0.1", &["6.6.6.6, 203.0.113.9, 10.1.2.3"], "203.0.113.9"),
            (ours, "fd00::1", &["[2001:db8::1]:443"], "2001:db8::1"),
            (ours, "127.0.0.1", &["203.0.113.9:1234"], "203.0.113.9"),
            (ours, "127.0.0.1", &["203.0.113.9, unknown"], "127.0.0.1"),
            (ours, "127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        ] {
            assert_eq!(client(proxies, peer, lines), wanted, "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        assert_eq!(
            Proxies::parse("10.0.0.0/8, proxy").unwrap_err(),
            "\"proxy\" is no address and no network: 10.0.0.0/8"
        );
    }
}
