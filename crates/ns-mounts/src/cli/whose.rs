//! The options that choose mount tables.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ns_core::Target;

/// The mount tables to read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Mount tables")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Whose {
    /// Show the mounts that TARGET sees
    ///
    /// TARGET is a process or a mount namespace; see ns-utils(7). The default is the caller's mount namespace. The option can be
    /// repeated.
    #[arg(short = 'N', long = "task", value_name = "TARGET", value_parser = ns_core::cli::target())]
    pub tasks: Vec<Target>,

    /// Show the mounts of every mount namespace
    #[arg(long, conflicts_with_all = ["tasks", "files"])]
    pub all_namespaces: bool,

    /// Read mounts from a file
    ///
    /// The file is a saved mountinfo file, or has the form of fstab(5). A dash means stdin. The option can be repeated.
    #[arg(short = 'F', long = "tab-file", value_name = "FILE", conflicts_with = "tasks")]
    pub files: Vec<PathBuf>,

    /// Read mounts from the kernel (default)
    ///
    /// Without FROM, ns-mounts reads mountinfo.
    #[arg(short, long, value_name = "FROM", num_args = 0..=1, require_equals = true,
        default_missing_value = "mountinfo", conflicts_with_all = ["mtab", "fstab"])]
    pub kernel: Option<Kernel>,

    /// List mounts of the kernel, with options of mount(8)
    ///
    /// mount(8) keeps options that the kernel does not know in /run/mount/utab: `_netdev`, `user=NAME`.
    /// /etc/mtab is a link to the kernel's table.
    #[arg(short, long, conflicts_with_all = ["tasks", "all_namespaces", "fstab"])]
    pub mtab: bool,

    /// Read file systems from /etc/fstab
    ///
    /// The output is a list. With --tab-file, the file takes the place of /etc/fstab. A directory stands for its files that end in
    /// `.fstab`.
    #[arg(short = 's', long, conflicts_with_all = ["tasks", "all_namespaces"])]
    pub fstab: bool,

    /// Fail if the result is incomplete
    ///
    /// The exit status is then 1. Without --strict, stderr reports what could not be read and the status stays 0.
    #[arg(long)]
    pub strict: bool,
}

/// The kernel interface that a mount table is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kernel {
    /// Read /proc/PID/mountinfo.
    Mountinfo,
    /// Call listmount(2) and statmount(2).
    Listmount,
}
