//! The two sides on their way through a plan. Each side does its own turns, and then waits for a message of the other
//! side. A failing step ends both sides.

use super::channel::{Channel, Message};
use super::facts::AfterFailure;
use super::failure::Failure;
use super::inside::InsideProcess;
use super::outside::OutsideProcess;
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
    match inside_turns(plan, process).and_then(|()| announce(process)) {
        Ok(()) => plan.last().perform(process),
        Err(failure) => failure,
    }
}

fn inside_turns(plan: &Plan, process: &mut InsideProcess) -> Result<(), Failure> {
    let turns = plan.turns();
    for (index, turn) in turns.iter().enumerate() {
        let Turn::Inside(steps) = turn else { continue };
        if index > 0 {
            await_turn(process)?;
        }
        for step in steps {
            let step = step.of_family();
            if let Err(error) = step.perform(process) {
                let after = step.facts().after_failure(error.errno());
                let error = process.explain(error, |look, errno| step.cause(look, errno));
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
fn announce(process: &InsideProcess) -> Result<(), Failure> {
    let Some(channel) = &process.channel else {
        return Ok(());
    };
    channel
        .send(&Message::Executing)
        .doing(|| "tell the process outside that the program starts")?;
    if !process.has_parent {
        // A helper that was killed has done its steps, and undoes none.
        hear(process, channel)?;
    }
    Ok(())
}

fn await_turn(process: &InsideProcess) -> Result<(), Failure> {
    let Some(channel) = &process.channel else {
        return Ok(());
    };
    // A parent that failed has reported the reason itself. A helper that is gone was killed.
    let ended = || Error::Unfit("the process outside has ended".into());
    hear(process, channel)?.ok_or_else(|| ended().into())
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
        .and_then(|()| process.await_program())
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
                let error = explain::explain(error, |look, errno| step.cause(look, errno));
                match after {
                    AfterFailure::GoOn => (process.reporter.note)(&error),
                    // Nothing is done after a failure outside: everything that was made must be undone.
                    AfterFailure::Stop | AfterFailure::FailLate => return Err(error.into()),
                }
            }
        }
        // The next turn is inside, because the last turn is.
        process.give_turn().doing(|| "hand over to the process inside")?;
    }
    Ok(())
}
