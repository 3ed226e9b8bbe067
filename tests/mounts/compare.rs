//! `--diff`: the differences between the mounts of two namespaces.

use serde_json::json;

use super::Room;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, needs, program, tool};

cases!["mounts::compare":
    the_same_is_nothing_and_success,
    every_difference_is_shown,
    saved_tables_are_compared,
    numbers_without_a_device_in_a_saved_table_are_not_compared,
    a_side_that_is_none_is_a_failure,
];

fn the_same_is_nothing_and_success() -> Outcome {
    let room = Room::new("true")?;
    let pid = room.shell.pid.to_string();
    let diff = |words: &str| program("ns-mounts").args(["--diff", &pid, &pid]).with(words);
    assert_eq!(diff("").ok(), "");
    assert_eq!(diff("-J").json(), json!({"differences": [], "incomplete": null}));
    Ok(())
}

fn every_difference_is_shown() -> Outcome {
    needs::tools("umount");
    let set_up = "mkdir $d/a $d/b $d/c $d/e; mount -t tmpfs same $d/a; mount -t tmpfs one $d/b; ";
    let mut room = Room::new(&format!("{set_up} mount -t tmpfs first $d/c"))?;
    let pid = room.shell.pid;
    // A changed copy of the namespace.
    let mut copy =
        super::shell::Shell::new(tool("nsenter").args(["-t", &pid.to_string(), "-m", "unshare", "-m"]));
    let d = room.text("");
    copy.run(&format!(
        "mount -o remount,ro {d}/a; mount --make-shared {d}/b; umount {d}/c; mount -t tmpfs second {d}/e"
    ));
    // The options of the file system are the same for both. The options of the mount differ.
    copy.run(&format!("mount -o remount,bind,noexec {d}/b"));
    room.run("true");
    let diff = |words: &str| {
        program("ns-mounts")
            .args(["--diff", &pid.to_string(), &copy.pid.to_string()])
            .with(words)
    };
    let ran = diff("-J");
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    let differences = value["differences"].as_array().expect("an array");
    let of = |target: &str, change: &str| {
        let path = format!("{d}/{target}");
        let row = differences
            .iter()
            .find(|row| row["target"] == path && row["change"] == change);
        row.map(|row| (row["a"].clone(), row["b"].clone()))
    };
    assert_eq!(
        of("b", "options"),
        Some(("rw,relatime".into(), "rw,noexec,relatime".into()))
    );
    assert_eq!(of("b", "propagation"), Some(("private".into(), "shared".into())));
    assert_eq!(
        of("c", "only-a"),
        Some(("first tmpfs rw,relatime".into(), json!(null)))
    );
    assert_eq!(
        of("e", "only-b"),
        Some((json!(null), "second tmpfs rw,relatime".into()))
    );
    let text = diff("-t tmpfs -S second -r -n").stdout;
    assert_eq!(text, format!("only-b {d}/e  second\\x20tmpfs\\x20rw,relatime\n"));
    Ok(())
}

fn saved_tables_are_compared() -> Outcome {
    let files = super::fixtures();
    let ran = program("ns-mounts")
        .arg("--diff")
        .arg(files.join("self-parent"))
        .arg(files.join("ordinary"))
        .with("-r -n -M /proc");
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (
            1,
            "options /proc rw rw,nosuid,nodev,noexec,relatime\npropagation /proc private shared\n"
        )
    );
    Ok(())
}

fn numbers_without_a_device_in_a_saved_table_are_not_compared() -> Outcome {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let save = |name: &str, lines: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, lines).expect("it can be written");
        path
    };
    let before =
        "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:40 / /a rw - tmpfs a rw\n3 1 8:2 / /b rw - ext4 b rw\n";
    let after = before.replace("0:40", "0:57").replace("8:2", "8:3");
    let (before, after) = (save("before", before), save("after", &after));
    let ran = program("ns-mounts")
        .arg("--diff")
        .args([&before, &after])
        .with("-r -n");
    assert_eq!((ran.status, ran.stdout.as_str()), (1, "maj:min /b 8:2 8:3\n"));
    needs::tools("umount");
    // Files of the running kernel are no saved tables: their numbers tell file systems apart.
    let room = Room::new("mkdir $d/a; mount -t tmpfs same $d/a")?;
    let pid = room.shell.pid;
    let set_up = format!("umount {0}; mount -t tmpfs same {0}", room.text("a"));
    let mut copy =
        super::shell::Shell::new(tool("nsenter").args(["-t", &pid.to_string(), "-m", "unshare", "-m"]));
    copy.run(&set_up);
    let files = [pid, copy.pid].map(|pid| format!("/proc/{pid}/mountinfo"));
    let ran = program("ns-mounts")
        .arg("--diff")
        .args(&files)
        .args(["-M", &room.text("a"), "-n", "-r"])
        .ran();
    assert!(ran.stdout.starts_with("maj:min "), "{ran:?}");
    Ok(())
}

fn a_side_that_is_none_is_a_failure() -> Outcome {
    let error = program("ns-mounts").with("--diff 2147483647 1").fails(1);
    assert_eq!(error, "ns-mounts: process 2147483647 does not exist\n");
    let error = program("ns-mounts").with("--diff 1").fails(2);
    assert!(error.contains("--diff"), "{error}");
    Ok(())
}
