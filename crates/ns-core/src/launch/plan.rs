//! A plan: steps in order, each with the process that does it. Making it has no side effects; `--dry-run` shows it.

use std::fmt;
use std::marker::PhantomData;

use super::facts::{Demands, StepFacts};
use super::inside::{ForkStep, Inside, LastStep};
use super::outside::Outside;
use super::program::Program;

/// The steps of a plan that is being made.
///
/// The side on which a step is done is part of its type. On the other side it does not compile:
///
/// ```
/// use ns_core::launch::Steps;
/// use ns_core::launch::inside::SettingStep;
///
/// let mut steps = Steps::default();
/// steps.inside(SettingStep::HostName(b"blue".to_vec()));
/// ```
///
/// ```compile_fail,E0277
/// use ns_core::launch::Steps;
/// use ns_core::launch::inside::SettingStep;
///
/// let mut steps = Steps::default();
/// steps.outside(SettingStep::HostName(b"blue".to_vec()));
/// ```
///
/// ```
/// use ns_core::launch::Steps;
/// use ns_core::launch::outside::ReportStep;
///
/// let mut steps = Steps::default();
/// steps.outside(ReportStep::PidFile("/run/blue.pid".into()));
/// ```
///
/// ```compile_fail,E0277
/// use ns_core::launch::Steps;
/// use ns_core::launch::outside::ReportStep;
///
/// let mut steps = Steps::default();
/// steps.inside(ReportStep::PidFile("/run/blue.pid".into()));
/// ```
///
/// The process inside can become another process twice: by a fork, and then above a small init. The type records what
/// has happened. Another order, or a second fork, does not compile:
///
/// ```
/// use ns_core::launch::Steps;
///
/// let plan = Steps::default().fork_first().stay_as_init().end();
/// let plan = Steps::default().fork_into().without_init().end();
/// ```
///
/// ```compile_fail,E0599
/// use ns_core::launch::Steps;
///
/// Steps::default().fork_first().fork_first();
/// ```
///
/// ```compile_fail,E0599
/// use ns_core::launch::Steps;
///
/// Steps::default().fork_first().stay_as_init().fork_into();
/// ```
#[derive(Clone, Debug)]
pub struct Steps<Phase = Unforked> {
    turns: Vec<Turn>,
    demands: Demands,
    descriptors: Vec<Descriptor>,
    phase: PhantomData<Phase>,
}

/// The phase in which the process that the plan starts with does the steps.
#[derive(Clone, Debug)]
pub enum Unforked {}

/// The phase after the decision whether a child does the steps that follow.
#[derive(Clone, Debug)]
pub enum Forked {}

/// The phase after the decision whether the process so far stays behind as init.
#[derive(Clone, Debug)]
pub enum Settled {}

impl Default for Steps {
    fn default() -> Self {
        Self {
            turns: Vec::new(),
            demands: Demands::empty(),
            descriptors: Vec::new(),
            phase: PhantomData,
        }
    }
}

impl Steps<Unforked> {
    /// Lets a child do the steps that follow. It is the first process of the new PID namespace.
    #[must_use]
    pub fn fork_first(mut self) -> Steps<Forked> {
        self.inside(ForkStep::FIRST);
        self.in_phase()
    }

    /// Lets a child do the steps that follow. It is in the PID namespace that was entered.
    #[must_use]
    pub fn fork_into(mut self) -> Steps<Forked> {
        self.inside(ForkStep::INTO);
        self.in_phase()
    }

    /// Lets the same process do the steps that follow.
    #[must_use]
    pub fn without_fork(self) -> Steps<Forked> {
        self.in_phase()
    }
}

impl Steps<Forked> {
    /// Lets a child do the steps that follow. The process so far stays behind as its init.
    #[must_use]
    pub fn stay_as_init(mut self) -> Steps<Settled> {
        self.inside(ForkStep::STAY_AS_INIT);
        self.in_phase()
    }

    /// Lets the same process do the steps that follow.
    #[must_use]
    pub fn without_init(self) -> Steps<Settled> {
        self.in_phase()
    }
}

/// The steps of a launch, and the process that does each. A plan always ends in a program, or in an end without one.
///
/// Only [`Steps`] makes plans. Facts that follow from the steps cannot be set separately: if a step forks, the program
/// runs in a child.
///
/// ```
/// use ns_core::launch::Steps;
///
/// assert!(Steps::default().fork_first().end().runs_in_child());
/// ```
///
/// ```compile_fail,E0451
/// use ns_core::launch::{Plan, Steps};
///
/// let plan = Steps::default().end();
/// let plan = Plan { in_child: false, ..plan };
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    turns: Vec<Turn>,
    last: LastStep,
    demands: Demands,
    descriptors: Vec<Descriptor>,
    in_child: bool,
    forward_signals: bool,
}

/// Consecutive steps of one side.
#[derive(Clone, Debug)]
pub(super) enum Turn {
    /// Steps of the process that becomes the program.
    Inside(Vec<Inside>),
    /// Steps of the process that stays where the caller was.
    Outside {
        /// The steps.
        steps: Vec<Outside>,
        /// True if the process inside has become another process before.
        after_fork: bool,
    },
}

/// A descriptor of the caller that a step writes to.
#[derive(Clone, Debug)]
pub(super) struct Descriptor {
    /// The number of the descriptor.
    pub(super) number: i32,
    /// The use of the descriptor. The text completes "cannot …".
    pub(super) doing: String,
}

/// A step as people and programs see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The process that does it.
    pub process: &'static str,
    /// The step in one word.
    pub step: &'static str,
    /// The step in a sentence that starts with a verb.
    pub description: String,
}

impl<Phase> Steps<Phase> {
    fn in_phase<Next>(self) -> Steps<Next> {
        Steps {
            turns: self.turns,
            demands: self.demands,
            descriptors: self.descriptors,
            phase: PhantomData,
        }
    }

    /// Adds a step done by the process that becomes the program.
    pub fn inside(&mut self, step: impl Into<Inside>) {
        let step = step.into();
        self.demand(step.of_family().facts(), &step.of_family());
        match self.turns.last_mut() {
            Some(Turn::Inside(steps)) => steps.push(step),
            _ => self.turns.push(Turn::Inside(vec![step])),
        }
    }

    /// Adds a step done by a process that stays outside.
    pub fn outside(&mut self, step: impl Into<Outside>) {
        let step = step.into();
        let after_fork = self.demands.intersects(Demands::GOES_ON_ELSEWHERE);
        self.demand(step.of_family().facts(), &step.of_family());
        match self.turns.last_mut() {
            Some(Turn::Outside { steps, .. }) => steps.push(step),
            _ => self.turns.push(Turn::Outside {
                steps: vec![step],
                after_fork,
            }),
        }
    }

    fn demand(&mut self, facts: StepFacts, step: &impl fmt::Display) {
        self.demands |= facts.demands;
        if let Some(number) = facts.descriptor
            && self.descriptors.iter().all(|known| known.number != number)
        {
            self.descriptors.push(Descriptor {
                number,
                doing: step.to_string(),
            });
        }
    }

    /// The plan that does these steps, and then runs the program.
    pub fn execute(self, program: Program) -> Plan {
        self.plan(LastStep::Execute(program))
    }

    /// The plan that does these steps, and runs nothing.
    pub fn end(self) -> Plan {
        self.plan(LastStep::End)
    }

    fn plan(mut self, last: LastStep) -> Plan {
        // The last step is done inside. If the last turn is outside, an empty turn inside follows it.
        if !matches!(self.turns.last(), Some(Turn::Inside(_))) {
            self.turns.push(Turn::Inside(Vec::new()));
        }
        Plan {
            turns: self.turns,
            last,
            demands: self.demands,
            descriptors: self.descriptors,
            in_child: self.demands.intersects(Demands::CHILD),
            forward_signals: false,
        }
    }
}

impl Plan {
    /// This plan with the program in a child that the caller waits for, even if no step forks.
    #[must_use]
    pub fn in_child(self) -> Self {
        Self {
            in_child: true,
            ..self
        }
    }

    /// This plan with signals passed on: the program gets signals to the caller while the caller waits for it.
    #[must_use]
    pub fn forwarding_signals(self) -> Self {
        Self {
            forward_signals: true,
            ..self
        }
    }

    /// True if the program runs in a child that the caller waits for. Otherwise it replaces the caller.
    pub fn runs_in_child(&self) -> bool {
        self.in_child
    }

    /// True if signals are passed on.
    pub(super) fn forwards_signals(&self) -> bool {
        self.forward_signals
    }

    /// The turns of the two sides. The last turn is inside, and may have no steps: the last step of the plan ends it.
    pub(super) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The last step of the plan.
    pub(super) fn last(&self) -> &LastStep {
        &self.last
    }

    /// The demands of the steps on the launch.
    pub(super) fn demands(&self) -> Demands {
        self.demands
    }

    /// The descriptors of the caller that steps write to, each once.
    pub(super) fn descriptors(&self) -> &[Descriptor] {
        &self.descriptors
    }

    /// True if any step is done outside.
    pub(super) fn has_outside(&self) -> bool {
        // Consecutive turns belong to different sides.
        self.turns.len() > 1
    }

    /// The steps, each with the name of the process that does it.
    ///
    /// With a fork, that is the `parent`, which waits, or the `child`. Without a fork, it is `self`, or a `helper`.
    /// After [`Steps::fork_first`] the child is `first`, PID 1 of its namespace. After [`Steps::stay_as_init`] and
    /// [`Steps::fork_into`] it is the `program`.
    pub fn lines(&self) -> Vec<Line> {
        let (mut inside, outside) = if self.in_child {
            ("child", "parent")
        } else {
            ("self", "helper")
        };
        let mut lines = Vec::new();
        let mut add = |process, step, description| {
            lines.push(Line {
                process,
                step,
                description,
            });
        };
        for turn in &self.turns {
            match turn {
                Turn::Inside(steps) => {
                    for step in steps.iter().map(Inside::of_family) {
                        let facts = step.facts();
                        add(inside, facts.word, step.to_string());
                        inside = facts.demands.next_process().unwrap_or(inside);
                    }
                }
                Turn::Outside { steps, .. } => {
                    for step in steps.iter().map(Outside::of_family) {
                        add(outside, step.facts().word, step.to_string());
                    }
                }
            }
        }
        add(inside, self.last.word(), self.last.with_arguments());
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::inside::{AttributeStep, CredentialStep, NamespaceStep, WantedId};
    use super::super::outside::ReportStep;
    use super::*;
    use crate::Kinds;
    use crate::idmap::IdKind;
    use nix::sys::signal::Signal;

    fn plan(add: impl FnOnce(&mut Steps)) -> Plan {
        let mut steps = Steps::default();
        add(&mut steps);
        steps.end()
    }

    #[test]
    fn a_step_that_forks_puts_the_program_in_a_child() {
        assert!(!plan(|_| {}).runs_in_child());
        assert!(plan(|_| {}).in_child().runs_in_child());
        for fork in [ForkStep::FIRST, ForkStep::INTO, ForkStep::STAY_AS_INIT] {
            assert!(plan(|steps| steps.inside(fork)).runs_in_child(), "{fork}");
        }
        assert!(!plan(|steps| steps.inside(NamespaceStep::Unshare(Kinds::ALL))).runs_in_child());
    }

    #[test]
    fn the_demands_of_all_steps_are_known_before_the_first_step() {
        let demands = |step: Inside| plan(|steps| steps.inside(step)).demands();
        let signal = AttributeStep::DieWithParent(Signal::SIGTERM.into());
        assert_eq!(plan(|_| {}).demands(), Demands::empty());
        assert_eq!(demands(ForkStep::STAY_AS_INIT.into()), Demands::INIT);
        assert_eq!(demands(signal.into()), Demands::DEATH_SIGNAL);
        assert_eq!(demands(NamespaceStep::MakeBindable.into()), Demands::MOUNT_ID);
        let take = CredentialStep::Take(IdKind::User, WantedId::Root);
        assert_eq!(demands(take.into()), Demands::PROC);
        let all = plan(|steps| {
            steps.inside(ForkStep::FIRST);
            steps.inside(ForkStep::STAY_AS_INIT);
        });
        assert_eq!(all.demands(), Demands::FIRST_PROCESS | Demands::INIT);
    }

    #[test]
    fn each_descriptor_comes_with_its_use() {
        let plan = plan(|steps| {
            for number in [7, 8, 7] {
                steps.outside(ReportStep::Info(number));
            }
        });
        let known = plan.descriptors().iter();
        let known: Vec<_> = known.map(|known| (known.number, known.doing.as_str())).collect();
        assert_eq!(
            known,
            [
                (7, "write the PID and the namespaces to descriptor 7"),
                (8, "write the PID and the namespaces to descriptor 8")
            ]
        );
    }

    #[test]
    fn the_sides_take_turns_and_the_last_turn_is_inside() {
        let report = || ReportStep::PidFile("/a".into());
        let turns = |plan: &Plan| -> Vec<String> {
            let turn = |turn: &Turn| match turn {
                Turn::Inside(steps) => format!("inside {}", steps.len()),
                Turn::Outside { steps, after_fork } => {
                    format!(
                        "outside {}{}",
                        steps.len(),
                        if *after_fork { " forked" } else { "" }
                    )
                }
            };
            plan.turns().iter().map(turn).collect()
        };
        assert_eq!(turns(&plan(|_| {})), ["inside 0"]);
        assert!(!plan(|_| {}).has_outside());
        let outside = plan(|steps| steps.outside(report()));
        assert_eq!(turns(&outside), ["outside 1", "inside 0"]);
        assert!(outside.has_outside());
        let both = plan(|steps| {
            steps.inside(NamespaceStep::Unshare(Kinds::ALL));
            steps.outside(report());
            steps.inside(NamespaceStep::EnterTime);
            steps.inside(ForkStep::FIRST);
            steps.outside(report());
            steps.outside(report());
        });
        assert_eq!(
            turns(&both),
            [
                "inside 1",
                "outside 1",
                "inside 2",
                "outside 2 forked",
                "inside 0"
            ]
        );
    }

    #[test]
    fn a_line_names_the_process_that_does_the_step() {
        let plan = plan(|steps| {
            steps.inside(ForkStep::FIRST);
            steps.outside(ReportStep::PidFile("/a".into()));
            steps.inside(ForkStep::STAY_AS_INIT);
        });
        let lines: Vec<_> = plan
            .lines()
            .into_iter()
            .map(|line| (line.process, line.step))
            .collect();
        assert_eq!(
            lines,
            [
                ("child", "fork"),
                ("parent", "write-pid-file"),
                ("first", "init"),
                ("program", "end")
            ]
        );
    }
}
