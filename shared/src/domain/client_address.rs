//! Where a request comes from, as far as limits care.

use std::net::{IpAddr, Ipv6Addr};

/// A client's network address. IPv6 addresses of one /64 are one client: that is what a household gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client with this address.
    pub fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
        })
    }

    /// The address, or its network, in text form.
    pub fn as_text(self) -> String {
        self.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::ClientAddress;

    #[test]
    fn one_ipv6_network_is_one_client() {
        for (address, client) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::ffff", "2001:db8:1:2::"),
        ] {
            let parsed = ClientAddress::new(address.parse().expect(address));
            assert_eq!(parsed.as_text(), client);
        }
    }
}
