//! The addresses of the interfaces of a network namespace (`getifaddrs(3)`).

use std::net::IpAddr;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::SockaddrStorage;

use crate::error::Doing;
use crate::process::in_namespace;
use crate::{Error, Identity, Kind, Namespace, Result};

/// The operation, as it reads after "cannot".
const LIST: &str = "list the addresses of the interfaces";

/// The addresses of the caller's network namespace, as in `hostname -I`: addresses of interfaces that are up, except
/// the loopback interface and link-local IPv6 addresses.
pub fn addresses() -> Result<Vec<SockaddrStorage>> {
    list().doing(|| LIST)
}

/// The addresses of another network namespace, read in a child that enters it.
pub fn addresses_in(namespace: &Namespace) -> Result<Vec<IpAddr>> {
    if namespace.identity() == Identity::own(Kind::Net)? {
        return Ok(addresses()?.iter().filter_map(ip).collect());
    }
    let lines = in_namespace(namespace, LIST, || {
        let addresses = list()?;
        let lines = addresses
            .iter()
            .filter_map(ip)
            .map(|address| format!("{address}\n"));
        Ok(lines.collect::<String>().into_bytes())
    })?;
    String::from_utf8_lossy(&lines)
        .lines()
        .map(|line| line.parse().map_err(|_| Error::kernel(LIST, Errno::EIO)))
        .collect()
}

fn list() -> nix::Result<Vec<SockaddrStorage>> {
    Ok(getifaddrs()?
        .filter(|interface| {
            interface.flags.contains(InterfaceFlags::IFF_UP)
                && !interface.flags.contains(InterfaceFlags::IFF_LOOPBACK)
        })
        .filter_map(|interface| interface.address)
        .filter(|address| match ip(address) {
            Some(IpAddr::V6(address)) => !address.is_unicast_link_local(),
            Some(IpAddr::V4(_)) => true,
            // The address of the device itself.
            None => false,
        })
        .collect())
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
}
