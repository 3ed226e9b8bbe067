//! A plan: steps in order, each with the process that does it. Made without side effects, shown by `--dry-run`.

use super::step::Step;

/// On which side of the new namespaces a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// By a process that stays where the caller was, with all that the caller may.
    Outside,
    /// By the process that becomes the program.
    Inside,
}

/// What is to be done, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whether the program runs in a child that the caller waits for, or in the caller's place.
    pub fork: bool,
    /// Whether signals to the caller are passed on to the program while it is waited for.
    pub forward_signals: bool,
    /// The steps, in order.
    pub steps: Vec<(Side, Step)>,
}

impl Plan {
    /// Adds a step done by the process that becomes the program.
    pub fn inside(&mut self, step: Step) {
        self.steps.push((Side::Inside, step));
    }

    /// Adds a step done by a process that stays outside.
    pub fn outside(&mut self, step: Step) {
        self.steps.push((Side::Outside, step));
    }

    /// Whether some step is done outside.
    pub fn has_outside(&self) -> bool {
        self.steps.iter().any(|(side, _)| *side == Side::Outside)
    }

    /// The steps with the name of the process that does each.
    ///
    /// With a fork that is the `parent`, which waits, or the `child`; without one it is `self`, or a `helper`. After
    /// [`Step::ForkFirst`] the child is `first`, PID 1 of its namespace; after [`Step::StayAsInit`] and
    /// [`Step::ForkInto`] it is the `program`.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &Step)> {
        let mut inside = if self.fork { "child" } else { "self" };
        self.steps.iter().map(move |(side, step)| {
            let process = match side {
                Side::Outside if self.fork => "parent",
                Side::Outside => "helper",
                Side::Inside => inside,
            };
            match step {
                Step::ForkFirst => inside = "first",
                Step::StayAsInit | Step::ForkInto => inside = "program",
                _ => {}
            }
            (process, step)
        })
    }
}
