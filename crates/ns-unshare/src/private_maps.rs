//! The id maps of `--all` without an option for a map: for root, every id to itself; otherwise root, and the subordinate
//! ids if there are any that can be used.

use ns_core::explain::maps::why_no_helper_writes;
use ns_core::idmap::{self, IdKind, IdRange, MapRequest};
use ns_core::process::caller;
use ns_core::users::name_of;

use crate::single_ids::SingleId;

/// Both maps. Whether subordinate ids can be used is looked up once, because both maps have them or neither.
#[derive(Default)]
pub struct PrivateMaps {
    subordinate_ids: Option<Subordinates>,
}

/// The subordinate ids of the caller.
enum Subordinates {
    /// They can be mapped.
    Usable,
    /// The caller has none, or the system has no newuidmap and newgidmap.
    None,
    /// They are granted, but cannot be mapped, for this reason.
    Unusable(String),
}

impl PrivateMaps {
    /// The single id and the ranges of the map of these ids.
    pub fn of(&mut self, ids: IdKind) -> anyhow::Result<(Option<SingleId>, Vec<MapRequest>)> {
        if caller::may_map(ids)? {
            return Ok((None, vec![MapRequest::All]));
        }
        let subordinate_ids = self.subordinate_ids.get_or_insert_with(Subordinates::of_caller);
        let ranges = match subordinate_ids {
            Subordinates::Usable => vec![MapRequest::Auto],
            Subordinates::None | Subordinates::Unusable(_) => Vec::new(),
        };
        Ok((Some(SingleId::Is(0)), ranges))
    }

    /// A note for the caller if subordinate ids are left out.
    pub fn note(&self) -> Option<String> {
        match &self.subordinate_ids {
            Some(Subordinates::Unusable(why)) => {
                Some(format!("only one id is mapped, and no subordinate ids: {why}"))
            }
            // Only root that lacks a capability has to be told.
            Some(Subordinates::None) if caller::ids().uid == 0 => {
                Some("only one id is mapped: to map all, root needs CAP_SETUID and CAP_SETGID".into())
            }
            Some(Subordinates::Usable | Subordinates::None) | None => None,
        }
    }
}

impl Subordinates {
    fn of_caller() -> Self {
        // A system that lacks both has no use for the lines that adduser(8) writes into /etc/subuid.
        if IdKind::BOTH.into_iter().all(|ids| idmap::helper(ids).is_none()) {
            return Self::None;
        }
        match are_granted_and_usable() {
            Ok(true) => Self::Usable,
            Ok(false) => Self::None,
            Err(why) => Self::Unusable(why),
        }
    }
}

/// True if the caller has subordinate uids and gids, false if neither. The error is why those that are granted cannot be
/// mapped.
fn are_granted_and_usable() -> Result<bool, String> {
    let own = caller::ids();
    let name = name_of(own.real_uid).map_err(|error| error.to_string())?;
    let name = name.as_deref();
    let granted = |ids| idmap::granted(ids, name, own.real_uid).map_err(|error| error.to_string());
    if granted(IdKind::User)?.is_empty() && granted(IdKind::Group)?.is_empty() {
        return Ok(false);
    }
    for (ids, outer) in [(IdKind::User, own.uid), (IdKind::Group, own.gid)] {
        let block = || idmap::subordinate(ids, name, own.real_uid);
        let single = IdRange::single(0, outer).map_err(|error| error.to_string())?;
        let map = idmap::compose(Some(single), &[MapRequest::Auto], block, || caller::id_map(ids));
        let map = map.map_err(|error| match error.cause() {
            Some(cause) => cause.to_owned(),
            None => error.to_string(),
        })?;
        if let Some(why) = why_no_helper_writes(ids, &map) {
            return Err(why);
        }
    }
    Ok(true)
}
