//! A tree of records as a graph.

use std::borrow::Cow;
use std::collections::HashSet;

use ns_core::listing::{self, NamespaceColumn};
use ns_core::output::{Edge, Graph, Node, NodeId, headings};

use crate::records::Records;
use crate::show::Said;
use crate::tree::{Relation, TreePosition};

/// The graph of a tree: a node for each place, with these columns, and an edge from each record to those below it.
pub fn graph<'a>(
    columns: &[NamespaceColumn],
    records: &Records<'a>,
    places: &[TreePosition],
    relation: Relation,
    said: Said,
) -> Graph<'a> {
    let mut ids = HashSet::new();
    let mut graph = Graph {
        incomplete: said.incomplete,
        remarks: said.remarks,
        ..Graph::default()
    };
    // The places above the current one.
    let mut above = Vec::new();
    for (place, (record, depth)) in places.iter().enumerate() {
        graph.nodes.push(node(columns, records, *record, &mut ids));
        above.truncate(*depth);
        if let Some(parent) = above.last() {
            graph.edges.push(Edge {
                from: *parent,
                to: place,
                relation: relation.word(),
                label: Cow::Borrowed(b""),
                directed: true,
            });
        }
        above.push(place);
    }
    graph
}

fn node<'a>(
    columns: &[NamespaceColumn],
    records: &Records<'a>,
    record: usize,
    ids: &mut HashSet<NodeId>,
) -> Node<'a> {
    let text = |column| records.cell(record, column).plain().into_owned();
    let (kind, inode) = (text(&listing::TYPE), text(&listing::NS));
    let id = format!(
        "{}_{}",
        String::from_utf8_lossy(&kind),
        String::from_utf8_lossy(&inode)
    );
    Node {
        id: NodeId::new(&id).unlike(ids),
        title: Cow::Owned([&*kind, b":[", &*inode, b"]"].concat()),
        titled: &["NS", "TYPE"],
        columns: headings(columns),
        cells: records.cells(record, columns),
        within: None,
    }
}
