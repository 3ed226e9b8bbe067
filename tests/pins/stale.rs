//! Names that are fully or partly stale, and their errors.

use super::rooms;
use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, User, needs, program, tool};

cases!["pins::stale":
    a_partly_stale_name_leads_nowhere_else,
    the_commands_in_the_help_work,
    a_name_that_cannot_be_opened_is_not_stale,
    a_copy_has_no_mount_namespaces,
    a_name_that_process_1_sees_is_not_stale,
    a_file_at_the_path_of_a_directory_has_no_names,
    files_that_lead_to_no_namespace_are_stale_for_everyone,
    stale_names_are_not_offered_as_names,
];

/// A user who asks for all kinds of a name must not stay in a namespace of the caller.
fn a_partly_stale_name_leads_nowhere_else() -> Outcome {
    needs::tools("hostname umount");
    for room in rooms()? {
        room.ok("ns-unshare --pin web -n -u --hostname moon; umount /run/netns/web");
        for command in [
            "ns-enter -t web echo ran",
            "ns-enter -a -t web echo ran",
            "ns-enter -t web -n -u echo ran",
            "ns-unshare --pin x --from web",
            "ns-ls -t net web",
            "ns-unshare --veth eth0,peer-netns=web echo ran",
        ] {
            let error = room.sh(command).fails(1);
            assert!(
                error.contains("\"/run/netns/web\" is stale"),
                "{command}: {error}"
            );
        }
        assert_eq!(room.names(), "net/web uts/web");
        // The living kinds can be asked for.
        assert_eq!(room.ok("ns-enter -t web -u hostname"), "moon\n");
        assert_eq!(room.ok("ns-hostname -t web"), "moon\n");
    }
    Ok(())
}

/// The commands in the help work for this name and for no other, even if the name has characters that are special to a
/// shell or a terminal.
fn the_commands_in_the_help_work() -> Outcome {
    needs::tools("umount");
    let between = |text: &str, before: &str, after: &str| -> String {
        let from = text
            .find(before)
            .unwrap_or_else(|| panic!("{before:?} in {text}"));
        let rest = &text[from + before.len()..];
        let end = rest.find(after).unwrap_or_else(|| panic!("{after:?} in {text}"));
        rest[..end].to_owned()
    };
    for room in rooms()? {
        // The other names that could be meant instead.
        room.ok("ns-unshare --pin web -n -u; ns-unshare --pin a -n -u");
        let others = room.names();
        for typed in [
            "db",
            "'a b'",
            "-x",
            "net:web",
            "\"it's\"",
            "$'a\\nb\\e[31m'",
            "$'\\xff'",
        ] {
            room.ok(&format!("ns-unshare --pin={typed} -n -u"));
            let taken = room.sh(&format!("ns-unshare --pin={typed} -u -n")).fails(1);
            assert!(!taken.contains('\x1b') && taken.lines().count() == 2, "{taken:?}");
            room.ok(&between(&taken, "remove this one: ", "\n"));
            // Only this name is removed, and not the one of the other kind.
            room.ok(&format!("cd /run; [[ ! -e netns/{typed} && -e utsns/{typed} ]]"));
            room.ok(&format!("umount /run/utsns/{typed}"));
            let stale = room.sh(&format!("ns-enter --uts=name:{typed} true")).fails(1);
            assert!(!stale.contains('\x1b') && stale.lines().count() == 2, "{stale:?}");
            room.ok(&between(
                &stale,
                "only in another mount namespace; ",
                " removes the file",
            ));
            assert_eq!(room.names(), others, "{typed}");
        }
    }
    Ok(())
}

fn a_name_that_cannot_be_opened_is_not_stale() -> Outcome {
    needs::tools("strace");
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u");
        // Only the first time: it is there when it is looked at again.
        let fault = "-P /run/utsns/web -e inject=open,openat:error=ENOMEM:when=1";
        let error = room
            .sh(&format!("strace -f -qq -o /dev/null {fault} ns-hostname -t web"))
            .fails(1);
        assert_eq!(
            error,
            "ns-hostname: cannot open \"/run/utsns/web\": Cannot allocate memory\n"
        );
    }
    Ok(())
}

/// The kernel leaves out mounts of mount namespaces, so that none holds itself.
fn a_copy_has_no_mount_namespaces() -> Outcome {
    for room in rooms()? {
        let namespace = room.ok("readlink /proc/self/ns/mnt");
        let said = room.sh("ns-unshare --pin web -m -u");
        let namespace = namespace.trim();
        let here = format!("exist only in this mount namespace ({namespace})");
        assert_eq!(
            said.stderr,
            format!(
                "ns-unshare: note: the names in /run/utsns {here} and in later copies of it; process 1 does not see them\n\
                 ns-unshare: note: the names in /run/mntns exist only in this mount namespace ({namespace}); copies of it and process 1 do not see them\n"
            )
        );
        room.ok("ns-unshare -m ns-enter -t web --uts true");
        let error = room.sh("ns-unshare -m ns-enter -t web echo ran").fails(1);
        assert!(error.contains("\"/run/mntns/web\" is stale"), "{error}");
        // The error says where the namespace is.
        let cause = format!(" is mounted there in {namespace}, which process ");
        assert!(error.contains(&cause), "{error}");
    }
    Ok(())
}

/// Removing the file would remove the name for everyone, and a new name would be visible only here.
fn a_name_that_process_1_sees_is_not_stale() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount umount");
    let script = "mount -t tmpfs run /run
        $U --pin web -n
        private='umount /run/netns/web; $U --unpin-stale; $U --unpin web; $U --pin web -n; $E --net=web true; $U --pin web -u 2>/dev/null'
        $U -m sh -c \"$private\"
        $E --net=web echo alive; $U --unpin web; ls /run/netns
        # Another file system has another file of that name.
        $U --pin web -n
        $U -m sh -c 'mount -t tmpfs run /run; mkdir /run/netns; touch /run/netns/web; $U --unpin web; ls /run/netns
            touch /run/netns/web; $U --unpin-stale; ls /run/netns'
        $E --net=web echo alive";
    let of_user = User::ordinary()?;
    for (mut command, enter) in [
        (program("ns-unshare"), program("ns-enter")),
        (of_user.program("ns-unshare"), of_user.program("ns-enter")),
    ] {
        let unshare = command.get_program().to_owned();
        let ran = command
            .env("U", unshare)
            .env("E", enter.get_program())
            .args(["-r", "-m", "-p", "--mount-proc", "sh", "-c", script])
            .ran();
        assert_eq!(ran.stdout, "alive\nnet:web\nalive\n", "{ran:#?}");
        let says = [
            "note: \"/run/netns/web\" is kept: a namespace is mounted on it in the mount namespace of process 1\n",
            "\"/run/netns/web\" is kept: a namespace is mounted on it in the mount namespace of process 1\n  \
             help:  remove it there: ns-enter -t 1 -m ns-unshare --unpin net:web\n",
            "the name \"web\" is taken: a namespace is mounted on \"/run/netns/web\" in the mount namespace of process 1\n",
            "is mounted there in mnt:[",
        ];
        for part in says {
            assert!(ran.stderr.contains(part), "{part}: {ran:#?}");
        }
    }
    Ok(())
}

fn a_file_at_the_path_of_a_directory_has_no_names() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u; echo content >/run/netns");
        let error = room.sh("ns-unshare --pin web -n").fails(1);
        assert!(
            error.contains("cannot prepare \"/run/netns\" for names: Not a directory"),
            "{error}"
        );
        room.ok("ns-enter -t web true; ns-unshare --unpin web");
        let error = room.sh("ns-enter --net=web true").fails(1);
        assert!(error.contains("no namespace is pinned under the name"), "{error}");
        assert_eq!(room.mounts(), 0);
    }
    Ok(())
}

/// Files of names that lead to no namespace of their kind.
const STALE: [&str; 7] = [
    "plain",
    "secret",
    "empty",
    "dangling",
    "loop",
    "directory",
    "fifo",
];

/// Runs a script where `/run/netns` has those files and the name `good`, as root or as the ordinary user.
pub(super) fn among_stale(user: Option<&User>, script: &str) -> Ran {
    needs::tools("mount setpriv touch chmod ln mkdir mkfifo ls");
    let make = "mount -t tmpfs -o mode=755 run /run; $U -q --pin good -n; cd /run/netns
        echo x >plain; touch secret empty; chmod 0 secret; ln -s /nowhere dangling; ln -s loop loop; mkdir directory
        mkfifo fifo; cd /";
    let (unshare, enter) = (program("ns-unshare"), program("ns-enter"));
    let mut command = tool("unshare");
    command
        .env(
            "U",
            user.map_or(unshare.get_program().into(), |user| {
                user.programs().join("ns-unshare")
            }),
        )
        .env(
            "E",
            user.map_or(enter.get_program().into(), |user| {
                user.programs().join("ns-enter")
            }),
        )
        .env("SCRIPT", script);
    let run = match user {
        Some(user) => format!(
            "exec setpriv --reuid={0} --regid={0} --clear-groups sh -c \"$SCRIPT\"",
            user.id
        ),
        None => "exec sh -c \"$SCRIPT\"".into(),
    };
    command
        .args(["-m", "sh", "-e", "-c", &format!("{make}; {run}")])
        .ran()
}

fn files_that_lead_to_no_namespace_are_stale_for_everyone() -> Outcome {
    needs::root()?;
    for user in [None, Some(User::ordinary()?)] {
        for name in STALE {
            for words in ["--net=NAME", "-t NAME -n"] {
                let words = words.replace("NAME", name);
                let error = among_stale(user, &format!("$E {words} true 2>&1 || true")).stdout;
                // A file that --unpin refuses is not stale.
                let what = match name {
                    "plain" => Some("a file with content"),
                    "directory" => Some("a directory"),
                    "fifo" => Some("not a plain file"),
                    _ => None,
                };
                let expected = match what {
                    Some(what) => format!("is not the name of a namespace: it is {what}\n"),
                    None => "is stale: no namespace is mounted on it here\n".into(),
                };
                let expected = format!("ns-enter: \"/run/netns/{name}\" {expected}");
                assert!(error.contains(&expected), "{error}");
                // The command in the help works.
                let help = format!("; ns-unshare --unpin net:{name} removes the ");
                assert_eq!(error.contains(&help), what.is_none(), "{error}");
            }
        }
        let error = among_stale(user, "$E --net=/run/netns/secret true 2>&1 || true").stdout;
        assert_eq!(error, "ns-enter: \"/run/netns/secret\" is not a namespace\n");
        let error = among_stale(user, "$E --net=/run/netns/dangling true 2>&1 || true").stdout;
        let expected = "ns-enter: \"/run/netns/dangling\" is a link to \"/nowhere\", which does not exist\n";
        assert_eq!(error, expected);
    }
    let removed = among_stale(
        None,
        "for name in secret empty dangling loop; do $U --unpin net:$name; done; ls /run/netns",
    );
    assert_eq!(removed.ok(), "directory\nfifo\ngood\nplain\n");
    // All at once.
    let removed = among_stale(None, "$U --unpin-stale; ls /run/netns");
    let stale = "net:dangling\nnet:empty\nnet:loop\nnet:secret\n";
    assert_eq!(removed.ok(), format!("{stale}directory\nfifo\ngood\nplain\n"));
    // The words that shells complete.
    let offered = among_stale(
        None,
        "ln -s /proc/self/ns/uts /run/netns/other; $E --complete=namespaces:net | grep pinned; $U --complete=pins",
    );
    assert_eq!(
        offered.ok(),
        "good\tpinned: net\ndangling\tstale: net\nempty\tstale: net\ngood\tpinned: net\nloop\tstale: net\nsecret\tstale: net\n"
    );
    Ok(())
}

fn stale_names_are_not_offered_as_names() -> Outcome {
    needs::root()?;
    for user in [None, Some(User::ordinary()?)] {
        let error = among_stale(user, "$E --net=nosuch true 2>&1 || true").stdout;
        assert!(
            error.ends_with("\n  help:  the names are \"good\" (net)\n"),
            "{error}"
        );
        // Stale names can be removed too.
        let error = among_stale(user, "$U --unpin nosuch 2>&1 || true").stdout;
        assert!(
            error.ends_with(
                "\n  help:  the names are \"good\" (net); the stale names are \"dangling\" (net), \
                 \"empty\" (net), \"loop\" (net), \"secret\" (net)\n"
            ),
            "{error}"
        );
    }
    let error = among_stale(None, "$U --unpin good; $U --unpin nosuch 2>&1 || true").stdout;
    assert!(
        error.contains("\n  help:  the stale names are \"dangling\" (net), "),
        "{error}"
    );
    let error = among_stale(None, "$U --unpin good; $E --net=nosuch true 2>&1 || true").stdout;
    assert!(error.contains("  help:  there are no pinned names; "), "{error}");
    Ok(())
}
