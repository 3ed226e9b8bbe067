//! The C library's sources for users, groups and hosts (`nsswitch.conf(5)`), in statically linked programs.

#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
unsafe extern "C" {
    // From glibc's <nss.h>; libc lacks it.
    fn __nss_configure_lookup(
        database: *const std::ffi::c_char,
        services: *const std::ffi::c_char,
    ) -> std::ffi::c_int;
}

/// Restricts the C library to its built-in sources: `/etc/passwd`, `/etc/group`, `/etc/hosts` and the DNS. Call this
/// before anything is looked up.
///
/// This matters only if the C library is linked statically. Any other source is then a module of the machine's C
/// library, which must have exactly the linked version, and loads a second copy of the C library. That may end in a
/// crash. If the C library is shared, the machine's configuration applies, and this does nothing.
pub fn load_no_modules() {
    #[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
    for (database, services) in [
        (c"passwd", c"files"),
        (c"group", c"files"),
        (c"hosts", c"files dns"),
    ] {
        // SAFETY: two C strings that live as long as the program.
        let status = unsafe { __nss_configure_lookup(database.as_ptr(), services.as_ptr()) };
        debug_assert_eq!(status, 0, "these are built in");
    }
}
