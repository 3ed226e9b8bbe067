//! Facts about a step that the launch needs before the step is done.

use bitflags::bitflags;
use nix::errno::Errno;

/// The word for a step, and its special demands.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepFacts {
    /// The step in one word, for programs.
    pub(super) word: &'static str,
    /// The demands of the step on the whole launch.
    pub(super) demands: Demands,
    /// The descriptor of the caller that the step writes to. It is taken before the first step, so the program does not
    /// have it.
    pub(super) descriptor: Option<i32>,
    tolerance: Tolerance,
}

bitflags! {
    /// The demands of a step on the whole launch.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(super) struct Demands: u8 {
        /// A child does the steps that follow, as PID 1 of its namespace.
        const FIRST_PROCESS = 1;
        /// A child does the steps that follow.
        const NEXT_PROCESS = 1 << 1;
        /// A child does the steps that follow, and the process that does this step stays as its init.
        const INIT = 1 << 2;
        /// The program keeps the signal for the end of its parent.
        const DEATH_SIGNAL = 1 << 3;
        /// The id of the first mount namespace is read before another mount namespace is made.
        const MOUNT_ID = 1 << 4;
        /// The `/proc` of the caller is opened before the first step, and held open.
        const PROC = 1 << 5;
    }
}

impl Demands {
    /// Another process goes on after the step. The process outside waits for its PID.
    pub(super) const GOES_ON_ELSEWHERE: Self = Self::FIRST_PROCESS.union(Self::NEXT_PROCESS);

    /// The program runs in a child that the caller must wait for.
    pub(super) const CHILD: Self = Self::GOES_ON_ELSEWHERE.union(Self::INIT);

    /// The name in a plan for the process that goes on after the step.
    pub(super) const fn next_process(self) -> Option<&'static str> {
        if self.contains(Self::FIRST_PROCESS) {
            Some("first")
        } else if self.intersects(Self::CHILD) {
            Some("program")
        } else {
            None
        }
    }
}

/// The failures of a step that do not stop the launch.
#[derive(Clone, Copy, Debug)]
enum Tolerance {
    None,
    All,
    Only(Errno),
}

impl StepFacts {
    /// Facts of a step with this word that demands nothing and must not fail.
    pub(super) const fn of(word: &'static str) -> Self {
        Self {
            word,
            demands: Demands::empty(),
            descriptor: None,
            tolerance: Tolerance::None,
        }
    }

    /// These facts with the given demand.
    pub(super) const fn demanding(self, demands: Demands) -> Self {
        Self { demands, ..self }
    }

    /// These facts for a step that also writes to the given descriptor of the caller.
    pub(super) const fn writing_to(self, descriptor: i32) -> Self {
        Self {
            descriptor: Some(descriptor),
            ..self
        }
    }

    /// These facts for a step that may fail: the program runs anyway.
    pub(super) const fn may_fail(self) -> Self {
        Self {
            tolerance: Tolerance::All,
            ..self
        }
    }

    /// These facts for a step that may fail with this errno: the program runs anyway.
    pub(super) const fn may_fail_with(self, errno: Errno) -> Self {
        Self {
            tolerance: Tolerance::Only(errno),
            ..self
        }
    }

    /// True if the program runs although the step failed with this errno. The failure is then printed as a note.
    pub(super) fn tolerates(&self, errno: Option<Errno>) -> bool {
        match self.tolerance {
            Tolerance::None => false,
            Tolerance::All => true,
            Tolerance::Only(only) => errno == Some(only),
        }
    }
}
