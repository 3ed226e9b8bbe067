//! Tables in files: `/etc/fstab`, other tables in its form, saved mountinfo, and `/etc/mtab`.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;

use super::{Room, fixtures};
use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, needs, path_of, program, tool};

cases!["mounts::files":
    a_table_is_known_by_its_lines,
    fstab_is_shown_as_findmnt_shows_it,
    a_line_that_cannot_be_read_is_named,
    options_of_fstab_are_those_of_a_mount_or_of_a_file_system,
    fstab_is_read_where_the_caller_is,
    fstab_needs_no_proc,
    scripts_of_others_work_on_fstab,
    a_variable_names_the_fstab,
    the_table_of_the_kernel_is_a_list_with_mtab,
    a_dash_is_stdin,
    an_aligned_table_is_read,
    tables_exclude_each_other,
    only_tables_of_mounts_are_compared,
];

const FSTAB: &str = "# a comment\n   # another\n\nUUID=aaaa-bbbb / ext4 defaults,ro 1 1\n\
    /dev/sda2\t/home\\040dir\txfs  noatime\t0 2\nLABEL=x none swap sw 0 0\nLABEL=y none swap sw 0 0\n\
    tmpfs /tmp tmpfs\nproc /proc proc defaults\nsrv:/ex/ /nfs nfs4 ro,vers=4 0\n\
    /dev/sda3 /a/ ext4 defaults 0 0 # note\n/a /bind none bind,x-systemd.automount 0 0\n\
    overlay /o overlay lowerdir=/x,upperdir=/y 0 0\n";

/// A directory with this table as `fstab`.
fn with(table: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    std::fs::write(directory.path().join("fstab"), table).expect("it is ours");
    directory
}

fn asked(directory: &TempDir, words: &str) -> Ran {
    program("ns-mounts").current_dir(directory.path()).with(words)
}

fn fstab_needs_no_proc() -> Outcome {
    needs::tools("mount");
    let directory = with(FSTAB);
    let mut command = crate::support::unshare();
    command
        .env("M", path_of("ns-mounts"))
        .env("LIBMOUNT_FSTAB", directory.path().join("fstab"))
        .args([
            "-m",
            "sh",
            "-c",
            "mount -t tmpfs none /proc; $M --fstab -n -o TARGET -t xfs",
        ]);
    let ran = command.ran();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "/home dir\n"), "{ran:#?}");
    let note =
        "ns-mounts: note: links in paths are not followed: no proc file system is mounted on /proc here\n";
    assert_eq!(ran.stderr, note);
    Ok(())
}

fn a_table_is_known_by_its_lines() -> Outcome {
    let directory = with(FSTAB);
    let ran = asked(&directory, "-F fstab");
    assert_eq!(ran.stderr, "");
    assert_eq!(
        ran.stdout.lines().take(3).collect::<Vec<_>>(),
        [
            "TARGET    SOURCE         FSTYPE  OPTIONS",
            "/         UUID=aaaa-bbbb ext4    defaults,ro",
            "/home dir /dev/sda2      xfs     noatime",
        ]
    );
    let rows = asked(
        &directory,
        "-F fstab -J -o TARGET,FREQ,PASSNO,ID,PARENT,MAJ:MIN,PROPAGATION,VISIBLE -M /",
    )
    .json();
    assert_eq!(
        rows["filesystems"],
        json!([{"target": "/", "freq": 1, "passno": 1, "id": null, "parent": null, "maj:min": null,
            "propagation": null, "visible": null}])
    );
    // /proc/mounts has the same form.
    let mounts = std::fs::read_to_string("/proc/self/mounts")
        .expect("it is there")
        .lines()
        .count();
    assert_eq!(
        asked(&directory, "-F /proc/self/mounts -n -l -o TARGET")
            .ok()
            .lines()
            .count(),
        mounts
    );
    // Nothing in a mountinfo table has these fields.
    let saved = fixtures().join("ordinary");
    let fields = program("ns-mounts")
        .arg("-F")
        .arg(saved)
        .with("-r -n -o FREQ,PASSNO -M /");
    assert_eq!(fields.ok(), " \n");
    Ok(())
}

fn fstab_is_shown_as_findmnt_shows_it() -> Outcome {
    needs::installed("findmnt")?;
    let directory = with(FSTAB);
    for words in [
        "",
        "-J",
        "-s -r",
        "-k -l",
        "-m -l",
        "--tree",
        "-P -o TARGET,SOURCE,FSTYPE,OPTIONS,VFS-OPTIONS,FS-OPTIONS,FREQ,PASSNO,MAJ:MIN,ID,PARENT,PROPAGATION,FSROOT",
        "--real -l",
        "--pseudo -l",
        "-T /proc/self",
        "-M /a",
        "/a",
        "-R / -l",
        "-S /dev/sda2",
        "-S LABEL=x",
        "none",
        "-t nfs4,swap",
        "-O ro",
        "-U -l",
    ] {
        let theirs = tool("findmnt")
            .current_dir(directory.path())
            .with(&format!("-F fstab {words}"));
        let ours = asked(&directory, &format!("-F fstab {words}"));
        assert_eq!(
            (ours.status, ours.stderr.as_str()),
            (theirs.status, ""),
            "{words}"
        );
        if words == "-J" {
            assert_eq!(
                ours.json()["filesystems"],
                theirs.json()["filesystems"],
                "{words}"
            );
            continue;
        }
        let lines = |text: &str| {
            text.lines()
                .map(|line| line.trim_end().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&ours.stdout), lines(&theirs.stdout), "{words}");
    }
    Ok(())
}

fn a_line_that_cannot_be_read_is_named() -> Outcome {
    let directory = with("/dev/sda1 / ext4 rw 0 1\n/dev/sda4 /b\n\n# no fault\n/dev/sda5 /c ext4 rw x\n");
    let ran = asked(&directory, "-F fstab -r -n -o TARGET");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "/\n"));
    assert_eq!(
        ran.stderr,
        "ns-mounts: note: skipped line 2 of the table of fstab: it has no type\n\
         ns-mounts: note: skipped line 5 of the table of fstab: its fifth field is not a number\n"
    );
    // Of a text, some lines look like mounts.
    let directory = with("a:b c d\nx\ny\nz\n");
    assert_eq!(
        asked(&directory, "-F fstab").stderr,
        "ns-mounts: note: fstab seems to be no table of mounts: skipped 3 of 4 lines, the first is line 2: it has no mount point\n"
    );
    let directory = with("nothing to read\nat all\n");
    assert!(
        asked(&directory, "-s -F fstab")
            .stderr
            .contains("skipped line 2 of the table of fstab: it has no type")
    );
    Ok(())
}

fn options_of_fstab_are_those_of_a_mount_or_of_a_file_system() -> Outcome {
    let directory = with(FSTAB);
    assert_eq!(
        asked(
            &directory,
            "-F fstab -r -n -o VFS-OPTIONS,FS-OPTIONS,OPTIONS -M /nfs"
        )
        .ok(),
        "ro vers=4 ro,vers=4\n"
    );
    assert_eq!(
        asked(&directory, "-F fstab -r -n -o TARGET -S srv:/ex").ok(),
        "/nfs\n"
    );
    Ok(())
}

fn fstab_is_read_where_the_caller_is() -> Outcome {
    let mut room = Room::new(
        "mkdir $d/real; ln -s real $d/link; \
         printf '%s\\n' \"/dev/fake1 $d/real ext4 rw 0 2\" \"LABEL=data /data ext4 rw 0 2\" >$d/fstab; \
         mount --bind $d/fstab /etc/fstab; mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3; \
         mkdir -p /dev/disk/by-label; : >/dev/fake2; ln -s ../../fake2 /dev/disk/by-label/data; ln -s fake1 /dev/alias; \
         : >/dev/fake1",
    )?;
    let ours = path_of("ns-mounts").display().to_string();
    let target = room.text("real");
    let mut inside = |words: &str| room.run(&format!("{ours} -r -n {words}"));
    assert_eq!(inside("-s -o TARGET"), format!("{target}\n/data\n"));
    assert_eq!(inside("--fstab -o SOURCE -M $d/link"), "/dev/fake1\n");
    assert_eq!(inside("--fstab -o SOURCE -T $d/link"), "/dev/fake1\n");
    assert_eq!(inside("--fstab -o TARGET -S /dev/alias"), format!("{target}\n"));
    assert_eq!(inside("--fstab -o SOURCE -S /dev/fake2"), "LABEL=data\n");
    assert_eq!(inside("--fstab -o SOURCE -e /data"), "/dev/fake2\n");
    // The size is that of a mount, and fstab has none.
    assert_eq!(inside("--fstab -o SIZE,UNIQ-ID,NS -M $d/link"), "  \n");
    Ok(())
}

/// Command lines of dracut, rbdmap and rear.
fn scripts_of_others_work_on_fstab() -> Outcome {
    let mut room = Room::new(
        "mkdir $d/a; printf '/dev/rbd0 %s xfs noauto 0 0\\n' $d/a >$d/fstab; mount --bind $d/fstab /etc/fstab; \
         mount -t tmpfs /dev/rbd0 $d/a",
    )?;
    let ours = path_of("ns-mounts").display().to_string();
    let target = room.text("a");
    let mut inside = |words: &str| room.run(&format!("{ours} {words}"));
    assert_eq!(
        inside("-e --fstab -v -n -o MAJ:MIN,SOURCE --target $d/a"),
        " /dev/rbd0\n"
    );
    let mounted = inside("--mtab --source /dev/rbd0 --noheadings");
    assert!(
        mounted.starts_with(&format!("{target} /dev/rbd0 tmpfs rw,")),
        "{mounted}"
    );
    let mounted = inside("--mtab --source $d/a --noheadings || echo none");
    assert_eq!(mounted, "none\n");
    assert_eq!(
        inside("--fstab --source /dev/rbd0 --noheadings -o OPTIONS"),
        "noauto\n"
    );
    let listed = inside("-mnrv -o SOURCE,TARGET,FSTYPE,OPTIONS -t tmpfs");
    assert!(
        listed
            .lines()
            .any(|line| line.starts_with(&format!("/dev/rbd0 {target} tmpfs rw"))),
        "{listed}"
    );
    assert_eq!(
        inside("--fstab --real -n -o TARGET -t xfs"),
        format!("{target}\n")
    );
    Ok(())
}

fn a_variable_names_the_fstab() -> Outcome {
    let directory = with("/dev/sda1 /x ext4 noauto 1 -1\n");
    let ask = |words: &str| {
        let mut command = program("ns-mounts");
        command.env("LIBMOUNT_FSTAB", directory.path().join("fstab"));
        command.with(words)
    };
    assert_eq!(
        ask("-s -r -n -o TARGET,FREQ,PASSNO").ok(),
        "/x 1 -1\n",
        "a pass can be negative"
    );
    assert_eq!(ask("-s -J -o PASSNO").json()["filesystems"][0]["passno"], -1);
    assert_eq!(ask("-s -n -o TARGET -Q PASSNO<0").ok(), "/x\n");
    assert_eq!(ask("-s -n -o TARGET -Q PASSNO>0").status, 1);
    let checked = ask("--verify");
    assert!(checked.stdout.starts_with("/x\n"), "{checked:#?}");
    Ok(())
}

fn the_table_of_the_kernel_is_a_list_with_mtab() -> Outcome {
    let list = program("ns-mounts").with("-m -o TARGET,ID").ok();
    assert_eq!(list, program("ns-mounts").with("-k -l -o TARGET,ID").ok());
    assert!(
        program("ns-mounts")
            .with("-m --tree -o TARGET")
            .ok()
            .contains(['─', '|'])
    );
    Ok(())
}

fn a_dash_is_stdin() -> Outcome {
    let directory = with(FSTAB);
    let file = || std::fs::File::open(directory.path().join("fstab")).expect("it is there");
    let ran = program("ns-mounts")
        .stdin(file())
        .with("-F - -r -n -o TARGET -t swap,xfs");
    assert_eq!(ran.ok(), "/home\\x20dir\nnone\nnone\n");
    let closed = program("ns-mounts").stdin(Stdio::null()).with("-F -").fails(1);
    assert_eq!(closed, "");
    Ok(())
}

fn an_aligned_table_is_read() -> Outcome {
    let directory = with(
        "1   0   0:1   /   /       rw,relatime   shared:1   -   tmpfs    some     rw,size=4k   \n\
         22  1   0:2   /   /proc   rw,nosuid                -   proc     proc     rw\n\
         23  1   0:3   /   /x      rw            master:1   -   rootfs            rw  \n",
    );
    assert_eq!(
        asked(
            &directory,
            "-F fstab -r -n -o TARGET,SOURCE,FSTYPE,OPTIONS,PROPAGATION"
        )
        .ok(),
        "/ some tmpfs rw,relatime,size=4k shared\n/proc proc proc rw,nosuid private\n/x  rootfs rw private,slave\n"
    );
    Ok(())
}

fn tables_exclude_each_other() -> Outcome {
    for words in [
        "-k -m",
        "-s -m",
        "-k -s",
        "-N 1 -s",
        "-N 1 -m",
        "--poll -s",
        "--stats -s",
        "--all-namespaces -s",
    ] {
        let error = program("ns-mounts").with(words).fails(2);
        assert!(error.contains("cannot be used with"), "{words}: {error}");
    }
    let error = program("ns-mounts")
        .with("-F /etc/fstab --kernel=listmount")
        .fails(2);
    assert!(error.contains("--kernel=listmount reads no file"), "{error}");
    let error = program("ns-mounts").with("-s -F /no/such").fails(1);
    assert_eq!(
        error,
        "ns-mounts: cannot read /no/such: No such file or directory\n"
    );
    Ok(())
}

fn only_tables_of_mounts_are_compared() -> Outcome {
    let directory = with(FSTAB);
    let file = directory.path().join("fstab");
    let other = fixtures().join("ordinary");
    let name = |path: &Path| path.to_str().expect("it is text").to_owned();
    let error = program("ns-mounts")
        .args(["--diff", &name(&file), &name(&other)])
        .ran()
        .fails(1);
    assert_eq!(
        error,
        format!(
            "ns-mounts: cannot compare {}: it has file systems, and no mounts\n",
            name(&file)
        )
    );
    Ok(())
}
