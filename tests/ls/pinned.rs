//! Namespaces that only a mount of their file holds, in mount namespaces of every sort.

use std::fs::File;

use serde_json::{Value, json};

use super::holders::held_by;
use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Run as _, inode_of, needs, program, tool, without_a_root};

cases!["ls::pinned":
    a_namespace_pinned_in_another_mount_namespace_is_found,
    a_pin_that_no_process_can_see_is_found,
    a_namespace_pinned_in_a_mount_namespace_without_a_process_is_found,
    finds_a_namespace_pinned_where_the_only_process_has_no_root_directory,
    a_namespace_pinned_in_a_mount_namespace_that_is_itself_only_pinned_is_found,
    a_pin_path_that_is_not_text_is_escaped,
];

fn a_namespace_pinned_in_another_mount_namespace_is_found() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    let there = Held::new(
        tool("unshare").arg("--mount"),
        r#"mount -t tmpfs t /mnt; touch "/mnt/a b"; unshare --uts="/mnt/a b" true
           stat -L -c %i "/mnt/a b" >/mnt/inode"#,
    );
    let inode = std::fs::read_to_string(there.proc("root/mnt/inode")).expect("it was written");
    let inode = inode.trim().parse().expect("a number");
    let row = held_by(inode, &[format!("pin /mnt/a b in mnt:[{}]", there.inode("mnt"))]);
    // It is not mounted in the caller's mount namespace.
    assert_eq!((&row["nprocs"], &row["nsfs"]), (&json!(0), &Value::Null));
    assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
    assert_eq!(row["id"].is_u64(), needs::ids_of_every_kind().is_ok(), "{row}");
    Ok(())
}

fn a_pin_that_no_process_can_see_is_found() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    needs::installed("chroot")?;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("inode");
    // Everything except the pin, which is created later in another namespace.
    let script = r#"mount -t tmpfs t /mnt; mkdir /mnt/root; mount --rbind / /mnt/root; mount --make-rprivate /mnt/root
        touch /mnt/pin; unshare --uts=/mnt/pin true; stat -L -c %i /mnt/pin >"$0"; exec chroot /mnt/root "$@""#;
    let mut unshare = tool("unshare");
    let there = Held::new(unshare.args(["--mount", "sh", "-c", script]).arg(&file), "");
    let table = std::fs::read_to_string(there.proc("mountinfo")).expect("it lives");
    let inode = std::fs::read_to_string(&file).expect("it was written");
    assert!(!table.contains(&format!("uts:[{}]", inode.trim())), "{table}");
    let inode = inode.trim().parse().expect("a number");
    held_by(inode, &[format!("pin /mnt/pin in mnt:[{}]", there.inode("mnt"))]);
    Ok(())
}

fn a_namespace_pinned_in_a_mount_namespace_without_a_process_is_found() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    let there = Held::new(
        tool("unshare").arg("--mount"),
        "mount -t tmpfs t /mnt; touch /mnt/uts; unshare --uts=/mnt/uts true; stat -L -c %i /mnt/uts >/mnt/inode",
    );
    let inode = std::fs::read_to_string(there.proc("root/mnt/inode")).expect("it was written");
    let inode = inode.trim().parse().expect("a number");
    let mnt = there.inode("mnt");
    let file = File::open(there.proc("ns/mnt")).expect("it lives");
    drop(there);
    let row = held_by(inode, &[format!("pin /mnt/uts in mnt:[{mnt}]")]);
    assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
    drop(file);
    Ok(())
}

fn finds_a_namespace_pinned_where_the_only_process_has_no_root_directory() -> Outcome {
    needs::whole_root()?;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let there = without_a_root(
        directory.path(),
        "mount -t tmpfs t /mnt; touch /mnt/uts; unshare --uts=/mnt/uts true; stat -L -c %i /mnt/uts >/mnt/inode",
    );
    let pid = there.pid.to_string();
    let inode = tool("nsenter")
        .args(["-t", &pid, "-m", "cat", "/mnt/inode"])
        .ran();
    let inode = inode.stdout.trim().parse().expect("a number");
    held_by(inode, &[format!("pin /mnt/uts in mnt:[{}]", there.inode("mnt"))]);
    Ok(())
}

fn a_namespace_pinned_in_a_mount_namespace_that_is_itself_only_pinned_is_found() -> Outcome {
    needs::tools("mount unshare");
    needs::whole_root()?;
    needs::installed("taskset")?;
    // Linux 6.18 binds a mount namespace only in one with a lower id. Namespaces that are created on one processor have
    // ascending ids.
    let allowed = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).expect("it is known");
    let processor = (0..nix::sched::CpuSet::count()).find(|cpu| allowed.is_set(*cpu) == Ok(true));
    let processor = processor.expect("there is one").to_string();
    let there = Held::new(
        tool("taskset").args(["-c", &processor, "unshare", "--mount"]),
        r"mount -t tmpfs t /mnt; touch /mnt/m; for try in 1 2 3 4 5 6 7 8 9; do
             unshare --mount=/mnt/m sh -c 'mount -t tmpfs t /media; touch /media/u;
               unshare --uts=/media/u true; stat -L -c %i /media/u >/mnt/inode' 2>/dev/null && break
           done",
    );
    let read = |path: &str| std::fs::read_to_string(there.proc(path)).unwrap_or_default();
    let Ok(inode) = read("root/mnt/inode").trim().parse() else {
        return Err(Skip::Lacks("the kernel binds no mount namespace here".into()));
    };
    let pin = std::fs::metadata(there.proc("root/mnt/m")).expect("it is there");
    let mnt = std::os::unix::fs::MetadataExt::ino(&pin);
    held_by(inode, &[format!("pin /media/u in mnt:[{mnt}]")]);
    held_by(mnt, &[format!("pin /mnt/m in mnt:[{}]", there.inode("mnt"))]);
    Ok(())
}

fn a_pin_path_that_is_not_text_is_escaped() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    let there = Held::new(
        tool("unshare").arg("--mount"),
        r#"mount -t tmpfs t /mnt; pin=$(printf '/mnt/a\377'); touch "$pin"; unshare --uts="$pin" true
           stat -L -c %i "$pin" >/mnt/inode"#,
    );
    let inode = std::fs::read_to_string(there.proc("root/mnt/inode")).expect("it was written");
    let json = program("ns-ls").args(["-J", inode.trim()]).ran().json();
    let pin = json!({
        "type": "pin", "mnt": there.inode("mnt"), "path": "/mnt/a\u{fffd}", "path-bytes": "2f6d6e742f61ff",
    });
    assert_eq!(json["holders"], json!([pin]));
    Ok(())
}
