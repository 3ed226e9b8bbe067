//! What the programs that run a program share: showing a plan, and ending as the program did.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::json;

use super::report;
use crate::launch::{Ended, Failure, Plan, mirror};

/// Prints the plan, a line a step, as text or as JSON.
pub fn show_plan(plan: &Plan, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        let steps: Vec<_> = plan
            .lines()
            .map(|(process, step)| {
                json!({"process": process, "step": step.name(), "description": step.to_string()})
            })
            .collect();
        writeln!(out, "{:#}", json!({"steps": steps}))?;
    } else {
        for (process, step) in plan.lines() {
            writeln!(out, "{process:7} {step}")?;
        }
    }
    out.flush()
}

/// The exit status for how the program ended; where it was killed, this process dies of the same signal. Where it was not
/// started, says why.
pub fn conclude(program: &str, outcome: Result<Ended, Failure>) -> ExitCode {
    match outcome {
        Ok(ended) => mirror(ended).into(),
        Err(Failure { error, status }) => {
            report(program, &error);
            status.into()
        }
    }
}
