//! Why a program cannot be run (`execve(2)`).

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC, accessat};

use super::binfmt;
use super::elf::{Elf, MAGIC, flaw_of_header};
use super::finding::Finding;
use super::paths;
use super::paths::Reach;
use super::script::{START, interpreter, is_cut_off, start_of};
use crate::escape::quoted;

/// The words for the program itself.
const IT: &str = "it";

/// How many scripts can be the interpreter of each other before the kernel gives up (`execve(2)`).
const SCRIPTS: usize = 5;

/// Looks at the file: the named path, or the first path from `PATH` that exists.
pub(crate) fn not_run(
    places: &[CString],
    is_looked_for: bool,
    errno: Errno,
    reach: &Reach,
) -> Option<Finding> {
    let mut paths = places
        .iter()
        .map(|place| Path::new(OsStr::from_bytes(place.to_bytes())));
    if !is_looked_for {
        return flaw(paths.next()?, errno, reach);
    }
    let path = paths.find(|path| path.symlink_metadata().is_ok())?;
    let found = flaw(path, errno, reach)?;
    let cause = format!(
        "{} was found: {}",
        quoted(path.as_os_str().as_bytes()),
        found.cause
    );
    Some(Finding { cause, ..found })
}

/// None of the paths exists. `here` is the path of the program where the caller is, if that is another root.
pub(crate) fn not_found(
    places: &[CString],
    is_looked_for: bool,
    here: Option<&CStr>,
    is_elsewhere: bool,
) -> Option<Finding> {
    let path = |place: &CStr| PathBuf::from(OsStr::from_bytes(place.to_bytes()));
    let is_known = |place: &CString| is_missing(&path(place));
    let (known, unknown): (Vec<_>, Vec<_>) = places.iter().partition(|place| is_known(place));
    // The search goes on behind a directory that is closed to the caller.
    let closed = unknown
        .first()
        .map(|place| paths::refused(&path(place), Errno::EACCES));
    if places.is_empty() || closed == Some(None) {
        return None;
    }
    let inside = if is_elsewhere { "inside, " } else { "" };
    let cause = if is_looked_for {
        let directories: Vec<_> = known
            .iter()
            .map(|place| match path(place).parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.display().to_string(),
                _ => ".".into(),
            })
            .collect();
        let directories = directories.join(":");
        match closed.flatten() {
            None => format!("{inside}no directory of PATH has it: {directories}"),
            Some(closed) if known.is_empty() => format!("{inside}{}", closed.cause),
            Some(closed) => format!(
                "{inside}no directory of PATH that can be searched has it: {directories}; {}",
                closed.cause
            ),
        }
    } else if is_elsewhere {
        "it does not exist inside".into()
    } else {
        return paths::missing(&path(places.first()?));
    };
    Some(match here {
        None => Finding::new(cause),
        Some(here) => Finding::new(format!("{cause}; outside, it is {}", quoted(here.to_bytes()))),
    })
}

/// The shell that every system has.
const BASE_SHELL: &str = "/bin/sh";

/// The source of the shell that runs if the caller names no program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefaultShell {
    /// The variable `SHELL`.
    OfVariable,
    /// `/etc/passwd`, or the shell that every system has.
    OfUser,
}

/// Why the default shell is not run, with what the caller can do about it.
pub(crate) fn shell_not_run(found: Option<Finding>, file: &CStr, shell: DefaultShell) -> Option<Finding> {
    let missing = || {
        let path = Path::new(OsStr::from_bytes(file.to_bytes()));
        is_missing(path).then(|| does_not_exist(IT))
    };
    let found = found.or_else(missing)?;
    let cause = match shell {
        DefaultShell::OfVariable => format!("{}; SHELL names it as the shell", found.cause),
        DefaultShell::OfUser => found.cause,
    };
    // A shell that does not exist inside either is no help.
    let instead = match found.help {
        Some(help) if is_missing(Path::new(BASE_SHELL)) => format!("name a program to run; {help}"),
        _ if is_missing(Path::new(BASE_SHELL)) => "name a program to run".into(),
        _ => format!("name a program to run, or a shell in SHELL: SHELL={BASE_SHELL}"),
    };
    Some(Finding::new(cause).help(instead))
}

/// The first of these paths that the caller can execute.
pub(crate) fn first_executable(places: &[CString]) -> Option<&CString> {
    places
        .iter()
        .find(|place| rustix::fs::access(place.as_c_str(), rustix::fs::Access::EXEC_OK).is_ok())
}

/// True if this is an ELF file, which no shell can read, or a script that names its interpreter.
pub(crate) fn has_program_format(path: &Path) -> bool {
    let has_format = |start: Vec<u8>| start.starts_with(MAGIC) || start.starts_with(b"#!");
    plain(path).is_some_and(|file| has_format(start_of(&file)))
}

/// The flaw that keeps the kernel from executing this file, or an interpreter or loader that it needs.
fn flaw(path: &Path, errno: Errno, reach: &Reach) -> Option<Finding> {
    let mut path = path.to_owned();
    let mut words = IT.to_owned();
    // A file can be its own interpreter.
    for _ in 0..SCRIPTS {
        if let Some(finding) = flaw_of(&path, &words, reach) {
            return Some(finding);
        }
        let Some(file) = plain(&path) else {
            return unreachable(&path, &words, errno);
        };
        let start = start_of(&file);
        if let Some(interpreter) = binfmt::interpreter_of(&path, &start).filter(|_| errno == Errno::ENOENT)
            && is_missing(&interpreter)
        {
            let name = quoted(interpreter.as_os_str().as_bytes());
            let cause = format!("{words} has the interpreter {name} in binfmt_misc, which does not exist");
            return Some(Finding::new(cause));
        }
        if start.starts_with(MAGIC) {
            return flaw_of_elf(&file, &words, errno, reach);
        }
        let Some(interpreter) = interpreter(&start) else {
            let shell = Path::new("/bin/sh");
            if !start.starts_with(b"#!") && errno == Errno::ENOENT && is_missing(shell) {
                let cause = format!(
                    "{words} does not start with \"#!\", so /bin/sh would read it, which does not exist"
                );
                return Some(Finding::new(cause));
            }
            let names_none = start.starts_with(b"#!") && !is_cut_off(&start);
            return names_none.then(|| {
                let name = quoted(path.as_os_str().as_bytes());
                Finding::new(format!(
                    "the first line of {name} names no interpreter after \"#!\""
                ))
            });
        };
        if is_cut_off(&start) {
            return Some(Finding::new(format!(
                "the kernel reads {START} bytes of {}, and the name of its interpreter does not end there",
                quoted(path.as_os_str().as_bytes())
            )));
        }
        if interpreter.ends_with(b"\r") {
            let cause = format!(
                "the first line of {} ends in a carriage return, so its interpreter would be {}",
                quoted(path.as_os_str().as_bytes()),
                quoted(&interpreter)
            );
            let help = reach.command("sed -i 's/\\r$//'", &path);
            return Some(Finding { cause, help });
        }
        words = needed("interpreter", &interpreter, &words);
        path = PathBuf::from(OsStr::from_bytes(&interpreter));
    }
    let cause = format!(
        "more than {} scripts are each the interpreter of the one before",
        SCRIPTS - 1
    );
    (errno == Errno::ELOOP).then(|| Finding::new(cause))
}

/// The words for a file that `of` needs: `its interpreter "/a"`, `the loader "/b" of its interpreter "/a"`.
fn needed(what: &str, path: &[u8], of: &str) -> String {
    let name = quoted(path);
    if of == IT {
        format!("its {what} {name}")
    } else {
        format!("the {what} {name} of {of}")
    }
}

fn does_not_exist(words: &str) -> Finding {
    Finding::new(format!("{words} does not exist"))
}

/// Why this file, which the text calls `words`, cannot be reached.
fn unreachable(path: &Path, words: &str, errno: Errno) -> Option<Finding> {
    // A program that does not exist is looked for elsewhere.
    if words == IT && errno == Errno::ENOENT {
        return paths::dead_link(path);
    }
    let on_the_way = paths::refused(path, errno);
    if words == IT {
        return on_the_way;
    }
    if is_missing(path) && !path.is_symlink() {
        return Some(does_not_exist(words));
    }
    on_the_way.map(|found| Finding {
        cause: format!("{words} cannot be reached: {}", found.cause),
        ..found
    })
}

/// True if the path is known to lead to nothing: a directory on the way may be closed to the caller.
fn is_missing(path: &Path) -> bool {
    use std::io::ErrorKind;
    let refused = path.metadata().err().map(|error| error.kind());
    matches!(refused, Some(ErrorKind::NotFound | ErrorKind::NotADirectory))
}

/// Why the kernel does not execute this ELF file, whose mode is right.
fn flaw_of_elf(file: &File, words: &str, errno: Errno, reach: &Reach) -> Option<Finding> {
    let elf = Elf::read(file);
    match errno {
        Errno::ENOENT | Errno::EACCES => {
            let loader = elf?.loader?;
            let path = Path::new(OsStr::from_bytes(&loader));
            let words = needed("loader", &loader, words);
            flaw_of(path, &words, reach).or_else(|| unreachable(path, &words, errno))
        }
        Errno::ENOEXEC | Errno::EIO => flaw_of_header(file, elf, words),
        _ => None,
    }
}

/// The flaw that keeps the kernel from executing the file at this path. The text calls the file `words`.
fn flaw_of(path: &Path, words: &str, reach: &Reach) -> Option<Finding> {
    let file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&file).ok()?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Some(Finding::new(format!("{words} is a directory"))),
        _ => return Some(Finding::new(format!("{words} is not a regular file"))),
    }
    let mode = stat.st_mode & 0o7777;
    if mode & 0o111 == 0 {
        return Some(Finding {
            cause: format!("{words} is not executable (mode {mode:04o})"),
            help: reach.command("chmod +x", path),
        });
    }
    let system = rustix::fs::fstatvfs(&file).ok()?;
    if system.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC) {
        return Some(Finding::new(format!(
            "{words} is on a file system mounted noexec"
        )));
    }
    let answer = accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS);
    (answer == Err(rustix::io::Errno::ACCESS)).then(|| {
        Finding::new(format!(
            "{words} is not executable for the caller (mode {mode:04o})"
        ))
    })
}

/// A regular file, open. A read from any other file can block without end or change something, and so
/// can a file of procfs.
fn plain(path: &Path) -> Option<File> {
    let is_plain = |file: &OwnedFd| {
        let is_regular = |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode).is_file();
        rustix::fs::fstat(file).is_ok_and(is_regular)
            && rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type != PROC_SUPER_MAGIC)
    };
    let open = |flags| rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty()).ok();
    open(OFlags::PATH).filter(is_plain)?;
    // Another file may be there by now.
    let file = open(OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY).filter(is_plain)?;
    Some(File::from(file))
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
        not_run(&places, is_looked_for, errno, &Reach::Same).map(|finding| finding.cause)
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
        std::fs::write(&script, "#!/bin/sh\r\n").unwrap();
        let cause = found(&script, "", Errno::ENOENT).unwrap();
        assert!(
            cause.ends_with("so its interpreter would be \"/bin/sh\\x0d\""),
            "{cause}"
        );
        std::fs::write(&script, format!("#!/{:0300}\n", 0)).unwrap();
        let cause = found(&script, "", Errno::ENOEXEC).unwrap();
        assert!(
            cause.ends_with("and the name of its interpreter does not end there"),
            "{cause}"
        );
        std::fs::write(&script, format!("#!/no/such/shell {:0300}\n", 0)).unwrap();
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
