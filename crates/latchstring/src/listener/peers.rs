//! How many connections each address holds.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Counts the connections of each address.
#[derive(Debug, Clone)]
pub struct Peers {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
}

/// One connection of an address; dropping it makes room.
#[derive(Debug)]
pub struct Visit {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Peers {
    pub fn new(most: usize) -> Self {
        Self { counts: Arc::default(), most }
    }

    /// `None` if the address holds as many as it may.
    pub fn enter(&self, address: IpAddr) -> Option<Visit> {
        let address = household(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Visit { counts: Arc::clone(&self.counts), address })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// One line gets a /64 of IPv6, so all of it counts as one.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_and_no_more() {
        let peers = Peers::new(2);
        let one: IpAddr = "203.0.113.9".parse().expect("an address");
        let other: IpAddr = "203.0.113.10".parse().expect("an address");
        let first = peers.enter(one).expect("room");
        let second = peers.enter("::ffff:203.0.113.9".parse().expect("an address")).expect("room");
        assert!(peers.enter(one).is_none());
        assert!(peers.enter(other).is_some());
        drop(first);
        assert!(peers.enter(one).is_some());
        drop(second);
        assert!(peers.counts.lock().expect("not poisoned").is_empty());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let peers = Peers::new(1);
        let _one = peers.enter("2001:db8::1".parse().expect("an address")).expect("room");
        assert!(peers.enter("2001:db8::ffff:1".parse().expect("an address")).is_none());
        assert!(peers.enter("2001:db8:0:1::1".parse().expect("an address")).is_some());
    }
}
