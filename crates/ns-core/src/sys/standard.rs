//! The first three descriptors, and which of them were closed when the process was started.

/// Runs before `main`, and so before the standard library.
#[used]
#[unsafe(link_section = ".init_array")]
static FILL: extern "C" fn() = fill;

/// Opens `/dev/null` in the place of each closed descriptor. The standard library would do the same. But its descriptor
/// looks like one that the caller gave, and a program started later inherits it; this one closes when that program
/// starts.
///
/// The standard library also ends the process without a message if there is no `/dev/null`. Any file that gives no
/// input and takes no output can replace it.
extern "C" fn fill() {
    for fd in 0..=2 {
        // SAFETY: the calls take only numbers, and a string that ends with NUL.
        unsafe {
            // The lowest free number is the number of the closed descriptor.
            if libc::fcntl(fd, libc::F_GETFD) == -1
                && libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) == -1
                && libc::open(c"/".as_ptr(), libc::O_DIRECTORY | libc::O_CLOEXEC) == -1
            {
                libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC);
            }
        }
    }
}

/// True if the process was started without this one of the first three. An inherited descriptor is never close-on-exec,
/// because it would have been closed.
pub fn was_closed(standard: impl std::os::fd::AsFd) -> bool {
    let flags = rustix::io::fcntl_getfd(standard);
    flags.is_ok_and(|flags| flags.contains(rustix::io::FdFlags::CLOEXEC))
}
