//! The messages if no `/proc` is mounted: the causes that are found by system calls alone.

use super::causes::{nested, says};
use super::{script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, needs};

cases!["unshare::no_proc":
    causes_need_no_proc,
    a_chroot_without_proc_is_noticed,
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
