//! A graph as one JSON object, with a line for each node and each edge.

use std::io::{self, Write};

use super::super::json::{beside, object};
use super::super::{Cell, Heading, Row, Style};
use super::Graph;

static NODE: Heading = Heading::text("NODE", "id of the node");
static WITHIN: Heading = Heading::text("WITHIN", "id of the node that the node is in");
static FROM: Heading = Heading::text("FROM", "id of the node where the edge starts");
static TO: Heading = Heading::text("TO", "id of the node where the edge ends");
static RELATION: Heading = Heading::text("RELATION", "relation of the two nodes");
static LABEL: Heading = Heading::text("LABEL", "text beside the edge");

/// Writes `{"nodes": […], "edges": […], "incomplete": …, remarks…}`.
pub(super) fn write(out: &mut dyn Write, graph: &Graph<'_>) -> io::Result<()> {
    let id = |node: usize| Cell::text(graph.id(node).as_bytes());
    let nodes = graph.nodes.iter().enumerate().map(|(index, node)| {
        let mut columns = vec![&NODE];
        let mut cells = vec![id(index)];
        if let Some(within) = node.within {
            columns.push(&WITHIN);
            cells.push(id(within));
        }
        columns.extend(&node.columns);
        cells.extend(node.cells.iter().cloned());
        (columns, cells)
    });
    let edges = graph.edges.iter().map(|edge| {
        let mut columns = vec![&FROM, &TO, &RELATION];
        let mut cells = vec![id(edge.from), id(edge.to), Cell::string(edge.relation)];
        if !edge.label.is_empty() {
            columns.push(&LABEL);
            cells.push(Cell::text(&*edge.label));
        }
        (columns, cells)
    });
    out.write_all(b"{\n  \"nodes\": ")?;
    array(out, nodes)?;
    out.write_all(b",\n  \"edges\": ")?;
    array(out, edges)?;
    beside(out, graph.incomplete.as_ref(), &graph.remarks)?;
    out.write_all(b"\n}\n")
}

fn array<'c>(
    out: &mut dyn Write,
    rows: impl Iterator<Item = (Vec<&'static Heading>, Vec<Cell<'c>>)>,
) -> io::Result<()> {
    let mut between = "[\n    ";
    let mut end = "[]";
    for (columns, cells) in rows {
        let object = object(&columns, &Row { depth: 0, cells }, Style::default())?;
        write!(out, "{between}{object}")?;
        between = ",\n    ";
        end = "\n  ]";
    }
    out.write_all(end.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HOSTILE, graph, written};
    use super::super::{Graph, GraphForm};

    fn parsed(graph: &Graph<'_>) -> serde_json::Value {
        serde_json::from_str(&written(graph, GraphForm::Json)).unwrap()
    }

    #[test]
    fn nodes_and_edges_are_arrays_of_objects() {
        let names: Vec<_> = HOSTILE.iter().take(4).map(|name| name.to_vec()).collect();
        let mut graph = graph(&names, &[(0, 1, Vec::new(), true), (3, 0, b"\"".to_vec(), false)]);
        graph.incomplete = Some(serde_json::Value::Null);
        graph.remarks.push(("not-looked", serde_json::json!(["pins"])));
        assert_eq!(
            parsed(&graph),
            serde_json::json!({
                "nodes": [
                    {"node": "net_0", "name": "a\" b"},
                    {"node": "net_1", "name": "\\\"; x -> y //"},
                    {"node": "net_2", "name": "\"] --> evil[\""},
                    {"node": "net_3", "within": "net_2", "name": "a\nb --> c"},
                ],
                "edges": [
                    {"from": "net_0", "to": "net_1", "relation": "owner"},
                    {"from": "net_3", "to": "net_0", "relation": "owner", "label": "\""},
                ],
                "incomplete": null,
                "not-looked": ["pins"],
            })
        );
    }

    #[test]
    fn an_empty_graph_has_empty_arrays() {
        assert_eq!(
            parsed(&Graph::default()),
            serde_json::json!({"nodes": [], "edges": []})
        );
    }
}
