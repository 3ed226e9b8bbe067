//! `--graph`: the same trees as nodes and edges, for Graphviz, Mermaid and programs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rows;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs};

cases!["ls::graphs":
    a_graph_has_the_edges_of_the_tree,
    each_form_has_the_same_edges,
    a_hostile_command_line_stays_in_its_label,
    a_graph_of_a_saved_list_is_the_graph_of_the_list,
    a_graph_is_by_owner_without_a_tree_and_refuses_other_forms,
];

/// Pairs of ids of nodes.
type Edges = BTreeSet<(String, String)>;

/// A user namespace in a user namespace, with a UTS namespace.
fn nested(user: &User) -> Held {
    Held::new(user.tool("unshare").args(["-r", "-u", "unshare", "-r", "-u"]), "")
}

/// The id of the node of a row.
fn id(row: &Value) -> String {
    format!(
        "{}_{}",
        row["type"].as_str().expect("a kind"),
        row["ns"].as_u64().expect("an inode")
    )
}

/// The edges from each row to its children.
fn edges_of_tree(rows: &[Value], edges: &mut Edges) {
    for row in rows {
        let children = row["children"].as_array().map_or(&[][..], Vec::as_slice);
        edges.extend(children.iter().map(|child| (id(row), id(child))));
        edges_of_tree(children, edges);
    }
}

/// The edges in JSON, each with this relation.
fn edges_of_json(graph: &Value, relation: &str) -> Edges {
    let edges = graph["edges"].as_array().expect("an array").iter();
    edges
        .map(|edge| {
            assert_eq!(edge["relation"], relation);
            let text = |key: &str| edge[key].as_str().expect("an id").to_owned();
            (text("from"), text("to"))
        })
        .collect()
}

/// The edges in dot or mermaid, which have a line each.
fn edges_of_text(text: &str) -> Edges {
    let words = |line: &str| {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        match &words[..] {
            [from, arrow, to] if ["->", "-->"].contains(&arrow.as_str()) => {
                Some((from.clone(), to.trim_end_matches(';').to_owned()))
            }
            _ => None,
        }
    };
    text.lines().filter_map(|line| words(line.trim_start())).collect()
}

fn a_graph_has_the_edges_of_the_tree() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = nested(user);
    // Other processes of the user come and go, so only the namespaces of one process and those above are compared.
    let only = format!("-p {}", there.pid);
    for relation in ["owner", "parent", "process"] {
        let tree = rows(
            user.program("ns-ls")
                .with(&format!("-J -T={relation} {only} -o NS,TYPE")),
        );
        let mut expected = Edges::new();
        edges_of_tree(&tree, &mut expected);
        if relation != "process" {
            let user = format!("user_{}", there.inode("user"));
            assert!(expected.iter().any(|(_, to)| *to == user), "{expected:?}");
        }
        let graph = user
            .program("ns-ls")
            .with(&format!("--graph=json --tree={relation} {only}"))
            .json();
        assert_eq!(edges_of_json(&graph, relation), expected, "{relation}");
        let nodes = graph["nodes"].as_array().expect("an array");
        for node in nodes {
            assert_eq!(node["node"], id(node));
        }
        let ids: BTreeSet<_> = nodes.iter().map(id).collect();
        assert_eq!(ids.len(), nodes.len());
        assert!(
            expected
                .iter()
                .all(|(from, to)| ids.contains(from) && ids.contains(to))
        );
        let own = nodes.iter().find(|node| node["ns"] == there.inode("uts"));
        let own = own.expect("a node");
        assert_eq!(own["pid"], there.pid);
        assert!(
            own["command"].as_str().expect("a text").starts_with("sh -c"),
            "{own}"
        );
    }
    Ok(())
}

fn each_form_has_the_same_edges() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = nested(user);
    let graph = |form: &str| {
        let ran = user
            .program("ns-ls")
            .with(&format!("--graph={form} -p {}", there.pid));
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        ran.stdout
    };
    let json = serde_json::from_str(&graph("json")).expect("JSON");
    let expected = edges_of_json(&json, "owner");
    assert!(expected.len() > 2, "{expected:?}");
    for (form, first, inode) in [
        ("dot", "digraph namespaces {", there.inode("uts")),
        ("mermaid", "flowchart LR", there.inode("user")),
    ] {
        let text = graph(form);
        assert_eq!(text.lines().next(), Some(first));
        assert_eq!(edges_of_text(&text), expected, "{text}");
        assert!(text.contains(&format!(":[{inode}]")), "{text}");
        assert!(text.contains(&format!("pid: {}", there.pid)), "{text}");
    }
    Ok(())
}

fn a_hostile_command_line_stays_in_its_label() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let hostile = "\"] --> evil[\"\n; evil -> other; \\";
    let there = Held::new(
        user.tool("unshare")
            .args(["-r", "-u", "sh", "-c", "\"$@\"; :", hostile]),
        "",
    );
    // The shell in the new namespace with the hostile name is the parent of the one that waits.
    for form in ["dot", "mermaid"] {
        let ran = user
            .program("ns-ls")
            .with(&format!("--graph={form} -u -p {} -o COMMAND", there.pid));
        let text = ran.stdout;
        assert!(text.contains("evil"), "{text}");
        let edges = edges_of_text(&text);
        assert!(edges.len() > 2, "{text}");
        assert!(
            edges
                .iter()
                .all(|(from, to)| !from.contains("evil") && !to.contains("evil"))
        );
        let lines = text.lines().filter(|line| line.contains("evil"));
        for line in lines {
            let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            assert_eq!(quotes, 2, "{line}");
        }
    }
    Ok(())
}

fn a_graph_of_a_saved_list_is_the_graph_of_the_list() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = nested(user);
    let list = |words: &str| {
        user.program("ns-ls")
            .with(&format!("{words} -p {}", there.pid))
            .stdout
    };
    let saved = list("-J --output-all");
    let graph = |form: &str| {
        let mut again = user.program("ns-ls");
        again
            .arg(format!("--graph={form}"))
            .args(["--input", "/dev/stdin"]);
        let directory = tempfile::tempdir().expect("a directory can be made");
        let file = directory.path().join("saved.json");
        std::fs::write(&file, &saved).expect("it can be written");
        let file = std::fs::File::open(&file).expect("it can be read");
        again.stdin(file).ran().stdout
    };
    let json: Value = serde_json::from_str(&graph("json")).expect("JSON");
    let edges = edges_of_json(&json, "owner");
    assert!(!edges.is_empty());
    assert_eq!(edges_of_text(&graph("dot")), edges);
    Ok(())
}

fn a_graph_is_by_owner_without_a_tree_and_refuses_other_forms() -> Outcome {
    let user = User::ordinary()?;
    let text = |words: &str| user.program("ns-ls").with(words);
    let json = text("--graph=json -o TYPE -t user,pid").json();
    for edge in json["edges"].as_array().expect("an array") {
        assert_eq!(edge["relation"], "owner");
    }
    for words in [
        "--graph=dot -J",
        "--graph=dot -r",
        "--graph=dot -l",
        "--graph=dot --watch",
        "--graph=dot net:[1]",
        "--graph=png",
        "--graph",
    ] {
        text(words).fails(2);
    }
    Ok(())
}
