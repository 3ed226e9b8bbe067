//! The locale that the environment names (`setlocale(3)`).

use std::ffi::CStr;

/// The character set of the caller's locale, such as `UTF-8`; `None` if the locale is not installed. Programs then use the
/// locale `C`.
pub fn character_set() -> Option<Vec<u8>> {
    // SAFETY: an empty name stands for the variables of the environment, and no thread of this program changes them. The locale is
    // freed after the text in it was copied.
    unsafe {
        let locale = libc::newlocale(libc::LC_ALL_MASK, c"".as_ptr(), std::ptr::null_mut());
        if locale.is_null() {
            return None;
        }
        let name = libc::nl_langinfo_l(libc::CODESET, locale);
        let name = (!name.is_null()).then(|| CStr::from_ptr(name).to_bytes().to_vec());
        libc::freelocale(locale);
        name
    }
}
