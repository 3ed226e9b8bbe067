//! What the launch has to know of a step before it is done.

use bitflags::bitflags;
use nix::errno::Errno;

/// The word for a step, and whatever makes it unlike others.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepFacts {
    /// The step in one word, for programs.
    pub(super) word: &'static str,
    /// What the step asks of the launch as a whole.
    pub(super) demands: Demands,
    /// The descriptor of the caller that the step writes to. It is taken from the program before the first step.
    pub(super) descriptor: Option<i32>,
    tolerance: Tolerance,
}

bitflags! {
    /// What a step asks of the launch as a whole.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(super) struct Demands: u8 {
        /// The steps that follow are done by a child, which is PID 1 of its namespace.
        const FIRST_PROCESS = 1;
        /// The steps that follow are done by a child.
        const NEXT_PROCESS = 1 << 1;
        /// The steps that follow are done by a child, and the process that does this one stays as its init.
        const INIT = 1 << 2;
        /// The program keeps the signal that it gets when its parent ends.
        const DEATH_SIGNAL = 1 << 3;
        /// The id of the first mount namespace is read before another one is made.
        const MOUNT_ID = 1 << 4;
        /// The `/proc` of the caller is held open from before the first step.
        const PROC = 1 << 5;
    }
}

impl Demands {
    /// The process that goes on is another one than before, while the outside waits to be told which.
    pub(super) const GOES_ON_ELSEWHERE: Self = Self::FIRST_PROCESS.union(Self::NEXT_PROCESS);

    /// The program runs in a child that the caller has to wait for.
    pub(super) const CHILD: Self = Self::GOES_ON_ELSEWHERE.union(Self::INIT);

    /// What the process that goes on is called in a plan.
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

/// Which failures of a step stop nothing.
#[derive(Clone, Copy, Debug)]
enum Tolerance {
    None,
    All,
    Only(Errno),
}

impl StepFacts {
    /// A step with this word that demands nothing and may not fail.
    pub(super) const fn of(word: &'static str) -> Self {
        Self {
            word,
            demands: Demands::empty(),
            descriptor: None,
            tolerance: Tolerance::None,
        }
    }

    /// These facts, for a step that also has the given demand.
    pub(super) const fn demanding(self, demands: Demands) -> Self {
        Self { demands, ..self }
    }

    /// These facts, for a step that also writes to the given descriptor of the caller.
    pub(super) const fn writing_to(self, descriptor: i32) -> Self {
        Self {
            descriptor: Some(descriptor),
            ..self
        }
    }

    /// The same for a step after whose failure the program runs all the same.
    pub(super) const fn may_fail(self) -> Self {
        Self {
            tolerance: Tolerance::All,
            ..self
        }
    }

    /// The same for a step after whose failure with this errno the program runs all the same.
    pub(super) const fn may_fail_with(self, errno: Errno) -> Self {
        Self {
            tolerance: Tolerance::Only(errno),
            ..self
        }
    }

    /// Whether the program runs although the step failed with this. The person is told.
    pub(super) fn tolerates(&self, errno: Option<Errno>) -> bool {
        match self.tolerance {
            Tolerance::None => false,
            Tolerance::All => true,
            Tolerance::Only(only) => errno == Some(only),
        }
    }
}
