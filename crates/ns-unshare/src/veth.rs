//! The value of `--veth`: `eth0`, or `name=eth0,addr=10.7.0.2/24,peer=vh0`.

use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::rc::Rc;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, TypedValueParser};
use ns_core::launch::Veth;
use ns_core::net::{HardwareAddress, InterfaceAddress, InterfaceName};
use ns_core::output::escape_for_terminal;
use ns_core::target::Destination;
use ns_core::{Error, Kind, Namespace, Target};

/// A requested pair of interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VethSpec {
    name: InterfaceName,
    rest: Rest,
}

/// The keys except the name, which all are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rest {
    hardware: Option<HardwareAddress>,
    addresses: Vec<InterfaceAddress>,
    gateways: Vec<IpAddr>,
    mtu: Option<u32>,
    peer: Option<InterfaceName>,
    peer_addresses: Vec<InterfaceAddress>,
    peer_netns: Option<Target>,
}

/// The MTUs that the kernel accepts for a veth interface.
const MTU: std::ops::RangeInclusive<u32> = 68..=65535;

/// The lowest MTU of an interface with IPv6 (RFC 8200, 5).
const MTU_OF_IPV6: u32 = 1280;

const KEYS: &str = "name, addr, gw, mac, mtu, peer, peer-addr and peer-netns";

/// Reads a [`VethSpec`] for clap, from bytes, because a target can be a path, which need not be text.
pub fn veth_spec() -> impl TypedValueParser<Value = VethSpec> {
    OsStringValueParser::new().try_map(|text: OsString| VethSpec::parse(&text))
}

impl VethSpec {
    fn parse(text: &OsStr) -> Result<Self, String> {
        let mut name = None;
        let mut rest = Rest::default();
        for (index, part) in text.as_bytes().split(|byte| *byte == b',').enumerate() {
            let (key, value) = match part.iter().position(|byte| *byte == b'=') {
                Some(at) => (&part[..at], &part[at + 1..]),
                None if index == 0 => (&b"name"[..], part),
                None => return Err(format!("{}: expected KEY=VALUE", escape_for_terminal(part))),
            };
            let taken = match key {
                b"name" => text_of(value)
                    .and_then(inner_name)
                    .and_then(|value| once(&mut name, value)),
                _ => rest.take(key, value),
            };
            taken.map_err(|why| {
                format!(
                    "{}={}: {why}",
                    escape_for_terminal(key),
                    escape_for_terminal(value)
                )
            })?;
        }
        rest.check()?;
        let name = name.ok_or("the name of the interface inside is missing: name=eth0")?;
        Ok(Self { name, rest })
    }
}

impl Rest {
    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        if key == b"peer-netns" {
            let target = Target::parse(OsStr::from_bytes(value)).map_err(why)?;
            return once(&mut self.peer_netns, target);
        }
        let text = text_of(value);
        match key {
            b"peer" => once(&mut self.peer, parsed(text?)?),
            b"mac" => once(&mut self.hardware, parsed(text?)?),
            b"mtu" => once(&mut self.mtu, mtu(text?)?),
            b"addr" => another(&mut self.addresses, address(text?)?),
            b"peer-addr" => another(&mut self.peer_addresses, address(text?)?),
            b"gw" => {
                let gateway: IpAddr = text?.parse().map_err(|_| "expected an IPv4 or IPv6 address")?;
                let family = if gateway.is_ipv4() { "IPv4" } else { "IPv6" };
                if self
                    .gateways
                    .iter()
                    .any(|other| other.is_ipv4() == gateway.is_ipv4())
                {
                    return Err(format!("there is already a gateway for {family}"));
                }
                if let Some(sort) = of_no_single_host(gateway) {
                    return Err(format!("that is {sort}, and not the address of another host"));
                }
                self.gateways.push(gateway);
                Ok(())
            }
            _ => Err(format!("there is no such key: the keys are {KEYS}")),
        }
    }

    /// Checks that the values fit together.
    fn check(&self) -> Result<(), String> {
        let own = |address: IpAddr| self.addresses.iter().any(|own| own.address == address);
        if let Some(address) = self.peer_addresses.iter().find(|peer| own(peer.address)) {
            return Err(format!(
                "peer-addr={address}: the interface inside already has that address"
            ));
        }
        for gateway in &self.gateways {
            if own(*gateway) {
                return Err(format!(
                    "gw={gateway}: that is the interface inside, which leads nowhere else"
                ));
            }
            if let Some(address) = self.addresses.iter().find(|own| is_broadcast(own, *gateway)) {
                return Err(format!(
                    "gw={gateway}: that is the broadcast address of {address}"
                ));
            }
            // The gateway may be outside the prefix, as with an address of its own for each interface (`/32`).
            let is_alike = |address: &InterfaceAddress| address.address.is_ipv4() == gateway.is_ipv4();
            if !is_link_local(*gateway) && !self.addresses.iter().any(is_alike) {
                let family = if gateway.is_ipv4() { "IPv4" } else { "IPv6" };
                return Err(format!(
                    "gw={gateway}: it cannot be reached without an {family} address: add addr="
                ));
            }
        }
        let mut all = self.addresses.iter().chain(&self.peer_addresses);
        if let (Some(mtu), Some(address)) = (
            self.mtu.filter(|mtu| *mtu < MTU_OF_IPV6),
            all.find(|address| address.address.is_ipv6()),
        ) {
            return Err(format!(
                "mtu={mtu}: IPv6, as in {address}, needs at least {MTU_OF_IPV6}"
            ));
        }
        Ok(())
    }
}

/// The sort of an address that belongs to no single other host, if it is one.
fn of_no_single_host(address: IpAddr) -> Option<&'static str> {
    if address.is_unspecified() {
        Some("the unspecified address")
    } else if address.is_loopback() {
        Some("a loopback address")
    } else if address.is_multicast() {
        Some("a multicast address")
    } else if address == IpAddr::V4(Ipv4Addr::BROADCAST) {
        Some("the broadcast address")
    } else {
        None
    }
}

/// True if this is the broadcast address of the network that the other address is in. Prefixes longer than 30 bits have
/// none.
fn is_broadcast(own: &InterfaceAddress, gateway: IpAddr) -> bool {
    let (IpAddr::V4(address), IpAddr::V4(gateway)) = (own.address, gateway) else {
        return false;
    };
    let hosts = u32::MAX.checked_shr(own.length.into()).unwrap_or(0);
    own.length <= 30 && address.to_bits() | hosts == gateway.to_bits()
}

/// Every IPv6 interface reaches such an address.
fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if Ipv6Addr::is_unicast_link_local(&address))
}

fn text_of(value: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(value).map_err(|_| "it is not UTF-8".into())
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err("it is given twice".into()),
    }
}

fn another<T: PartialEq>(places: &mut Vec<T>, value: T) -> Result<(), String> {
    if places.contains(&value) {
        return Err("it is given twice".into());
    }
    places.push(value);
    Ok(())
}

/// An address of an interface that others can send to. The kernel gives no such IPv6 address to one, and takes those of
/// IPv4.
fn address(text: &str) -> Result<InterfaceAddress, String> {
    let address: InterfaceAddress = parsed(text)?;
    match of_no_single_host(address.address) {
        // A second loopback address of IPv4 can be of use.
        Some(sort) if address.address.is_ipv6() || !address.address.is_loopback() => {
            Err(format!("that is {sort}, which no interface can have"))
        }
        _ => Ok(address),
    }
}

fn inner_name(text: &str) -> Result<InterfaceName, String> {
    if text == "lo" {
        return Err("every network namespace already has an interface of that name".into());
    }
    parsed(text)
}

fn mtu(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|mtu| MTU.contains(mtu) && !text.starts_with('+'))
        .ok_or_else(|| format!("expected a number from {} to {}", MTU.start(), MTU.end()))
}

fn parsed<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(why)
}

/// The reason. clap already names the text.
fn why(error: Error) -> String {
    match error {
        Error::Invalid { why, .. } => why,
        error => error.to_string(),
    }
}

/// A value that several pairs have and only one can have, if there is one.
pub fn contradiction(specs: &[VethSpec]) -> Option<String> {
    for (index, spec) in specs.iter().enumerate() {
        for other in &specs[..index] {
            if spec.name == other.name {
                return Some(format!("--veth: two pairs have name={}", spec.name));
            }
            if spec.rest.peer.is_some()
                && spec.rest.peer == other.rest.peer
                && spec.rest.peer_netns == other.rest.peer_netns
            {
                let name = spec.rest.peer.as_ref().map_or("", InterfaceName::as_str);
                return Some(format!("--veth: two pairs have peer={name}"));
            }
            for gateway in &spec.rest.gateways {
                let same = |other: &&IpAddr| other.is_ipv4() == gateway.is_ipv4();
                if let Some(other) = other.rest.gateways.iter().find(same) {
                    return Some(format!(
                        "--veth: gw={other} and gw={gateway}: there can be one default route for each of IPv4 and IPv6"
                    ));
                }
            }
        }
    }
    None
}

/// Finds and opens the namespaces of the pairs.
pub fn resolve(specs: Vec<VethSpec>) -> Result<Vec<Rc<Veth>>, Error> {
    specs.into_iter().map(VethSpec::resolve).collect()
}

impl VethSpec {
    fn resolve(self) -> Result<Rc<Veth>, Error> {
        let Self { name, rest } = self;
        let peer_namespace = rest.peer_netns.as_ref().map(peer_namespace).transpose()?;
        Ok(Rc::new(Veth {
            name,
            hardware: rest.hardware,
            addresses: rest.addresses,
            gateways: rest.gateways,
            mtu: rest.mtu,
            peer: rest.peer,
            peer_addresses: rest.peer_addresses,
            peer_namespace: peer_namespace.flatten(),
        }))
    }
}

/// The network namespace of a target; `None` for the caller's own.
fn peer_namespace(target: &Target) -> Result<Option<Destination>, Error> {
    let namespace = target.open()?.destination(Kind::Net)?;
    let own = Namespace::own(Kind::Net)?.identity();
    Ok((namespace.identity() != own).then_some(namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<VethSpec, String> {
        VethSpec::parse(text.as_ref())
    }

    #[test]
    fn a_name_alone_is_enough() {
        assert_eq!(parse("eth0"), parse("name=eth0"));
        let spec = parse("eth0,addr=10.7.0.2/24,peer=vh0").unwrap();
        assert_eq!(
            (spec.name.as_str(), spec.rest.peer.unwrap().as_str()),
            ("eth0", "vh0")
        );
        assert_eq!(spec.rest.addresses[0].to_string(), "10.7.0.2/24");
    }

    #[test]
    fn every_key_is_taken() {
        let spec = parse(
            "name=eth0,addr=10.7.0.2/24,addr=fd00::2/64,gw=10.7.0.1,gw=fe80::1,mac=02:00:00:00:00:01,mtu=1400,\
             peer=vh0,peer-addr=10.7.0.1/24,peer-addr=fd00::1/64,peer-netns=/run/netns/a=b",
        )
        .unwrap();
        assert_eq!(
            (spec.rest.addresses.len(), spec.rest.peer_addresses.len()),
            (2, 2)
        );
        assert_eq!(spec.rest.gateways.len(), 2);
        assert_eq!(spec.rest.mtu, Some(1400));
        assert_eq!(spec.rest.peer_netns, Some(Target::File("/run/netns/a=b".into())));
    }

    #[test]
    fn every_fault_is_named() {
        for (text, part) in [
            ("", "name=: it is empty"),
            ("addr=10.7.0.2/24", "name=eth0"),
            ("eth0,colour=red", "colour=red: there is no such key"),
            ("eth0,eth1", "eth1: expected KEY=VALUE"),
            ("eth0,", "expected KEY=VALUE"),
            ("eth0,name=eth1", "name=eth1: it is given twice"),
            ("eth0,addr=10.7.0.2", "addr=10.7.0.2: expected ADDRESS/LENGTH"),
            ("eth0,addr=10.7.0.2/24,addr=10.7.0.2/24", "given twice"),
            ("eth0,addr=10.7.0.2/33", "from 0 to 32"),
            (
                "eth0,peer-addr=x/1",
                "peer-addr=x/1: that is not an IPv4 or IPv6 address",
            ),
            (
                "eth0,gw=10.7.0.1",
                "gw=10.7.0.1: it cannot be reached without an IPv4 address",
            ),
            (
                "eth0,addr=10.7.0.2/24,gw=10.7.0.1,gw=10.7.0.3",
                "gw=10.7.0.3: there is already a gateway for IPv4",
            ),
            (
                "eth0,addr=10.7.0.2/24,gw=10.7.0.2",
                "gw=10.7.0.2: that is the interface inside",
            ),
            (
                "eth0,addr=fd00::2/64,peer-addr=fd00::2/48",
                "peer-addr=fd00::2/48: the interface inside already has that address",
            ),
            (
                "eth0,addr=10.7.0.2/24,gw=0.0.0.0",
                "gw=0.0.0.0: that is the unspecified address, and not",
            ),
            (
                "eth0,addr=10.7.0.2/24,gw=127.0.0.1",
                "gw=127.0.0.1: that is a loopback address, and not",
            ),
            ("eth0,gw=::1", "gw=::1: that is a loopback address, and not"),
            (
                "eth0,gw=ff02::1",
                "gw=ff02::1: that is a multicast address, and not",
            ),
            ("eth0,gw=224.0.0.1", "that is a multicast address, and not"),
            (
                "eth0,gw=255.255.255.255",
                "that is the broadcast address, and not",
            ),
            (
                "eth0,addr=10.7.0.2/24,gw=10.7.0.255",
                "gw=10.7.0.255: that is the broadcast address of 10.7.0.2/24",
            ),
            (
                "eth0,addr=ff02::1/64",
                "addr=ff02::1/64: that is a multicast address, which no interface can have",
            ),
            (
                "eth0,peer-addr=::/64",
                "that is the unspecified address, which no",
            ),
            ("eth0,gw=x", "gw=x: expected an IPv4 or IPv6 address"),
            ("eth0,mac=1:2", "mac=1:2: expected six bytes"),
            ("eth0,mtu=67", "mtu=67: expected a number from 68 to 65535"),
            ("eth0,mtu=+68", "from 68 to 65535"),
            (
                "eth0,mtu=1000,addr=fd00::2/64",
                "mtu=1000: IPv6, as in fd00::2/64, needs at least 1280",
            ),
            ("eth0,peer=a/b", "peer=a/b: it has a slash"),
            (
                "sixteen_bytes_is",
                "name=sixteen_bytes_is: it has more than 15 bytes",
            ),
            ("a b", "name=a b: it has a blank"),
            ("lo", "name=lo: every network namespace"),
            ("eth0,peer-netns=", "peer-netns=: "),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
        let why = VethSpec::parse(OsStr::from_bytes(b"eth0,peer=\xff")).unwrap_err();
        assert_eq!(why, "peer=\\xff: it is not UTF-8");
    }

    #[test]
    fn a_long_prefix_has_no_broadcast_address() {
        for text in [
            "eth0,addr=10.7.0.2/31,gw=10.7.0.3",
            "eth0,addr=10.7.0.2/32,gw=10.7.0.3",
            "eth0,addr=10.7.0.2/16,gw=10.7.0.255",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn two_cannot_have_the_same() {
        let of = |texts: [&str; 2]| contradiction(&texts.map(|text| parse(text).unwrap()));
        assert_eq!(of(["eth0", "eth1"]), None);
        assert!(of(["eth0", "eth0"]).unwrap().contains("name=eth0"));
        assert!(of(["a,peer=c", "b,peer=c"]).unwrap().contains("peer=c"));
        assert_eq!(of(["a,peer=c", "b,peer=c,peer-netns=blue"]), None);
        let gateways = of(["a,addr=10.7.0.2/24,gw=10.7.0.1", "b,addr=10.8.0.2/24,gw=10.8.0.1"]);
        assert!(gateways.unwrap().contains("gw=10.7.0.1 and gw=10.8.0.1"));
    }
}
