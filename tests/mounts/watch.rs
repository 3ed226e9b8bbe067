//! `--watch`: one line for each event.

use nix::unistd::Pid;
use serde_json::{Value, json};

use super::Room;
use crate::support::case::{Skip, cases};
use crate::support::running::ended;
use crate::support::{Outcome, Run as _, Running, User, needs, program};

cases!["mounts::watch":
    every_event_is_an_object_with_what_was_before,
    a_table_has_its_headings_once,
    only_what_is_asked_for_is_told,
    two_actions_are_watched,
    the_first_event_ends_the_watch,
    a_mount_that_a_path_was_on_is_watched,
    each_event_leaves_the_time_as_it_is,
    each_mount_is_told_however_fast_it_goes,
    mounts_that_have_gone_match_no_source,
    a_watch_that_compares_tables_says_so,
    the_time_is_up,
    one_namespace_is_watched,
    it_ends_with_the_process,
    it_ends_with_its_reader,
];

/// A running watch, which has reached its first wait.
pub(super) fn watch(room: &Room, words: &str) -> Running {
    let running = started(room, words);
    let pid = running.pid();
    // It sleeps only while it waits for its open table.
    while !(has_table(pid) && state(pid) == Some('S')) {
        assert_ne!(state(pid), Some('Z'), "it has ended");
        std::thread::yield_now();
    }
    running
}

/// A running watch, which may be anywhere.
fn started(room: &Room, words: &str) -> Running {
    let mut command = program("ns-mounts");
    command.args(["-N", &room.shell.pid.to_string()]);
    Running::start(command.args(words.split_whitespace()))
}

/// The next event.
#[track_caller]
fn event(running: &mut Running) -> Value {
    serde_json::from_str(&running.line()).expect("each line is JSON")
}

fn has_table(pid: Pid) -> bool {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    files
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|link| link.ends_with("mountinfo"))
}

fn state(pid: Pid) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

// The options of tmpfs depend on the kernel, and ramfs has none.
fn every_event_is_an_object_with_what_was_before() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mount --make-private $d; mkdir $d/a $d/b")?;
    let mut watch = watch(&room, "--watch -J -o +OLD-TARGET,OLD-OPTIONS");
    let (first, second) = (room.text("a"), room.text("b"));
    let told = |action: &str, target: &str, options: &str, old_target: Value, old_options: Value| {
        json!({
            "action": action, "target": target, "source": "some", "fstype": "ramfs", "options": options,
            "old-target": old_target, "old-options": old_options,
        })
    };
    room.run("mount -t ramfs some $d/a");
    assert_eq!(
        event(&mut watch),
        told("mount", &first, "rw,relatime", json!(null), json!(null))
    );
    room.run("mount -o remount,ro $d/a");
    assert_eq!(
        event(&mut watch),
        told(
            "remount",
            &first,
            "ro,relatime",
            json!(null),
            json!("rw,relatime")
        )
    );
    room.run("mount --move $d/a $d/b");
    assert_eq!(
        event(&mut watch),
        told("move", &second, "ro,relatime", json!(first), json!(null))
    );
    room.run("umount $d/b");
    assert_eq!(
        event(&mut watch),
        told(
            "umount",
            &second,
            "ro,relatime",
            json!(second),
            json!("ro,relatime")
        )
    );
    Ok(())
}

fn a_table_has_its_headings_once() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mkdir $d/a")?;
    let mut watch = watch(&room, "--poll");
    room.run("mount -t tmpfs some $d/a");
    assert_eq!(
        watch.line().split_whitespace().collect::<Vec<_>>(),
        ["ACTION", "TARGET", "SOURCE", "FSTYPE", "OPTIONS"]
    );
    assert!(watch.line().starts_with("mount "));
    room.run("umount $d/a");
    assert!(watch.line().starts_with("umount "));
    Ok(())
}

fn only_what_is_asked_for_is_told() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mkdir $d/a $d/b; mount -t tmpfs wanted $d/a; mount -t tmpfs other $d/b")?;
    let mut watch = watch(
        &room,
        "-p=umount,remount -r -n -o ACTION,SOURCE -t tmpfs -S wanted",
    );
    // Each of these is one event or none, because the watch may look after some of it is over.
    room.run("umount $d/b; mount -t tmpfs wanted $d/b; mount -o remount,ro $d/a");
    assert_eq!(watch.line(), "remount wanted");
    room.run("umount $d/a");
    assert_eq!(watch.line(), "umount wanted");
    Ok(())
}

fn two_actions_are_watched() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mount --make-private $d; mkdir $d/a $d/b")?;
    let mut watch = watch(&room, "--poll=mount,move -r -n -o ACTION,TARGET,OLD-TARGET");
    let (first, second) = (room.text("a"), room.text("b"));
    room.run("mount -t tmpfs some $d/a");
    assert_eq!(watch.line(), format!("mount {first}"));
    room.run("mount -o remount,ro $d/a");
    room.run("mount --move $d/a $d/b");
    assert_eq!(watch.line(), format!("move {second} {first}"));
    room.run("umount $d/b");
    // From another source: the kernel may give it the id and the device of the mount that has gone, and if both changes
    // are read at once, nothing else tells them apart.
    room.run("mount -t tmpfs other $d/b");
    assert_eq!(watch.line(), format!("mount {second}"));
    Ok(())
}

fn the_first_event_ends_the_watch() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mkdir $d/a $d/b; mount -t ramfs some $d/a; mount -t ramfs some $d/b")?;
    // In a stack, any of the mounts can have the event.
    room.run("mount -t ramfs over $d/b");
    let target = room.text("b");
    let mut watch = watch(
        &room,
        &format!("--poll=umount --first-only -r -n -o ACTION,TARGET,OLD-TARGET,OLD-OPTIONS -M {target}"),
    );
    room.run("mount -t ramfs more $d/a; umount $d/a; umount -l $d/b; umount $d/b");
    assert_eq!(watch.line(), format!("umount {target} {target} rw,relatime"));
    watch.wait_for_end();
    assert_eq!(watch.end(), (0, None, String::new()));
    Ok(())
}

/// After an unmount, the path leads to another mount, or nowhere.
fn a_mount_that_a_path_was_on_is_watched() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mkdir $d/a; mount -t tmpfs some $d/a; mkdir $d/a/b")?;
    let target = room.text("a");
    for path in [target.clone(), format!("{target}/b")] {
        let words = format!("--poll=umount --first-only -r -n -o ACTION,TARGET -T {path}");
        let mut watch = watch(&room, &words);
        room.run("umount $d/a; mount -t tmpfs some $d/a; mkdir $d/a/b");
        assert_eq!(watch.line(), format!("umount {target}"));
        watch.wait_for_end();
    }
    Ok(())
}

/// findmnt(8) waits for the whole time again after each event.
fn each_event_leaves_the_time_as_it_is() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mkdir $d/a")?;
    // A slow machine may need all of this time before the first event.
    let watch = started(&room, "--watch=mount -r -n -o ACTION -w 100");
    // Otherwise each event comes before the time would be up again.
    while !ended(watch.pid()) {
        room.run("mount -t tmpfs some $d/a; umount $d/a");
    }
    assert_eq!(watch.end().0, 0);
    Ok(())
}

/// Mounts and unmounts a path this many times, without a process for each.
pub const PAIRS: &str = "import ctypes, sys
call = ctypes.CDLL(None)
path = sys.argv[1].encode()
for _ in range(int(sys.argv[2])):
    assert call.mount(b\"some\", path, b\"tmpfs\", 0, None) == 0
    assert call.umount2(path, 0) == 0";

/// A watch of a namespace where a file system came and went many times, and another one came last.
fn watch_of_pairs(words: &str, pairs: usize) -> Result<(Running, Room), Skip> {
    needs::root()?;
    needs::linux(6, 15)?;
    needs::first_user_namespace()?;
    let python = needs::installed("python3")?;
    let mut room = Room::new("mkdir $d/a $d/b")?;
    let watch = watch(&room, words);
    let python = python.display();
    room.run(&format!(
        "{python} -c '{PAIRS}' $d/a {pairs}; mount -t tmpfs last $d/b"
    ));
    Ok((watch, room))
}

fn each_mount_is_told_however_fast_it_goes() -> Outcome {
    const MANY: usize = 1000;
    let (mut watch, room) = watch_of_pairs("--watch -r -n -o ACTION,UNIQ-ID,TARGET", MANY)?;
    let target = room.text("a");
    let mut ids = std::collections::HashSet::new();
    for _ in 0..MANY {
        let (mount, umount) = (watch.line(), watch.line());
        let words: Vec<_> = mount.split(' ').collect();
        let ["mount", id, path] = words[..] else {
            panic!("{mount}")
        };
        assert_eq!(umount, format!("umount {id} {path}"));
        // It may have gone before it was looked at.
        assert!(path == target || path == "?", "{path}");
        assert!(ids.insert(id.to_owned()), "{id}");
    }
    assert!(watch.line().ends_with(&room.text("b")));
    Ok(())
}

fn mounts_that_have_gone_match_no_source() -> Outcome {
    let (mut watch, _room) = watch_of_pairs("--watch=mount -q -r -n -o ACTION,SOURCE -S last", 100)?;
    assert_eq!(watch.line(), "mount last");
    Ok(())
}

fn a_watch_that_compares_tables_says_so() -> Outcome {
    let user = User::ordinary()?;
    let words = "--watch -w 1 -S nothing-of-this-name";
    let ran = user.program("ns-mounts").with(words);
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (
            0,
            "ns-mounts: note: changes in quick succession may be one event: only root on Linux 6.15 or newer is told of \
             each mount\n"
        )
    );
    let ran = user.program("ns-mounts").with(&format!("-q {words}"));
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    Ok(())
}

fn the_time_is_up() -> Outcome {
    let ran = program("ns-mounts").with("--watch -q -w 1 -S nothing-of-this-name");
    assert_eq!(
        (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", "")
    );
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
    let mut watch = watch(&room, "--watch");
    drop(room);
    // Removing the directory removes its mount, which may be an event.
    while !watch.line().is_empty() {}
    assert_eq!(watch.end(), (0, None, String::new()));
    Ok(())
}

fn it_ends_with_its_reader() -> Outcome {
    let room = Room::new("")?;
    let mut watch = watch(&room, "--watch");
    // Nothing in the namespace can wake the watch.
    watch.leave();
    watch.wait_for_end();
    assert_eq!(watch.end(), (0, None, String::new()));
    Ok(())
}
