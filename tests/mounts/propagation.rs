//! `--propagation` and the columns of peer groups: where a mount made here shows up.

use std::process::Command;

use super::shell::Shell;
use super::{Room, flat};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, inode_of, needs, program};

cases!["mounts/propagation":
    peers_are_known_in_every_namespace,
    a_private_mount_is_said_to_be_alone,
];

fn peers_are_known_in_every_namespace() -> Outcome {
    needs::installed("nsenter")?;
    let mut room = Room::new(
        "mkdir $d/a $d/b; mount -t tmpfs one $d/a; mount --make-shared $d/a; mount --bind $d/a $d/b",
    )?;
    let pid = room.shell.pid.to_string();
    // Another namespace that gets mounts from the first one, and one that shares them.
    let other = |propagation: &str| {
        Shell::new(Command::new("nsenter").args([
            "-t",
            &pid,
            "-m",
            "unshare",
            "-m",
            "--propagation",
            propagation,
        ]))
    };
    let (slave, peer) = (other("slave"), other("unchanged"));
    let inode = |shell: &Shell| inode_of(&format!("/proc/{}/ns/mnt", shell.pid));
    let (target, second) = (room.text("a"), room.text("b"));

    let json = room.asked("-J -o TARGET,PEERS,OPT-FIELDS -M $d/a").json();
    let row = &json["filesystems"][0];
    let peers: Vec<_> = row["peers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|peer| peer.as_str())
        .collect();
    let in_peer = |path: &str| format!("mnt:[{}]{path}", inode(&peer));
    for wanted in [second.clone(), in_peer(&target), in_peer(&second)] {
        assert!(peers.contains(&wanted.as_str()), "{wanted}: {peers:?}");
    }
    assert_eq!(peers.len(), 3, "{peers:?}");
    let group = row["opt-fields"]
        .as_str()
        .and_then(|fields| fields.strip_prefix("shared:"));
    let group: u64 = group.and_then(|group| group.parse().ok()).expect("it is shared");
    let list = program("ns-mounts")
        .args([
            "-N",
            &slave.pid.to_string(),
            "-r",
            "-n",
            "-o",
            "MASTER,PROPAGATION",
            "-M",
            &target,
        ])
        .ran()
        .ok();
    assert_eq!(list, format!("{group} private,slave\n"));

    let json = room.asked("-J --propagation -M $d/a").json();
    let rows = json["propagation"].as_array().expect("a list");
    assert_eq!((rows.len(), &rows[0]["group"]), (1, &group.into()), "{json}");
    let rows = flat(&rows[0]["children"]);
    let found = |role: &str| -> Vec<(u64, String)> {
        let rows = rows.iter().filter(|row| row["role"] == role);
        let mut found: Vec<_> = rows
            .map(|row| {
                let target = row["mount"].as_str().unwrap_or_default().to_owned();
                (row["ns"].as_u64().unwrap_or_default(), target)
            })
            .collect();
        found.sort();
        found
    };
    let mut all = Vec::new();
    for shell in [&room.shell, &peer] {
        all.extend([(inode(shell), target.clone()), (inode(shell), second.clone())]);
    }
    all.sort();
    assert_eq!(found("peer"), all);
    assert_eq!(
        found("slave"),
        [(inode(&slave), target.clone()), (inode(&slave), second.clone())]
    );

    // It is true: what is mounted below it shows up in all of them.
    room.run("mkdir $d/a/new; mount -t tmpfs news $d/a/new");
    for shell in [&slave, &peer] {
        let list = program("ns-mounts")
            .args([
                "-N",
                &shell.pid.to_string(),
                "-r",
                "-n",
                "-o",
                "TARGET",
                "-S",
                "news",
            ])
            .ran()
            .ok();
        assert_eq!(list.lines().count(), 2, "{list}");
    }
    Ok(())
}

fn a_private_mount_is_said_to_be_alone() -> Outcome {
    let room = Room::new("mount --make-private $d")?;
    let ran = room.asked("--propagation -M $d");
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    let wanted = format!(
        "ns-mounts: {} is private: what is mounted below it shows up nowhere else\n",
        room.text("")
    );
    assert!(ran.stderr.contains(&wanted), "{}", ran.stderr);
    Ok(())
}
