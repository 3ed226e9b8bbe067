//! The resolver's answers for the caller's host name. They are right only inside the namespace, because the resolver
//! uses the files and servers of the caller's mount and network namespaces.

use std::ffi::CString;

use nix::sys::socket::SockaddrStorage;

use super::Names;
use crate::error::Doing;
use crate::escape::quoted;
use crate::sys::resolver::{self, Refusal};
use crate::{Error, Result};

/// The answers for the caller's host name.
#[derive(Debug)]
pub struct Resolved {
    name: CString,
    found: resolver::Host,
}

impl Resolved {
    /// Asks the resolver. [`Error::NotFound`] if it does not know the host.
    pub fn own() -> Result<Self> {
        let own = Names::own().doing(|| "read the names")?;
        // Names from the kernel have no NUL.
        let name = CString::new(own.host).unwrap_or_default();
        let found =
            resolver::getaddrinfo(&name).map_err(|refusal| unresolved(&quoted(name.to_bytes()), refusal))?;
        Ok(Self { name, found })
    }

    /// The canonical name, `web.example.org`, by its bytes.
    pub fn canonical(&self) -> &[u8] {
        self.found.canonical.as_deref().unwrap_or(&self.name).to_bytes()
    }

    /// The addresses in digits.
    pub fn addresses(&self) -> Result<Vec<String>> {
        self.found.addresses.iter().map(digits).collect()
    }

    /// The aliases.
    pub fn aliases(&self) -> Vec<Vec<u8>> {
        resolver::aliases_of(&self.name)
            .into_iter()
            .map(CString::into_bytes)
            .collect()
    }
}

/// An address in digits.
pub fn digits(address: &SockaddrStorage) -> Result<String> {
    resolver::digits_of(address)
        .map(|digits| digits.to_string_lossy().into_owned())
        .map_err(|refusal| unresolved("an address", refusal))
}

/// The name that the resolver has for an address; `None` if it has none.
pub fn name_of(address: &SockaddrStorage) -> Option<Vec<u8>> {
    resolver::name_of(address).ok().map(CString::into_bytes)
}

fn unresolved(what: &str, refusal: Refusal) -> Error {
    Error::NotFound(format!("cannot resolve {what}: {}", refusal.words()))
}
