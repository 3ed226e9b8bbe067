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
        /// The process gets another root, where programs have other paths than where the caller is.
        const OTHER_ROOT = 1 << 6;
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
    Only(&'static [Errno]),
    Late,
}

/// The course of a launch after a step has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// The launch ends.
    Stop,
    /// The launch goes on, with a note about the failure.
    GoOn,
    /// The steps that follow are done, and then the launch fails.
    FailLate,
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

    /// These facts for a step that may fail with one of these: the program runs anyway.
    pub(super) const fn may_fail_with(self, errnos: &'static [Errno]) -> Self {
        Self {
            tolerance: Tolerance::Only(errnos),
            ..self
        }
    }

    /// These facts for a step whose failure does not concern the steps that follow: they are done before the launch fails.
    pub(super) const fn failing_late(self) -> Self {
        Self {
            tolerance: Tolerance::Late,
            ..self
        }
    }

    /// The course of the launch after the step has failed with this errno.
    pub(super) fn after_failure(&self, errno: Option<Errno>) -> AfterFailure {
        match self.tolerance {
            Tolerance::All => AfterFailure::GoOn,
            Tolerance::Only(only) if errno.is_some_and(|errno| only.contains(&errno)) => AfterFailure::GoOn,
            Tolerance::None | Tolerance::Only(_) => AfterFailure::Stop,
            Tolerance::Late => AfterFailure::FailLate,
        }
    }
}
