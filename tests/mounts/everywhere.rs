//! `--all-namespaces`: finding the namespaces that have a device mounted.

use std::os::fd::AsRawFd as _;

use super::{Room, flat};
use crate::support::case::cases;
use crate::support::{
    Held, Outcome, Run as _, Running, User, in_flight, needs, program, tool, without_a_root,
};

cases!["mounts::everywhere":
    every_namespace_that_has_it_mounted_is_found,
    a_namespace_without_a_process_is_found,
    a_namespace_that_only_a_thread_is_in_has_that_thread_as_its_holder,
    a_namespace_that_only_a_users_descriptor_holds_is_found_by_that_user,
    a_namespace_that_only_the_kernel_lists_is_found_and_can_be_named,
    a_mount_is_found_behind_a_process_whose_root_directory_was_unmounted,
    a_note_says_what_cannot_be_read,
    values_that_cannot_be_read_are_counted,
];

/// A thread that enters a mount namespace of its own, and waits there for the end of stdin.
const THREAD: &str = "\
import ctypes, os, sys, threading
def own():
    assert ctypes.CDLL(None).unshare(0x20000) == 0
    print(threading.get_native_id(), os.stat('/proc/thread-self/ns/mnt').st_ino, flush=True)
    sys.stdin.readline()
threading.Thread(target=own).start()";

fn a_namespace_that_only_a_thread_is_in_has_that_thread_as_its_holder() -> Outcome {
    needs::root()?;
    let mut python = tool(needs::installed("python3")?);
    let mut running = Running::start(python.args(["-c", THREAD]));
    let line = running.line();
    let (tid, inode) = line.trim().split_once(' ').expect("two numbers");
    let pid = running.pid();
    for words in [format!("--all-namespaces -Q NS=={inode}"), format!("-N {tid}")] {
        let json = program("ns-mounts")
            .with(&format!("{words} -J -l -o LEADERS -M /"))
            .json();
        let holder = json["filesystems"][0]["leaders"][0].as_str().unwrap_or_default();
        assert!(
            holder.starts_with(&format!("{pid}/{tid}(python")),
            "{words}: {json}"
        );
    }
    Ok(())
}

/// The inode of the shell's mount namespace.
fn inode_of(room: &Room) -> u64 {
    crate::support::inode_of(&format!("/proc/{}/ns/mnt", room.shell.pid))
}

fn every_namespace_that_has_it_mounted_is_found() -> Outcome {
    let room = Room::new("mkdir $d/a; mount -t tmpfs busy $d/a")?;
    let namespace = inode_of(&room);
    let run = |words: &str| program("ns-mounts").arg("--all-namespaces").with(words);
    let table = run(&format!("-M {}", room.text("a"))).stdout;
    let (head, row) = table.split_once('\n').expect("two lines");
    assert_eq!(
        head.split_whitespace().collect::<Vec<_>>(),
        ["NS", "TARGET", "SOURCE", "FSTYPE", "OPTIONS", "LEADERS"]
    );
    let row: Vec<_> = row.split_whitespace().collect();
    assert_eq!(row[..3], [&namespace.to_string(), &room.text("a"), "busy"]);
    assert_eq!(row[5..], [format!("{}(sh)", room.shell.pid)]);
    let json = run(&format!("-J -S busy -o NS,TARGET,LEADERS -M {}", room.text("a"))).json();
    assert_eq!(json["filesystems"].as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json["filesystems"][0]["ns"], namespace);
    // A path that exists in one namespace only is on no mount in the others, which is no failure.
    let json = run(&format!("-J -S busy -T {}", room.text("a"))).json();
    assert_eq!(json["filesystems"].as_array().map(Vec::len), Some(1), "{json}");
    Ok(())
}

fn a_namespace_without_a_process_is_found() -> Outcome {
    needs::linux(6, 12)?;
    let room = Room::new("true")?;
    let namespace =
        std::fs::File::open(format!("/proc/{}/ns/mnt", room.shell.pid)).expect("root may open it");
    let inode = crate::support::inode_of(&format!(
        "/proc/{}/fd/{}",
        std::process::id(),
        namespace.as_raw_fd()
    ));
    let target = room.text("");
    // From here on, only the open file holds the namespace.
    drop(room.shell);
    let json = program("ns-mounts")
        .with(&format!("--all-namespaces -J -M {target}"))
        .json();
    let rows = flat(&json["filesystems"]);
    let row = rows.iter().find(|row| row["ns"] == inode).expect("it is found");
    assert_eq!(
        (&row["source"], &row["leaders"]),
        (&"ours".into(), &serde_json::json!([]))
    );
    drop(namespace);
    Ok(())
}

fn a_namespace_that_only_a_users_descriptor_holds_is_found_by_that_user() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let user = User::ordinary()?;
    let mount = "mount -t tmpfs only-here /mnt";
    let there = Held::new(user.program("ns-unshare").args(["-r", "-m"]), mount);
    let inode = there.inode("mnt");
    let open = format!("exec 7<{}; echo open; read -r end", there.proc("ns/mnt"));
    let mut holder = Running::start(user.tool("sh").args(["-c", &open]));
    assert_eq!(holder.line(), "open");
    drop(there);
    let run = |words: &str| user.program("ns-mounts").with(words);
    let wanted = serde_json::json!([{"ns": inode, "target": "/mnt"}]);
    for words in ["--all-namespaces".to_owned(), format!("-N mnt:[{inode}]")] {
        let json = run(&format!("{words} -J -S only-here -o NS,TARGET")).json();
        assert_eq!(json["filesystems"], wanted, "{words}");
    }
    let listed = user.program("ns-ls").with("-t mnt -n -r -o NS").stdout;
    assert!(listed.lines().any(|line| line == inode.to_string()), "{listed}");
    drop(holder);
    Ok(())
}

fn a_namespace_that_only_the_kernel_lists_is_found_and_can_be_named() -> Outcome {
    needs::list_of_kernel()?;
    let room = Room::new("mount -t tmpfs on-its-way $d")?;
    let inode = inode_of(&room);
    let file = std::fs::File::open(format!("/proc/{}/ns/mnt", room.shell.pid)).expect("root may open it");
    let on_its_way = in_flight(file);
    let target = room.text("");
    drop(room.shell);
    let wanted = serde_json::json!([{"ns": inode, "target": target}]);
    for words in ["--all-namespaces".to_owned(), format!("-N mnt:[{inode}]")] {
        let ran = program("ns-mounts").with(&format!("{words} -J -S on-its-way -o NS,TARGET"));
        assert_eq!(ran.json()["filesystems"], wanted, "{words}");
    }
    drop(on_its_way);
    Ok(())
}

fn a_mount_is_found_behind_a_process_whose_root_directory_was_unmounted() -> Outcome {
    needs::whole_root()?;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let there = without_a_root(directory.path(), "mount -t tmpfs hidden /mnt");
    let json = program("ns-mounts")
        .with("--all-namespaces -J -S hidden -o NS,TARGET")
        .json();
    let wanted = serde_json::json!([{"ns": there.inode("mnt"), "target": "/mnt"}]);
    assert_eq!(json["filesystems"], wanted);
    Ok(())
}

fn a_note_says_what_cannot_be_read() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    let run = |words: &str| user.program("ns-mounts").arg("--all-namespaces").with(words);
    let ran = run("-M / -r -n -o TARGET");
    assert!(
        ran.status == 0 && ran.stdout.lines().any(|line| line == "/"),
        "{ran:?}"
    );
    let refused = ran
        .stderr
        .contains("the kernel's own list of namespaces could not be read");
    assert!(
        ran.stderr
            .starts_with("ns-mounts: note: the list is incomplete: ")
            && ran.stderr.contains(" processes could not be read")
            // Older kernels have no list.
            && refused == needs::linux(6, 12).is_ok()
            && ran.stderr.contains("; run it as root (sudo) to read all of them"),
        "{}",
        ran.stderr
    );
    let json = run("-J -M /").json();
    assert!(json["incomplete"]["processes"].as_u64() > Some(0), "{json}");
    // The fields are the same as in ns-ls. The values change from one moment to the next.
    let listed = user.program("ns-ls").with("-J -t mnt").json();
    for field in listed["incomplete"].as_object().expect("much is missing").keys() {
        assert!(json["incomplete"].get(field).is_some(), "{field}: {json}");
    }
    let ran = run("-M / --strict");
    assert!(
        ran.status == 1
            && ran
                .stderr
                .starts_with("ns-mounts: note: the list is incomplete: "),
        "{ran:?}"
    );
    Ok(())
}

fn values_that_cannot_be_read_are_counted() -> Outcome {
    let room = Room::new("true")?;
    let user = User::ordinary()?;
    let pid = room.shell.pid.to_string();
    let target = room.text("");
    let run = |words: &str| {
        let mut command = user.program("ns-mounts");
        command.args(["-N", &pid, "-M", &target]).with(words)
    };
    let ran = run("-r -n -o SOURCE,SIZE,UUID");
    assert_eq!(
        (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
        (
            0,
            "ours ? \n",
            "ns-mounts: note: the list is incomplete: 1 value could not be read (SIZE: Permission denied)\n"
        )
    );
    let json = run("-J -o SIZE,USED").json();
    assert_eq!(
        (&json["filesystems"][0]["size"], &json["incomplete"]["values"]),
        (&serde_json::Value::Null, &2.into())
    );
    let ran = run("--strict -o SIZE");
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (
            1,
            "ns-mounts: note: the list is incomplete: 1 value could not be read (SIZE: Permission denied)\n"
        )
    );
    Ok(())
}
