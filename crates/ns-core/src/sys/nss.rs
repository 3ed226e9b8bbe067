//! Where the C library looks up users, groups and hosts (`nsswitch.conf(5)`), in programs that are linked statically.

#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
unsafe extern "C" {
    // Of glibc's <nss.h>; libc lacks it.
    fn __nss_configure_lookup(
        database: *const std::ffi::c_char,
        services: *const std::ffi::c_char,
    ) -> std::ffi::c_int;
}

/// Has the C library ask what is built into it only: `/etc/passwd`, `/etc/group`, `/etc/hosts` and the DNS. To be called
/// before anything is looked up.
///
/// Where it is linked statically, that is. There any other service is a module of the machine's C library, which has to
/// be of the very version that was linked, and loads the whole of it beside our own; that may end in a crash. Where it is
/// shared, the machine's configuration holds, and this does nothing.
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
