//! The real-time policy of the scheduler (`sched(7)`), for work that is of no use a millisecond later.

/// While this lives, the thread runs as soon as it can, before every thread without a real-time policy.
#[derive(Debug)]
pub struct Urgent {
    /// The policy before, if the kernel allowed the change (`CAP_SYS_NICE`, `RLIMIT_RTPRIO`).
    before: Option<libc::c_int>,
}

impl Urgent {
    /// Begins. Without the right, nothing changes.
    #[must_use]
    pub fn start() -> Self {
        // SAFETY: takes no address; 0 is the calling thread.
        let policy = unsafe { libc::sched_getscheduler(0) };
        let is_usual = matches!(policy, libc::SCHED_OTHER | libc::SCHED_BATCH | libc::SCHED_IDLE);
        let before = (is_usual && set(libc::SCHED_RR, 1)).then_some(policy);
        Self { before }
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        if let Some(policy) = self.before {
            // To give up a priority needs no right.
            set(policy, 0);
        }
    }
}

/// Sets policy and priority of the calling thread. Returns true if the kernel allows it.
fn set(policy: libc::c_int, priority: libc::c_int) -> bool {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: the address is that of a valid value, and 0 is the calling thread.
    unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> libc::c_int {
        // SAFETY: takes no address; 0 is the calling thread.
        unsafe { libc::sched_getscheduler(0) }
    }

    #[test]
    fn urgency_ends_with_its_guard() {
        let usual = policy();
        let urgent = Urgent::start();
        let now = policy();
        assert!(now == libc::SCHED_RR || urgent.before.is_none());
        drop(urgent);
        assert_eq!(policy(), usual);
    }
}
