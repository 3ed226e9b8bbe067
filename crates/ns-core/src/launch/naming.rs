//! Notes about pinned names, for the process inside and the process outside.

use rustix::thread::CapabilitySet;

use super::failure::Reporter;
use crate::error::Doing;
use crate::explain::{Finding, Look, capability};
use crate::net::{NsId, NsIds};
use crate::{Error, Gathered, Kinds, Namespace, Result, pins};
use nix::errno::Errno;

/// Prints notes about the limits that the system puts on pinned namespaces of these kinds.
pub(super) fn note_limits(kinds: Kinds, reporter: Reporter) {
    for limit in pins::limits(kinds) {
        (reporter.note)(&Error::Unfit(limit));
    }
}

/// Gives a network namespace a number in the caller's. `doing` reads after "cannot".
pub(super) fn number(namespace: &Namespace, id: NsId, doing: &str) -> Result<()> {
    let mut ids = NsIds::open()?;
    match ids.set(namespace, id) {
        Err(Errno::EEXIST | Errno::ENOSPC) => {
            let cause = match (ids.of(namespace), id) {
                (Gathered::Known(Some(number)), _) => format!(
                    "it has the number {number} in the caller's network namespace, and the kernel changes no number"
                ),
                (Gathered::Known(None), NsId::Number(number)) => {
                    format!(
                        "another network namespace has the number {number} in the caller's network namespace"
                    )
                }
                _ => return Err(Errno::EEXIST).doing(|| doing),
            };
            Err(Error::kernel(doing, Errno::EEXIST).explained(Some(cause), None))
        }
        answer => answer.doing(|| doing),
    }
}

/// Why a number was refused.
pub(super) fn number_refused(look: &Look, errno: Errno) -> Option<Finding> {
    capability::lacking(look, errno, CapabilitySet::NET_ADMIN)
}
