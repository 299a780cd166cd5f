//! Where a request comes from. A forwarded header counts only from a proxy that the operator trusts.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

/// The other end of the connection; the listener puts it into each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The proxies whose forwarded headers count.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<(IpAddr, u8)>);

/// A trusted proxy sent a forwarded header that cannot be read: nothing may be decided from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl Proxies {
    /// Addresses and CIDR ranges, such as `127.0.0.1` and `10.0.0.0/8`. An error names what cannot be read.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let range = |text: &str| {
            let (address, bits) = match text.split_once('/') {
                Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
                None => (text, None),
            };
            let address = address.parse::<IpAddr>().ok()?;
            let width = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.unwrap_or(width);
            (bits <= width).then_some((address, bits))
        };
        texts
            .into_iter()
            .map(|text| range(text).ok_or_else(|| text.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, bits)| match (network.to_canonical(), address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from((*bits).min(32));
                shift == 32 || network.to_bits() >> shift == address.to_bits() >> shift
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(*bits);
                shift == 128 || network.to_bits() >> shift == address.to_bits() >> shift
            }
            _ => false,
        })
    }

    /// The client: the last address in `X-Forwarded-For` that no trusted proxy vouches for as one of its own. From
    /// anybody else the header means nothing (case 28).
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, Unreadable> {
        if !self.trusts(peer) {
            return Ok(peer.to_canonical());
        }
        let mut client = peer.to_canonical();
        for line in headers.get_all("x-forwarded-for").iter().rev() {
            for entry in line.to_str().map_err(|_| Unreadable)?.rsplit(',') {
                client = entry.trim().parse::<IpAddr>().map_err(|_| Unreadable)?.to_canonical();
                if !self.trusts(client) {
                    return Ok(client);
                }
            }
        }
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> Result<String, Unreadable> {
        let proxies = Proxies::parse(["127.0.0.1", "10.0.0.0/8", "::1"]).expect("ranges");
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        proxies.client(peer.parse().expect("an address"), &headers).map(|address| address.to_string())
    }

    /// Cases 27 and 28: only the last hop that no proxy of ours vouches for, and nothing from what cannot be read.
    #[test]
    fn the_last_untrusted_hop_is_the_client() {
        assert_eq!(client("203.0.113.9", &["1.2.3.4"]), Ok("203.0.113.9".into()), "spoofed by a stranger");
        assert_eq!(client("127.0.0.1", &["1.2.3.4"]), Ok("1.2.3.4".into()));
        assert_eq!(client("127.0.0.1", &["6.6.6.6, 1.2.3.4, 10.1.1.1"]), Ok("1.2.3.4".into()));
        assert_eq!(client("127.0.0.1", &["6.6.6.6", "1.2.3.4"]), Ok("1.2.3.4".into()));
        assert_eq!(client("127.0.0.1", &[]), Ok("127.0.0.1".into()));
        for unreadable in ["a", "", "fe80::1%eth0", "1.2.3.4, "] {
            assert_eq!(client("127.0.0.1", &[unreadable]), Err(Unreadable), "{unreadable:?}");
        }
        let many = vec!["10.0.0.1"; 10_000].join(",");
        assert_eq!(client("127.0.0.1", &[&many]), Ok("10.0.0.1".into()));
    }
}
