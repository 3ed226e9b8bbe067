//! The end of the launch: the process inside has become the program, or has ended before. The channel closes when it does, and also when it is killed
//! before that.
//!
//! The kernel keeps the answer until the parent of an ended process has read its end. The parent of a child is this
//! process. If the caller itself becomes the program, its parent may read its end first. If there is an init, it has made the
//! program. Then nothing is known, and the program counts as run.

use std::ffi::CStr;

use super::process::OutsideProcess;
use crate::launch::channel::Message;
use crate::launch::facts::Demands;
use crate::process::Stat;

/// The name of a caller that is about to become the program (`PR_SET_NAME` of `prctl(2)`). `execve(2)` changes it to a name
/// without a slash.
pub(in crate::launch) const UNEXECUTED: &CStr = c"exec/pending";

/// The process is ending (`PF_EXITING` in the kernel's `include/linux/sched.h`).
const EXITING: u32 = 0x4;

/// The process was forked, and has executed nothing since then (`PF_FORKNOEXEC`).
const FORKED: u32 = 0x40;

/// The kernel's record of a process that has executed no program.
#[derive(Clone, Copy)]
enum Mark {
    Name,
    Flag,
}

impl OutsideProcess<'_> {
    /// True if the process inside is known to have ended before it became the program.
    pub(super) fn has_ended_without_program(&mut self) -> bool {
        if self.demands().contains(Demands::INIT) {
            return false;
        }
        let mark = if self.is_helper() { Mark::Name } else { Mark::Flag };
        let Ok(held) = self.hold() else { return false };
        held.stat().is_some_and(|stat| has_ended_without(&stat, mark))
    }

    /// Ends the process inside, which is a child. Returns true if it is known to have run the program before that.
    pub(super) fn end_inside(&mut self) -> bool {
        // Its stat file is read after its end.
        let mut held = self.hold();
        self.kill_child();
        while let Some(message) = self.take_waiting() {
            match message {
                Message::Executing => self.is_executing = true,
                Message::Child(pid) => {
                    self.follow(pid);
                    held = self.hold();
                    self.kill_child();
                }
                Message::Go | Message::Status(_) | Message::Failed(_) | Message::Lost => {}
            }
        }
        let stat = held.ok().and_then(|held| held.stat());
        let has_run = |stat: Stat| stat.flags & FORKED == 0;
        self.is_executing && !self.demands().contains(Demands::INIT) && stat.is_some_and(has_run)
    }
}

fn has_ended_without(stat: &Stat, mark: Mark) -> bool {
    let is_ending = stat.flags & EXITING != 0 || matches!(stat.state, b'Z' | b'X');
    is_ending
        && match mark {
            Mark::Name => stat.name == UNEXECUTED.to_bytes(),
            Mark::Flag => stat.flags & FORKED != 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Pid;

    fn stat(name: &[u8], state: u8, flags: u32) -> Stat {
        Stat {
            pid: Pid::own(),
            name: name.into(),
            state,
            parent: None,
            flags,
            threads: 1,
            started: 0,
        }
    }

    #[test]
    fn a_process_that_ends_before_execve_has_run_no_program() {
        for (state, flags) in [(b'Z', 0), (b'X', 0), (b'R', EXITING)] {
            let ended = |name: &[u8], more, mark| has_ended_without(&stat(name, state, flags | more), mark);
            assert!(ended(b"ns-unshare", FORKED, Mark::Flag));
            assert!(!ended(b"sh", 0, Mark::Flag));
            assert!(ended(UNEXECUTED.to_bytes(), 0, Mark::Name));
            assert!(!ended(b"sh", 0, Mark::Name));
            // The program has forked: that is no process of the launch.
            assert!(!ended(b"sh", FORKED, Mark::Name));
        }
    }

    #[test]
    fn a_process_that_lives_has_become_the_program() {
        assert!(!has_ended_without(&stat(b"ns-unshare", b'S', FORKED), Mark::Flag));
        assert!(!has_ended_without(
            &stat(UNEXECUTED.to_bytes(), b'R', 0),
            Mark::Name
        ));
    }

    #[test]
    fn no_program_can_have_the_name_of_a_process_that_waits_for_it() {
        assert!(UNEXECUTED.to_bytes().contains(&b'/'));
        assert!(UNEXECUTED.to_bytes().len() < 16);
    }
}
