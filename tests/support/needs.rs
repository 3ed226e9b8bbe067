//! The needs of a case: features of the machine, and the user who runs it.

use std::panic::resume_unwind;
use std::path::PathBuf;

use super::case::Skip;
use super::{namespaces, tools};

/// The magic number of the file system of pidfds (<linux/magic.h>).
const PID_FS_MAGIC: i64 = 0x5049_4446;

/// Needs root of the machine, not of a user namespace.
pub fn root() -> Result<(), Skip> {
    if !nix::unistd::geteuid().is_root() {
        Err(Skip::User("needs root"))
    } else if !namespaces::first_user_namespace() {
        Err(Skip::Lacks("needs root of the first user namespace".into()))
    } else {
        Ok(())
    }
}

/// Needs the first user namespace, which owns the first namespace of each kind.
pub fn first_user_namespace() -> Result<(), Skip> {
    if namespaces::first_user_namespace() {
        Ok(())
    } else {
        Err(Skip::Lacks("needs to be in the first user namespace".into()))
    }
}

/// Needs the kernel's own list of namespaces, which it shows to root in the first PID namespace.
pub fn list_of_kernel() -> Result<(), Skip> {
    linux(6, 12)?;
    root()?;
    if namespaces::first_pid_namespace() {
        Ok(())
    } else {
        Err(Skip::Lacks("needs to be in the first PID namespace".into()))
    }
}

/// Needs user namespaces that the caller and the ordinary user can create.
pub fn user_namespaces() -> Result<(), Skip> {
    namespaces::can_be_made().map_err(Skip::Lacks)
}

/// Needs root with the root directory of the mount namespace. In a chroot, entering a mount namespace changes the root
/// directory.
pub fn whole_root() -> Result<(), Skip> {
    root()?;
    if namespaces::has_whole_root() {
        Ok(())
    } else {
        Err(Skip::Lacks(
            "needs the root directory of the mount namespace, and this is a chroot".into(),
        ))
    }
}

/// Declares a tool that the case runs, and gives its file.
pub fn installed(name: &str) -> Result<PathBuf, Skip> {
    let file = tools::find(name).ok_or_else(|| Skip::Lacks(format!("{name} is not installed")))?;
    tools::declare(name, &file);
    Ok(file)
}

/// Declares the tools that a script runs; the names are separated by blanks. If one is not installed, the case ends
/// here and is ignored.
pub fn tools(names: &str) {
    for name in names.split_whitespace() {
        met(installed(name));
    }
}

/// The needed value, or the end of this case, for functions that do not return a [`Skip`].
pub fn met<T>(need: Result<T, Skip>) -> T {
    // This is not a panic with a message. The harness treats it as the result of the case.
    need.unwrap_or_else(|skip| resume_unwind(Box::new(skip)))
}

/// Declares tools that another program runs if they are installed, and can do without.
pub fn optional(names: &str) {
    for name in names.split_whitespace() {
        let _ = installed(name);
    }
}

/// Needs pidfds with inodes of their own, which are on a file system of their own.
pub fn inodes_of_pidfds() -> Result<(), Skip> {
    let own = rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty());
    let magic = own.and_then(rustix::fs::fstatfs).map(|system| system.f_type);
    if magic == Ok(PID_FS_MAGIC) {
        Ok(())
    } else {
        Err(Skip::Lacks("pidfds have no inodes of their own here".into()))
    }
}

/// Needs 64-bit ids of namespaces of every kind.
pub fn ids_of_every_kind() -> Result<(), Skip> {
    linux(6, 18)
}

/// Needs a file system of this type, which the kernel has loaded.
pub fn file_system(name: &str) -> Result<(), Skip> {
    let systems = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if systems
        .lines()
        .any(|line| line.split('\t').next_back() == Some(name))
    {
        Ok(())
    } else {
        Err(Skip::Lacks(format!("the kernel has no {name} file system")))
    }
}

/// Needs a kernel of this version or newer.
pub fn linux(major: u32, minor: u32) -> Result<(), Skip> {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0));
    let running = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if running >= (major, minor) {
        Ok(())
    } else {
        Err(Skip::Lacks(format!(
            "Linux {major}.{minor} is needed, and this is {release}"
        )))
    }
}
