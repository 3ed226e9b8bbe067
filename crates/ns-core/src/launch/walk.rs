//! The two sides on their way through a plan. Each side does its own turns, and then waits for a message of the other
//! side. A failing step ends both sides.

use nix::errno::Errno;

use super::channel::{Channel, Message};
use super::facts::AfterFailure;
use super::failure::Failure;
use super::inside::InsideProcess;
use super::outside::{OutsideProcess, UNEXECUTED};
use super::plan::{Plan, Turn};
use super::signal::SignalNumber;
use crate::error::Doing;
use crate::sys::fork::exit;
use crate::{Error, explain};

/// Does the steps inside in a child, and tells the parent if one fails.
pub(super) fn inside_as_child(plan: &Plan, mut process: InsideProcess) -> ! {
    // Until the program runs, this process is useless without its parent.
    let guard = process
        .die_with_parent(SignalNumber::KILL)
        .doing(|| "tie the process to its parent");
    let failure = match guard {
        Ok(()) => inside(plan, &mut process),
        Err(error) => process.explain(error, |_, _| None).into(),
    };
    if let Some(channel) = &process.channel {
        channel.fail(&failure, process.reporter.error);
    }
    exit(1)
}

/// Does the steps inside. Returns only if something failed.
pub(super) fn inside(plan: &Plan, process: &mut InsideProcess) -> Failure {
    match inside_turns(plan, process).and_then(|()| announce(plan, process)) {
        Ok(()) => plan.last().perform(process),
        Err(failure) => failure,
    }
}

fn inside_turns(plan: &Plan, process: &mut InsideProcess) -> Result<(), Failure> {
    let turns = plan.turns();
    for (index, turn) in turns.iter().enumerate() {
        let Turn::Inside(steps) = turn else { continue };
        if index > 0 {
            await_turn(plan, process)?;
        }
        for step in steps {
            let step = step.of_family();
            if let Err(error) = step.perform(process) {
                let after = step.facts().after_failure(error.errno());
                let error =
                    process.explain_with(error, &step.descriptors(), |look, errno| step.cause(look, errno));
                match after {
                    AfterFailure::Stop => return Err(error.into()),
                    AfterFailure::GoOn => (process.reporter.note)(&error),
                    AfterFailure::FailLate => {
                        (process.reporter.error)(&explain::explain_filter(error));
                        process.end_status = 1;
                    }
                }
            }
        }
        if let (true, Some(channel)) = (index + 1 < turns.len(), &process.channel) {
            channel
                .send(&Message::Go)
                .doing(|| "hand over to the process outside")
                .map_err(|error| process.explain(error, |_, _| None))?;
        }
    }
    Ok(())
}

/// Tells the process outside that the program starts. A helper has to agree: if it undid its steps later, nobody could
/// end the program, because the program is the caller.
fn announce(plan: &Plan, process: &InsideProcess) -> Result<(), Failure> {
    let Some(channel) = &process.channel else {
        return Ok(());
    };
    if !process.has_parent && plan.last().runs_a_program() {
        // From now on the helper can tell whether the program ran. Without this, it takes a killed process for a program.
        let _ = nix::sys::prctl::set_name(UNEXECUTED);
    }
    channel
        .send(&Message::Executing)
        .doing(|| "tell the process outside that the program starts")?;
    if !process.has_parent {
        // A helper that ends without a word was killed, or has undone its steps and could not say so.
        hear(process, channel)?.ok_or_else(|| helper_ended(plan))?;
    }
    Ok(())
}

/// The failure after the process outside has ended without a word.
fn helper_ended(plan: &Plan) -> Failure {
    let outside = plan.turns().iter().filter_map(|turn| match turn {
        Turn::Outside { steps, .. } => Some(steps),
        Turn::Inside(_) => None,
    });
    let removals: Vec<String> = outside
        .flatten()
        .filter_map(|step| step.of_family().removal())
        .collect();
    let error = Error::Unfit("the process outside has ended".into());
    if removals.is_empty() {
        return error.into();
    }
    error
        .with_note("it may have left what it made")
        .with_help(format!("remove what is there: {}", removals.join("; ")))
        .into()
}

fn await_turn(plan: &Plan, process: &InsideProcess) -> Result<(), Failure> {
    let Some(channel) = &process.channel else {
        return Ok(());
    };
    // A parent that failed has reported the reason itself. A helper that is gone was killed.
    hear(process, channel)?.ok_or_else(|| helper_ended(plan))
}

/// Waits until the process outside says that this process can go on. Returns `None` if it has ended.
fn hear(process: &InsideProcess, channel: &Channel) -> Result<Option<()>, Failure> {
    let word = channel.receive().doing(|| "wait for the process outside");
    match word.map_err(|error| process.explain(error, |_, _| None))? {
        Some(Message::Failed(failure)) => Err(failure),
        Some(Message::Lost) => {
            let error = Error::Unfit("the process outside failed, and could not report why".into());
            Err(error.into())
        }
        Some(_) => Ok(Some(())),
        None => Ok(None),
    }
}

/// Does the steps outside, and waits until the program runs. If it does not start, everything that was made is undone.
pub(super) fn outside(plan: &Plan, process: &mut OutsideProcess) -> Result<(), Failure> {
    outside_turns(plan, process)
        .and_then(|()| process.await_program(plan.last().runs_a_program()))
        .map_err(|failure| process.ended_or(failure))
        .inspect_err(|_| process.undo())
}

fn outside_turns(plan: &Plan, process: &mut OutsideProcess) -> Result<(), Failure> {
    for (index, turn) in plan.turns().iter().enumerate() {
        let Turn::Outside { steps, after_fork } = turn else {
            continue;
        };
        if index > 0 {
            process.await_turn(*after_fork)?;
        }
        for step in steps {
            let step = step.of_family();
            if let Err(error) = step.perform(process) {
                let after = step.facts().after_failure(error.errno());
                let error = match error.errno() {
                    // A step has this error if the child that does it fails.
                    Some(Errno::ECHILD) => {
                        let cause = "the process that was to do this has ended without an answer";
                        error.explained(Some(cause.into()), None)
                    }
                    _ => explain::explain(error, |look, errno| step.cause(look, errno)),
                };
                match after {
                    AfterFailure::GoOn => (process.reporter.note)(&error),
                    // Nothing is done after a failure outside: everything that was made must be undone.
                    AfterFailure::Stop | AfterFailure::FailLate => return Err(process.failure_of(error)),
                }
            }
        }
        // The next turn is inside, because the last turn is.
        process.give_turn().doing(|| "hand over to the process inside")?;
    }
    Ok(())
}
