//! The networks that a login may come from.

use std::{fmt, net::IpAddr};

/// More than this nobody looks through.
pub const MOST: usize = 50;

/// An address, or a range of them: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// What is wrong with a text that should be a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is none.
    Unreadable,
    /// It names an address inside the range: this one is the range.
    Inside(Network),
}

impl Network {
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| Wrong::Unreadable)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            // One spelling: a sign or a zero in front would be read as the same number.
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|number: &u8| *number <= width && number.to_string() == bits)
                .ok_or(Wrong::Unreadable)?,
        };
        let network = Self { address: masked(address, bits), bits };
        if network.address == address { Ok(network) } else { Err(Wrong::Inside(network)) }
    }

    /// Whether the address is in here. An IPv4 address that is written as IPv6 is the IPv4 address.
    pub fn contains(self, address: IpAddr) -> bool {
        let (own, address) = (self.address, address.to_canonical());
        if own.is_ipv6() && own.to_canonical().is_ipv4() && self.bits >= 96 {
            return Self { address: own.to_canonical(), bits: self.bits - 96 }.contains(address);
        }
        own.is_ipv4() == address.is_ipv4() && masked(address, self.bits) == own
    }
}

/// The address with nothing but its first bits.
fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            IpAddr::from((v4.to_bits() & mask).to_be_bytes())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            IpAddr::from((v6.to_bits() & mask).to_be_bytes())
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        if self.bits == width { self.address.fmt(f) } else { write!(f, "{}/{}", self.address, self.bits) }
    }
}

/// Nothing in it: from anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

impl Networks {
    /// As people write them: one on a line, or with spaces or commas between. An error names the part that it is about.
    pub fn parse(text: &str) -> Result<Self, (String, Wrong)> {
        let mut all = Vec::new();
        for part in text.split([' ', ',', ';', '\t', '\r', '\n']).filter(|part| !part.is_empty()) {
            let network =
                Network::parse(part).map_err(|wrong| (part.chars().take(60).collect::<String>(), wrong))?;
            if !all.contains(&network) {
                all.push(network);
            }
        }
        Ok(Self(all))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody at this address may come. What is no address comes from nowhere that could be allowed.
    pub fn allow(&self, address: &str) -> bool {
        self.0.is_empty()
            || address
                .parse::<IpAddr>()
                .is_ok_and(|address| self.0.iter().any(|network| network.contains(address)))
    }

    pub fn each(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

impl fmt::Display for Networks {
    /// As the database keeps them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, network) in self.0.iter().enumerate() {
            write!(f, "{}{network}", if place == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Networks {
        Networks::parse(text).expect("networks")
    }

    /// C15: both kinds of address, each in its own range only.
    #[test]
    fn a_network_holds_its_own_addresses() {
        let all = networks("203.0.113.0/24, 198.51.100.7\n2001:db8:5::/48");
        for inside in ["203.0.113.0", "203.0.113.255", "::ffff:203.0.113.9", "198.51.100.7", "2001:db8:5::1"]
        {
            assert!(all.allow(inside), "{inside}");
        }
        for outside in
            ["203.0.112.255", "203.0.114.0", "198.51.100.8", "2001:db8:6::1", "::1", "", "a", "fe80::1%eth0"]
        {
            assert!(!all.allow(outside), "{outside}");
        }
        assert!(networks(" \r\n").allow("192.0.2.1") && networks("").allow(""), "none: from anywhere");
        assert!(networks("0.0.0.0/0").allow("192.0.2.1") && !networks("0.0.0.0/0").allow("2001:db8::1"));
        assert!(networks("::/0").allow("2001:db8::1") && !networks("::/0").allow("192.0.2.1"));
        assert!(networks("::ffff:203.0.113.0/120").allow("203.0.113.4"));
        assert!(!networks("::ffff:203.0.113.0/120").allow("203.0.114.4"));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for bad in [
            "203.0.113.0/33",
            "2001:db8::/129",
            "203.0.113",
            "203.0.113.0/",
            "203.0.113.0/+8",
            "10.0.0.0/08",
            "office",
            "fe80::1%eth0",
            "1.2.3.4/255.255.255.0",
        ] {
            let (named, wrong) = Networks::parse(&format!("10.0.0.0/8 {bad}")).expect_err(bad);
            assert_eq!((named.as_str(), wrong), (bad, Wrong::Unreadable));
        }
        let Err((_, Wrong::Inside(meant))) = Networks::parse("203.0.113.7/24") else { panic!("inside") };
        assert_eq!(meant.to_string(), "203.0.113.0/24");
    }

    #[test]
    fn they_are_kept_as_they_are_read() {
        let all = networks("2001:DB8::/32;10.0.0.0/8 10.0.0.0/8");
        assert_eq!(all.to_string(), "2001:db8::/32 10.0.0.0/8");
        assert_eq!(networks(&all.to_string()), all);
    }
}
