//! The environment of this process, entry by entry (`environ(7)`).

use std::ffi::{CStr, CString, c_char};

unsafe extern "C" {
    // From <unistd.h>; libc lacks it.
    static environ: *const *const c_char;
}

/// All entries, unchanged and in order, even if they set nothing: [`std::env::vars_os`] drops entries without an equals
/// sign.
pub fn entries() -> Vec<CString> {
    let mut entries = Vec::new();
    // SAFETY: nothing in these programs changes the environment (`std::env::set_var` is unsafe, and nothing calls
    // setenv(3)), so the array does not change while it is read.
    let mut next = unsafe { environ };
    // A program may be started without the array, or remove it (clearenv(3)).
    while !next.is_null() {
        // SAFETY: the array ends with a null pointer, and the loop ends there.
        let entry = unsafe { *next };
        if entry.is_null() {
            break;
        }
        // SAFETY: the array points to strings that end with NUL.
        entries.push(unsafe { CStr::from_ptr(entry) }.to_owned());
        // SAFETY: the current entry is not the null pointer at the end of the array.
        next = unsafe { next.add(1) };
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_the_same_as_in_the_standard_library() {
        let mut entries: Vec<_> = entries().into_iter().map(CString::into_bytes).collect();
        entries.retain(|entry| entry.iter().skip(1).any(|byte| *byte == b'='));
        let variables = std::env::vars_os()
            .map(|(name, value)| [name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat());
        assert_eq!(entries, variables.collect::<Vec<_>>());
    }
}
