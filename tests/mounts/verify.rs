//! `--verify`: faults of an fstab, and where it differs from what is mounted.

use super::tags::Loop;
use super::{Room, fixtures};
use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, User, needs, path_of, program, tool};

cases!["mounts::verify":
    a_table_without_faults_says_so,
    a_type_that_cannot_be_checked_is_not_called_unknown,
    a_path_that_cannot_be_checked_says_why,
    each_fault_is_found_and_says_how_to_mend_it,
    warnings_alone_are_a_success_as_in_findmnt,
    errors_have_the_status_of_findmnt,
    what_is_mounted_now_is_compared,
    the_present_source_is_compared,
    the_present_options_are_compared,
    the_type_on_the_device_is_compared,
    a_device_that_cannot_be_read_is_not_called_empty,
    a_field_that_is_no_number_gets_its_own_help,
    other_forms_and_tables_are_refused,
];

/// The program, asked to verify this table.
fn verified(table: &str, words: &str) -> Ran {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), table).expect("it is ours");
    program("ns-mounts")
        .arg("--verify")
        .arg("-F")
        .arg(file.path())
        .with(words)
}

fn a_table_without_faults_says_so() -> Outcome {
    let table = "# a comment\n\nproc /proc proc defaults 0 0\n";
    assert_eq!(verified(table, "").ok(), "no errors, no warnings\n");
    let text = verified(table, "--verbose").ok();
    assert!(
        text.starts_with("/proc\n   [ ] the mount point exists\n"),
        "{text}"
    );
    assert!(text.contains("\n   [ ] it is mounted now\n"), "{text}");
    Ok(())
}

fn a_field_that_is_no_number_gets_its_own_help() -> Outcome {
    let text = verified("tmpfs /proc tmpfs rw x 0\ntmpfs\n", "").stdout;
    assert!(
        text.contains(
            "line 1\n   [E] its fifth field is not a number\n       help: write two numbers after the options, such as 0 0, or nothing; "
        ) && text.contains("line 2\n   [E] it has no mount point\n       help: write SOURCE, "),
        "{text}"
    );
    let text = verified("nosuch / ramfs rw 0 0\n", "").ok();
    assert!(
        text.contains("help: restart the system: / cannot be unmounted\n"),
        "{text}"
    );
    Ok(())
}

fn a_type_that_cannot_be_checked_is_not_called_unknown() -> Outcome {
    let mut command = tool(needs::installed("strace")?);
    command.args(["-qq", "-o", "/dev/null", "-P", "/proc/filesystems"]);
    command
        .args(["-e", "inject=openat:error=EACCES"])
        .arg(path_of("ns-mounts"));
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), "proc /proc proc defaults 0 0\n").expect("it is ours");
    let text = command.args(["--verify", "-F"]).arg(file.path()).ran().ok();
    assert!(text.contains("the type proc cannot be checked"), "{text}");
    assert!(!text.contains("does not know"), "{text}");
    Ok(())
}

fn a_path_that_cannot_be_checked_says_why() -> Outcome {
    let strace = needs::installed("strace")?;
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), "/usr /proc none bind 0 0\n").expect("it is ours");
    for (path, what) in [("/proc", "the mount point"), ("/usr", "/usr")] {
        let mut command = tool(&strace);
        command.args(["-f", "-qq", "-o", "/dev/null", "-P", path]);
        command.args(["-e", "inject=openat,readlink,newfstatat,statx:error=EACCES"]);
        command
            .arg(path_of("ns-mounts"))
            .args(["--verify", "-F"])
            .arg(file.path());
        let ran = command.ran();
        let finding = format!("{what} cannot be checked: Permission denied\n       help: ls -ld {path}\n");
        assert!(ran.stdout.contains(&finding), "{ran:?}");
        assert!(!ran.stdout.contains("does not exist"), "{ran:?}");
    }
    Ok(())
}

fn each_fault_is_found_and_says_how_to_mend_it() -> Outcome {
    // Without the right to read every device, nobody can say that none has it.
    let no_label = if super::tags::none().is_empty() && needs::root().is_ok() {
        "   [E] no device has LABEL=no-such-label\n       help: compare it with the output of blkid\n"
    } else if super::tags::none().is_empty() {
        "   [E] no device has LABEL=no-such-label\n       help: compare it with the output of blkid, as root\n"
    } else {
        "   [E] no device that can be read has LABEL=no-such-label, and others cannot be read: "
    };
    for (table, finding) in [
        (
            "proc /proc/x proc noauto 0 0\nproc /proc proc defaults 0 0\n",
            "/proc/x\n   [E] it is before /proc, which hides it when it is mounted\n       help: move the line behind the line of /proc\n",
        ),
        (
            "tmpfs /no/such tmpfs rw 0 0\n",
            "/no/such\n   [E] the mount point does not exist\n       help: mkdir -p /no/such\n",
        ),
        (
            "tmpfs /no/such tmpfs nofail 0 0\n",
            "   [W] the mount point does not exist\n",
        ),
        (
            "proc /proc proc defaults 0 0\nproc /proc/ proc defaults 0 0\n",
            "/proc\n   [W] the mount point is in a later line too\n       help: remove one of the lines\n",
        ),
        (
            "proc /proc/ proc defaults 0 0\n",
            "/proc/\n   [W] the mount point is /proc\n       help: write /proc\n",
        ),
        ("LABEL=no-such-label none swap sw 0 0\n", no_label),
        (
            "/dev/no-such /proc auto noauto 0 0\n",
            "   [E] /dev/no-such does not exist\n",
        ),
        (
            "/usr /proc ext4 noauto 0 0\n",
            "   [W] /usr is a directory\n       help: add the option bind\n",
        ),
        (
            "x /proc nosuchfs noauto 0 0\n",
            "   [W] the kernel does not know the type nosuchfs\n       help: modprobe nosuchfs, or install the package with mount.nosuchfs\n",
        ),
        (
            "proc /proc proc ro,nosuid,rw 0 0\n",
            "   [W] the options ro and rw contradict each other\n       help: leave out one of them: the last counts\n",
        ),
        (
            "proc /proc proc rw 0 2\n",
            "   [W] fsck(8) is to check it in pass 2, and it is on no device\n       help: write 0 as the sixth field\n",
        ),
        (
            "proc /proc proc rw 0 0\nbad\n",
            "line 2\n   [E] it has no mount point\n       help: write SOURCE, MOUNTPOINT, TYPE and OPTIONS, with blanks between them\n",
        ),
        (
            "proc /proc proc rw 0 # note\n",
            "line 1\n   [E] its sixth field is not a number\n       help: write two numbers after the options, such as 0 0",
        ),
    ] {
        let ran = verified(table, "");
        assert!(ran.stdout.contains(finding), "{table}: {}", ran.stdout);
        assert_eq!(ran.status, i32::from(ran.stdout.contains("[E]")), "{table}");
    }
    assert!(
        verified("a\nb\n", "")
            .stdout
            .ends_with("\n2 errors, 0 warnings\n")
    );
    Ok(())
}

/// The statuses of both programs.
fn statuses(table: &str) -> Result<(i32, i32), crate::support::case::Skip> {
    needs::installed("findmnt")?;
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), table).expect("it is ours");
    let status =
        |mut command: std::process::Command| command.arg("-x").arg("-F").arg(file.path()).ran().status;
    Ok((status(tool("findmnt")), status(program("ns-mounts"))))
}

fn warnings_alone_are_a_success_as_in_findmnt() -> Outcome {
    for table in [
        "proc /proc proc rw 0 0\nproc /proc proc rw 0 0\n",
        "/dev/no-such none swap sw 0 0\n",
        "proc /proc proc rw 0 0\n",
        "UUID= /proc ext4 rw 0 0\n",
        "x /proc ext4 rw 0 0\n",
        "/dev/null /proc ext4 rw 0 0\n",
        "srv:/x /proc nfs4 _netdev 0 0\n",
        "x /proc 9p rw 0 0\n",
    ] {
        assert_eq!(statuses(table)?, (0, 0), "{table}");
    }
    Ok(())
}

fn errors_have_the_status_of_findmnt() -> Outcome {
    for table in [
        "tmpfs /no/such tmpfs rw 0 0\n",
        "UUID=no-such /proc ext4 rw 0 0\n",
        "proc /proc proc rw 0 0\nbad\n",
        "tmpfs /etc/passwd tmpfs rw 0 0\n",
        "srv:/x /no/such nfs rw 0 0\n",
        "FOO=x /proc ext4 rw 0 0\n",
        "FOO=x /proc ext4 nofail 0 0\n",
        "uuid=x /proc ext4 rw 0 0\n",
        "ID=no-such /proc ext4 rw 0 0\n",
        "tmpfs /proc auto rw 0 0\n",
    ] {
        assert_eq!(statuses(table)?, (1, 1), "{table}");
    }
    Ok(())
}

fn what_is_mounted_now_is_compared() -> Outcome {
    let mut room = Room::new(
        "mkdir $d/a $d/b $d/c; mount -t tmpfs some $d/a; mount -t ramfs some $d/b; \
         printf 'some %s tmpfs rw 0 0\\n' $d/a $d/b $d/c >$d/fstab; mount --bind $d/fstab /etc/fstab",
    )?;
    let ours = path_of("ns-mounts").display().to_string();
    let text = room.run(&format!("{ours} --verify"));
    let (b, c) = (room.text("b"), room.text("c"));
    assert_eq!(
        text,
        format!(
            "{b}\n   [W] ramfs is mounted there now, and not tmpfs\n       help: umount {b}; mount {b}\n\
             {c}\n   [W] it is not mounted now\n       help: mount {c}\n0 errors, 2 warnings\n"
        )
    );
    // Only the lines that are asked for.
    assert_eq!(
        room.run(&format!("{ours} --verify -M $d/a")),
        "no errors, no warnings\n"
    );
    Ok(())
}

/// The findings about this fstab inside; `$d` is the directory of the room.
#[track_caller]
fn verified_inside(room: &mut Room, fstab: &str) -> String {
    let ours = path_of("ns-mounts").display().to_string();
    room.run(&format!(
        "cat >$d/fstab <<END\n{fstab}\nEND\n{ours} --verify -F $d/fstab || echo failed"
    ))
}

fn the_present_source_is_compared() -> Outcome {
    let one = Loop::new(8, &["mkfs.ext4", "-q", "-L", "ns-verify-1"])?;
    let other = Loop::new(8, &["mkfs.ext4", "-q", "-L", "ns-verify-2"])?;
    let (one, other) = (one.device.display(), other.device.display());
    let mut room = Room::new(&format!(
        "mkdir $d/m $d/a $d/b $d/a/s $d/c; mount {one} $d/m; mount --bind $d/a/s $d/b; ln -s {one} $d/link; \
         mount -t tmpfs -o size=1m x $d/c"
    ))?;
    let (m, b) = (room.text("m"), room.text("b"));
    for right in [
        format!("{one} $d/m ext4 rw 0 0"),
        "$d/link $d/m ext4 rw 0 0".into(),
        "LABEL=ns-verify-1 $d/m ext4 rw 0 0".into(),
        "$d/a/s $d/b none bind 0 0".into(),
        "$d/a/../a/s $d/b none bind 0 0".into(),
        "any /proc proc rw 0 0".into(),
        "y $d/c tmpfs size=1024k 0 0".into(),
    ] {
        assert_eq!(
            verified_inside(&mut room, &right),
            "no errors, no warnings\n",
            "{right}"
        );
    }
    for wrong in [format!("{other}"), "LABEL=ns-verify-2".into()] {
        let text = verified_inside(&mut room, &format!("{wrong} $d/m ext4 rw 0 0"));
        assert_eq!(
            text,
            format!(
                "{m}\n   [W] {one} is mounted there now, and not {wrong}\n       help: umount {m}; mount {m}\n\
                 0 errors, 1 warning\n"
            )
        );
    }
    let text = verified_inside(&mut room, "$d/a $d/b none bind 0 0");
    let a = room.text("a");
    assert!(
        text.starts_with(&format!(
            "{b}\n   [W] ours[/a/s] is mounted there now, and not {a}\n"
        )),
        "{text}"
    );
    Ok(())
}

fn the_present_options_are_compared() -> Outcome {
    let mut room = Room::new(
        "mkdir $d/a $d/b $d/c; mount -t tmpfs -o size=1m,nodev,noatime x $d/a; mount --bind $d/c $d/b; \
         mount -o remount,bind,ro $d/b",
    )?;
    let (a, b) = (room.text("a"), room.text("b"));
    for (line, found) in [
        ("x $d/a tmpfs size=1m,nodev,noatime", String::new()),
        ("x $d/a tmpfs defaults", String::new()),
        (
            "x $d/a tmpfs nosuid",
            format!(
                "   [W] it is mounted without the option nosuid now\n       help: mount -o remount {a}\n"
            ),
        ),
        (
            "x $d/a tmpfs relatime,dev",
            format!(
                "   [W] it is mounted without the option dev now\n       help: mount -o remount {a}\n   \
                 [W] it is mounted without the option relatime now\n       help: mount -o remount {a}\n"
            ),
        ),
        (
            "x $d/a tmpfs size=2m",
            format!(
                "   [W] the option is size=1024k now, and not size=2m\n       help: umount {a}; mount {a}\n"
            ),
        ),
        (
            "$d/c $d/b none bind",
            format!(
                "   [W] it is mounted without the option rw now\n       help: mount -o remount,bind {b}\n"
            ),
        ),
        ("$d/c $d/b none bind,ro", String::new()),
    ] {
        let text = verified_inside(&mut room, &format!("{line} 0 0"));
        if found.is_empty() {
            assert_eq!(text, "no errors, no warnings\n", "{line}");
        } else {
            assert!(text.contains(&found), "{line}: {text}");
        }
    }
    Ok(())
}

fn the_type_on_the_device_is_compared() -> Outcome {
    let ext4 = Loop::new(8, &["mkfs.ext4", "-q", "-L", "ns-verify-3"])?;
    let swap = Loop::new(8, &["mkswap"])?;
    let empty = Loop::new(8, &["true"])?;
    let (ext4, swap, empty) = (
        ext4.device.display(),
        swap.device.display(),
        empty.device.display(),
    );
    for (line, found) in [
        (
            format!("{ext4} /proc ext4"),
            format!("   [ ] ext4 is on {ext4}\n"),
        ),
        (
            format!("{ext4} /proc xfs"),
            format!("   [E] ext4 is on {ext4}, and not xfs\n       help: write ext4 as the third field\n"),
        ),
        (
            "LABEL=ns-verify-3 none swap".into(),
            "   [E] ext4 is on LABEL=ns-verify-3, and not swap\n".into(),
        ),
        (
            format!("{ext4} /proc auto"),
            format!("   [ ] ext4 is on {ext4}\n"),
        ),
        (format!("{swap} none swap"), format!("   [ ] swap is on {swap}\n")),
        (
            format!("{empty} /proc btrfs"),
            format!(
                "   [W] btrfs is not on {empty}, and no other type that is known\n       help: compare it with \
                 the output of blkid -p {empty}\n"
            ),
        ),
        (
            format!("{empty} /proc auto"),
            format!("   [E] no type that is known is on {empty}, and auto stands for the type on it\n"),
        ),
        (
            format!("{empty} /proc zfs"),
            format!("   [ ] the type on {empty} is not known\n"),
        ),
    ] {
        let ran = verified(&format!("{line} noauto 0 0\n"), "--verbose");
        assert!(ran.stdout.contains(&found), "{line}: {}", ran.stdout);
        assert_eq!(ran.status, i32::from(found.contains("[E]")), "{line}");
    }
    Ok(())
}

fn a_device_that_cannot_be_read_is_not_called_empty() -> Outcome {
    needs::tools("setpriv");
    let device = Loop::new(8, &["mkfs.ext4", "-q"])?;
    let hide =
        "for place in /run/udev /run/blkid /dev/disk; do [ ! -d $place ] || mount -t tmpfs x $place; done";
    let mut room = Room::new(&format!("chmod 755 $d; {hide}"))?;
    let user = User::ordinary()?;
    let text = room.run(&format!(
        "printf '%s\\n' '{0} /proc ext4 noauto 0 0' 'UUID=ns-none /sys ext4 noauto 0 0' >$d/fstab; \
         setpriv --reuid={1} --regid={1} --clear-groups {2} --verify -F $d/fstab",
        device.device.display(),
        user.id,
        user.programs().join("ns-mounts").display()
    ));
    let unread = format!(
        "   [W] the type on {} could not be read: Permission denied\n       help: compare it with the output of blkid",
        device.device.display()
    );
    assert!(text.contains(&unread), "{text}");
    let unread =
        "   [W] no device that can be read has UUID=ns-none, and others cannot be read: Permission denied\n";
    assert!(text.contains(unread), "{text}");
    Ok(())
}

fn other_forms_and_tables_are_refused() -> Outcome {
    for words in ["-x -J", "-x -r", "-x -P", "-x -l", "-x --watch"] {
        let error = program("ns-mounts").with(words).fails(2);
        assert!(error.contains("cannot be used with"), "{words}: {error}");
    }
    for words in ["-x -m", "-x -k", "-x -N 1"] {
        let error = program("ns-mounts").with(words).fails(2);
        assert!(
            error.contains("--verify checks an fstab, and no mounts"),
            "{words}: {error}"
        );
    }
    let saved = fixtures().join("ordinary");
    let error = program("ns-mounts").args(["-x", "-F"]).arg(saved).ran().fails(1);
    assert!(
        error.contains("it has mounts, and --verify checks file systems to mount"),
        "{error}"
    );
    let error = program("ns-mounts").with("-x -F /no/such").fails(1);
    assert_eq!(
        error,
        "ns-mounts: cannot read /no/such: No such file or directory\n"
    );
    Ok(())
}
