//! The mounts of a process or a namespace, for every kind of target.

use std::os::fd::AsRawFd as _;

use super::flat;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program, tool};

cases!["mounts::targets":
    ones_own_mounts_are_those_of_findmnt,
    the_mounts_of_a_process_are_its_own,
    a_namespace_without_a_process_is_seen_from_inside,
    an_ordinary_user_sees_its_own_container,
    propagation_is_shown,
    a_namespace_has_many_names,
    a_target_that_a_user_may_not_see_is_explained,
    an_invalid_target_is_named,
    a_usage_error_names_the_option_and_its_value,
];

/// A process in a mount namespace of its own, after the set-up: `$d` is a directory of the test's.
fn held(set_up: &str) -> Result<(Held, tempfile::TempDir), crate::support::case::Skip> {
    needs::whole_root()?;
    needs::tools("mount");
    let directory = tempfile::tempdir().expect("a directory can be made");
    let path = directory.path().display();
    let set_up = format!("set -e; d={path}; mount -t tmpfs ours {path}; {set_up}; set +e");
    Ok((Held::new(tool("unshare").arg("-m"), &set_up), directory))
}

fn ones_own_mounts_are_those_of_findmnt() -> Outcome {
    needs::installed("findmnt")?;
    // In a namespace in which nobody else mounts between the two reads.
    let (held, directory) =
        held("mkdir $d/a; mount -t tmpfs -o size=4k inner $d/a; mount -t tmpfs over $d/a")?;
    let pid = held.pid.to_string();
    for arguments in [
        "-J",
        "-J -l",
        "-r",
        "-P",
        "-r -n -o TARGET,ID,PARENT,PROPAGATION,OPT-FIELDS,MAJ:MIN",
    ] {
        let theirs = tool("findmnt").args(["-N", &pid]).with(arguments);
        let ours = program("ns-mounts").args(["-N", &pid]).with(arguments);
        if arguments.starts_with("-J") {
            let mut ours = ours.json();
            let incomplete = ours.as_object_mut().expect("an object").remove("incomplete");
            assert_eq!(incomplete, Some(serde_json::Value::Null), "{arguments}");
            ours.as_object_mut().expect("an object").remove("not-looked");
            assert_eq!(ours, theirs.json(), "{arguments}");
        } else {
            assert_eq!(ours.ok(), theirs.ok(), "{arguments}");
        }
    }
    let tree = program("ns-mounts").args(["-N", &pid]).ran().ok();
    let path = directory.path().display();
    assert!(tree.starts_with("TARGET "), "{tree}");
    assert!(tree.contains(&format!("─{path} ")), "{tree}");
    let inner = tree.lines().filter(|line| line.contains(&format!("─{path}/a ")));
    assert_eq!(inner.count(), 2, "{tree}");
    Ok(())
}

fn the_mounts_of_a_process_are_its_own() -> Outcome {
    let (held, directory) = held(r#"mkdir "$d/a b"; mount -t tmpfs -o mode=711 'sp ace' "$d/a b""#)?;
    let pid = held.pid.to_string();
    let path = directory.path().display();
    let rows = program("ns-mounts").args(["-N", &pid, "-J"]).ran().json();
    let rows = flat(&rows["filesystems"]);
    let row = rows
        .iter()
        .find(|row| row["target"] == format!("{path}/a b"))
        .expect("it is there");
    assert_eq!(
        (&row["source"], &row["fstype"]),
        (&"sp ace".into(), &"tmpfs".into())
    );
    // Some kernels add inode64.
    let options = row["options"].as_str().expect("a text");
    assert!(options.starts_with("rw,relatime,mode=711"), "{options}");
    let own = program("ns-mounts").arg("-l").ran().ok();
    assert!(!own.contains(&format!("{path}")), "{own}");
    let list = program("ns-mounts").args(["-l", "-N", &pid]).ran().ok();
    assert!(list.contains(&format!("\n{path}/a b ")), "{list}");
    Ok(())
}

fn a_namespace_without_a_process_is_seen_from_inside() -> Outcome {
    let (held, directory) = held("true")?;
    let namespace = std::fs::File::open(held.proc("ns/mnt")).expect("root may open it");
    drop(held);
    let path = format!("/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd());
    let rows = program("ns-mounts").args(["-N", &path, "-J", "-l"]).ran().json();
    let target = directory.path().to_str().expect("it is text");
    let found = flat(&rows["filesystems"]);
    assert!(
        found
            .iter()
            .any(|row| row["target"] == target && row["source"] == "ours"),
        "{rows}"
    );
    Ok(())
}

fn an_ordinary_user_sees_its_own_container() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    needs::installed("unshare")?;
    let user = User::ordinary()?;
    let held = Held::new(
        user.tool("unshare").args(["-U", "-r", "-m"]),
        "mount -t tmpfs mine /tmp || exit 1",
    );
    for target in [held.pid.to_string(), held.proc("ns/mnt")] {
        let list = user.program("ns-mounts").args(["-N", &target, "-l"]).ran().ok();
        assert!(
            list.contains("\n/tmp mine tmpfs ") || list.contains("\n/tmp "),
            "{list}"
        );
        assert!(list.contains(" mine "), "{list}");
    }
    Ok(())
}

fn propagation_is_shown() -> Outcome {
    let (held, directory) = held(
        "mount --make-shared $d; mkdir $d/a $d/b; mount --bind $d $d/a; mount --make-slave $d/a; \
         mount -t tmpfs none $d/b; mount --make-unbindable $d/b",
    )?;
    let pid = held.pid.to_string();
    let list = program("ns-mounts")
        .args(["-N", &pid, "-r", "-n", "-o", "TARGET,PROPAGATION"])
        .ran()
        .ok();
    let path = directory.path().display();
    for line in [
        format!("{path} shared"),
        format!("{path}/a private,slave"),
        format!("{path}/b private,unbindable"),
    ] {
        assert!(list.lines().any(|found| found == line), "{line}: {list}");
    }
    Ok(())
}

fn a_namespace_has_many_names() -> Outcome {
    let (held, directory) = held("true")?;
    let target = directory.path().display().to_string();
    let inode = held.inode("mnt");
    for name in [
        held.pid.to_string(),
        held.proc("ns/mnt"),
        format!("mnt:[{inode}]"),
        inode.to_string(),
    ] {
        let list = program("ns-mounts")
            .args(["-N", &name, "-r", "-n", "-o", "SOURCE,NS", "-M", &target])
            .ran()
            .ok();
        assert_eq!(list, format!("ours {inode}\n"), "{name}");
    }
    Ok(())
}

fn a_target_that_a_user_may_not_see_is_explained() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    let held = Held::new(&mut tool("env"), "true");
    let pid = held.pid.to_string();
    let run = |words: &str| user.program("ns-mounts").args(["-N", &pid]).with(words);
    // Everyone may read the table, and the room of a mount that the caller has at the same path.
    let sizes = run("-r -n -o SIZE -M /proc").ok();
    assert_eq!(sizes, "0\n");
    let error = run("-T /").fails(1);
    assert!(
        error.starts_with(&format!("ns-mounts: cannot open the root directory of process {pid}: Permission denied\n  cause: process {pid} has uid 0, and the caller has uid ")),
        "{error}"
    );
    assert!(error.ends_with("  help:  run it as root (sudo)\n"), "{error}");
    Ok(())
}

fn an_invalid_target_is_named() -> Outcome {
    let run = |target: &str| program("ns-mounts").args(["-N", target]).ran();
    let error = run(":x").fails(2);
    assert!(
        error.starts_with("ns-mounts: invalid value ':x' for '--task <TARGET>'"),
        "{error}"
    );
    assert_eq!(
        run("2147483647").fails(1),
        "ns-mounts: process 2147483647 does not exist\n"
    );
    let error = run("/proc/self/ns/net").fails(1);
    assert!(
        error.ends_with("is a network namespace, not a mount namespace\n"),
        "{error}"
    );
    assert_eq!(
        run("/dev/null").fails(1),
        "ns-mounts: \"/dev/null\" is not a namespace\n"
    );
    Ok(())
}

fn a_usage_error_names_the_option_and_its_value() -> Outcome {
    let error = program("ns-mounts").with("-o TARGET,COLOUR").fails(2);
    assert!(
        error.contains("'TARGET,COLOUR' for '--output <COLUMNS>'"),
        "{error}"
    );
    assert!(
        error.contains("no column \"COLOUR\": expected one of TARGET, "),
        "{error}"
    );
    let error = program("ns-mounts").with("-J -r").fails(2);
    assert!(error.contains("'--json'") && error.contains("'--raw'"), "{error}");
    Ok(())
}
