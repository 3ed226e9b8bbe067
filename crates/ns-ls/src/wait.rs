//! `--wait`: sleeps until a namespace exists, or until it no longer does.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::cli::note;
use ns_core::mounts::View;
use ns_core::process::Woken;
use ns_core::{Error, Identity, Kinds, Result, Target};

use crate::cli::Cli;
use crate::operand::identity_of;

/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(10);

/// The time between two looks, in units of the time that a look takes: at most a twentieth of a processor is used.
const REST: u32 = 20;

/// Waits until the target leads to a namespace, or with --gone no longer leads to the one of now, up to the limit.
///
/// The kernel tells nobody that a namespace begins or ends, so this looks again and again. A change of the table of mounts,
/// which is where pinned names are, ends the time between two looks.
pub fn wait(cli: &Cli, target: &Target, limit: Option<Duration>) -> anyhow::Result<ExitCode> {
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let kinds: Kinds = cli.kinds.iter().copied().collect();
    let kinds = if kinds.is_empty() { Kinds::ALL } else { kinds };
    let mut awaited = None;
    let mounts = View::own().ok();
    loop {
        let start = Instant::now();
        let found = look(target, kinds)?;
        match found {
            Found::Namespace(_) if !cli.gone => return Ok(ExitCode::SUCCESS),
            Found::Namespace(identity) if awaited.is_none_or(|awaited| awaited == identity) => {
                awaited = Some(identity);
            }
            Found::Nothing(_) if !cli.gone => {}
            Found::Namespace(_) => return Ok(ExitCode::SUCCESS),
            Found::Nothing(unsearched) => return Ok(gone(cli, unsearched.as_deref())),
        }
        let rest = (start.elapsed() * REST).max(SHORTEST);
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            let seconds = limit.unwrap_or_default().as_secs_f64();
            if cli.gone {
                anyhow::bail!("{target} still leads to the namespace after {seconds} s");
            }
            anyhow::bail!("{target} leads to no namespace after {seconds} s");
        }
        sleep(mounts.as_ref(), left.map_or(rest, |left| left.min(rest)))?;
    }
}

/// The result of one look.
enum Found {
    /// The namespace that the target leads to.
    Namespace(Identity),
    /// No namespace, and the places that could not be searched, in a sentence.
    Nothing(Option<String>),
}

fn look(target: &Target, kinds: Kinds) -> Result<Found> {
    match identity_of(target, kinds) {
        Ok(identity) => Ok(Found::Namespace(identity)),
        Err(error) if error.is_not_found() => Ok(Found::Nothing(error.note().map(str::to_owned))),
        // The file of a pinned name exists before its namespace, and can outlive it.
        Err(error) if is_stale(target, &error) => Ok(Found::Nothing(None)),
        Err(error) => Err(error),
    }
}

/// True if the target is a name or a file that leads to no namespace at the moment.
fn is_stale(target: &Target, error: &Error) -> bool {
    matches!(target, Target::Name(_) | Target::File(_)) && error.errno().is_none() && !is_ambiguous(error)
}

fn is_ambiguous(error: &Error) -> bool {
    match error {
        Error::Explained { error, .. } => is_ambiguous(error),
        error => matches!(error, Error::Ambiguous(_)),
    }
}

/// The end of a wait with --gone. If not everything could be searched, the namespace may still exist.
fn gone(cli: &Cli, unsearched: Option<&str>) -> ExitCode {
    let Some(unsearched) = unsearched else {
        return ExitCode::SUCCESS;
    };
    note("ns-ls", unsearched);
    if cli.strict {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Sleeps for this time, or until a mount changes.
fn sleep(mounts: Option<&View>, time: Duration) -> Result<()> {
    if let Some(mounts) = mounts {
        return mounts.wait(Some(time), None, None, None).map(|_: Woken| ());
    }
    std::thread::sleep(time);
    Ok(())
}
