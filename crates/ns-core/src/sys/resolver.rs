//! The C library's resolver (`getaddrinfo(3)`, `getnameinfo(3)`, `gethostbyname(3)`): nothing else follows the hosts
//! line of `/etc/nsswitch.conf`.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrLike as _, SockaddrStorage};

unsafe extern "C" {
    // libc leaves it out as obsolete, but no newer call returns aliases.
    fn gethostbyname(name: *const c_char) -> *mut libc::hostent;
}

/// The result for a host name.
#[derive(Debug)]
pub struct Host {
    /// The canonical name of the host, with any bytes.
    pub canonical: Option<CString>,
    /// The addresses of the host, in the order of preference.
    pub addresses: Vec<SockaddrStorage>,
}

/// The reason for the lack of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// One of the `EAI_*` numbers.
    Resolver(c_int),
    /// `EAI_SYSTEM`, with the error of the system.
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

    /// The words of the C library, such as `Name or service not known`.
    pub fn words(self) -> String {
        match self {
            Self::System(errno) => errno.desc().into(),
            Self::Resolver(status) => {
                // SAFETY: returns a string that lives as long as the program, for any number.
                let words = unsafe { CStr::from_ptr(libc::gai_strerror(status)) };
                words.to_string_lossy().into_owned()
            }
        }
    }
}

/// Looks up a host's canonical name and addresses.
pub fn getaddrinfo(host: &CStr) -> Result<Host, Refusal> {
    let hints = libc::addrinfo {
        ai_flags: libc::AI_CANONNAME,
        ai_family: libc::AF_UNSPEC,
        // Without this, each address would come once for each type of socket.
        ai_socktype: libc::SOCK_DGRAM,
        ai_protocol: 0,
        ai_addrlen: 0,
        ai_addr: ptr::null_mut(),
        ai_canonname: ptr::null_mut(),
        ai_next: ptr::null_mut(),
    };
    let mut first = ptr::null_mut();
    // SAFETY: a C string, no service, hints without pointers, and a place for the answer: all live during the call.
    Refusal::of(unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &raw const hints, &raw mut first) })?;
    let mut found = Host {
        canonical: None,
        addresses: Vec::new(),
    };
    let mut next = first.cast_const();
    // SAFETY: the answer is a list that ends in null and belongs to this function until freeaddrinfo.
    while let Some(info) = unsafe { next.as_ref() } {
        if !info.ai_canonname.is_null() {
            // SAFETY: if it is not null, it is a C string of the same list.
            found.canonical = Some(unsafe { CStr::from_ptr(info.ai_canonname) }.to_owned());
        }
        // SAFETY: the list gives the length of each address.
        found
            .addresses
            .extend(unsafe { SockaddrStorage::from_raw(info.ai_addr, Some(info.ai_addrlen)) });
        next = info.ai_next;
    }
    // SAFETY: the list is the one from getaddrinfo, and everything that is kept was copied.
    unsafe { libc::freeaddrinfo(first) };
    Ok(found)
}

/// The address in digits.
pub fn digits_of(address: &SockaddrStorage) -> Result<CString, Refusal> {
    getnameinfo(address, libc::NI_NUMERICHOST)
}

/// The host name of the address.
pub fn name_of(address: &SockaddrStorage) -> Result<CString, Refusal> {
    getnameinfo(address, libc::NI_NAMEREQD)
}

fn getnameinfo(address: &SockaddrStorage, flags: c_int) -> Result<CString, Refusal> {
    // NI_MAXHOST is 1025 in glibc, and 255 in musl.
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

/// The other names of a host. Empty if it has none, and if it does not resolve.
///
/// Only for programs with one thread: the C library answers from memory that the next call overwrites.
pub fn aliases_of(host: &CStr) -> Vec<CString> {
    let mut aliases = Vec::new();
    // SAFETY: a C string. The answer is null, or a hostent that stays valid until the next call, which is after this.
    if let Some(found) = unsafe { gethostbyname(host.as_ptr()).as_ref() } {
        let mut next = found.h_aliases;
        // SAFETY: the list of aliases is an array of C strings that ends in null.
        while let Some(alias) = unsafe { next.as_ref() }.filter(|alias| !alias.is_null()) {
            // SAFETY: as above.
            aliases.push(unsafe { CStr::from_ptr(*alias) }.to_owned());
            // SAFETY: the null at the end has not been reached.
            next = unsafe { next.add(1) };
        }
    }
    aliases
}
