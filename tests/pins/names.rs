//! Creating names for new and for existing namespaces.

use nix::sys::signal::Signal;

use super::{Room, rooms};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Running, User, needs, program};

cases!["pins::names":
    a_name_that_is_taken_leaves_everything_as_it_was,
    every_kind_has_its_place,
    few_descriptors_are_enough,
    the_set_up_of_a_pinned_namespace_is_kept,
    a_program_lives_beside_the_name,
    the_numbers_in_proc_may_be_others,
    nothing_is_named_when_something_fails,
    a_name_that_another_process_replaced_is_kept,
    wrong_usage_is_refused,
    the_plan_says_what_is_named,
    a_process_that_runs_gives_its_namespaces,
    all_programs_know_the_name,
    without_the_right_to_mount_no_directory_is_made,
    a_user_without_rights_gets_the_cause,
    a_mount_that_the_kernel_refuses_is_explained,
    a_read_only_directory_keeps_all_its_names,
    a_note_says_who_sees_the_name,
    a_note_names_the_process_that_holds_the_lock,
];

/// Nothing is prepared for a name that is taken, and existing names stay visible.
fn a_name_that_is_taken_leaves_everything_as_it_was() -> Outcome {
    needs::tools("mount unshare");
    for room in rooms()? {
        room.ok("mkdir /run/utsns /run/mntns; touch /run/utsns/web; unshare --uts=/run/utsns/web true; mkdir /run/mntns/dir");
        let before = room.table();
        for pin in [
            "--pin web -n -u true",
            "--pin web -u -n --from $$",
            "--pin dir -u -m true",
        ] {
            room.sh(&format!("ns-unshare {pin}")).fails(1);
            assert_eq!(room.table(), before, "{pin}");
            assert_eq!(room.names(), "mnt/dir uts/web", "{pin}");
        }
        let directories = room.ok("cd /run; echo *");
        assert_eq!(directories, "mntns utsns\n");
    }
    Ok(())
}

const OF_USER: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

fn every_kind_has_its_place() -> Outcome {
    for room in rooms()? {
        // The PID namespace ends with its program, and exists as long as it has a name.
        room.ok("ns-unshare --pin web -r -C -i -m -n -p -T -u true");
        assert_eq!(
            room.names(),
            "cgroup/web ipc/web mnt/web net/web pid/web time/web user/web uts/web"
        );
        for kind in OF_USER {
            let query = format!("ns-ls -n -r -o TYPE -Q \"NS == $(stat -c %i /run/{kind}ns/web)\"");
            let kind_there = room.sh(&query).stdout;
            assert_eq!(kind_there.trim(), kind);
        }
        let mut table = room.table();
        // Each directory is bound on itself.
        table.retain(|line| {
            line.split(' ')
                .nth(4)
                .is_some_and(|target| target.ends_with("ns"))
        });
        assert_eq!(table.len(), 8, "{table:#?}");
        let mut peers: Vec<_> = Vec::new();
        for line in &table {
            let shared = line.split(' ').find(|word| word.starts_with("shared:"));
            // The kernel binds no mount namespace on a mount that has peers.
            assert_eq!(shared.is_none(), line.contains("/run/mntns "), "{line}");
            peers.extend(shared);
        }
        peers.sort_unstable();
        peers.dedup();
        assert_eq!(peers.len(), 7, "each has peers of its own: {table:#?}");
        // Each has one mount, and no second one below a peer of /run.
        assert_eq!(room.mounts(), 8);
    }
    Ok(())
}

fn few_descriptors_are_enough() -> Outcome {
    // Inherited descriptors are not counted.
    let few = |count: u32| format!("exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n {count};");
    let pin = "ns-unshare --pin web -r -C -i -m -n -p -T -u true";
    for room in rooms()? {
        // Its PID namespace has ended with the program.
        let enter = "ns-enter -t web -U -C -i -m -n -T -u true";
        room.ok(&format!("{} {pin}; {enter}", few(16)));
        assert_eq!(room.mounts(), 8);
        room.ok(&format!("{} ns-unshare --unpin web", few(16)));
        // With fewer descriptors, none is named.
        room.sh(&format!("{} {pin}", few(12))).fails(1);
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    }
    Ok(())
}

fn the_set_up_of_a_pinned_namespace_is_kept() -> Outcome {
    needs::tools("hostname ip");
    for room in rooms()? {
        room.ok("ns-unshare --pin web -u -n -m --hostname kept");
        assert_eq!(room.ok("ns-enter -t web hostname"), "kept\n");
        assert_eq!(
            room.ok("ns-enter -t web cat /sys/class/net/lo/operstate /proc/net/dev | grep -c :"),
            "1\n"
        );
        let up = room.ok("ns-enter --net=web ip -o link show up");
        assert_eq!(up.lines().count(), 1, "lo is up: {up}");
    }
    Ok(())
}

fn a_program_lives_beside_the_name() -> Outcome {
    for room in rooms()? {
        let mut running = Running::start(&mut room.command(
            "exec 2>/dev/null ns-unshare --pin web -u -p --mount-proc sh -c 'echo ready; read -r line; exit 7'",
        ));
        assert_eq!(running.line(), "ready");
        assert_eq!(room.names(), "mnt/web pid/web uts/web");
        // The entering program is beside the first one. PID 1 is the shell.
        assert_eq!(room.ok("ns-enter -t web cat /proc/1/comm"), "sh\n");
        running.say("\n");
        let (status, ..) = running.end();
        assert_eq!(status, 7);
        // Namespaces without processes can still be entered, except a PID namespace.
        room.ok("ns-enter --uts=web true");
        let error = room.sh("ns-enter --pid=web true").fails(1);
        assert!(error.contains("cause: "), "{error}");
        room.ok("ns-unshare --unpin web");
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    }
    Ok(())
}

/// In a PID namespace with the `/proc` of another one, the program's PID belongs to another process in `/proc`.
fn the_numbers_in_proc_may_be_others() -> Outcome {
    needs::tools("hostname umount");
    for room in rooms()? {
        for options in ["", "-f", "-p"] {
            let text = room.ok(&format!(
                "exec ns-unshare -p sh -c '
                    ns-unshare {options} --pin web -n -u --hostname moon --no-loopback true
                    ns-enter --uts=web hostname; ns-enter --net=web cat /proc/self/net/dev | wc -l
                    touch /run/file; ns-unshare {options} --uts=/run/file --hostname sun true
                    ns-enter --uts=/run/file hostname
                    ns-unshare {options} --map-users=all --map-groups=all cat /proc/self/uid_map | wc -l
                    # The shell keeps the namespace of the peer: the pair would go with it.
                    ns-unshare -n sh -c \"ns-unshare {options} --veth eth0,peer=vh0 cat /proc/self/net/dev; :\" | grep -c eth0:
                    umount /run/file; ns-unshare --unpin web
                '"
            ));
            assert_eq!(text, "moon\n3\nsun\n1\n1\n", "{options}");
        }
    }
    Ok(())
}

fn nothing_is_named_when_something_fails() -> Outcome {
    for room in rooms()? {
        for (options, status) in [
            ("-u -n /no/such/program", 127),
            ("-u -n /", 126),
            ("-u -m -R /no/such/directory true", 1),
            ("-u -w /no/such/directory true", 1),
            ("-u --pid-file /no/such/directory/file true", 1),
        ] {
            room.sh(&format!("ns-unshare --pin web {options}")).fails(status);
            assert_eq!((room.names().as_str(), room.mounts()), ("", 0), "{options}");
        }
        // All or none are created: the last of three names is taken.
        room.ok("ns-unshare --pin web -u");
        let error = room.sh("ns-unshare --pin web -u -n -i true").fails(1);
        assert!(
            error.contains("the name \"web\" is taken: \"/run/utsns/web\" already exists"),
            "{error}"
        );
        assert_eq!(room.names(), "uts/web");
    }
    Ok(())
}

fn a_name_that_another_process_replaced_is_kept() -> Outcome {
    for room in rooms()? {
        let mut running = Running::start(&mut room.command(
            "mkfifo /run/pid; exec ns-unshare --pin web -n -u --pid-file /run/pid /no/such/program 2>&1",
        ));
        // The namespace has its name when this is written. The program continues when the PID is read.
        assert!(running.line().contains("exist only in"));
        room.ok("ns-unshare --unpin net:web; ns-unshare --pin web -n; read -r pid </run/pid");
        assert_eq!(running.end().0, 127);
        assert_eq!((room.names().as_str(), room.mounts()), ("net/web", 1));
        room.ok("ns-enter --net=web true");
    }
    Ok(())
}

fn wrong_usage_is_refused() -> Outcome {
    for (options, said) in [
        ("--pin web", "there is nothing to pin"),
        ("--pin web -p", "a PID namespace ends with its first process"),
        ("--pin web -a", "a PID namespace ends with its first process"),
        ("--pin web -n --pid-file /x", "--pid-file needs a program"),
        ("--pin web -n --info-fd 1", "--info-fd needs a program"),
        ("--pin a/b -n", "cannot have a slash"),
        ("--pin .. -n", "directory"),
        ("--from 1", "--pin"),
        ("--pin web --from 1 --hostname x", "--hostname"),
        ("--pin web --from 1 true", "cannot be used with"),
        ("--unpin web --net", "--net"),
        ("--unpin web --pin web", "--pin"),
        ("--unpin web true", "cannot be used with"),
        ("--unpin net:", "a name cannot be empty"),
    ] {
        let error = program("ns-unshare").with(options).fails(2);
        assert!(error.contains(said), "{options}: {error}");
    }
    Ok(())
}

fn the_plan_says_what_is_named() -> Outcome {
    needs::user_namespaces()?;
    let held = Held::new(User::ordinary()?.program("ns-unshare").args(["-r", "-u"]), "");
    let from = format!("--pin web --from {}", held.pid);
    for (options, plan) in [
        (
            "--pin web -u",
            "self    create a UTS namespace\nhelper  pin the UTS namespace as \"web\"\nself    end\n".to_owned(),
        ),
        (
            "--unpin web --unpin net:db",
            "self    remove the name \"web\"\nself    remove the name \"db\" of the network namespace\nself    end\n"
                .to_owned(),
        ),
        (
            &from,
            format!(
                "self    pin the user and UTS namespaces of process {} as \"web\"\nself    end\n",
                held.pid
            ),
        ),
    ] {
        let shown = User::ordinary()?
            .program("ns-unshare")
            .with(&format!("--dry-run {options}"));
        assert_eq!(shown.ok(), plan, "{options}");
    }
    Ok(())
}

fn a_process_that_runs_gives_its_namespaces() -> Outcome {
    needs::tools("hostname");
    for room in rooms()? {
        let mut running = Running::start(
            &mut room.command("exec ns-unshare -u -n --hostname moon sh -c 'echo $$; read -r line'"),
        );
        let pid = running.line();
        room.ok(&format!("ns-unshare --pin all --from {pid}"));
        assert_eq!(room.names(), "net/all uts/all");
        room.ok(&format!("ns-unshare --pin one --from {pid} --net"));
        room.ok(&format!("ns-unshare --pin own --from {pid} --ipc"));
        let inode = room.ok(&format!("readlink /proc/{pid}/ns/uts"));
        room.ok(&format!("ns-unshare --pin two --from {}", inode.trim()));
        running.say("\n");
        running.end();
        assert_eq!(room.names(), "ipc/own net/all net/one uts/all uts/two");
        assert_eq!(room.ok("ns-enter --uts=two hostname"), "moon\n");
        assert_eq!(
            room.ok("stat -c %i /run/netns/all"),
            room.ok("stat -c %i /run/netns/one")
        );
        let error = room.sh("ns-unshare --pin none --from $$").fails(1);
        assert!(error.contains("differs from the caller's"), "{error}");
        let error = room.sh("ns-unshare --pin none --from /proc/self/ns/net").fails(1);
        assert!(
            error.contains(
                "the caller is already in every namespace that \"/proc/self/ns/net\" names\n  help:  "
            ),
            "{error}"
        );
        room.sh("ns-unshare --pin none --from 4194304").fails(1);
    }
    Ok(())
}

fn all_programs_know_the_name() -> Outcome {
    needs::tools("hostname umount");
    for room in rooms()? {
        // A name that could be read as a PID, and one that would break a line.
        for (typed, target) in [
            ("web", "web"),
            ("'a b'", "'a b'"),
            ("7", "name:7"),
            ("$'a\\nb'", "$'a\\nb'"),
        ] {
            room.ok(&format!("ns-unshare --pin {typed} -u -n -m --hostname moon -w /"));
            for (command, answer) in [
                ("ns-enter -t {} hostname", "moon"),
                ("ns-enter --uts={} hostname", "moon"),
                ("ns-hostname -t {}", "moon"),
                ("ns-mounts -N {} -n -o TARGET /proc", "/proc"),
            ] {
                let command = command.replace("{}", target);
                assert_eq!(room.ok(&command).trim(), answer, "{command}");
            }
            let holders = room.sh(&format!("ns-ls -n -t net {target}"));
            assert!(
                holders.stdout.trim_start().starts_with("pin /run/netns/"),
                "{holders:#?}"
            );
            room.ok(&format!("ns-unshare --unpin name:{typed}"));
        }
        room.ok("ns-unshare --pin web -n");
        let list = room.sh("ns-ls -J -t net -o NS,NAME");
        let inode: u64 = room
            .ok("stat -c %i /run/netns/web")
            .trim()
            .parse()
            .expect("a number");
        let list = list.json();
        let rows = list["namespaces"].as_array().expect("a list");
        let row = rows.iter().find(|row| row["ns"] == inode).expect("it is listed");
        assert!(row["name"].to_string().contains("\"web\""), "{row}");
        // All programs call a name without a namespace stale, and no list fails because of it.
        room.ok("umount /run/netns/web");
        for command in [
            "ns-enter -t web true",
            "ns-enter --net=web true",
            "ns-ls web",
            "ns-mounts -N web",
            "ns-hostname -t web",
            "ns-unshare --pin x --from web",
        ] {
            let error = room.sh(command).fails(1);
            assert!(error.contains("is stale"), "{command}: {error}");
        }
        assert_eq!(room.sh("ns-ls -t net").status, 0);
    }
    Ok(())
}

/// Names need directories that only root can make, but nothing is made before the right to mount is there.
fn without_the_right_to_mount_no_directory_is_made() -> Outcome {
    needs::tools("setpriv");
    let room = Room::of_root()?;
    let error = room
        .sh("setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin ns-unshare --pin web --from $$ -u")
        .fails(1);
    assert!(error.contains("cause: CAP_SYS_ADMIN is missing"), "{error}");
    assert_eq!(room.ok("ls /run"), "");
    Ok(())
}

fn a_user_without_rights_gets_the_cause() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let error = user
        .program("ns-unshare")
        .with("-r --pin web-of-nobody -n true")
        .fails(1);
    assert!(
        error.contains("cause: CAP_SYS_ADMIN is missing")
            && error.contains("below /run")
            && error.contains("ns-unshare -r -m sh -c 'mount -t tmpfs run /run; exec sh'"),
        "{error}"
    );
    let error = user
        .program("ns-unshare")
        .args(["-r", "-m", "ns-unshare", "--pin", "web-of-nobody", "-u"])
        .env("PATH", user.programs())
        .ran()
        .fails(1);
    assert!(
        error.contains("cause: /run belongs to uid 65534") && error.contains("mount -t tmpfs run /run"),
        "{error}"
    );
    Ok(())
}

fn a_mount_that_the_kernel_refuses_is_explained() -> Outcome {
    needs::tools("getconf taskset");
    for room in rooms()? {
        let says = |command: &str, cause: &str| {
            let error = room.sh(command).fails(1);
            assert!(
                error.contains("cannot pin the mount namespace as \"web\": Invalid argument\n  cause: mnt:[")
                    && error.contains(cause)
                    && error.contains("  help:  "),
                "{command}: {error}"
            );
            // No name of the other kinds is created either.
            assert_eq!((room.names().as_str(), room.mounts()), ("", 0), "{command}");
        };
        says(
            "ns-unshare --pin web --from $$ --mount --uts",
            "is the caller's mount namespace, and a mount namespace cannot be mounted in itself\n",
        );
        // The older namespace is pinned in a newer one. Each processor has its own batch of ids. On the processor
        // of the older namespace, the new one gets a higher id.
        let older = "for processor in $(seq 0 $(($(getconf _NPROCESSORS_CONF) - 1))); do
            taskset -c $processor true 2>/dev/null || continue
            taskset -c $processor ns-unshare -m sh -c '
                mount -t tmpfs run /run; ns-unshare --pin web --from '$$' --mount; ls -d /run/mntns/*' || exit 0; done 2>&1";
        let said = room.sh(older).stdout;
        // Older kernels do not tell the ids.
        let cause = if needs::linux(6, 12).is_ok() {
            "the kernel mounts a mount namespace only in one with a lower id\n"
        } else {
            "cannot pin the mount namespace as \"web\": Invalid argument\n"
        };
        assert!(said.contains(cause), "{said}");
    }
    Ok(())
}

fn a_read_only_directory_keeps_all_its_names() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin web -n -u; mount -o remount,bind,ro /run/netns");
        for command in ["ns-unshare --pin db -n", "ns-unshare --unpin web"] {
            let error = room.sh(command).fails(1);
            assert!(
                error.contains(
                    ": Read-only file system\n  cause: \"/run/netns\" is on a read-only file system"
                ),
                "{command}: {error}"
            );
        }
        // The name is not stale now.
        room.ok("ns-enter -t web true");
        assert_eq!((room.names().as_str(), room.mounts()), ("net/web uts/web", 2));
    }
    Ok(())
}

fn a_note_says_who_sees_the_name() -> Outcome {
    for room in rooms()? {
        let said = room.sh("ns-unshare --pin web -n -u true");
        assert_eq!(said.status, 0, "{said:#?}");
        let namespace = room.ok("readlink /proc/self/ns/mnt");
        assert_eq!(
            said.stderr,
            format!(
                "ns-unshare: note: the names in /run/netns, /run/utsns exist only in this mount namespace ({}) and in later copies of it; process 1 does not see them\n",
                namespace.trim()
            )
        );
    }
    Ok(())
}

/// Everyone who may read a directory can lock it.
fn a_note_names_the_process_that_holds_the_lock() -> Outcome {
    needs::installed("flock")?;
    for room in rooms()? {
        room.ok("ns-unshare --pin web -n");
        // The lock is released in the end, so that a failing case does not hang.
        let mut holder = Running::start(
            &mut room
                .command("exec flock --no-fork /run/netns bash -c 'echo $$; read -r -t 60 line; exit 0'"),
        );
        let pid = holder.line();
        for command in [
            "ns-unshare --unpin web",
            "ns-unshare --pin web -n",
            "ns-unshare --pin web -n -f true",
        ] {
            let mut waiter = Running::start(&mut room.command(&format!("exec {command} 2>&1")));
            assert_eq!(
                waiter.line(),
                "ns-unshare: note: waiting for \"/run/netns\", which is locked",
                "{command}"
            );
            assert_eq!(
                waiter.line(),
                format!("  cause: process {pid} holds the lock"),
                "{command}"
            );
            // A program that gives up changes nothing.
            waiter.signal(Signal::SIGTERM);
            assert_eq!(waiter.end().0, 143, "{command}");
        }
        let mut waiter = Running::start(&mut room.command("exec ns-unshare --unpin web 2>&1"));
        waiter.line();
        assert_eq!((room.names().as_str(), room.mounts()), ("net/web", 1));
        holder.say("\n");
        holder.end();
        assert_eq!(waiter.end().0, 0);
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    }
    Ok(())
}
