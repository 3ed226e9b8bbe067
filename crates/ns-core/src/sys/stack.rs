//! Room on the stack if it may not be able to grow: its limit is small (`RLIMIT_STACK`; parsing the arguments alone takes
//! more than 32 KiB), or that of the address space can be reached (`RLIMIT_AS`). The kernel ends a process whose stack
//! cannot grow, and nobody could report that.

use nix::errno::Errno;
use nix::libc::{RLIM_INFINITY, rlim_t};
use nix::sys::resource::{Resource, getrlimit};

/// If the limit of the stack has at least this many bytes, that is enough.
const ENOUGH: rlim_t = 1 << 20;

/// The size of the other stack, if the address space has no limit. Memory that is never touched is not used.
const SIZE: rlim_t = 8 << 20;

/// Runs the work: on another stack, if the present one may not grow far enough. The limits stay unchanged for the
/// program that may be run.
///
/// # Errors
/// If the other stack cannot be mapped, the work is not run.
pub fn with_room<T>(work: impl FnOnce() -> T) -> nix::Result<T> {
    // If a limit cannot be read, it is most likely the usual one.
    let limit_of = |resource| getrlimit(resource).map_or(RLIM_INFINITY, |(limit, _)| limit);
    let (stack, address_space) = (limit_of(Resource::RLIMIT_STACK), limit_of(Resource::RLIMIT_AS));
    if stack >= ENOUGH && address_space == RLIM_INFINITY {
        return Ok(work());
    }
    on_own_stack(size_within(address_space), work)
}

/// The size of the other stack: at most an eighth of the address space, but enough.
fn size_within(address_space: rlim_t) -> usize {
    let size = (address_space / 8).clamp(ENOUGH, SIZE);
    // A multiple of the size of a page.
    usize::try_from(size & !0xffff).unwrap_or(0)
}

/// Other C libraries lack makecontext(3).
#[cfg(not(target_env = "gnu"))]
fn on_own_stack<T>(_size: usize, work: impl FnOnce() -> T) -> nix::Result<T> {
    Ok(work())
}

#[cfg(target_env = "gnu")]
use on_glibc::on_own_stack;

#[cfg(target_env = "gnu")]
mod on_glibc {
    use std::cell::Cell;
    use std::ffi::c_void;
    use std::mem::MaybeUninit;
    use std::ptr::null_mut;

    use super::Errno;

    /// The size of the guard at the low end of the other stack. It is inaccessible, so an overflow ends the process
    /// there.
    const GUARD: usize = 64 << 10;

    thread_local! {
        /// The call that [`enter`] makes: a pointer to a `&mut dyn FnMut()`.
        static CALL: Cell<*mut c_void> = const { Cell::new(null_mut()) };
    }

    pub(super) fn on_own_stack<T>(size: usize, work: impl FnOnce() -> T) -> nix::Result<T> {
        // SAFETY: a new mapping, which nothing else refers to.
        let stack = unsafe {
            let (access, flags) = (
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            );
            let flags = flags | libc::MAP_STACK | libc::MAP_NORESERVE;
            libc::mmap(null_mut(), size, access, flags, -1, 0)
        };
        if stack == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let (mut work, mut result) = (Some(work), None);
        let mut call = || result = work.take().map(|work| work());
        let mut call: &mut dyn FnMut() = &mut call;
        CALL.set((&raw mut call).cast());
        // SAFETY: the stack is separate memory of the given size. It stays until the work has returned. Contexts are
        // plain data, which getcontext(3) fills before they are used.
        unsafe {
            libc::mprotect(stack, GUARD, libc::PROT_NONE);
            let mut here = MaybeUninit::<libc::ucontext_t>::zeroed();
            let mut there = MaybeUninit::<libc::ucontext_t>::zeroed();
            if libc::getcontext(there.as_mut_ptr()) == 0 {
                let context = there.assume_init_mut();
                context.uc_stack.ss_sp = stack;
                context.uc_stack.ss_size = size;
                context.uc_link = here.as_mut_ptr();
                libc::makecontext(context, enter, 0);
                libc::swapcontext(here.as_mut_ptr(), context);
            }
            libc::munmap(stack, size);
        }
        CALL.set(null_mut());
        match (result, work) {
            (Some(result), _) => Ok(result),
            (None, Some(work)) => Ok(work()),
            (None, None) => unreachable!("work that was taken gives a result"),
        }
    }

    extern "C" fn enter() {
        let call: *mut &mut dyn FnMut() = CALL.replace(null_mut()).cast();
        if !call.is_null() {
            // SAFETY: the function that switched to this stack has set this to a reference of this type. It waits until
            // the call returns, and keeps everything that the call borrows.
            unsafe { (*call)() }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn work_on_another_stack_returns_its_result() {
            let mut seen = Vec::new();
            let here = &raw const seen as usize;
            let there = on_own_stack(1 << 20, || {
                seen.push(1);
                let local = 0_u8;
                &raw const local as usize
            });
            assert_eq!(seen, [1]);
            assert!(here.abs_diff(there.unwrap()) > 1 << 19);
        }

        #[test]
        fn work_without_room_is_not_run() {
            let mut is_run = false;
            assert_eq!(on_own_stack(1 << 60, || is_run = true), Err(Errno::ENOMEM));
            assert!(!is_run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_stack_leaves_most_of_the_address_space() {
        for (address_space, size) in [
            (RLIM_INFINITY, 8 << 20),
            (1 << 30, 8 << 20),
            (32 << 20, 4 << 20),
            (0, 1 << 20),
        ] {
            assert_eq!(size_within(address_space), size, "{address_space}");
        }
        assert_eq!(size_within((16 << 20) + 8) % (64 << 10), 0);
    }
}
