//! `--busy`: devices, and mounts that are in no namespace any more.

use super::super::Room;
use super::{assert_free, holders, plant, run_ends, unmount, values};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, needs};

cases!["mounts::busy::devices":
    loop_devices_are_listed_with_their_mounts_and_descriptors,
    a_removed_mount_that_a_descriptor_holds_is_found_by_its_number,
    a_copy_without_a_place_keeps_the_file_system_and_its_original_does_not_count,
];

fn loop_devices_are_listed_with_their_mounts_and_descriptors() -> Outcome {
    needs::tools("umount nsenter python3 truncate mke2fs");
    let mut room = Room::new(
        "mkdir $d/m $d/x; mount -t tmpfs busy $d/m; truncate -s 1M $d/m/image; mke2fs -q $d/m/image",
    )?;
    // The kernel ends this loop device with its mount.
    let mounted = room.run("mount -o loop $d/m/image $d/x 2>&1 || true");
    if !mounted.is_empty() {
        return Err(Skip::Lacks(format!("no loop device can be mounted: {mounted}")));
    }
    let device = room.lines("$d/x", "SOURCE").concat();
    let (reader, _) = plant(&room, &format!("f = os.open('{device}', os.O_RDONLY)"));
    let (user, _) = plant(&room, "os.chdir(m + '/../x')");
    let rows = holders(&room, "$d/m");
    assert_eq!(values(&rows, "use"), ["open", "cwd", "above", "loop"], "{rows:?}");
    assert_eq!(values(&rows, "keeps"), ["mount"; 4]);
    let (above, image) = (room.text("x"), room.text("m/image"));
    assert_eq!(values(&rows, "path"), [&*device, &above, &above, &image]);
    assert_eq!(rows[3]["held-by"], serde_json::json!([device]));
    assert_eq!(rows[3]["end"], format!("losetup -d {device}"));
    let of_device = holders(&room, &device);
    assert_eq!(values(&of_device, "use"), ["cwd", "open", "mount"]);
    assert_eq!(values(&of_device, "keeps"), ["mount", "device", "device"]);
    assert_eq!(values(&holders(&room, "$d/x"), "use"), ["cwd", "open"]);
    user.end();
    // The descriptor keeps the loop device, and so the mount of its file.
    run_ends(&holders(&room, "$d/m")[1..2]);
    assert_eq!(values(&holders(&room, "$d/m"), "use"), ["open", "loop"]);
    assert!(!unmount(&mut room).is_empty(), "umount succeeds");
    assert_eq!(values(&holders(&room, &device), "use"), ["open"]);
    reader.end();
    assert!(holders(&room, "$d/m").is_empty());
    assert_eq!(unmount(&mut room), "");
    Ok(())
}

fn a_removed_mount_that_a_descriptor_holds_is_found_by_its_number() -> Outcome {
    needs::tools("umount nsenter python3");
    let mut room = Room::new("mkdir $d/m; mount -t tmpfs busy $d/m; touch $d/m/f")?;
    for (how, work) in [("fd", "f = open(m + '/f')"), ("cwd", "os.chdir(m)")] {
        let device = room.lines("$d/m", "MAJ:MIN").concat();
        let (process, _) = plant(&room, work);
        assert_eq!(values(&holders(&room, &device), "keeps"), ["mount", "device"]);
        room.run("umount -l $d/m");
        let rows = holders(&room, &device);
        assert_eq!(
            (values(&rows, "keeps"), values(&rows, "use")),
            (vec!["device"], vec![how])
        );
        assert!(rows[0]["ns"].is_null(), "{rows:?}");
        process.end();
        assert_free(&room, &device);
        room.run("mount -t tmpfs busy $d/m; touch $d/m/f");
    }
    Ok(())
}

fn a_copy_without_a_place_keeps_the_file_system_and_its_original_does_not_count() -> Outcome {
    needs::tools("umount nsenter python3");
    let mut room = Room::new("mkdir $d/m; mount -t tmpfs busy $d/m")?;
    // open_tree(2) has the same number on all machines but alpha; 1 is OPEN_TREE_CLONE.
    let open = |flags: u32| format!("f = libc.syscall(428, -100, m.encode(), {flags}); assert f >= 0");
    for (flags, keeps) in [(0, "mount"), (1, "device")] {
        let (process, _) = plant(&room, &open(flags));
        let rows = holders(&room, "$d/m");
        assert_eq!(
            (values(&rows, "use"), values(&rows, "keeps")),
            (vec!["fd"], vec![keeps])
        );
        assert_eq!(rows[0]["ns"].is_null(), flags == 1, "{rows:?}");
        if flags == 0 {
            assert!(!unmount(&mut room).is_empty(), "umount succeeds");
        } else {
            assert_eq!(unmount(&mut room), "");
        }
        process.end();
    }
    Ok(())
}
