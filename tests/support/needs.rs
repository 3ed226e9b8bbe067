//! What a case needs of the machine and of the user who runs it.

use std::panic::resume_unwind;
use std::path::PathBuf;

use super::case::Skip;
use super::{namespaces, tools};

/// To be root of the machine, not of a user namespace.
pub fn root() -> Result<(), Skip> {
    if !nix::unistd::geteuid().is_root() {
        Err(Skip::User("needs root"))
    } else if !namespaces::first_user_namespace() {
        Err(Skip::Lacks("needs root of the first user namespace".into()))
    } else {
        Ok(())
    }
}

/// To be in the first user namespace, which owns the first namespace of each kind.
pub fn first_user_namespace() -> Result<(), Skip> {
    if namespaces::first_user_namespace() {
        Ok(())
    } else {
        Err(Skip::Lacks("needs to be in the first user namespace".into()))
    }
}

/// User namespaces that the caller, and the ordinary user, can make.
pub fn user_namespaces() -> Result<(), Skip> {
    namespaces::can_be_made().map_err(Skip::Lacks)
}

/// To be root with the root directory of the mount namespace: who enters a mount namespace from a chroot comes to another
/// root directory.
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

/// Declares the tools that a script runs; their names stand between blanks. If one is not installed the case ends here, and
/// is ignored.
pub fn tools(names: &str) {
    for name in names.split_whitespace() {
        met(installed(name));
    }
}

/// What is needed, or the end of this case: for functions that do not return a [`Skip`].
pub fn met<T>(need: Result<T, Skip>) -> T {
    // Not a panic with a message: the harness takes it for what the case returns.
    need.unwrap_or_else(|skip| resume_unwind(Box::new(skip)))
}

/// Declares tools that something else runs if they are installed, and does without if they are not.
pub fn optional(names: &str) {
    for name in names.split_whitespace() {
        let _ = installed(name);
    }
}

/// A kernel that is not older.
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
