//! System calls by name, and the errors that each is likely to meet.

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::libc;

/// Names and numbers of these calls.
macro_rules! named {
    ($($name:ident),* $(,)?) => {
        &[$((stringify!($name), libc::$name)),*]
    };
}

/// The calls that the programs make, and some that they could come to make.
#[rustfmt::skip]
const NAMES: &[(&str, libc::c_long)] = named![
    SYS_accept4, SYS_access, SYS_arch_prctl, SYS_bind, SYS_brk, SYS_capget, SYS_capset, SYS_chdir, SYS_chmod, SYS_chown,
    SYS_chroot, SYS_clock_nanosleep, SYS_clone, SYS_clone3, SYS_close, SYS_close_range, SYS_connect, SYS_copy_file_range,
    SYS_dup, SYS_dup2, SYS_dup3, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait, SYS_eventfd2, SYS_execve,
    SYS_execveat, SYS_exit, SYS_exit_group, SYS_faccessat, SYS_faccessat2, SYS_fchdir, SYS_fchmod, SYS_fchown,
    SYS_fcntl, SYS_flock, SYS_fork, SYS_fsmount, SYS_fsopen, SYS_fsconfig, SYS_fstat, SYS_fstatfs, SYS_fsync,
    SYS_ftruncate, SYS_futex, SYS_getcwd, SYS_getdents64, SYS_getegid, SYS_geteuid, SYS_getgid, SYS_getgroups,
    SYS_getpgid, SYS_getpgrp, SYS_getpid, SYS_getppid, SYS_getrandom, SYS_getresgid, SYS_getresuid, SYS_getrlimit,
    SYS_getsid, SYS_getsockname, SYS_getsockopt, SYS_gettid, SYS_getuid, SYS_inotify_add_watch, SYS_inotify_init1,
    SYS_ioctl, SYS_kill, SYS_lseek, SYS_lstat, SYS_madvise, SYS_mkdir, SYS_mkdirat, SYS_mknod, SYS_mknodat, SYS_mmap,
    SYS_mount, SYS_mount_setattr, SYS_move_mount, SYS_mprotect, SYS_mremap, SYS_munmap, SYS_name_to_handle_at,
    SYS_nanosleep, SYS_newfstatat, SYS_open, SYS_openat, SYS_openat2, SYS_open_by_handle_at, SYS_open_tree,
    SYS_pidfd_getfd, SYS_pidfd_open, SYS_pidfd_send_signal, SYS_pipe2, SYS_pivot_root, SYS_poll, SYS_ppoll, SYS_prctl,
    SYS_pread64, SYS_prlimit64, SYS_read, SYS_readlink, SYS_readlinkat, SYS_readv, SYS_recvfrom, SYS_recvmsg,
    SYS_rename, SYS_renameat2, SYS_restart_syscall, SYS_rmdir, SYS_rseq, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_sched_getaffinity, SYS_sched_yield, SYS_sendmsg,
    SYS_sendto, SYS_set_robust_list, SYS_set_tid_address, SYS_setdomainname, SYS_setfsgid, SYS_setfsuid, SYS_setgid,
    SYS_setgroups, SYS_sethostname, SYS_setns, SYS_setpgid, SYS_setresgid, SYS_setresuid, SYS_setrlimit, SYS_setsid,
    SYS_setsockopt, SYS_setuid, SYS_sigaltstack, SYS_signalfd4, SYS_socket, SYS_socketpair, SYS_stat, SYS_statfs,
    SYS_statx, SYS_symlink, SYS_symlinkat, SYS_sysinfo, SYS_tgkill, SYS_timerfd_create, SYS_timerfd_settime, SYS_umask,
    SYS_umount2, SYS_uname, SYS_unlink, SYS_unlinkat, SYS_unshare, SYS_vfork, SYS_wait4, SYS_waitid, SYS_write,
    SYS_writev,
];

/// `statmount(2)`, `listmount(2)` and `listns(2)`, which libc has not named yet.
const NEWER: [(&str, libc::c_long); 3] = [("statmount", 457), ("listmount", 458), ("listns", 470)];

/// The name of the call with this number.
pub fn name(number: i64) -> String {
    let name = NAMES.iter().find(|(_, known)| *known == number);
    let newer = NEWER.iter().find(|(_, known)| *known == number);
    name.map(|(name, _)| name.trim_start_matches("SYS_"))
        .or(newer.map(|(name, _)| *name))
        .map_or_else(|| format!("call-{number}"), str::to_owned)
}

/// The number of the call with this name.
pub fn number(wanted: &str) -> Result<i64> {
    if let Some(number) = wanted.strip_prefix("call-") {
        return Ok(number.parse()?);
    }
    let name = NAMES
        .iter()
        .find(|(name, _)| name.trim_start_matches("SYS_") == wanted);
    let newer = NEWER.iter().find(|(name, _)| *name == wanted);
    let found = name
        .or(newer)
        .with_context(|| format!("no call is named {wanted}"))?;
    Ok(found.1)
}

/// The errors that are injected into the call with this number. None for a call that cannot fail, or whose failure the C
/// library takes for a success (`brk`).
///
/// `ENOENT` of a look at a file is none of them: the kernel would say that a process has ended, or that it lacks a
/// feature, and the programs have to believe that.
pub fn errors(number: i64) -> &'static [Errno] {
    use Errno::{
        EACCES, EAGAIN, EBUSY, ECHILD, EEXIST, EINTR, EINVAL, EIO, EMFILE, ENOBUFS, ENODEV, ENOENT, ENOLCK,
        ENOMEM, ENOSPC, ENOSYS, ENOTTY, EPERM, ESRCH,
    };
    match name(number).as_str() {
        "brk" | "exit" | "exit_group" | "rt_sigreturn" | "restart_syscall" | "getpid" | "getppid"
        | "gettid" | "getuid" | "geteuid" | "getgid" | "getegid" | "umask" | "sched_yield"
        | "set_tid_address" | "getpgrp" => &[],
        "open" | "openat" | "openat2" => &[EACCES, EMFILE, ENOMEM],
        "close" => &[EIO],
        "read" | "pread64" | "readv" => &[EIO, EINTR],
        "write" | "writev" => &[ENOSPC, EIO, EINTR],
        "poll" | "ppoll" | "epoll_wait" => &[ENOMEM, EINTR],
        "recvfrom" | "recvmsg" => &[ENOMEM, EIO, EINTR],
        "wait4" | "waitid" => &[EINTR, ECHILD, EPERM],
        "sendmsg" | "sendto" => &[ENOBUFS, EPERM],
        "unshare" => &[EPERM, ENOSPC, ENOMEM],
        "setns" => &[EPERM, EINVAL, ENOMEM],
        "clone" | "clone3" | "fork" | "vfork" => &[EAGAIN, ENOMEM],
        "execve" | "execveat" => &[EACCES, ENOENT, ENOMEM],
        "mount" | "move_mount" | "open_tree" | "mount_setattr" | "fsopen" | "fsmount" | "fsconfig" => {
            &[EPERM, EBUSY, ENOMEM]
        }
        "umount2" => &[EPERM, EBUSY],
        "ioctl" => &[EPERM, ENOTTY],
        "socket" | "socketpair" | "pipe2" | "eventfd2" | "signalfd4" | "inotify_init1" | "dup" | "dup3" => {
            &[EMFILE, EPERM]
        }
        "stat" | "lstat" | "newfstatat" | "statx" | "fstat" | "statfs" | "fstatfs" => {
            &[EACCES, ENOMEM, ENOSYS]
        }
        "readlink" | "readlinkat" | "access" | "faccessat" | "faccessat2" => &[EACCES, ENOMEM],
        "getdents64" => &[EIO, ENOMEM],
        "mkdir" | "mkdirat" | "mknod" | "mknodat" => &[EACCES, ENOSPC, EEXIST],
        "flock" => &[ENOLCK, EINTR],
        "mmap" | "munmap" | "mprotect" | "mremap" | "madvise" => &[ENOMEM],
        "kill" | "pidfd_send_signal" | "pidfd_open" | "tgkill" => &[EPERM, ESRCH],
        "prctl" | "capget" | "capset" => &[EPERM, EINVAL],
        "name_to_handle_at" | "open_by_handle_at" => &[EPERM, ENODEV],
        _ => &[EPERM, ENOSYS],
    }
}

/// The error with this name, such as `EPERM`.
pub fn errno(name: &str) -> Result<Errno> {
    (1..=133)
        .map(Errno::from_raw)
        .find(|errno| format!("{errno:?}") == name)
        .with_context(|| format!("no error is named {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_belong_together() {
        for call in [0, libc::SYS_mount, 457, 9999] {
            assert_eq!(number(&name(call)).unwrap(), call);
        }
        assert_eq!(name(libc::SYS_close), "close");
        assert!(number("nosuch").is_err());
        assert_eq!(errno("ENOSPC").unwrap(), Errno::ENOSPC);
        assert!(errors(libc::SYS_getpid).is_empty());
    }
}
