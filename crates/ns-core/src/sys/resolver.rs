//! The C library's resolver (`getaddrinfo(3)`, `getnameinfo(3)`, `gethostbyname(3)`): it alone knows what
//! `/etc/nsswitch.conf` says of hosts.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrLike as _, SockaddrStorage};

unsafe extern "C" {
    // libc leaves it out as obsolete; nothing newer tells aliases.
    fn gethostbyname(name: *const c_char) -> *mut libc::hostent;
}

/// What a host name resolves to.
#[derive(Debug)]
pub struct Host {
    /// Its canonical name, any bytes.
    pub canonical: Option<CString>,
    /// Its addresses, in the order of preference.
    pub addresses: Vec<SockaddrStorage>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// One of the `EAI_*` numbers.
    Resolver(c_int),
    /// `EAI_SYSTEM`: this stands behind it.
    System(Errno),
}

impl Refusal {
    fn of(status: c_int) -> Result<(), Self> {
        match status {
            0 => Ok(()),
            libc::EAI_SYSTEM => Err(Self::System(Errno::last())),
            status => Err(Self::Resolver(status)),
        }
    }

    /// In the words of the C library: `Name or service not known`.
    pub fn words(self) -> String {
        match self {
            Self::System(errno) => errno.desc().into(),
            Self::Resolver(status) => {
                // SAFETY: gives a string that lives as long as the program, for any number.
                let words = unsafe { CStr::from_ptr(libc::gai_strerror(status)) };
                words.to_string_lossy().into_owned()
            }
        }
    }
}

/// Asks for a host's canonical name and addresses.
pub fn getaddrinfo(host: &CStr) -> Result<Host, Refusal> {
    let hints = libc::addrinfo {
        ai_flags: libc::AI_CANONNAME,
        ai_family: libc::AF_UNSPEC,
        // With any type of socket each address would come once for each type.
        ai_socktype: libc::SOCK_DGRAM,
        ai_protocol: 0,
        ai_addrlen: 0,
        ai_addr: ptr::null_mut(),
        ai_canonname: ptr::null_mut(),
        ai_next: ptr::null_mut(),
    };
    let mut first = ptr::null_mut();
    // SAFETY: a C string, no service, hints without pointers, and a place for the answer: all live through the call.
    Refusal::of(unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &raw const hints, &raw mut first) })?;
    let mut found = Host {
        canonical: None,
        addresses: Vec::new(),
    };
    let mut next = first.cast_const();
    // SAFETY: the answer is a list that ends in null and is ours until freeaddrinfo.
    while let Some(info) = unsafe { next.as_ref() } {
        if !info.ai_canonname.is_null() {
            // SAFETY: where it is not null it is a C string of the same list.
            found.canonical = Some(unsafe { CStr::from_ptr(info.ai_canonname) }.to_owned());
        }
        // SAFETY: the list says how long its addresses are.
        found
            .addresses
            .extend(unsafe { SockaddrStorage::from_raw(info.ai_addr, Some(info.ai_addrlen)) });
        next = info.ai_next;
    }
    // SAFETY: as getaddrinfo gave it; all that is kept of it was copied.
    unsafe { libc::freeaddrinfo(first) };
    Ok(found)
}

/// The address in digits.
pub fn digits_of(address: &SockaddrStorage) -> Result<CString, Refusal> {
    getnameinfo(address, libc::NI_NUMERICHOST)
}

/// The name that belongs to the address.
pub fn name_of(address: &SockaddrStorage) -> Result<CString, Refusal> {
    getnameinfo(address, libc::NI_NAMEREQD)
}

fn getnameinfo(address: &SockaddrStorage, flags: c_int) -> Result<CString, Refusal> {
    // NI_MAXHOST of glibc and musl is 1025 and 255.
    let mut name = [0_u8; 1025];
    // SAFETY: an address with its length, a buffer with its length, and none for the service.
    Refusal::of(unsafe {
        libc::getnameinfo(
            address.as_ptr(),
            address.len(),
            name.as_mut_ptr().cast(),
            name.len().try_into().unwrap_or(libc::socklen_t::MAX),
            ptr::null_mut(),
            0,
            flags,
        )
    })?;
    Ok(CStr::from_bytes_until_nul(&name).unwrap_or_default().to_owned())
}

/// The other names of a host. None where it has none, and where it does not resolve.
///
/// For programs of one thread: the C library answers from memory that the next call overwrites.
pub fn aliases_of(host: &CStr) -> Vec<CString> {
    let mut aliases = Vec::new();
    // SAFETY: a C string. The answer is null or a hostent that stays as it is until the next call, which is after this.
    if let Some(found) = unsafe { gethostbyname(host.as_ptr()).as_ref() } {
        let mut next = found.h_aliases;
        // SAFETY: the list of aliases is an array of C strings that ends in null.
        while let Some(alias) = unsafe { next.as_ref() }.filter(|alias| !alias.is_null()) {
            // SAFETY: as above.
            aliases.push(unsafe { CStr::from_ptr(*alias) }.to_owned());
            // SAFETY: the end, which is null, has not been met.
            next = unsafe { next.add(1) };
        }
    }
    aliases
}
