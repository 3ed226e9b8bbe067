//! What a case needs of the machine and of the user who runs it.

use std::path::PathBuf;

use super::case::Skip;

/// To be root.
pub fn root() -> Result<(), Skip> {
    if nix::unistd::geteuid().is_root() {
        Ok(())
    } else {
        Err(Skip::User("needs root"))
    }
}

/// An installed program of others: the relatives that ours are compared with, shells.
pub fn installed(name: &str) -> Result<PathBuf, Skip> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| Skip::Lacks(format!("{name} is not installed")))
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
