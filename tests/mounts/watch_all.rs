//! `--watch --all-namespaces`: events of namespaces that come and go.

use std::process::Command;

use nix::errno::Errno;

use super::{Room, watch::PAIRS};
use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Run as _, Running, User, needs, path_of, program, refusing_with, tool};

cases!["mounts::watch_all":
    namespaces_that_come_and_go_are_told_with_their_mounts,
    tables_are_compared_if_the_kernel_reports_nothing,
    each_mount_in_any_namespace_is_told_however_fast_it_goes,
    a_user_watches_the_namespaces_of_ones_own_processes,
    the_first_event_of_any_namespace_ends_the_watch,
    the_time_is_up_for_all_namespaces,
    a_note_says_how_many_namespaces_the_kernel_reports,
];

/// A running watch, which knows the namespaces that exist now, and its note on where events come from. It is run by
/// `shell`, so that stderr goes to stdout.
fn watch(mut shell: Command, program: &Command, words: &str) -> (Running, String) {
    shell.args(["-c", "exec \"$@\" 2>&1", "sh"]);
    shell.arg(program.get_program()).args(program.get_args());
    shell.args(["--watch", "--all-namespaces"]).args(words.split(' '));
    let mut running = Running::start(&mut shell);
    loop {
        let line = running.line();
        assert!(line.starts_with("ns-mounts: note: "), "{line}");
        if !line.contains("the list is incomplete") {
            return (running, line);
        }
    }
}

fn shell() -> Command {
    tool("sh")
}

fn inode_of(room: &Room) -> u64 {
    crate::support::inode_of(&format!("/proc/{}/ns/mnt", room.shell.pid))
}

/// Watches a namespace that appears, changes and ends. The mounts have a source of their own, which tells them from
/// those of other cases.
fn come_and_go((mut watch, _): (Running, String), source: &str) -> Outcome {
    needs::tools("umount");
    let mut room = Room::new(&format!("mkdir $d/a $d/b; mount -t ramfs {source} $d/a"))?;
    let (inode, first, second) = (inode_of(&room), room.text("a"), room.text("b"));
    assert_eq!(watch.line(), format!("mount {inode} {first}"));
    room.run(&format!("mount -t ramfs {source} $d/b"));
    assert_eq!(watch.line(), format!("mount {inode} {second}"));
    room.run("umount $d/a");
    assert_eq!(watch.line(), format!("umount {inode} {first}"));
    room.run("mount -o remount,ro $d/b");
    assert_eq!(watch.line(), format!("remount {inode} {second}"));
    // If the watch held the namespace, or a file in it, the mount would stay.
    drop(room);
    assert_eq!(watch.line(), format!("umount {inode} {second}"));
    Ok(())
}

fn namespaces_that_come_and_go_are_told_with_their_mounts() -> Outcome {
    needs::root()?;
    needs::linux(6, 15)?;
    needs::first_user_namespace()?;
    let (running, note) = watch(
        shell(),
        &program("ns-mounts"),
        "-rn -o ACTION,NS,TARGET -S come-and-go",
    );
    assert!(
        note.contains("the kernel reports each mount and unmount"),
        "{note}"
    );
    come_and_go((running, note), "come-and-go")
}

fn tables_are_compared_if_the_kernel_reports_nothing() -> Outcome {
    needs::root()?;
    let command = refusing_with(Errno::ENOSYS, nix::libc::SYS_fanotify_init, &program("ns-mounts"))?;
    let (running, note) = watch(shell(), &command, "-rn -o ACTION,NS,TARGET -S compared-only");
    assert!(
        note.contains("changes in quick succession may be one event"),
        "{note}"
    );
    come_and_go((running, note), "compared-only")
}

fn each_mount_in_any_namespace_is_told_however_fast_it_goes() -> Outcome {
    const MANY: usize = 300;
    needs::root()?;
    needs::linux(6, 15)?;
    needs::first_user_namespace()?;
    let python = needs::installed("python3")?;
    let mut room = Room::new("mkdir $d/a $d/b")?;
    let (inode, last) = (inode_of(&room), room.text("b"));
    let (mut watch, _) = watch(shell(), &program("ns-mounts"), "-rn -o NS,ACTION,UNIQ-ID,TARGET");
    let python = python.display();
    room.run(&format!(
        "{python} -c '{PAIRS}' $d/a {MANY}; mount -t tmpfs last $d/b"
    ));
    let mut events = Vec::new();
    loop {
        let line = watch.line();
        assert!(!line.is_empty(), "it has ended");
        // Other cases have events, too.
        let Some(event) = line.strip_prefix(&format!("{inode} ")) else {
            continue;
        };
        if event.ends_with(&last) {
            break;
        }
        events.push(event.to_owned());
    }
    assert_eq!(events.len(), 2 * MANY);
    for pair in events.chunks(2) {
        let mount = pair[0].strip_prefix("mount ").expect("each mount comes first");
        assert_eq!(pair[1].strip_prefix("umount "), Some(mount));
    }
    Ok(())
}

fn a_user_watches_the_namespaces_of_ones_own_processes() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let user = User::ordinary()?;
    let (mut watch, note) = watch(
        user.tool("sh"),
        &user.program("ns-mounts"),
        "-rn -o ACTION,NS,TARGET,LEADERS -S of-a-user",
    );
    assert!(
        note.contains("changes in quick succession may be one event"),
        "{note}"
    );
    let there = Held::new(
        user.program("ns-unshare").args(["-r", "-m"]),
        "mount -t ramfs of-a-user /mnt",
    );
    let inode = there.inode("mnt");
    let line = watch.line();
    assert_eq!(line, format!("mount {inode} /mnt {}(sh)", there.pid));
    drop(there);
    assert_eq!(watch.line(), format!("u{line}"));
    Ok(())
}

fn the_first_event_of_any_namespace_ends_the_watch() -> Outcome {
    let (mut watch, _) = first_only()?;
    let room =
        Room::new("mkdir $d/a $d/b; mount -t ramfs first-of-any $d/a; mount -t ramfs first-of-any $d/b")?;
    let event: serde_json::Value = serde_json::from_str(&watch.line()).expect("it is JSON");
    assert_eq!(
        event,
        serde_json::json!({"action": "mount", "ns": inode_of(&room), "target": room.text("a")})
    );
    watch.wait_for_end();
    let (status, signal, notes) = watch.end();
    assert_eq!((status, signal), (0, None));
    // Mounts of other cases may have gone before they were looked at.
    assert!(
        notes.lines().all(|line| line.starts_with("ns-mounts: note: ")),
        "{notes}"
    );
    Ok(())
}

fn first_only() -> Result<(Running, String), Skip> {
    needs::root()?;
    Ok(watch(
        shell(),
        &program("ns-mounts"),
        "-J -o ACTION,NS,TARGET -S first-of-any --first-only",
    ))
}

fn the_time_is_up_for_all_namespaces() -> Outcome {
    let ran = program("ns-mounts").with("--watch --all-namespaces -q -w 1 -S nothing-of-this-name");
    assert_eq!(
        (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", "")
    );
    Ok(())
}

/// The kernel limits the queues of fanotify(7) for each user.
fn a_note_says_how_many_namespaces_the_kernel_reports() -> Outcome {
    needs::user_namespaces()?;
    needs::linux(6, 15)?;
    let watch = "echo 1 >/proc/sys/user/max_fanotify_groups\n\"$1\" -m \"$2\" --watch --all-namespaces -w 1";
    let (unshare, mounts) = (path_of("ns-unshare"), path_of("ns-mounts"));
    let mut command = program("ns-unshare");
    command
        .args(["-r", "-m", "sh", "-c", watch, "sh"])
        .args([unshare, mounts]);
    let ran = command.ran();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let note = "ns-mounts: note: watching 2 mount namespaces; the kernel reports each mount and unmount in 1 of them, and in \
                the others, changes in quick succession may be one event\n";
    assert!(ran.stderr.ends_with(note), "{}", ran.stderr);
    Ok(())
}
