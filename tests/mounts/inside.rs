//! Questions about a namespace are answered from inside it: paths, sizes, links.

use std::os::fd::AsRawFd as _;

use super::shell::Shell;
use super::{Room, flat};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program, tool};

cases!["mounts::inside":
    sizes_are_those_of_the_namespace,
    paths_are_followed_in_the_namespace,
    a_hidden_mount_has_no_size_of_its_own,
    a_chrooted_process_sees_what_is_below_its_root,
    a_namespace_without_a_process_is_measured,
    a_rootless_container_is_seen_from_outside,
    the_kernels_list_is_the_same_table,
    nothing_needs_many_files,
    holders_are_told_of_one_namespace_too,
    an_id_that_cannot_be_compared_is_counted,
];

fn sizes_are_those_of_the_namespace() -> Outcome {
    let room = Room::new(
        "mkdir $d/s; mount -t tmpfs -o size=10M,nr_inodes=50 sized $d/s; head -c 2097152 /dev/zero >$d/s/1
         for i in 2 3 4 5 6 7 8 9; do : >$d/s/$i; done",
    )?;
    // In the test's namespace, that path is not a mount, and its file system has another size.
    assert_eq!(
        room.lines("-b -M $d/s", "SIZE,USED,AVAIL,USE%"),
        ["10485760 2097152 8388608 20%"]
    );
    // The directory is a file too.
    assert_eq!(
        room.lines("-M $d/s", "INO.TOTAL,INO.USED,INO.AVAIL,INO.USE%"),
        ["50 10 40 20%"]
    );
    assert_eq!(room.lines("-M $d/s", "SIZE"), ["10M"]);
    let json = room.asked("-J -b -o SIZE,USE% -M $d/s").json();
    assert_eq!(json["filesystems"][0]["size"], 10_485_760);
    Ok(())
}

fn paths_are_followed_in_the_namespace() -> Outcome {
    let room = Room::new(
        "mkdir -p $d/in/side; ln -s $d/in $d/link; mount -t tmpfs deep $d/in/side; : >$d/in/side/file",
    )?;
    let target = room.text("in/side");
    for words in [
        "-T $d/link/side/file",
        "-T $d/in/side",
        "-M $d/link/side",
        "$d/link/side/",
        "-M $d/in/../in/./side",
    ] {
        assert_eq!(room.lines(words, "TARGET"), [target.as_str()], "{words}");
    }
    assert_eq!(room.lines("-T $d/link", "SOURCE"), ["ours"]);
    assert_eq!(room.asked("-C -M $d/link/side").fails(1), "");
    let error = room.asked("-T $d/nowhere").fails(1);
    assert_eq!(
        error,
        format!(
            "ns-mounts: \"{}\" does not exist in process {}\n",
            room.text("nowhere"),
            room.shell.pid
        )
    );
    Ok(())
}

fn a_hidden_mount_has_no_size_of_its_own() -> Outcome {
    let room =
        Room::new("mkdir $d/a; mount -t tmpfs -o size=1M under $d/a; mount -t tmpfs -o size=2M over $d/a")?;
    assert_eq!(
        room.lines("--stacked -M $d/a", "SOURCE,VISIBLE,SIZE"),
        ["under no ", "over yes 2M"]
    );
    let json = room.asked("-J -o SIZE -S under").json();
    assert_eq!(json["filesystems"][0]["size"], serde_json::Value::Null);
    Ok(())
}

fn a_chrooted_process_sees_what_is_below_its_root() -> Outcome {
    needs::whole_root()?;
    needs::tools("mount");
    let directory = tempfile::tempdir().expect("a directory can be made");
    let path = directory.path().display();
    let set_up = format!(
        "set -e; mount -t tmpfs ours {path}; mkdir {path}/root; mount --rbind / {path}/root; \
         mount -t tmpfs -o size=3M inner {path}/root/tmp; exec chroot {path}/root \"$@\""
    );
    let shell = Shell::new(tool("unshare").args(["-m", "sh", "-c", &set_up, "sh"]));
    let asked = |words: &str| {
        let pid = shell.pid.to_string();
        program("ns-mounts")
            .args(["-N", &pid, "-r", "-n"])
            .with(words)
            .ok()
    };
    // The paths are as the process sees them.
    assert_eq!(asked("-o TARGET,SOURCE,SIZE -S inner"), "/tmp inner 3M\n");
    assert_eq!(asked("-o TARGET,SOURCE -T /tmp"), "/tmp inner\n");
    assert_eq!(
        asked("-o TARGET,SOURCE -M /tmp").lines().last(),
        Some("/tmp inner")
    );
    let whole = format!("/proc/{}/ns/mnt", shell.pid);
    let list = program("ns-mounts")
        .args(["-N", &whole, "-r", "-n", "-o", "TARGET", "-S", "inner"])
        .ran()
        .ok();
    assert_eq!(list, format!("{path}/root/tmp\n"));
    Ok(())
}

fn a_namespace_without_a_process_is_measured() -> Outcome {
    let room = Room::new("mkdir $d/s; mount -t tmpfs -o size=5M sized $d/s; ln -s s $d/link")?;
    let namespace =
        std::fs::File::open(format!("/proc/{}/ns/mnt", room.shell.pid)).expect("root may open it");
    let path = format!("/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd());
    let (target, link) = (room.text("s"), room.text("link"));
    // The process ends. The directory stays, because the kernel would unmount what is on it.
    let Room { shell, directory } = room;
    drop(shell);
    let list = program("ns-mounts")
        .args(["-N", &path, "-r", "-n", "-o", "TARGET,SIZE", "-T", &link])
        .ran()
        .ok();
    assert_eq!(list, format!("{target} 5M\n"));
    let unique = program("ns-mounts")
        .args(["-N", &path, "-J", "-o", "UNIQ-ID,NS", "-M", &target])
        .ran()
        .json();
    assert!(unique["filesystems"][0]["ns"].is_number(), "{unique}");
    drop(directory);
    Ok(())
}

fn a_rootless_container_is_seen_from_outside() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let user = User::ordinary()?;
    let held = Held::behind(
        user.program("ns-unshare")
            .args(["-U", "-r", "-m", "-p", "-f", "--mount-proc"]),
        "mount -t tmpfs -o size=7M inside /tmp || exit 1; mkdir /tmp/x; mount -t tmpfs two /tmp/x || exit 1",
    );
    for mut command in [user.program("ns-mounts"), program("ns-mounts")] {
        if !nix::unistd::geteuid().is_root() {
            command = user.program("ns-mounts");
        }
        let rows = command
            .args(["-N", &held.pid.to_string(), "-J", "-o", "TARGET,SOURCE,SIZE"])
            .ran()
            .json();
        let rows = flat(&rows["filesystems"]);
        let with = |source: &str| {
            rows.iter()
                .find(|row| row["source"] == source)
                .cloned()
                .unwrap_or_default()
        };
        assert_eq!(with("inside")["target"], "/tmp");
        assert_eq!(with("inside")["size"], "7M");
        assert_eq!(with("two")["target"], "/tmp/x");
        assert!(
            rows.iter().filter(|row| row["target"] == "/proc").count() > 1,
            "{rows:?}"
        );
    }
    Ok(())
}

fn the_kernels_list_is_the_same_table() -> Outcome {
    needs::linux(6, 12)?;
    let room = Room::new(
        "mkdir $d/a $d/b $d/c; mount -t tmpfs -o nosuid,noatime,size=4k 'sp ace#' $d/a; mount --make-shared $d/a; \
         mount --bind $d/a $d/b; mount --make-slave $d/b; mount -t tmpfs -o ro,sync,nosymfollow,nodiratime x $d/c; \
         mkdir \"$d/od d\"; mount -t tmpfs none \"$d/od d\"",
    )?;
    let columns = "ID,PARENT,MAJ:MIN,FSROOT,TARGET,VFS-OPTIONS,OPT-FIELDS,FSTYPE,SOURCE,FS-OPTIONS";
    let by_id = room.asked(&format!("-k=listmount -r -n -o {columns}"));
    let mut by_id: Vec<_> = by_id.ok().lines().map(str::to_owned).collect();
    let mut from_file = room.lines("--kernel=mountinfo", columns);
    by_id.sort();
    from_file.sort();
    assert_eq!(by_id, from_file);
    // This checks it in another way, because strace(1) may not know the system call.
    needs::installed("strace")?;
    let log = tempfile::NamedTempFile::new().expect("a file can be made");
    let asks = |words: &str| {
        let ran = tool("strace")
            .arg("-o")
            .arg(log.path())
            .arg(program("ns-mounts").get_program())
            .args(["-N", &room.shell.pid.to_string()])
            .with(words);
        assert_eq!(ran.status, 0, "{ran:?}");
        let log = std::fs::read_to_string(log.path()).expect("strace has written it");
        log.contains("listmount(") || log.contains("syscall_0x1ca(")
    };
    assert!(asks("-k=listmount") && !asks("-k=mountinfo") && !asks("-k"));
    Ok(())
}

fn nothing_needs_many_files() -> Outcome {
    let room = Room::new("true")?;
    let program = crate::support::path_of("ns-mounts").display().to_string();
    let pid = room.shell.pid;
    for words in [
        String::from("--all-namespaces -M /"),
        format!("--propagation -N {pid}"),
        format!("-N {pid} -N 1 -N {pid} -N {pid} -N {pid} -N {pid} -N {pid} -N {pid} -o +SIZE,UUID,UNIQ-ID"),
        format!("--diff {pid} 1"),
    ] {
        let ran = tool("sh")
            .args(["-c", &format!("ulimit -n 16; exec {program} {words}")])
            .ran();
        assert!(!ran.stderr.contains("Too many open files"), "{ran:?}");
    }
    Ok(())
}

fn holders_are_told_of_one_namespace_too() -> Outcome {
    let room = Room::new("")?;
    let holders = serde_json::json!([format!("{}(sh)", room.shell.pid)]);
    let rows = room.asked("-J -o LEADERS -M $d").json();
    assert_eq!(rows["filesystems"], serde_json::json!([{"leaders": holders}]));
    let found = room.asked("-n -r -o TARGET -M $d -Q HOLDERS=~'sh'");
    assert_eq!(found.stdout, format!("{}\n", room.text("")));
    assert_eq!(room.asked("-M $d -Q LEADERS=~'nobody'").status, 1);
    // From here on, only an open file holds the namespace.
    let namespace =
        std::fs::File::open(format!("/proc/{}/ns/mnt", room.shell.pid)).expect("root may open it");
    let file = format!("/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd());
    let target = room.text("");
    drop(room.shell);
    let rows = program("ns-mounts")
        .with(&format!("-N {file} -J -o LEADERS -M {target}"))
        .json();
    assert_eq!(rows["filesystems"], serde_json::json!([{"leaders": []}]));
    Ok(())
}

/// An ordinary user cannot open the mount namespace of a process of root: the kernel does not show the ids.
fn an_id_that_cannot_be_compared_is_counted() -> Outcome {
    needs::root()?;
    needs::linux(6, 12)?;
    let room = Room::new(":")?;
    let unique = room.lines("-M $d", "UNIQ-ID").concat();
    let user = User::ordinary()?;
    let searched = |words: String| {
        let pid = room.shell.pid.to_string();
        let mut command = user.program("ns-mounts");
        command.args(["-N", &pid, "-J"]).with(&words)
    };
    for words in [
        format!("--uniq-id {unique}"),
        format!("--uniq-id {unique} -o UNIQ-ID"),
        format!("-Q UNIQ-ID=={unique}"),
    ] {
        let ran = searched(words.clone());
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{words}");
        assert!(
            ran.stderr.contains(" values could not be read (UNIQ-ID: "),
            "{words}: {}",
            ran.stderr
        );
    }
    // One mount was compared, and it is counted once.
    let ran = searched(format!("-S ours --uniq-id {unique} -o UNIQ-ID"));
    assert!(
        ran.stderr
            .contains("incomplete: 1 value could not be read (UNIQ-ID: "),
        "{}",
        ran.stderr
    );
    Ok(())
}
