//! `--propagation` and the columns of peer groups: where a new mount appears.

use std::collections::BTreeSet;

use serde_json::Value;

use super::shell::Shell;
use super::{Room, flat};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Run as _, inode_of, needs, program, tool};

cases!["mounts::propagation":
    peers_are_known_in_every_namespace,
    a_group_shows_its_peers_and_who_listens_to_it,
    a_group_that_listens_to_another_is_shown_below_it,
    a_mount_appears_where_propagation_says,
    a_note_says_that_a_private_mount_propagates_nowhere,
];

/// A room with a shared mount at `a`, and again at `b`; a namespace that receives mounts from it, and one that shares
/// them.
struct Related {
    room: Room,
    slave: Shell,
    peer: Shell,
}

impl Related {
    fn new() -> Result<Self, Skip> {
        needs::installed("nsenter")?;
        let room = Room::new(
            "mkdir $d/a $d/b; mount -t tmpfs one $d/a; mount --make-shared $d/a; mount --bind $d/a $d/b",
        )?;
        let enter = ["-t", &room.shell.pid.to_string(), "-m"];
        let other = |propagation: &str| {
            let unshare = ["unshare", "-m", "--propagation", propagation];
            Shell::new(tool("nsenter").args(enter).args(unshare))
        };
        let (slave, peer) = (other("slave"), other("unchanged"));
        Ok(Self { room, slave, peer })
    }

    /// The mount points of the shared mount's group in a namespace.
    fn mounts_in(&self, shell: &Shell) -> [(u64, String); 2] {
        ["a", "b"].map(|name| (inode(shell), self.room.text(name)))
    }
}

/// The inode of the mount namespace of a shell.
fn inode(shell: &Shell) -> u64 {
    inode_of(&format!("/proc/{}/ns/mnt", shell.pid))
}

/// The output of the program for the namespace of a shell.
#[track_caller]
fn asked_in(shell: &Shell, words: &str) -> String {
    let mut command = program("ns-mounts");
    command.with(&format!("-N {} -r -n {words}", shell.pid)).ok()
}

fn peers_are_known_in_every_namespace() -> Outcome {
    let Related { room, slave, peer } = &Related::new()?;
    let (target, second) = (room.text("a"), room.text("b"));
    let json = room.asked("-J -o TARGET,PEERS,OPT-FIELDS -M $d/a").json();
    let row = &json["filesystems"][0];
    let peers: Vec<_> = row["peers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|peer| peer.as_str())
        .collect();
    let in_peer = |path: &str| format!("mnt:[{}]{path}", inode(peer));
    for wanted in [second.clone(), in_peer(&target), in_peer(&second)] {
        assert!(peers.contains(&wanted.as_str()), "{wanted}: {peers:?}");
    }
    assert_eq!(peers.len(), 3, "{peers:?}");
    let fields = row["opt-fields"].as_str().expect("a text");
    let group = fields.strip_prefix("shared:").expect("it is shared");
    let list = asked_in(slave, &format!("-o MASTER,PROPAGATION -M {target}"));
    assert_eq!(list, format!("{group} private,slave\n"));
    Ok(())
}

fn a_group_shows_its_peers_and_who_listens_to_it() -> Outcome {
    let related = Related::new()?;
    let fields = related.room.asked("-r -n -o OPT-FIELDS -M $d/a").ok();
    let json = related.room.asked("-J --propagation -M $d/a").json();
    let tops = json["propagation"].as_array().expect("a list");
    assert_eq!(tops.len(), 1, "{json}");
    assert_eq!(format!("shared:{}\n", tops[0]["group"]), fields);
    let rows = flat(&tops[0]["children"]);
    let found = |role: &str| -> BTreeSet<(u64, String)> {
        let rows = rows.iter().filter(|row| row["role"] == role);
        rows.map(|row| {
            let target = row["mount"].as_str().unwrap_or_default().to_owned();
            (row["ns"].as_u64().unwrap_or_default(), target)
        })
        .collect()
    };
    let peers = [&related.room.shell, &related.peer].map(|shell| related.mounts_in(shell));
    assert_eq!(found("peer"), peers.concat().into_iter().collect());
    assert_eq!(found("slave"), related.mounts_in(&related.slave).into());
    assert_eq!(
        rows.iter().filter(|row| row["role"] != Value::Null).count(),
        6,
        "{json}"
    );
    Ok(())
}

fn a_group_that_listens_to_another_is_shown_below_it() -> Outcome {
    let room = Room::new(
        "mkdir $d/a $d/b; mount -t tmpfs one $d/b; mount --make-shared $d/b; mount --bind $d/b $d/a
         mount --make-slave $d/b; mount --make-shared $d/b",
    )?;
    let [above, below] = ["a", "b"].map(|name| {
        let json = room.asked(&format!("-J -o OPT-FIELDS -M $d/{name}")).json();
        let fields = json["filesystems"][0]["opt-fields"].as_str().expect("a text");
        let mut fields = fields.split_whitespace();
        let group = fields.find_map(|field| field.strip_prefix("shared:"));
        group.expect("it is shared").parse::<u64>().expect("a number")
    });
    // Both groups are asked for, the lower one first. Each is shown once.
    let json = room.asked("-J --propagation -S one").json();
    let tops = json["propagation"].as_array().expect("a list");
    assert_eq!((tops.len(), &tops[0]["group"]), (1, &above.into()), "{json}");
    let rows = flat(&tops[0]["children"]);
    let heads = rows.iter().filter(|row| row["role"] == Value::Null);
    assert!(heads.map(|row| row["group"].as_u64()).eq([Some(below)]), "{json}");
    Ok(())
}

fn a_mount_appears_where_propagation_says() -> Outcome {
    let Related {
        mut room,
        slave,
        peer,
    } = Related::new()?;
    room.run("mkdir $d/a/new; mount -t tmpfs news $d/a/new");
    for shell in [&slave, &peer] {
        let list = asked_in(shell, "-o TARGET -S news");
        assert_eq!(list.lines().count(), 2, "{list}");
    }
    Ok(())
}

fn a_note_says_that_a_private_mount_propagates_nowhere() -> Outcome {
    let room = Room::new("mount --make-private $d")?;
    let ran = room.asked("--propagation -M $d");
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    let wanted = format!(
        "ns-mounts: note: {} is private: mounts that are added below it appear nowhere else\n",
        room.text("")
    );
    assert!(ran.stderr.contains(&wanted), "{}", ran.stderr);
    Ok(())
}
