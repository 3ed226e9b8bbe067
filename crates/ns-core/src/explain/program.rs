//! Why an existing program cannot be run (`execve(2)`).

use std::ffi::{CString, OsStr};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use rustix::fs::{FileType, Mode, OFlags, PROC_SUPER_MAGIC};

use super::finding::Finding;
use crate::escape::{quoted, word};

/// Looks at the file: the named path, or the first path from `PATH` that exists.
pub(crate) fn not_run(places: &[CString], is_looked_for: bool, errno: Errno) -> Option<Finding> {
    let mut paths = places
        .iter()
        .map(|place| Path::new(OsStr::from_bytes(place.to_bytes())));
    if !is_looked_for {
        let path = paths.next()?;
        return flaw(path, errno).or_else(|| closed_directory(path));
    }
    let path = paths.find(|path| path.exists())?;
    let found = flaw(path, errno)?;
    let cause = format!(
        "{} was found: {}",
        quoted(path.as_os_str().as_bytes()),
        found.cause
    );
    Some(Finding { cause, ..found })
}

/// The flaw that keeps the kernel from executing this file, or the interpreter that it names.
fn flaw(path: &Path, errno: Errno) -> Option<Finding> {
    let found = flaw_of(path, "it");
    if errno == Errno::ENOENT {
        return found.or_else(|| missing_interpreter(path));
    }
    found.or_else(|| {
        let interpreter = interpreter(&start_of(path)?)?;
        let name = format!("its interpreter {}", quoted(&interpreter));
        flaw_of(Path::new(OsStr::from_bytes(&interpreter)), &name)
    })
}

/// The flaw that keeps the kernel from executing the file at this path. The text calls the file `name`.
fn flaw_of(path: &Path, name: &str) -> Option<Finding> {
    let file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&file).ok()?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Some(Finding::new(format!("{name} is a directory"))),
        _ => return Some(Finding::new(format!("{name} is not a regular file"))),
    }
    let mode = stat.st_mode & 0o7777;
    if mode & 0o111 == 0 {
        let finding = Finding::new(format!("{name} is not executable (mode {mode:04o})"));
        return Some(finding.help(format!("chmod +x {}", word(path))));
    }
    let system = rustix::fs::fstatvfs(&file).ok()?;
    let noexec = system.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC);
    noexec.then(|| Finding::new(format!("{name} is on a file system mounted noexec")))
}

/// The file exists, and its interpreter is missing.
fn missing_interpreter(path: &Path) -> Option<Finding> {
    let start = start_of(path)?;
    if start.starts_with(b"\x7fELF") {
        return Some(Finding::new("its ELF loader does not exist"));
    }
    let interpreter = interpreter(&start)?;
    let cause = format!("its interpreter {} does not exist", quoted(&interpreter));
    Some(Finding::new(cause))
}

/// The start of a regular file. A read from any other file can block without end or change something, and so can a file
/// of procfs.
fn start_of(path: &Path) -> Option<Vec<u8>> {
    let is_plain = |file: &OwnedFd| {
        let is_regular = |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode).is_file();
        rustix::fs::fstat(file).is_ok_and(is_regular)
            && rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type != PROC_SUPER_MAGIC)
    };
    let open = |flags| rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty()).ok();
    open(OFlags::PATH).filter(is_plain)?;
    // Another file may be there by now.
    let file = open(OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY).filter(is_plain)?;
    let mut start = Vec::new();
    std::fs::File::from(file).take(256).read_to_end(&mut start).ok()?;
    Some(start)
}

/// The interpreter in the first line of a script.
fn interpreter(start: &[u8]) -> Option<Vec<u8>> {
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let name = line.trim_ascii().split(u8::is_ascii_whitespace).next()?;
    (!name.is_empty()).then(|| name.to_vec())
}

/// A directory on the path to the file that the caller may not enter.
fn closed_directory(path: &Path) -> Option<Finding> {
    let mut below: Vec<_> = path
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty())
        .collect();
    below.reverse();
    let is_closed = |part: &Path| {
        let refused = std::fs::metadata(part)
            .err()
            .and_then(|error| error.raw_os_error());
        refused == Some(libc::EACCES)
    };
    let directory = below.iter().find(|part| is_closed(part))?.parent()?;
    Some(Finding::new(format!(
        "this user cannot enter the directory {}",
        quoted(directory.as_os_str().as_bytes())
    )))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn found(file: &Path, path: &str, errno: Errno) -> Option<String> {
        let is_looked_for = !file.as_os_str().as_bytes().contains(&b'/');
        let place = |directory: &str| {
            let place = Path::new(directory).join(file);
            CString::new(place.as_os_str().as_bytes()).unwrap()
        };
        let places: Vec<_> = if is_looked_for {
            path.split(':').map(place).collect()
        } else {
            vec![place("")]
        };
        not_run(&places, is_looked_for, errno).map(|finding| finding.cause)
    }

    #[test]
    fn a_script_without_its_interpreter_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("script");
        std::fs::write(&script, "#! /no/such/shell -e\n").unwrap();
        let cause = found(&script, "", Errno::EACCES).unwrap();
        assert!(cause.starts_with("it is not executable (mode 0"), "{cause}");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let cause = found(&script, "", Errno::ENOENT).unwrap();
        assert_eq!(cause, "its interpreter \"/no/such/shell\" does not exist");
        let cause = found(Path::new("/tmp"), "", Errno::EACCES);
        assert_eq!(cause.as_deref(), Some("it is a directory"));
        assert_eq!(found(Path::new("no-such-program"), "", Errno::ENOENT), None);
    }

    #[test]
    fn the_file_that_was_found_in_the_path_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("script");
        let executable = std::fs::Permissions::from_mode(0o755);
        let path = format!("/no/such:{}", directory.path().display());
        std::fs::write(&script, "#!/no/such/shell\n").unwrap();
        std::fs::set_permissions(&script, executable).unwrap();
        let cause = found(Path::new("script"), &path, Errno::ENOENT).unwrap();
        assert_eq!(
            cause,
            format!(
                "\"{}\" was found: its interpreter \"/no/such/shell\" does not exist",
                script.display()
            )
        );
    }

    #[test]
    fn an_interpreter_that_cannot_be_run_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let [script, interpreter] = ["script", "interpreter"].map(|name| directory.path().join(name));
        std::fs::write(&interpreter, "").unwrap();
        std::fs::write(&script, format!("#!{}\n", interpreter.display())).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(&interpreter, std::fs::Permissions::from_mode(0o640)).unwrap();
        let cause = found(&script, "", Errno::EACCES).unwrap();
        assert_eq!(
            cause,
            format!(
                "its interpreter \"{}\" is not executable (mode 0640)",
                interpreter.display()
            )
        );
    }
}
