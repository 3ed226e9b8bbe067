//! The number that a step gives to a network namespace, as `ip netns set` does.

use std::fmt;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use crate::error::Doing;
use crate::explain::{Finding, Look, capability};
use crate::linked::Linked;
use crate::net::{NsId, NsIds};
use crate::{Error, Gathered, Kind, Namespace, Result};

/// A number for a network namespace in the caller's, and the function that gives it. A program without a step that has
/// this does not link rtnetlink(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkNumber {
    id: NsId,
    give: Linked<Give>,
}

type Give = fn(&Namespace, NsId, &str) -> Result<()>;

impl NetworkNumber {
    /// This number, given through rtnetlink(7).
    pub const fn by_rtnetlink(id: NsId) -> Self {
        Self {
            id,
            give: Linked(give),
        }
    }

    /// Gives the number to this namespace. `doing` reads after "cannot".
    pub(super) fn give(self, namespace: &Namespace, doing: &str) -> Result<()> {
        let Linked(give) = self.give;
        give(namespace, self.id, doing)
    }
}

impl fmt::Display for NetworkNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

fn give(namespace: &Namespace, id: NsId, doing: &str) -> Result<()> {
    let mut ids = NsIds::open()?;
    let answer = ids.set(namespace, id);
    if !matches!(answer, Err(Errno::EEXIST | Errno::ENOSPC)) {
        return answer.doing(|| doing);
    }
    let cause = match (ids.of(namespace), id) {
        (Gathered::Known(Some(number)), _) => Some(format!(
            "it has the number {number} in the caller's network namespace, and the kernel changes no number"
        )),
        (Gathered::Known(None), NsId::Number(number)) => Some(format!(
            "another network namespace has the number {number} in the caller's network namespace"
        )),
        _ => None,
    };
    Err(Error::kernel(doing, Errno::EEXIST).explained(cause, None))
}

/// Why a number was refused.
pub(super) fn refused(look: &Look, errno: Errno) -> Option<Finding> {
    capability::lacking(look, errno, CapabilitySet::NET_ADMIN).or_else(|| {
        let refused = errno == Errno::EPERM;
        refused.then(|| capability::not_owner(look, Kind::Net)).flatten()
    })
}
