//! Removing names.

use super::{Room, rooms};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, needs, tool};

cases!["pins::remove":
    all_of_a_name_or_one,
    each_name_that_can_be_removed_is_removed,
    a_stale_name_is_removed,
    a_stale_name_is_removed_if_process_1_is_hidden,
    a_file_that_is_not_a_name_is_kept,
    a_link_goes_and_what_it_leads_to_stays,
    a_name_that_is_mounted_twice_is_removed_completely,
    a_name_that_is_mounted_out_of_reach_stays_whole,
    a_name_goes_without_the_right_to_read_its_file,
    a_name_is_whole_or_gone_whatever_fails,
    the_holder_of_a_namespace_without_a_name_is_found,
    an_ordinary_user_takes_nothing_away,
];

fn all_of_a_name_or_one() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u -n -m; ns-unshare --pin db -n");
        room.ok("ns-unshare --unpin net:web");
        assert_eq!(room.names(), "mnt/web net/db uts/web");
        room.ok("ns-unshare --unpin web --unpin net:db");
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
        room.ok("ns-unshare --pin web -u");
        let error = room.sh("ns-unshare --unpin net:web").fails(1);
        assert!(
            error.contains("no network namespace is pinned under the name \"web\", only uts"),
            "{error}"
        );
        let error = room.sh("ns-unshare --unpin wbe").fails(1);
        assert!(error.contains("the names are \"web\" (uts)"), "{error}");
        let error = room.sh("ns-unshare --unpin foo:web").fails(1);
        assert!(
            error.contains("help:  \"foo\" is not a kind; the kinds are cgroup, ipc,"),
            "{error}"
        );
        room.ok("ns-unshare --unpin web");
        let error = room.sh("ns-unshare --unpin web").fails(1);
        assert!(error.ends_with("help:  there are no pinned names\n"), "{error}");
    }
    Ok(())
}

fn each_name_that_can_be_removed_is_removed() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u -n; ns-unshare --pin db -n; ns-unshare --pin kept -u; mkdir /run/netns/file");
        let error = room
            .sh("ns-unshare -q --unpin nosuch --unpin web --unpin net:kept --unpin file --unpin db")
            .fails(1);
        assert_eq!(room.names(), "net/file uts/kept");
        let lines: Vec<_> = error.lines().filter(|line| !line.starts_with("  ")).collect();
        for (line, part) in lines.iter().zip([
            "ns-unshare: no namespace is pinned under the name \"nosuch\"",
            "ns-unshare: no network namespace is pinned under the name \"kept\"",
            "ns-unshare: \"/run/netns/file\" is not the name of a namespace, and is kept",
        ]) {
            assert!(line.starts_with(part), "{error}");
        }
        assert_eq!(lines.len(), 3, "{error}");
    }
    Ok(())
}

fn a_stale_name_is_removed() -> Outcome {
    needs::tools("hostname umount");
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u -n; umount /run/netns/web /run/utsns/web");
        room.ok("ns-unshare --unpin web");
        assert_eq!(room.names(), "");
        // A new one may have the name of a stale one.
        room.ok("ns-unshare --pin web -u; umount /run/utsns/web; ns-unshare --pin web -u --hostname new");
        assert_eq!(room.ok("ns-enter -t web hostname"), "new\n");
        assert_eq!(room.mounts(), 1);
    }
    Ok(())
}

fn a_stale_name_is_removed_if_process_1_is_hidden() -> Outcome {
    needs::whole_root()?;
    needs::user_namespaces()?;
    needs::tools("mount setpriv");
    let user = User::ordinary()?;
    let (id, program) = (user.id, user.programs().join("ns-unshare"));
    let program = program.display();
    let text = format!(
        "mount -t proc -o hidepid=2 proc /proc
        exec setpriv --reuid={id} --regid={id} --clear-groups {program} -r -m sh -e -c '
            mount -t tmpfs run /run; mkdir /run/utsns; touch /run/utsns/old
            test ! -e /proc/1; {program} --unpin old; ls /run/utsns'"
    );
    let ran = tool("unshare").args(["-m", "sh", "-e", "-c", &text]).ran();
    assert_eq!(ran.ok(), "");
    Ok(())
}

fn a_file_that_is_not_a_name_is_kept() -> Outcome {
    needs::tools("umount");
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u -i; mkdir /run/netns");
        for (make, what) in [
            ("echo content >$F", "a file with content"),
            ("mkdir $F", "a directory"),
            ("mkfifo $F", "not a plain file"),
            (
                "ln -s /etc/passwd $F",
                "a link to something that is not a namespace",
            ),
            (
                "touch $F; touch /run/empty; mount --bind /run/empty $F",
                "the mount point of something else",
            ),
        ] {
            room.ok(&format!("F=/run/netns/web; {make}"));
            let error = room.sh("ns-unshare --unpin web").fails(1);
            assert!(
                error.contains(&format!("and is kept: it is {what}")),
                "{make}: {error}"
            );
            // The names of the other kinds, before and after it, are kept too.
            assert_eq!(room.names(), "ipc/web net/web uts/web", "{make}");
            assert!(room.mounts() >= 2, "{make}");
            let error = room.sh("ns-unshare --pin web -n true").fails(1);
            // A link is not followed there: it can lead to a server that does not answer.
            let what = if make.starts_with("ln") { "is a link" } else { what };
            assert!(error.contains(what), "{make}: {error}");
            room.ok("umount /run/netns/web 2>/dev/null; rm -r /run/netns/web");
        }
        room.ok("ns-unshare --unpin web");
    }
    Ok(())
}

fn a_link_goes_and_what_it_leads_to_stays() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin web -n; ln -s /run/netns/web /run/netns/alias; ln -s /proc/4194305/ns/net /run/netns/gone");
        // This is a name too.
        assert_eq!(
            room.ok("ns-enter --net=alias readlink /proc/self/ns/net"),
            room.ok("ns-enter --net=web readlink /proc/self/ns/net")
        );
        room.ok("ns-unshare --unpin alias --unpin gone");
        assert_eq!((room.names().as_str(), room.mounts()), ("net/web", 1));
    }
    Ok(())
}

fn a_name_that_is_mounted_twice_is_removed_completely() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin web -n; mount --bind /proc/self/ns/net /run/netns/web");
        assert_eq!(room.mounts(), 2);
        room.ok("ns-unshare --unpin web");
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    }
    Ok(())
}

/// The link in `/proc` of a descriptor that was opened by the name's path does not show a namespace. This happens if a
/// namespace was bound before the first `ip netns add` made the directory a mount.
fn a_name_that_is_mounted_out_of_reach_stays_whole() -> Outcome {
    needs::tools("mount umount unshare");
    for room in rooms()? {
        room.ok("mkdir /run/utsns; touch /run/utsns/web; unshare --uts=/run/utsns/web true; mount --rbind /run/utsns /run/utsns");
        assert_eq!(room.names(), "uts/web");
        let mounts = room.mounts();
        let error = room.sh("ns-unshare --unpin web").fails(1);
        assert!(error.contains("\"/run/utsns/web\" is kept: "), "{error}");
        // Nor is it taken apart if the mounts cannot be read.
        needs::tools("strace");
        let fault = "strace -f -qq -o /dev/null -P mountinfo -e inject=openat:error=ENOMEM";
        let unread = room.sh(&format!("{fault} ns-unshare --unpin web")).fails(1);
        let why = "cannot open the table of mounts of this process: Cannot allocate memory";
        assert!(unread.contains(why), "{unread}");
        assert_eq!((room.names().as_str(), room.mounts()), ("uts/web", mounts));
        // The name still leads to the same namespace.
        room.ok("ns-enter --uts=web true");
        assert_eq!((room.names().as_str(), room.mounts()), ("uts/web", mounts));
        let help = error
            .split_once("were added since: ")
            .expect("what helps is said")
            .1;
        room.ok(help);
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    }
    Ok(())
}

fn a_name_goes_without_the_right_to_read_its_file() -> Outcome {
    needs::tools("setpriv");
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u -n");
        let drop =
            "setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search";
        room.ok(&format!("{drop} ns-unshare --unpin web"));
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    }
    Ok(())
}

fn a_name_is_whole_or_gone_whatever_fails() -> Outcome {
    for room in rooms()? {
        needs::tools("strace");
        for call in ["statx", "openat", "fstatfs", "umount2"] {
            let mut gone = 0;
            for when in 1..=6 {
                room.ok("[ -e /run/utsns/web ] || ns-unshare --pin web -u");
                let fault = format!("-e inject={call}:error=ENOMEM:when={when}");
                let ran = room.sh(&format!(
                    "strace -f -qq -o /dev/null -P /run/utsns/web {fault} ns-unshare --unpin web"
                ));
                let state = (ran.status, room.names(), room.mounts());
                gone += u32::from(ran.status == 0);
                assert!(
                    state == (0, String::new(), 0) || state == (1, "uts/web".to_owned(), 1),
                    "{call} {when}: {state:?} {ran:?}"
                );
            }
            assert!(gone > 0, "{call}");
        }
    }
    Ok(())
}

fn the_holder_of_a_namespace_without_a_name_is_found() -> Outcome {
    for room in rooms()? {
        let ran = room.sh(
            "ns-unshare --pin web -n; exec 9</run/netns/web; inode=$(stat -c %i /run/netns/web)
            ns-ls -t net web 9<&-; ns-unshare --unpin web; ns-ls net:[$inode] 9<&-
            ns-ls -n -r -t net -o NPROCS -Q \"NS == $inode\"; echo $$",
        );
        let pid = ran.stdout.lines().last().expect("a PID");
        let held = format!("descriptor 9 of process {pid}\n");
        // The holders stand below COMMAND, after a heading.
        assert_eq!(
            ran.stdout
                .replace("PID PPID USER COMMAND\n", "")
                .replace("  ", ""),
            format!("{held}pin /run/netns/web\n{held}0\n{pid}\n"),
            "{ran:#?}"
        );
    }
    Ok(())
}

fn an_ordinary_user_takes_nothing_away() -> Outcome {
    needs::tools("setpriv");
    let room = Room::of_root()?;
    room.ok("ns-unshare --pin web -n");
    let unshare = User::ordinary()?.programs().join("ns-unshare");
    let error = room
        .sh(&format!(
            "setpriv --reuid=48711 --regid=48711 --clear-groups {} --unpin web",
            unshare.display()
        ))
        .fails(1);
    let cause =
        "cause: the caller may not remove files from \"/run/netns\"\n  help:  run it as root (sudo)\n";
    assert!(error.ends_with(cause), "{error}");
    assert_eq!((room.names().as_str(), room.mounts()), ("net/web", 1));
    Ok(())
}
