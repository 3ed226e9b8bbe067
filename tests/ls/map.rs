//! `--map`: network namespaces, their interfaces, and which interface is tied to which. Random networks are made and read
//! back, edge by edge.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use serde_json::Value;

use crate::support::case::cases;
use crate::support::dice::{Dice, number};
use crate::support::{Held, Outcome, Ran, Run as _, User, needs, path_of, tool};

cases!["ls::map":
    random_networks_are_read_back_edge_by_edge,
    random_networks_of_an_ordinary_user_are_read_back,
    addresses_and_states_are_shown_and_a_hostile_name_stays_in_its_label,
    a_namespace_that_is_closed_to_the_caller_is_part_of_the_map,
    a_pair_whose_other_end_is_out_of_sight_says_so,
    a_map_takes_no_selection_and_one_format,
];

/// The number of random networks of each case.
const SCENES: u64 = 3;

/// A random network: namespaces without processes, under names, and the caller's own under the name `own`.
struct Scene {
    /// The commands that make it.
    script: String,
    /// The edges that it must have: the relation, and both ends as `NAMESPACE/INTERFACE`, the ends of a pair in order.
    edges: BTreeSet<[String; 3]>,
}

impl Scene {
    fn new(dice: &mut Dice) -> Self {
        let count = 2 + dice.below(8);
        let mut names = vec!["own".to_owned()];
        names.extend((0..count).map(|number| format!("n{number}")));
        let mut script = String::from("mount -t tmpfs t /run; mkdir /run/netns\n");
        for name in &names[1..] {
            let _ = writeln!(script, "ip netns add {name}");
        }
        let mut edges = BTreeSet::new();
        let of = |name: &str| match name {
            "own" => String::new(),
            name => format!("netns {name}"),
        };
        let mut inside: BTreeMap<&str, String> = BTreeMap::new();
        // The interfaces of each namespace that are in no bridge yet.
        let mut free: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        script.push_str("ip -batch - <<END\n");
        for pair in 0..=dice.below(20) {
            let ends = ["a", "b"].map(|end| (&*names[dice.below(names.len())], format!("p{pair}{end}")));
            let [(here, one), (there, other)] = &ends;
            let _ = writeln!(
                script,
                "link add {one} {} type veth peer name {other} {}",
                of(here),
                of(there)
            );
            let mut tied = [format!("{here}/{one}"), format!("{there}/{other}")];
            tied.sort();
            let [first, second] = tied;
            edges.insert(["peer".to_owned(), first, second]);
            for (name, interface) in ends {
                free.entry(name).or_default().push(interface);
            }
        }
        script.push_str("END\n");
        for (name, interfaces) in free {
            let lines = inside.entry(name).or_default();
            let bridges = dice.below(3);
            for bridge in 0..bridges {
                let _ = writeln!(lines, "link add br{bridge} type bridge");
            }
            for interface in interfaces {
                match dice.below(3) {
                    0 if bridges > 0 => {
                        let bridge = dice.below(bridges);
                        let _ = writeln!(lines, "link set {interface} master br{bridge}");
                        let ends = [format!("{name}/{interface}"), format!("{name}/br{bridge}")];
                        let [port, bridge] = ends;
                        edges.insert(["port".to_owned(), port, bridge]);
                    }
                    1 => {
                        let _ = writeln!(
                            lines,
                            "link add m{interface} link {interface} type macvlan mode bridge"
                        );
                        let ends = [format!("{name}/m{interface}"), format!("{name}/{interface}")];
                        let [upper, lower] = ends;
                        edges.insert(["link".to_owned(), upper, lower]);
                    }
                    _ => {}
                }
            }
        }
        for (name, lines) in inside.iter().filter(|(_, lines)| !lines.is_empty()) {
            let place = if *name == "own" {
                String::new()
            } else {
                format!("-n {name}")
            };
            let _ = writeln!(script, "ip {place} -batch - <<END\n{lines}END");
        }
        Self { script, edges }
    }

    /// Makes the network in new namespaces of this user, and compares the maps of it.
    fn compare(&self, user: Option<&User>) {
        let [json, dot, mermaid, text] = maps(&self.script, user);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let (names, ids) = read(&json);
        assert_eq!(names, self.edges, "{}", self.script);
        for (form, text) in [("dot", &dot), ("mermaid", &mermaid)] {
            let mut edges = edges_of_text(text);
            // Other cases have networks too.
            edges.retain(|edge| ids.contains(edge));
            assert_eq!(edges, ids, "{form}: {text}\n{json:#}");
        }
        // In the drawing, each end of a pair names the other.
        for [relation, one, other] in &self.edges {
            if relation == "peer" {
                for (one, other) in [(one, other), (other, one)] {
                    let (place, interface) = other.split_once('/').expect("a slash");
                    let name = one.rsplit('/').next().expect("a name");
                    let is_own = place == "own" || one.starts_with(&format!("{place}/"));
                    let line = text
                        .lines()
                        .find(|line| {
                            line.split('─').next_back().is_some_and(|end| {
                                end.starts_with(name) && end[name.len()..].starts_with(' ')
                            })
                        })
                        .unwrap_or_else(|| panic!("{name}: {text}"));
                    assert!(line.contains(&format!("peer {interface}")), "{line}");
                    assert!(is_own || line.contains(&format!("({place})")), "{line}");
                }
            }
        }
    }
}

/// The map in each format, after this script, in a mount namespace and a network namespace of their own.
fn maps(script: &str, user: Option<&User>) -> [String; 4] {
    let ran = in_own_namespaces(
        &format!(
            "{script}\nfor form in json dot mermaid text; do \"$1\" -q -u --no-ascii --map=$form; echo '==='; done"
        ),
        user,
    );
    let parts: Vec<String> = ran.ok().split("===\n").map(str::to_owned).collect();
    let [json, dot, mermaid, text, _] = parts.try_into().expect("four maps");
    [json, dot, mermaid, text]
}

fn in_own_namespaces(script: &str, user: Option<&User>) -> Ran {
    needs::tools("ip mount");
    let (mut unshare, list) = match user {
        Some(user) => (user.tool("unshare"), user.programs().join("ns-ls")),
        None => (tool("unshare"), path_of("ns-ls").to_owned()),
    };
    unshare
        .args(["-r", "-m", "-n", "sh", "-e", "-c", script, "sh"])
        .arg(list)
        .ran()
}

type Ids = BTreeSet<(String, String)>;

/// The edges of the namespaces with names and of the own one: by name, and by the ids of the nodes.
fn read(json: &Value) -> (BTreeSet<[String; 3]>, Ids) {
    let nodes = json["nodes"].as_array().expect("an array");
    let mut places = BTreeMap::new();
    for node in nodes.iter().filter(|node| node["type"] == "net") {
        let name = match &node["name"][0] {
            Value::String(name) => name.clone(),
            _ if node["own"] == true => "own".to_owned(),
            _ => continue,
        };
        places.insert(node["node"].as_str().expect("an id"), name);
    }
    let mut interfaces = BTreeMap::new();
    for node in nodes {
        if let Some(place) = node["within"].as_str().and_then(|place| places.get(place)) {
            let name = format!("{place}/{}", node["interface"].as_str().expect("a name"));
            interfaces.insert(node["node"].as_str().expect("an id"), name);
        }
    }
    let (mut names, mut ids) = (BTreeSet::new(), Ids::new());
    for edge in json["edges"].as_array().expect("an array") {
        let text = |key: &str| edge[key].as_str().expect("a text");
        let Some(from) = interfaces.get(text("from")) else {
            continue;
        };
        let mut ends = [from.clone(), interfaces[text("to")].clone()];
        if text("relation") == "peer" {
            ends.sort();
        }
        let [from, to] = ends;
        assert!(
            names.insert([text("relation").to_owned(), from, to]),
            "twice: {edge}"
        );
        ids.insert((text("from").to_owned(), text("to").to_owned()));
    }
    (names, ids)
}

/// The edges in dot or mermaid. An edge has a line.
fn edges_of_text(text: &str) -> Ids {
    let lines = text.lines().map(|line| line.trim().trim_end_matches(';'));
    lines
        .filter_map(|line| {
            let (from, rest) = line.split_once([' '])?;
            let is_id = |word: &&str| word.starts_with("net_") && !word.contains(['[', '"']);
            let to = match rest.strip_prefix("-> ") {
                Some(rest) => rest.split(' ').next()?,
                None => rest.strip_prefix("--")?.rsplit(' ').next()?,
            };
            is_id(&from).then(|| (from.to_owned(), to.to_owned()))
        })
        .collect()
}

fn random(user: Option<&User>) {
    let seed = number("NS_UTILS_SEED", 1);
    for seed in seed..seed + SCENES {
        let scene = Scene::new(&mut Dice(seed));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| scene.compare(user))) {
            eprintln!("the network is that of NS_UTILS_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

fn random_networks_are_read_back_edge_by_edge() -> Outcome {
    needs::user_namespaces()?;
    random(None);
    Ok(())
}

fn random_networks_of_an_ordinary_user_are_read_back() -> Outcome {
    needs::user_namespaces()?;
    random(Some(User::ordinary()?));
    Ok(())
}

fn addresses_and_states_are_shown_and_a_hostile_name_stays_in_its_label() -> Outcome {
    needs::user_namespaces()?;
    let script = r#"ip link add 'a"]-->b#' type veth peer name 'x;{}'
        ip addr add 10.7.0.1/24 dev 'a"]-->b#'; ip addr add fd00:7::1/64 dev 'a"]-->b#'; ip link set lo up"#;
    let [json, dot, mermaid, text] = maps(script, None);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let nodes = json["nodes"].as_array().expect("an array");
    let place = nodes
        .iter()
        .find(|node| node["own"] == true)
        .expect("the own one");
    let inside: Vec<_> = nodes
        .iter()
        .filter(|node| node["within"] == place["node"])
        .collect();
    let named = |name: &str| {
        let mut found = inside.iter().filter(|node| node["interface"] == name);
        found.next().unwrap_or_else(|| panic!("{name}: {inside:?}"))
    };
    let hostile = named("a\"]-->b#");
    assert_eq!(
        hostile["addresses"],
        serde_json::json!(["10.7.0.1/24", "fd00:7::1/64"])
    );
    assert_eq!(
        (&hostile["up"], &hostile["kind"]),
        (&false.into(), &"veth".into())
    );
    assert_eq!(
        (&named("lo")["up"], &named("lo")["kind"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!(place["not-looked-at"], Value::Null);
    let id = hostile["node"].as_str().expect("an id");
    for (text, label) in [
        (dot, format!("{id} [label=\"a\\\"]-->b#\\lkind: veth\\lup: no\\l")),
        (
            mermaid,
            format!("{id}[\"a#34;]--#62;b#35;<br/>kind: veth<br/>up: no"),
        ),
    ] {
        assert!(text.contains(&label), "{label}: {text}");
    }
    assert!(text.contains("─a\"]-->b#"), "{text}");
    assert!(text.contains("10.7.0.1/24,fd00:7::1/64 peer x;{}"), "{text}");
    Ok(())
}

/// A script in a mount and a network namespace of root, where an ordinary user then draws the map.
fn as_user(user: &User, set_up: &str, words: &str) -> Ran {
    needs::tools("ip mount setpriv");
    let list = user.programs().join("ns-ls");
    let id = user.id;
    let script = format!(
        "mount -t tmpfs t /run; mkdir /run/netns\n{set_up}\n\
         exec setpriv --reuid={id} --regid={id} --clear-groups {} {words}",
        list.display()
    );
    tool("unshare")
        .args(["-m", "-n", "sh", "-e", "-c", &script])
        .ran()
}

fn a_namespace_that_is_closed_to_the_caller_is_part_of_the_map() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    let set_up = "ip netns add secret; ip link add here type veth peer name there netns secret";
    let ran = as_user(user, set_up, "--map --strict -u");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("INTERFACES: Operation not permitted"),
        "{}",
        ran.stderr
    );
    let line = ran.stdout.lines().find(|line| line.contains("name secret"));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stdout));
    assert!(line.contains("not looked at: Operation not permitted"), "{line}");
    let line = ran.stdout.lines().find(|line| line.contains("─here"));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stdout));
    assert!(
        line.contains("peer interface 2 in net:[") && line.ends_with("(secret)"),
        "{line}"
    );
    let json = as_user(user, set_up, "-q -J --map").json();
    let nodes = json["nodes"].as_array().expect("an array");
    let node = |key: &str, value: Value| {
        let mut found = nodes.iter().filter(|node| node[key] == value);
        found
            .next()
            .unwrap_or_else(|| panic!("{value}: {json:#}"))
            .clone()
    };
    let secret = node("name", serde_json::json!(["secret"]));
    assert_eq!(secret["not-looked-at"], "Operation not permitted");
    let there = node("within", secret["node"].clone());
    assert_eq!((&there["interface"], &there["index"]), (&Value::Null, &2.into()));
    let here = node("interface", "here".into());
    assert_eq!(
        tied(&json, &here["node"]),
        [("peer".to_owned(), there["node"].clone())]
    );
    assert_eq!(json["incomplete"]["columns"], serde_json::json!(["interfaces"]));
    Ok(())
}

fn a_pair_whose_other_end_is_out_of_sight_says_so() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    let there = Held::new(tool("unshare").arg("-n"), "");
    let set_up = format!("ip link add here type veth peer name there netns {}", there.pid);
    let text = as_user(user, &set_up, "-q --map -u").ok();
    let line = text.lines().find(|line| line.contains("─here"));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    assert!(
        line.contains("peer interface 2 in network namespace number 0 (not looked at: not found)"),
        "{line}"
    );
    // The first network is still being removed.
    let set_up = set_up.replace("name there", "name again");
    let json = as_user(user, &set_up, "-q --map=json").json();
    let nodes = json["nodes"].as_array().expect("an array");
    let node = |key: &str, value: &Value| {
        let mut found = nodes.iter().filter(|node| node[key] == *value);
        found.next().unwrap_or_else(|| panic!("{value}: {json:#}"))
    };
    let here = node("interface", &"here".into());
    let ties = tied(&json, &here["node"]);
    let [(relation, other)] = &ties[..] else {
        panic!("{ties:?}")
    };
    assert_eq!(relation, "peer");
    let place = node("node", &node("node", other)["within"]);
    assert_eq!(
        (&place["not-looked-at"], &place["ns"]),
        (&"not found".into(), &Value::Null)
    );
    Ok(())
}

/// The relations of this node, each with the node at the other end.
fn tied(json: &Value, node: &Value) -> Vec<(String, Value)> {
    let edges = json["edges"].as_array().expect("an array").iter();
    let ties = edges.filter_map(|edge| {
        let other = match (&edge["from"], &edge["to"]) {
            (from, to) if from == node => to,
            (from, to) if to == node => from,
            _ => return None,
        };
        Some((
            edge["relation"].as_str().expect("a text").to_owned(),
            other.clone(),
        ))
    });
    ties.collect()
}

fn a_map_takes_no_selection_and_one_format() -> Outcome {
    let user = User::ordinary()?;
    let list = |words: &str| user.program("ns-ls").with(words);
    for words in [
        "--map -t net",
        "--map -p 1",
        "--map --tree",
        "--map --graph=dot",
        "--map -r",
        "--map=dot -J",
        "--map=png",
        "--map -o NS",
        "--map net:[1]",
    ] {
        list(words).fails(2);
    }
    assert!(list("--map -q -J").json()["nodes"].is_array());
    assert!(list("--map -q -J").json()["edges"].is_array());
    assert!(list("--map -q -n").stdout.starts_with("net:["));
    Ok(())
}
