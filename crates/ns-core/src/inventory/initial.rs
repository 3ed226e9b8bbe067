//! The namespaces that the system started with.

use std::os::fd::AsFd;

use crate::process::{Files, Pid, read_links, scan};
use crate::{Gathered, Kind, Namespace};

/// `PF_KTHREAD` of `linux/sched.h`: the mark of a kernel thread in `/proc/PID/stat`.
const PF_KTHREAD: u32 = 0x0020_0000;

/// The inode of the namespace of this kind that the system started with.
///
/// Network and mount namespaces have a fixed one since Linux 6.17. Before that, it is the one of the first kernel
/// thread, or [`Gathered::NotTold`] if the caller does not see that thread.
pub fn initial_inode(kind: Kind) -> Gathered<u64> {
    if is_fixed(kind) {
        return Gathered::Known(kind.initial_inode());
    }
    let Ok(scan) = scan() else {
        return Gathered::NotTold;
    };
    of_first_kernel_thread(&scan.proc(), kind)
}

/// True if the kernel gives this namespace the same inode at each start. A kernel with ids for all namespaces
/// (Linux 6.18) does so for all kinds.
fn is_fixed(kind: Kind) -> bool {
    !matches!(kind, Kind::Net | Kind::Mnt)
        || Namespace::own_anyway(Kind::Uts).is_some_and(|own| own.id() != Gathered::NotTold)
}

/// Kernel threads stay in the initial namespaces, except those of devtmpfs. The first of them, kthreadd, has the PID 2.
fn of_first_kernel_thread(proc: &impl AsFd, kind: Kind) -> Gathered<u64> {
    let Some(second) = Pid::new(2) else {
        return Gathered::NotTold;
    };
    let is_kernel_thread = |flags| flags & PF_KTHREAD != 0;
    match Files::of(proc, second).stat() {
        Gathered::Known(stat) if is_kernel_thread(stat.flags) && stat.parent.is_none() => {
            read_links(proc, second).get(kind)
        }
        // In another PID namespace, another process has this PID.
        _ => Gathered::NotTold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_kernel_thread_is_in_the_initial_namespaces() {
        let scan = scan().unwrap();
        for kind in [Kind::Net, Kind::Mnt] {
            match of_first_kernel_thread(&scan.proc(), kind) {
                Gathered::Known(inode) => assert_eq!(initial_inode(kind), Gathered::Known(inode)),
                // An ordinary user does not see its namespaces, and a PID namespace does not have it.
                state => assert!(
                    matches!(state, Gathered::Unreadable(_) | Gathered::NotTold),
                    "{state:?}"
                ),
            }
        }
        if let Gathered::Known(inode) = of_first_kernel_thread(&scan.proc(), Kind::Uts) {
            assert_eq!(inode, Kind::Uts.initial_inode());
        }
        assert_eq!(
            initial_inode(Kind::Uts),
            Gathered::Known(Kind::Uts.initial_inode())
        );
    }
}
