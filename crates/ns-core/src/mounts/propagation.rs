//! How mounts and unmounts spread between mounts (`mount_namespaces(7)`, "Shared subtrees").

use std::fmt;

/// A peer group: mounts in any mount namespace that pass mounts and unmounts below them to each other. The number is
/// unique on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerGroup(u64);

impl PeerGroup {
    /// The group with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// As a number.
    pub const fn as_raw(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PeerGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The optional fields of a mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    /// The group that it exchanges events with; `None` for a mount that is not shared.
    pub shared: Option<PeerGroup>,
    /// The group that it receives events from, without passing its own back.
    pub master: Option<PeerGroup>,
    /// The nearest visible group that its events come from, if the master is outside the reader's root.
    pub from: Option<PeerGroup>,
    /// True if it cannot be bind-mounted.
    pub unbindable: bool,
}

impl Propagation {
    /// Reads optional fields, in any order. Unknown fields are skipped.
    pub(super) fn of(fields: &[u8]) -> Self {
        let mut propagation = Self::default();
        for field in fields.split(|byte| *byte == b' ') {
            let group = |prefix: &[u8]| {
                let digits = field.strip_prefix(prefix)?;
                std::str::from_utf8(digits).ok()?.parse().ok().map(PeerGroup)
            };
            if let Some(shared) = group(b"shared:") {
                propagation.shared = Some(shared);
            } else if let Some(master) = group(b"master:") {
                propagation.master = Some(master);
            } else if let Some(from) = group(b"propagate_from:") {
                propagation.from = Some(from);
            } else if field == b"unbindable" {
                propagation.unbindable = true;
            }
        }
        propagation
    }

    /// In words: `shared`, `private,slave`.
    pub const fn words(self) -> &'static str {
        match (self.shared.is_some(), self.master.is_some(), self.unbindable) {
            (true, false, false) => "shared",
            (true, true, false) => "shared,slave",
            (false, false, false) => "private",
            (false, true, false) => "private,slave",
            (true, false, true) => "shared,unbindable",
            (true, true, true) => "shared,slave,unbindable",
            (false, false, true) => "private,unbindable",
            (false, true, true) => "private,slave,unbindable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_come_in_any_order_and_with_strangers() {
        let propagation = Propagation::of(b"future:1 propagate_from:3 master:2 shared:1 strange");
        let group = |number| Some(PeerGroup(number));
        assert_eq!(
            (propagation.shared, propagation.master, propagation.from),
            (group(1), group(2), group(3))
        );
        assert_eq!(propagation.words(), "shared,slave");
        assert_eq!(Propagation::of(b"unbindable").words(), "private,unbindable");
        assert_eq!(Propagation::of(b"").words(), "private");
        assert_eq!(Propagation::of(b"shared: shared:x").words(), "private");
    }
}
