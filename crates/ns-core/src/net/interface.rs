//! The properties of an interface, as a person writes them: name, hardware address, addresses (`ip-link(8)`,
//! `ip-address(8)`).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::Error;

/// The name of an interface, which both the kernel and a terminal accept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceName(String);

impl InterfaceName {
    /// The most bytes of a name: `IFNAMSIZ` without the NUL.
    pub const LONGEST: usize = 15;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InterfaceName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let flaw = match text {
            "" => Some("it is empty"),
            "." | ".." => Some("that is a directory"),
            // /proc/sys/net has settings of all interfaces under these names.
            "all" | "default" => Some("the kernel has its settings of all interfaces under that name"),
            _ if text.len() > Self::LONGEST => Some("it has more than 15 bytes"),
            _ if text.contains('/') => Some("it has a slash in it"),
            _ if text.contains(':') => Some("it has a colon in it"),
            // The kernel replaces it by a number.
            _ if text.contains('%') => Some("it has a percent sign in it"),
            // The kernel's isspace() uses Latin-1, where 0xa0 is a blank. In UTF-8 that byte is part of a letter.
            _ if text
                .bytes()
                .any(|byte| byte.is_ascii_whitespace() || byte == 0x0b || byte == 0xa0) =>
            {
                Some("it has a blank in it")
            }
            _ if text.contains('\0') => Some("it has a NUL in it"),
            // The kernel would accept it, and every list of interfaces would write it to a terminal.
            _ if text.chars().any(char::is_control) => Some("it has a control character in it"),
            _ => None,
        };
        match flaw {
            Some(why) => Err(Error::invalid("interface name", text, why)),
            None => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address of an interface, with the length of the network's prefix: `10.7.0.2/24`, `fd00::2/64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// The length of the network prefix in bits.
    pub length: u8,
}

impl InterfaceAddress {
    /// True if the other address is in its network.
    pub fn reaches(&self, other: IpAddr) -> bool {
        let differ = match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => u128::from(own.to_bits() ^ other.to_bits()) << 96,
            (IpAddr::V6(own), IpAddr::V6(other)) => own.to_bits() ^ other.to_bits(),
            _ => return false,
        };
        differ.leading_zeros() >= u32::from(self.length)
    }
}

impl FromStr for InterfaceAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::invalid("interface address", text, why);
        let Some((address, length)) = text.split_once('/') else {
            return Err(invalid(
                "expected ADDRESS/LENGTH, such as 10.7.0.2/24 or fd00::2/64".into(),
            ));
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| invalid("that is not an IPv4 or IPv6 address".into()))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        match length.parse() {
            Ok(length) if length <= most && !text.contains('+') => Ok(Self { address, length }),
            _ => Err(invalid(format!("the length must be a number from 0 to {most}"))),
        }
    }
}

impl fmt::Display for InterfaceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// The hardware address of an Ethernet interface: `02:00:00:00:00:01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HardwareAddress([u8; 6]);

impl HardwareAddress {
    /// Its bytes.
    pub fn bytes(&self) -> [u8; 6] {
        self.0
    }
}

impl FromStr for HardwareAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |why| Error::invalid("hardware address", text, why);
        let byte = |part: &str| match part.len() {
            2 if !part.starts_with('+') => u8::from_str_radix(part, 16).ok(),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
        let bytes: [u8; 6] = bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| invalid("expected six bytes in hexadecimal, such as 02:00:00:00:00:01"))?;
        // The kernel accepts neither (EADDRNOTAVAIL).
        if bytes[0] & 1 == 1 {
            return Err(invalid("that is a group address: the first byte is odd"));
        }
        if bytes == [0; 6] {
            return Err(invalid("it must not be all zeroes"));
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.map(|byte| format!("{byte:02x}"));
        f.write_str(&bytes.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_what_the_kernel_takes() {
        for name in ["eth0", "a", "exactly15bytes_", "veth-1.2", "lo", "ä"] {
            assert_eq!(name.parse::<InterfaceName>().unwrap().as_str(), name);
        }
        for name in [
            "",
            ".",
            "..",
            "sixteen_bytes_is",
            "a/b",
            "a b",
            "a\tb",
            "a\n",
            "a:1",
            "veth%d",
            "a\0",
            "\u{a0}",
            "à",
            "a\u{1b}c",
            "a\u{9b}",
        ] {
            assert!(name.parse::<InterfaceName>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn an_address_has_a_length() {
        for text in ["10.7.0.2/24", "0.0.0.0/0", "fd00::2/64", "fd00::1/128"] {
            assert_eq!(text.parse::<InterfaceAddress>().unwrap().to_string(), text);
        }
        for text in [
            "10.7.0.2",
            "10.7.0.2/",
            "10.7.0.2/33",
            "10.7.0/24",
            "fd00::2/129",
            "::/-1",
            "a/24",
            "1.2.3.4/+8",
        ] {
            assert!(text.parse::<InterfaceAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_reaches_its_network() {
        let reaches = |own: &str, other: &str| {
            let own: InterfaceAddress = own.parse().unwrap();
            own.reaches(other.parse().unwrap())
        };
        assert!(reaches("10.7.0.2/24", "10.7.0.1"));
        assert!(!reaches("10.7.0.2/24", "10.7.1.1"));
        assert!(reaches("10.7.0.2/0", "1.2.3.4"));
        assert!(!reaches("10.7.0.2/32", "10.7.0.3"));
        assert!(reaches("fd00::2/64", "fd00::1"));
        assert!(!reaches("fd00::2/64", "fd00:0:0:1::1"));
        assert!(!reaches("0.0.0.0/0", "::1"));
    }

    #[test]
    fn a_hardware_address_is_that_of_one_interface() {
        let text = "02:00:5e:Ff:00:01";
        let address: HardwareAddress = text.parse().unwrap();
        assert_eq!(address.to_string(), text.to_lowercase());
        for text in [
            "",
            "02:00:00:00:00",
            "02:00:00:00:00:01:02",
            "2:0:0:0:0:1",
            "02-00-00-00-00-01",
            "01:00:5e:00:00:01",
            "00:00:00:00:00:00",
            "+2:00:00:00:00:01",
            "0g:00:00:00:00:01",
        ] {
            assert!(text.parse::<HardwareAddress>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_parsed_is_printed_alike(bytes: [u8; 6], v4: [u8; 4], v6: [u8; 16], length in 0u8..=32, text in ".{0,20}") {
            let hardware = HardwareAddress([bytes[0] & !1 | 2, bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]]);
            prop_assert_eq!(hardware.to_string().parse::<HardwareAddress>().unwrap(), hardware);
            for address in [IpAddr::from(v4), IpAddr::from(v6)] {
                let address = InterfaceAddress { address, length };
                prop_assert_eq!(address.to_string().parse::<InterfaceAddress>().unwrap(), address);
                prop_assert!(address.reaches(address.address));
            }
            // No text makes the parser panic.
            let _ = (text.parse::<HardwareAddress>(), text.parse::<InterfaceAddress>(), text.parse::<InterfaceName>());
        }
    }
}
