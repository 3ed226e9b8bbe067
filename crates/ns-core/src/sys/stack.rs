//! Room on the stack, where the limit on it is small (`RLIMIT_STACK`): the arguments alone take more than 32 KiB to read.

use nix::sys::resource::{Resource, getrlimit};

/// With a limit of so many bytes the stack is used as it is.
const ENOUGH: u64 = 1 << 20;

/// Runs the work: if the stack may not grow far enough, on another one. The limit stays as it is, for the program that may
/// be run.
pub fn with_room<T>(work: impl FnOnce() -> T) -> T {
    match getrlimit(Resource::RLIMIT_STACK) {
        Ok((limit, _)) if limit < ENOUGH => on_own_stack(work),
        // A limit that cannot be read is the usual one, most likely.
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

    /// The lowest part of the other stack, which nobody may touch: an overflow ends the process there.
    const GUARD: usize = 64 << 10;

    thread_local! {
        /// What [`enter`] is to call: a pointer to a `&mut dyn FnMut()`.
        static CALL: Cell<*mut c_void> = const { Cell::new(null_mut()) };
    }

    pub(super) fn on_own_stack<T>(work: impl FnOnce() -> T) -> T {
        // SAFETY: a new mapping, which nothing else knows of.
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
        // SAFETY: the stack is memory of its own, of the given size. It stays until the work has come back. Contexts are
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
            // SAFETY: set to a reference of this type by the function that switched to this stack, and that waits for the
            // call to come back with all that the call borrows.
            unsafe { (*call)() }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn work_on_another_stack_gives_its_result() {
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
