//! `--propagation`: the peer groups of every namespace, and which group gets mounts from which: where a mount made here
//! appears.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::process::ExitCode;

use ns_core::cli::show_graph;
use ns_core::mounts::{PeerGroup, PeerMount, Peers};
use ns_core::output::{Cell, Edge, Graph, Heading, Listing, Node, NodeId, Row, escape_for_terminal};

use crate::cli::Cli;
use crate::context::Shared;
use crate::{everywhere, select, show, tables};

/// The columns.
#[rustfmt::skip] // a table is read by its columns
static COLUMNS: [Heading; 8] = [
    Heading::text("MOUNT", "mount point, below its peer group"),
    Heading::text("ROLE", "peer: receives events and passes them on; slave: only receives them"),
    Heading::number("GROUP", "peer group"),
    Heading::number("MASTER", "peer group that the mount receives events from"),
    Heading::number("NS", "inode of the mount namespace"),
    Heading::number("ID", "mount id"),
    Heading::text("SOURCE", "source"),
    Heading::text("FSTYPE", "type of the file system"),
];

/// Shows the groups of the selected mounts, or all groups.
pub fn propagation(cli: &Cli) -> anyhow::Result<ExitCode> {
    let everywhere = everywhere::find(false)?;
    let mut incomplete = everywhere.incomplete();
    let (peers, closed) = everywhere.peers()?;
    incomplete.unread.mounts = closed;
    let tops = match tops(cli, &peers)? {
        Some(tops) => tops,
        None => peers.tops().collect(),
    };
    let mut listing = Listing {
        name: "propagation",
        columns: COLUMNS.iter().collect(),
        rows: Vec::new(),
        incomplete: Some(incomplete.json(show::key(&cli.show))),
        remarks: Vec::new(),
    };
    add(&peers, &tops, &mut listing.rows);
    let found = !listing.rows.is_empty();
    if let (true, Some(form)) = (found, cli.show.graph) {
        show_graph(&picture(&listing), form, cli.show.written.notruncate)?;
    } else if found {
        let tree = !(cli.show.list || cli.show.written.raw || cli.show.pairs.pairs);
        if !tree {
            listing.rows.iter_mut().for_each(|row| row.depth = 0);
        }
        show::write(&listing, show::plain_style(&cli.show, tree.then_some(0)))?;
    }
    Ok(show::conclude(cli, &incomplete, found))
}

/// The groups of the selected mounts; `None` means all groups.
fn tops(cli: &Cli, peers: &Peers) -> anyhow::Result<Option<Vec<PeerGroup>>> {
    if cli.whose.tasks.is_empty() && !cli.chooses() {
        return Ok(None);
    }
    let shared = Shared::default();
    let mut tops = Vec::new();
    let mut private = None;
    tables::each(cli, &shared, |context| {
        for index in select::select(cli, context)? {
            let mount = &context.table.mounts()[index];
            let propagation = mount.propagation();
            match propagation.shared.or(propagation.master) {
                Some(group) if !tops.contains(&group) => tops.push(group),
                Some(_) => {}
                None => private = Some(escape_for_terminal(&mount.target.decoded()).into_owned()),
            }
        }
        Ok(())
    })?;
    if let (true, Some(target)) = (tops.is_empty() && cli.chooses(), private) {
        let text = format!("{target} is private: mounts that are added below it appear nowhere else");
        ns_core::cli::note("ns-mounts", &text);
    }
    // A group that gets its mounts from another group in the list is shown below that group.
    let below = |group: &PeerGroup| {
        let mut above = peers.get(*group).and_then(|group| group.master);
        let mut seen = HashSet::new();
        while let Some(master) = above.filter(|master| seen.insert(*master)) {
            if tops.contains(&master) {
                return true;
            }
            above = peers.get(master).and_then(|group| group.master);
        }
        false
    };
    Ok(Some(tops.iter().filter(|group| !below(group)).copied().collect()))
}

/// Adds each of the groups with its mounts, and below it the groups that receive events from it.
fn add(peers: &Peers, tops: &[PeerGroup], rows: &mut Vec<Row<'static>>) {
    let mut waiting: Vec<(PeerGroup, usize)> = tops.iter().rev().map(|group| (*group, 0)).collect();
    let mut seen = HashSet::new();
    while let Some((number, depth)) = waiting.pop() {
        let Some(group) = peers.get(number).filter(|_| seen.insert(number)) else {
            continue;
        };
        let group_cell = || Cell::Number(number.as_raw());
        let master = || {
            group
                .master
                .map_or(Cell::Absent, |master| Cell::Number(master.as_raw()))
        };
        let mut head = vec![
            Cell::string(&format!("group {number}")),
            Cell::Absent,
            group_cell(),
            master(),
        ];
        head.resize(COLUMNS.len(), Cell::Absent);
        rows.push(Row { depth, cells: head });
        let member = |member: &PeerMount, role: &'static [u8], group, master| Row {
            depth: depth + 1,
            cells: vec![
                Cell::Text(member.target.clone().into()),
                Cell::text(role),
                group,
                master,
                Cell::Number(member.namespace),
                Cell::Number(member.id.as_raw()),
                Cell::Text(member.source.clone().into()),
                Cell::Text(member.fs_type.clone().into()),
            ],
        };
        let members = group.members.iter();
        rows.extend(members.map(|mount| member(mount, b"peer", group_cell(), master())));
        let slaves = group.slaves.iter();
        rows.extend(slaves.map(|mount| member(mount, b"slave", Cell::Absent, group_cell())));
        waiting.extend(group.receivers.iter().rev().map(|group| (*group, depth + 1)));
    }
}

/// The rows as a graph: a node for each group, with its peers in it, one for each slave, and an edge from each group to
/// whatever receives events from it.
fn picture<'a>(listing: &Listing<'a>) -> Graph<'a> {
    let group_of = |cell: &Cell<'_>| match cell {
        Cell::Number(group) => Some(NodeId::new(&format!("group_{group}"))),
        _ => None,
    };
    let mut graph = Graph {
        incomplete: listing.incomplete.clone(),
        ..Graph::default()
    };
    let mut place = None;
    let mut masters = Vec::new();
    for row in &listing.rows {
        let [mount, role, group, master, ns, id, ..] = &row.cells[..] else {
            continue;
        };
        let node = graph.nodes.len();
        let of_group = !role.is_known();
        let is_peer = *role == Cell::text(&b"peer"[..]);
        if !is_peer && let Some(master) = group_of(master) {
            masters.push((master, node));
        }
        if of_group {
            place = Some(node);
        }
        let id = match group_of(group) {
            Some(group) if of_group => group,
            _ => NodeId::new(&format!("mount_{}_{}", text(ns), text(id))),
        };
        graph.nodes.push(Node {
            id,
            title: Cow::Owned(mount.plain().into_owned()),
            titled: if of_group {
                &["MOUNT", "GROUP"]
            } else {
                // The place of the node and its edge show the others.
                &["MOUNT", "ROLE", "GROUP", "MASTER"]
            },
            columns: listing.columns.clone(),
            cells: row.cells.clone(),
            within: place.filter(|_| is_peer),
        });
    }
    let numbers: HashMap<_, _> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(number, node)| (node.id.clone(), number))
        .collect();
    // The master of a group can be out of sight, or left out.
    let edges = masters.iter().filter_map(|(master, to)| {
        Some(Edge {
            from: *numbers.get(master)?,
            to: *to,
            relation: "propagates",
            label: Cow::Borrowed(b""),
            directed: true,
        })
    });
    graph.edges = edges.collect();
    graph
}

fn text(cell: &Cell<'_>) -> String {
    String::from_utf8_lossy(&cell.plain()).into_owned()
}
