//! `--watch`: what happens, one event a line.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::Room;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, program};

cases!["mounts::watch":
    every_event_is_an_object_with_what_was_before,
    a_table_has_its_headings_once,
    only_what_is_asked_for_is_told,
    the_time_is_up,
    one_namespace_is_watched,
    it_ends_with_the_process,
    it_ends_with_its_reader,
];

/// The program while it watches.
struct Watch {
    child: Child,
    /// `None` once nobody reads any more.
    stdout: Option<BufReader<ChildStdout>>,
}

impl Watch {
    /// Starts it, and waits until it waits.
    fn new(room: &Room, words: &str) -> Self {
        let mut child = program("ns-mounts")
            .args(["-N", &room.shell.pid.to_string()])
            .args(words.split_whitespace())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let pid = child.id();
        let stdout = child.stdout.take().map(BufReader::new);
        // It sleeps in nothing but its wait for the table that it has open.
        while !(has_table(pid) && state(pid) == Some('S')) {
            assert!(child.try_wait().expect("it is ours").is_none(), "it has ended");
            std::thread::yield_now();
        }
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().expect("stdout is a pipe");
        stdout.read_line(&mut line).expect("it writes text");
        line
    }

    fn event(&mut self) -> Value {
        serde_json::from_str(&self.line()).expect("each line is JSON")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn has_table(pid: u32) -> bool {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    files
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|link| link.ends_with("mountinfo"))
}

fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

fn every_event_is_an_object_with_what_was_before() -> Outcome {
    let mut room = Room::new("mount --make-private $d; mkdir $d/a $d/b")?;
    let mut watch = Watch::new(&room, "--watch -J");
    let (first, second) = (room.text("a"), room.text("b"));
    let event = |action: &str, target: &str, options: &str, old_target: Value, old_options: Value| {
        json!({
            "action": action, "target": target, "source": "some", "fstype": "tmpfs", "options": options,
            "old-target": old_target, "old-options": old_options,
        })
    };
    room.run("mount -t tmpfs some $d/a");
    assert_eq!(
        watch.event(),
        event("mount", &first, "rw,relatime", json!(null), json!(null))
    );
    room.run("mount -o remount,ro $d/a");
    assert_eq!(
        watch.event(),
        event(
            "remount",
            &first,
            "ro,relatime",
            json!(null),
            json!("rw,relatime")
        )
    );
    room.run("mount --move $d/a $d/b");
    assert_eq!(
        watch.event(),
        event("move", &second, "ro,relatime", json!(first), json!(null))
    );
    room.run("umount $d/b");
    assert_eq!(
        watch.event(),
        event("umount", &second, "ro,relatime", json!(null), json!(null))
    );
    Ok(())
}

fn a_table_has_its_headings_once() -> Outcome {
    let mut room = Room::new("mkdir $d/a")?;
    let mut watch = Watch::new(&room, "--poll");
    room.run("mount -t tmpfs some $d/a");
    assert_eq!(
        watch.line().split_whitespace().collect::<Vec<_>>(),
        [
            "ACTION",
            "TARGET",
            "SOURCE",
            "FSTYPE",
            "OPTIONS",
            "OLD-TARGET",
            "OLD-OPTIONS"
        ]
    );
    assert!(watch.line().starts_with("mount "));
    room.run("umount $d/a");
    assert!(watch.line().starts_with("umount "));
    Ok(())
}

fn only_what_is_asked_for_is_told() -> Outcome {
    let mut room = Room::new("mkdir $d/a $d/b")?;
    let mut watch = Watch::new(
        &room,
        "-p=umount,remount -r -n -o ACTION,SOURCE -t tmpfs -S wanted",
    );
    room.run("mount -t tmpfs other $d/b; umount $d/b; mount -t tmpfs wanted $d/a; mount -o remount,ro $d/a");
    room.run("umount $d/a");
    let lines = [watch.line()];
    // Mounted and changed between two looks is one event, which is not asked for.
    assert!(
        lines[0] == "remount wanted\n" || lines[0] == "umount wanted\n",
        "{lines:?}"
    );
    if lines[0] == "remount wanted\n" {
        assert_eq!(watch.line(), "umount wanted\n");
    }
    Ok(())
}

fn the_time_is_up() -> Outcome {
    let ran = program("ns-mounts").with("--watch -w 1 -S nothing-of-this-name");
    assert_eq!(
        (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", "")
    );
    let error = program("ns-mounts").with("-w 1").fails(2);
    assert!(error.contains("--watch"), "{error}");
    Ok(())
}

fn one_namespace_is_watched() -> Outcome {
    let error = program("ns-mounts").with("--watch -N 1 -N 2").fails(2);
    assert!(error.contains("--watch watches one namespace"), "{error}");
    let error = program("ns-mounts").with("--watch=mount,vanish").fails(2);
    assert!(error.contains("'vanish'"), "{error}");
    Ok(())
}

fn it_ends_with_the_process() -> Outcome {
    let room = Room::new("")?;
    let mut watch = Watch::new(&room, "--watch");
    drop(room);
    // With its directory its mount goes, which may be told.
    while !watch.line().is_empty() {}
    assert!(watch.child.wait().expect("it is ours").success());
    Ok(())
}

fn it_ends_with_its_reader() -> Outcome {
    let room = Room::new("")?;
    let mut watch = Watch::new(&room, "--watch");
    // Nothing happens in the namespace that could wake it.
    drop(watch.stdout.take());
    assert!(watch.child.wait().expect("it is ours").success());
    Ok(())
}
