//! The id maps of the options, and who writes each map.

use ns_core::Kind;
use ns_core::Kinds;
use ns_core::explain::maps::explain_none_subordinate;
use ns_core::idmap::{self, IdKind, IdMap, IdRange, MapRequest, MapWriter, Subordinate};
use ns_core::launch::Setgroups;
use ns_core::process::caller;
use ns_core::users::name_of;

use crate::cli::Cli;
use crate::private_maps::PrivateMaps;
use crate::single_ids::SingleId;

/// A map of uids or gids, and who writes it.
pub type Map = (IdKind, IdMap, MapWriter);

/// The maps of a command line.
pub struct IdMaps {
    /// The maps and their writers.
    pub maps: Vec<Map>,
    /// True if setgroups(2) must be denied first.
    pub deny: bool,
    /// Notes for the caller about them.
    pub notes: Vec<String>,
}

impl IdMaps {
    /// The maps that the options ask for. `kinds` are the new namespaces.
    pub fn new(cli: &Cli, kinds: Kinds) -> anyhow::Result<Self> {
        let own = caller::ids();
        let mut maps = Vec::new();
        let mut private = PrivateMaps::default();
        let mut deny = false;
        let mut notes = Vec::new();
        for ids in IdKind::BOTH {
            let (outer, asked) = match (ids, cli.owner) {
                (IdKind::User, Some((uid, _))) => (uid, cli.single.uid),
                (IdKind::Group, Some((_, gid))) => (gid, cli.single.gid),
                (IdKind::User, None) => (own.uid, cli.single.uid),
                (IdKind::Group, None) => (own.gid, cli.single.gid),
            };
            let (single, requests) = match (asked, requests(cli, ids)) {
                // --all without an option for the map.
                (None, requests) if cli.all && kinds.contains(Kind::User) && requests.is_empty() => {
                    private.of(ids)?
                }
                (asked, requests) => (asked, requests),
            };
            let single = single.map(|id| match id {
                SingleId::Is(inner) => IdRange::single(inner, outer),
                SingleId::Same => IdRange::single(outer, outer),
            });
            if requests
                .iter()
                .any(|request| matches!(request, MapRequest::Auto | MapRequest::Subordinate))
            {
                let name = name_of(own.real_uid)?;
                notes.extend(idmap::granted(ids, name.as_deref(), own.real_uid)?.ignored_lines(ids));
            }
            let subordinate = || subordinate(ids, own.real_uid);
            let map = idmap::compose(single.transpose()?, &requests, subordinate, || {
                caller::id_map(ids)
            })?;
            if map.ranges().is_empty() {
                continue;
            }
            // The kernel accepts a single gid without denial only from a process above that has the capability.
            let allows = ids == IdKind::Group && cli.setgroups == Some(Setgroups::Allow);
            let writer = if requests.is_empty() && !allows {
                deny |= ids == IdKind::Group;
                MapWriter::Inside
            } else if caller::may_map(ids)? {
                MapWriter::Outside
            } else {
                MapWriter::Helper
            };
            maps.push((ids, map, writer));
        }
        notes.extend(private.note());
        Ok(Self { maps, deny, notes })
    }
}

/// The first block of subordinate ids of the user with this uid.
fn subordinate(ids: IdKind, uid: u32) -> ns_core::Result<Subordinate> {
    idmap::subordinate(ids, name_of(uid)?.as_deref(), uid)
        .map_err(|error| explain_none_subordinate(ids, error))
}

/// True if an option maps ids.
pub fn are_requested(cli: &Cli) -> bool {
    cli.single.uid.is_some()
        || cli.single.gid.is_some()
        || cli.owner.is_some()
        || cli.map_auto
        || cli.map_subids
        || !cli.map_users.is_empty()
        || !cli.map_groups.is_empty()
}

/// True if the gid map has only the caller's own gid.
pub fn gid_is_single(cli: &Cli) -> bool {
    cli.single.gid.is_some() && requests(cli, IdKind::Group).is_empty()
}

/// The requested ranges of uids or gids.
fn requests(cli: &Cli, ids: IdKind) -> Vec<MapRequest> {
    let said = match ids {
        IdKind::User => &cli.map_users,
        IdKind::Group => &cli.map_groups,
    };
    let mut requests = said.clone();
    requests.extend(cli.map_auto.then_some(MapRequest::Auto));
    requests.extend(cli.map_subids.then_some(MapRequest::Subordinate));
    requests
}
