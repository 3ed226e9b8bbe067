//! The environment of this process, entry by entry (`environ(7)`).

use std::ffi::{CStr, CString, c_char};

unsafe extern "C" {
    // Of <unistd.h>; libc lacks it.
    static environ: *const *const c_char;
}

/// All entries as they are and in order, also those that set nothing: [`std::env::vars_os`] drops what has no equals
/// sign.
pub fn entries() -> Vec<CString> {
    let mut entries = Vec::new();
    // SAFETY: nothing in these programs changes the environment (`std::env::set_var` is unsafe, and setenv(3) is called
    // nowhere), so that the array stays as it is while it is read.
    let mut next = unsafe { environ };
    // A program may be started without the array, or make away with it (clearenv(3)).
    while !next.is_null() {
        // SAFETY: the array ends with a null pointer, and that ends the loop.
        let entry = unsafe { *next };
        if entry.is_null() {
            break;
        }
        // SAFETY: what the array points to are strings that end with NUL.
        entries.push(unsafe { CStr::from_ptr(entry) }.to_owned());
        // SAFETY: this was not the null pointer that the array ends with.
        next = unsafe { next.add(1) };
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sets_a_variable_is_what_the_standard_library_finds() {
        let mut entries: Vec<_> = entries().into_iter().map(CString::into_bytes).collect();
        entries.retain(|entry| entry.iter().skip(1).any(|byte| *byte == b'='));
        let variables = std::env::vars_os()
            .map(|(name, value)| [name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat());
        assert_eq!(entries, variables.collect::<Vec<_>>());
    }
}
