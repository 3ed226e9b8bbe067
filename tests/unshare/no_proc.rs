//! The messages if no `/proc` is mounted: the causes that are found by system calls alone.

use super::causes::{nested, says};
use super::{script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, needs};

cases!["unshare::no_proc":
    causes_need_no_proc,
    a_chroot_without_proc_is_noticed,
    a_proc_of_fifos_keeps_nobody_waiting,
];

fn causes_need_no_proc() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount setpriv");
    let cover = "mount -t tmpfs none /proc && exec ";
    let without = "setpriv --inh-caps=-sys_admin --bounding-set=-sys_admin";
    let cause =
        "cannot create a network namespace: Operation not permitted\n  cause: CAP_SYS_ADMIN is missing\n";
    says(
        nested("-m", &format!("{cover}{without} $U -n echo ran")),
        1,
        &[cause],
    );
    let cause = "cannot enter the new time namespace: No such file or directory\n  \
                 cause: no proc file system is mounted on /proc here\n";
    says(nested("-m", &format!("{cover}$U -T echo ran")), 1, &[cause]);
    Ok(())
}

/// The root directory is a mount, so only the root of the mount namespace shows the chroot.
fn a_chroot_without_proc_is_noticed() -> Outcome {
    needs::root()?;
    needs::user_namespaces()?;
    needs::linux(6, 11)?;
    needs::tools("mount");
    let chroot = needs::installed("chroot")?;
    let mut command = unshare();
    let program = command.get_program().to_owned();
    let text = format!(
        "mount -t tmpfs room /mnt; cd /mnt; mkdir usr bin.d; mount --rbind /usr usr; ln -s usr/bin usr/lib usr/lib64 .
        mount --bind \"${{U%/*}}\" bin.d; {} /mnt /bin.d/ns-unshare -U echo ran; exit $?",
        chroot.display()
    );
    says(
        script(command.env("U", program), "-m", &text),
        1,
        &[
            "cannot create a user namespace: Operation not permitted\n",
            "  cause: the caller is in a chroot",
        ],
    );
    Ok(())
}

/// The shell and the C library read none of these files.
fn a_proc_of_fifos_keeps_nobody_waiting() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount mkdir mkfifo");
    let fifos = "mount -t tmpfs none /run; mount -t tmpfs none /proc; cd /proc; mkdir 1 self sys sys/fs; \
                 for d in 1 self; do mkdir $d/ns; for f in mountinfo status stat cgroup uid_map gid_map setgroups ns/mnt ns/uts; \
                 do mkfifo $d/$f; done; done; mkfifo sys/fs/mount-max; ";
    let missing = "cause: no proc file system is mounted on /proc here\n";
    let taken = "No such device or address\n";
    for (command, wanted) in [
        ("ns-mounts", missing),
        ("ns-mounts -x", missing),
        ("ns-ls", missing),
        ("ns-ls -p 1", missing),
        ("ns-enter -t 1 -u echo ran", missing),
        ("ns-enter -t unit:web.service echo ran", missing),
        ("ns-unshare -u --pin web echo ran", ""),
        ("ns-unshare -U -r echo ran", taken),
        ("ns-unshare -m --sys -n echo ran", ""),
    ] {
        let text = format!("{fifos} exec timeout -s KILL 60 \"${{U%/*}}\"/{command}");
        let output = nested("-m", &text);
        assert_ne!(output.status, 137, "{command}");
        assert!(output.stderr.contains(wanted), "{command}: {}", output.stderr);
    }
    Ok(())
}
