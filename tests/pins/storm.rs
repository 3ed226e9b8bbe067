//! Many programs at once, some of them killed: no name is lost or doubled, and leftovers can be removed.

use std::process::Stdio;

use super::Room;
use crate::support::case::cases;
use crate::support::{Outcome, needs};

cases!["pins::storm":
    fifty_names_at_once,
    one_name_fifty_times_at_once,
    made_and_removed_at_once,
    killed_on_the_way,
    killed_while_it_goes,
];

/// Runs all commands at once, and counts the ones that succeed.
#[track_caller]
fn at_once(room: &Room, scripts: impl IntoIterator<Item = String>) -> usize {
    let children: Vec<_> = scripts
        .into_iter()
        .map(|script| {
            let mut command = room.command(&script);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().expect("it can be run")
        })
        .collect();
    let outputs = children
        .into_iter()
        .map(|child| child.wait_with_output().expect("it is our child"));
    outputs
        .filter(|output| {
            let said = String::from_utf8_lossy(&output.stderr);
            // A late program gets that error, and no other error occurs.
            let late = said.contains("is taken") || said.contains("no namespace is pinned under");
            assert!(output.status.success() || late, "{said}");
            output.status.success()
        })
        .count()
}

fn fifty_names_at_once() -> Outcome {
    let room = Room::of_root()?;
    let scripts = (0..50).map(|number| format!("exec ns-unshare --pin n{number} -n -u"));
    assert_eq!(at_once(&room, scripts), 50);
    assert_eq!(room.names().split(' ').count(), 100);
    assert_eq!(room.mounts(), 100);
    let inodes = room.ok("stat -c %i /run/netns/* /run/utsns/* | sort -u | wc -l");
    assert_eq!(inodes, "100\n", "each has its own");
    let scripts = (0..50).map(|number| format!("exec ns-unshare --unpin n{number}"));
    assert_eq!(at_once(&room, scripts), 50);
    assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    Ok(())
}

fn one_name_fifty_times_at_once() -> Outcome {
    let room = Room::of_root()?;
    let same = || (0..50).map(|_| "exec ns-unshare --pin one -n -u".to_owned());
    assert_eq!(at_once(&room, same()), 1);
    assert_eq!((room.names().as_str(), room.mounts()), ("net/one uts/one", 2));
    let scripts = (0..50).map(|_| "exec ns-unshare --unpin one".to_owned());
    assert_eq!(at_once(&room, scripts), 1);
    assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    Ok(())
}

fn made_and_removed_at_once() -> Outcome {
    let room = Room::of_root()?;
    let scripts = (0..50).map(|number| {
        let name = number % 3;
        if number % 2 == 0 {
            format!("ns-unshare --pin n{name} -n -u")
        } else {
            format!("ns-unshare --unpin n{name}")
        }
    });
    at_once(&room, scripts);
    // Each name has both kinds, mounted once, or none.
    for name in 0..3 {
        let there = room.ok(&format!("ls /run/netns /run/utsns | grep -cx n{name}; true"));
        assert!(["0\n", "2\n"].contains(&there.as_str()), "{there}");
    }
    let names = room.names();
    assert_eq!(names.split_whitespace().count(), room.mounts(), "{names}");
    Ok(())
}

/// The system calls of the protocol.
const CALLS: &str =
    "mkdir openat flock mount statx fstatfs ioctl readlinkat socketpair unshare sendmsg recvfrom";

/// Kills the processes of the command at each of these calls: the first, the second… of its kind in a process. Each
/// time, `look` checks the remains, with the number of the kill and its place. Returns the number of kills.
#[track_caller]
fn killed_at_each(room: &Room, calls: &str, command: &str, mut look: impl FnMut(usize, &str)) -> usize {
    let mut killed = 0;
    let first = room.names();
    for call in calls.split(' ') {
        for number in 1.. {
            // The environment is without variables that make the loader search more places.
            let ran = room.sh(&format!(
                "unset LD_LIBRARY_PATH; exec strace -f -o /run/trace -e trace={call} \
                 -e inject={call}:signal=KILL:when={number} {command}"
            ));
            // No process makes so many calls. (A process that is killed after everything is done makes nothing
            // fail.)
            if !room.ok("cat /run/trace").contains("killed by SIGKILL") {
                assert_eq!(ran.status, 0, "{ran:?}");
                // The state is as before.
                let other = if first.is_empty() {
                    "--unpin web"
                } else {
                    "--pin web -n -u"
                };
                room.ok(&format!("ns-unshare {other}"));
                break;
            }
            killed += 1;
            look(killed, &format!("{call} {number}"));
        }
    }
    killed
}

fn killed_on_the_way() -> Outcome {
    needs::tools("umount");
    needs::installed("strace")?;
    let room = Room::of_root()?;
    let killed = killed_at_each(&room, CALLS, "ns-unshare --pin web -n -u", |killed, point| {
        leftover_names_can_be_removed(&room, killed, point);
    });
    assert!(killed >= 30, "{killed}");
    Ok(())
}

fn killed_while_it_goes() -> Outcome {
    needs::tools("umount");
    needs::installed("strace")?;
    let room = Room::of_root()?;
    let made = || room.ok("ns-unshare --pin web -n -u");
    made();
    let calls = "openat flock statx fstatfs ioctl umount2 unlink";
    let killed = killed_at_each(&room, calls, "ns-unshare --unpin web", |killed, point| {
        leftover_names_can_be_removed(&room, killed, point);
        made();
    });
    assert!(killed >= 15, "{killed}");
    Ok(())
}

/// The program that created the name web was killed. A pin of it works, or is stale with that error, and can be
/// removed. There are two ways to remove it, and `round` chooses one.
#[track_caller]
fn leftover_names_can_be_removed(room: &Room, round: usize, point: &str) {
    for name in room.names().split_whitespace() {
        let (kind, _) = name.split_once('/').expect("a kind and a name");
        let file = format!("/run/{kind}ns/web");
        let enter = room.sh(&format!("ns-enter --{kind}=web true"));
        assert!(
            enter.status == 0 || enter.stderr.contains("is stale"),
            "{point}: {enter:#?}"
        );
        let mounted = room.mounts_on(&file);
        assert_eq!(mounted, usize::from(enter.status == 0), "{point}");
    }
    if round.is_multiple_of(2) && room.mounts() == 0 {
        room.ok("ns-unshare --pin web -n -u; ns-enter --net=web true");
    }
    if !room.names().is_empty() {
        room.ok("ns-unshare --unpin web");
    }
    assert_eq!((room.names().as_str(), room.mounts()), ("", 0), "{point}");
    // The directories are in their first state again.
    if round.is_multiple_of(4) {
        room.ok("umount /run/netns /run/utsns 2>/dev/null; rmdir /run/*ns 2>/dev/null; true");
    }
}
