//! The names of the calling process's UTS namespace, and the release of the kernel (`uname(2)`). Unlike the wrapper of rustix, this notices if the
//! kernel, or a filter of system calls, refuses the call.

use std::ffi::c_char;

use nix::errno::Errno;

/// The host name and the NIS domain name.
pub fn names() -> nix::Result<(Vec<u8>, Vec<u8>)> {
    let names = uname()?;
    Ok((bytes(&names.nodename), bytes(&names.domainname)))
}

/// The release of the kernel, such as `6.18.44-amd64`.
pub fn release() -> nix::Result<String> {
    let names = uname()?;
    Ok(String::from_utf8_lossy(&bytes(&names.release)).into_owned())
}

fn uname() -> nix::Result<libc::utsname> {
    // SAFETY: a utsname consists of arrays of characters, and zeros are valid values; the call fills it.
    unsafe {
        let mut names: libc::utsname = std::mem::zeroed();
        Errno::result(libc::uname(&raw mut names))?;
        Ok(names)
    }
}

/// The characters before the first NUL.
fn bytes(text: &[c_char]) -> Vec<u8> {
    let characters = text.iter().take_while(|character| **character != 0);
    characters.map(|character| character.to_ne_bytes()[0]).collect()
}
