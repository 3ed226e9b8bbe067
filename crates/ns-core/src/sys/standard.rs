//! The first three descriptors, and which of them the process was started without.

/// Runs before `main`, and so before the standard library.
#[used]
#[unsafe(link_section = ".init_array")]
static FILL: extern "C" fn() = fill;

/// Puts `/dev/null` in the place of each that is closed. The standard library would do the same, but in a way that cannot
/// be told from one that the caller gave, and that a program started later inherits: this one closes when it starts.
extern "C" fn fill() {
    for fd in 0..=2 {
        // SAFETY: neither call takes more than a number and a string that ends with NUL.
        unsafe {
            if libc::fcntl(fd, libc::F_GETFD) == -1 {
                // The lowest number that is free is this one.
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
            }
        }
    }
}

/// Whether the process was started without this one of the first three. What is inherited never closes when a program
/// starts, or it would have done so.
pub fn was_closed(standard: impl std::os::fd::AsFd) -> bool {
    let flags = rustix::io::fcntl_getfd(standard);
    flags.is_ok_and(|flags| flags.contains(rustix::io::FdFlags::CLOEXEC))
}
