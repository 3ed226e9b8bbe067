//! Room on the stack if its limit is small (`RLIMIT_STACK`): parsing the arguments alone takes more than 32 KiB.

use nix::sys::resource::{Resource, getrlimit};

/// If the limit has at least this many bytes, the stack is used as it is.
const ENOUGH: u64 = 1 << 20;

/// Runs the work: on another stack, if the present one cannot grow far enough. The limit stays unchanged for the
/// program that may be run.
pub fn with_room<T>(work: impl FnOnce() -> T) -> T {
    match getrlimit(Resource::RLIMIT_STACK) {
        Ok((limit, _)) if limit < ENOUGH => on_own_stack(work),
        // If the limit cannot be read, it is most likely the usual one.
        Ok(_) | Err(_) => work(),
    }
}

/// Other C libraries lack makecontext(3).
#[cfg(not(target_env = "gnu"))]
fn on_own_stack<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(target_env = "gnu")]
use on_glibc::on_own_stack;

#[cfg(target_env = "gnu")]
mod on_glibc {
    use std::cell::Cell;
    use std::ffi::c_void;
    use std::mem::MaybeUninit;
    use std::ptr::null_mut;

    /// The size of the other stack. Memory that is never touched is not used.
    const SIZE: usize = 8 << 20;

    /// The size of the guard at the low end of the other stack. It is inaccessible, so an overflow ends the process
    /// there.
    const GUARD: usize = 64 << 10;

    thread_local! {
        /// The call that [`enter`] makes: a pointer to a `&mut dyn FnMut()`.
        static CALL: Cell<*mut c_void> = const { Cell::new(null_mut()) };
    }

    pub(super) fn on_own_stack<T>(work: impl FnOnce() -> T) -> T {
        // SAFETY: a new mapping, which nothing else refers to.
        let stack = unsafe {
            let (access, flags) = (
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            );
            let flags = flags | libc::MAP_STACK | libc::MAP_NORESERVE;
            libc::mmap(null_mut(), SIZE, access, flags, -1, 0)
        };
        if stack == libc::MAP_FAILED {
            return work();
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
                context.uc_stack.ss_size = SIZE;
                context.uc_link = here.as_mut_ptr();
                libc::makecontext(context, enter, 0);
                libc::swapcontext(here.as_mut_ptr(), context);
            }
            libc::munmap(stack, SIZE);
        }
        CALL.set(null_mut());
        match (result, work) {
            (Some(result), _) => result,
            (None, Some(work)) => work(),
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
            let there = on_own_stack(|| {
                seen.push(1);
                let local = 0_u8;
                &raw const local as usize
            });
            assert_eq!(seen, [1]);
            assert!(here.abs_diff(there) > SIZE / 2);
        }
    }
}
