//! The first three descriptors, and which of them the process was started without.

/// Runs before `main`, and so before the standard library.
#[used]
#[unsafe(link_section = ".init_array")]
static FILL: extern "C" fn() = fill;

/// Puts `/dev/null` in the place of each that is closed. The standard library would do the same, but in a way that cannot
/// be told from one that the caller gave, and that a program started later inherits: this one closes when it starts.
///
/// The standard library also ends the process without a word if there is no `/dev/null`. In its place anything will do
/// that gives no input and takes no output.
extern "C" fn fill() {
    for fd in 0..=2 {
        // SAFETY: none of the calls takes more than numbers and a string that ends with NUL.
        unsafe {
            // The lowest number that is free is the one of the descriptor that is closed.
            if libc::fcntl(fd, libc::F_GETFD) == -1
                && libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) == -1
                && libc::open(c"/".as_ptr(), libc::O_DIRECTORY | libc::O_CLOEXEC) == -1
            {
                libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC);
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
