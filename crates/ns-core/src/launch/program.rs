//! The program that a plan ends in: its file, its arguments, its environment (`execve(2)`).

use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use nix::errno::Errno;

use super::environment::EnvironmentChange;
use crate::explain::program::DefaultShell;
use crate::process::own_inode;
use crate::{Error, Result, explain};

/// The directories to search for programs if the environment has no `PATH` (`execvp(3)`).
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// A program to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    file: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    /// The changes that every environment of this program gets.
    changes: Vec<EnvironmentChange>,
    /// True if this is the default shell, which the caller did not name.
    is_default: bool,
    /// The variables of the environment that hold the PID of this process, and are about the program.
    own: Vec<&'static [u8]>,
}

/// The variables that name a process by its PID, and that only this process heeds (`sd_listen_fds(3)`,
/// `sd_watchdog_enabled(3)`).
const OF_PROCESS: [&[u8]; 2] = [b"LISTEN_PID=", b"WATCHDOG_PID="];

/// The variable with the inode of the pidfd of the process in `LISTEN_PID`.
const PIDFD_ID: &[u8] = b"LISTEN_PIDFDID=";

impl Program {
    /// A file with the arguments after its name. A file without a slash is searched in `PATH`.
    pub fn new(file: &OsStr, arguments: &[OsString], environment: Vec<CString>) -> Result<Self> {
        let arguments = std::iter::once(file).chain(arguments.iter().map(OsString::as_os_str));
        Self::with_argument_zero(file, arguments, environment)
    }

    /// A shell, started as `login(1)` does: with a hyphen before its name.
    pub fn login_shell(shell: &OsStr, environment: Vec<CString>) -> Result<Self> {
        let name = shell
            .as_bytes()
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or_default();
        let name = OsString::from_vec([b"-", name].concat());
        let shell = Self::with_argument_zero(shell, std::iter::once(name.as_os_str()), environment)?;
        Ok(Self {
            is_default: true,
            ..shell
        })
    }

    fn with_argument_zero<'a>(
        file: &OsStr,
        arguments: impl Iterator<Item = &'a OsStr>,
        environment: Vec<CString>,
    ) -> Result<Self> {
        let string = |bytes: &[u8]| {
            CString::new(bytes).map_err(|_| Error::invalid("argument", bytes, "it holds a NUL byte"))
        };
        Ok(Self {
            file: string(file.as_bytes())?,
            arguments: arguments
                .map(|argument| string(argument.as_bytes()))
                .collect::<Result<_>>()?,
            own: about_this_process(&environment),
            environment,
            changes: Vec::new(),
            is_default: false,
        })
    }

    /// This program with another environment. A default login shell becomes the shell that the environment names, if it
    /// names one.
    #[must_use]
    pub fn with_environment(&self, mut environment: Vec<CString>) -> Self {
        for change in &self.changes {
            change.apply(&mut environment);
        }
        let shell = shell_in(&environment).filter(|_| self.is_default);
        let renamed = shell.and_then(|shell| Self::login_shell(shell, Vec::new()).ok());
        Self {
            environment,
            changes: self.changes.clone(),
            // These are of another process.
            own: Vec::new(),
            ..renamed.unwrap_or_else(|| self.clone())
        }
    }

    /// This program with these changes of its environment, and of any that it gets later.
    #[must_use]
    pub fn with_changes(self, changes: Vec<EnvironmentChange>) -> Self {
        // A variable that the caller sets is not about this process.
        let is_kept = |name: &&[u8]| {
            let is_about = |change: &EnvironmentChange| name.strip_suffix(b"=") == Some(change.name());
            !changes.iter().any(is_about)
        };
        let own = self.own.iter().copied().filter(is_kept).collect();
        let environment = self.environment.clone();
        Self {
            own,
            ..Self { changes, ..self }.with_environment(environment)
        }
    }

    /// The file as the caller named it.
    pub fn file(&self) -> &CStr {
        &self.file
    }

    /// The arguments after the name.
    pub fn arguments(&self) -> impl Iterator<Item = &CStr> {
        self.arguments.iter().skip(1).map(CString::as_c_str)
    }

    /// The variable that names the default shell, if this program is that: the caller named none.
    pub(super) fn default_shell(&self) -> Option<DefaultShell> {
        let is_in_variable =
            shell_in(&self.environment).is_some_and(|shell| shell.as_bytes() == self.file.to_bytes());
        self.is_default.then_some(if is_in_variable {
            DefaultShell::OfVariable
        } else {
            DefaultShell::OfUser
        })
    }

    /// True if the file is searched in `PATH`.
    pub(crate) fn is_looked_for(&self) -> bool {
        !self.file.to_bytes().contains(&b'/')
    }

    /// The candidates for the file, in the order in which they are tried (`execvp(3)`).
    pub(crate) fn places(&self) -> Vec<CString> {
        let file = self.file.to_bytes();
        if !self.is_looked_for() {
            return vec![self.file.clone()];
        }
        if file.is_empty() {
            return Vec::new();
        }
        let path = value_in(&self.environment, b"PATH=");
        let place = |directory: &[u8]| {
            let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
            CString::new([directory, slash, file].concat()).ok()
        };
        let directories = path.unwrap_or(DEFAULT_PATH).split(|byte| *byte == b':');
        directories.filter_map(place).collect()
    }

    /// `/bin/sh` instead of a default login shell: the caller's shell may be missing in the entered namespaces. `None` for a
    /// program that the caller named.
    pub(super) fn other_shell(&self) -> Option<Self> {
        let shell = || Self::login_shell(OsStr::new("/bin/sh"), self.environment.clone()).ok();
        let shell = self.is_default.then(shell).flatten()?;
        Some(Self {
            own: self.own.clone(),
            ..shell
        })
    }

    /// This program with the PID of the calling process in the variables that held the PID of the caller. The program may
    /// run in a child of that. A variable about another process is removed if the number is now that of the program: PID 1
    /// of a new PID namespace is not the PID 1 that was meant.
    #[must_use]
    pub(super) fn about_calling_process(mut self) -> Self {
        let pid = nix::unistd::getpid().to_string();
        for name in OF_PROCESS {
            if self.own.contains(&name) {
                set(&mut self.environment, name, Some(&pid));
            } else if value_in(&self.environment, name) == Some(pid.as_bytes()) {
                set(&mut self.environment, name, None);
            }
        }
        if self.own.contains(&OF_PROCESS[0]) && value_in(&self.environment, PIDFD_ID).is_some() {
            let inode = own_inode().known().map(|inode| inode.to_string());
            set(&mut self.environment, PIDFD_ID, inode.as_deref());
        }
        self
    }

    /// Becomes the program. Returns only if that fails, with the reason.
    pub fn execute(&self) -> Errno {
        if !self.is_looked_for() {
            return self.try_file(&self.file);
        }
        let mut refused = None;
        for file in self.places() {
            match self.try_file(&file) {
                // Another directory may have a file that can be run. A directory without search permission counts as
                // having none.
                Errno::EACCES if rustix::fs::stat(&file).is_ok() => refused = Some(Errno::EACCES),
                Errno::EACCES | Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG => {}
                errno => return errno,
            }
        }
        refused.unwrap_or(Errno::ENOENT)
    }

    fn try_file(&self, file: &CStr) -> Errno {
        let Err(errno) = nix::unistd::execve(file, &self.arguments, &self.environment);
        let path = Path::new(OsStr::from_bytes(file.to_bytes()));
        if errno != Errno::ENOEXEC || explain::program::has_program_format(path) {
            return errno;
        }
        // The shell runs a script without a `#!` line (execvp(3)).
        let shell = c"/bin/sh";
        let mut arguments = vec![shell.to_owned(), file.to_owned()];
        arguments.extend(self.arguments.iter().skip(1).cloned());
        let Err(errno) = nix::unistd::execve(shell, &arguments, &self.environment);
        errno
    }
}

/// The shell that an environment names in `SHELL`, if any.
pub fn shell_in(environment: &[CString]) -> Option<&OsStr> {
    value_in(environment, b"SHELL=")
        .filter(|shell| !shell.is_empty())
        .map(OsStr::from_bytes)
}

/// The variables that hold the PID of this process.
fn about_this_process(environment: &[CString]) -> Vec<&'static [u8]> {
    let pid = nix::unistd::getpid().to_string();
    let is_ours = |name: &&[u8]| value_in(environment, name) == Some(pid.as_bytes());
    OF_PROCESS.into_iter().filter(is_ours).collect()
}

/// Replaces the value of the variable, or removes it. `name` ends in an equals sign.
fn set(environment: &mut Vec<CString>, name: &[u8], value: Option<&str>) {
    environment.retain(|entry| !entry.to_bytes().starts_with(name));
    let entry = value.and_then(|value| CString::new([name, value.as_bytes()].concat()).ok());
    environment.extend(entry);
}

/// The value of the first entry that starts with this name and an equals sign, as in getenv(3).
fn value_in<'a>(environment: &'a [CString], name: &[u8]) -> Option<&'a [u8]> {
    environment
        .iter()
        .find_map(|entry| entry.to_bytes().strip_prefix(name))
}

/// The exit status for a program that could not be run, as in shells.
pub(super) fn status_of(errno: Errno) -> u8 {
    if errno == Errno::ENOENT { 127 } else { 126 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_shell_has_a_hyphen_before_its_name() {
        let shell = Program::login_shell(OsStr::new("/bin/bash"), Vec::new()).unwrap();
        assert_eq!(shell.file(), c"/bin/bash");
        assert_eq!(shell.arguments, [c"-bash".to_owned()]);
    }

    #[test]
    fn a_default_shell_follows_the_environment() {
        let environment = |shell: &CStr| vec![shell.to_owned()];
        let shell = Program::login_shell(OsStr::new("/bin/bash"), environment(c"SHELL=/bin/bash")).unwrap();
        let renamed = shell.with_environment(environment(c"SHELL=/bin/zsh"));
        assert_eq!(renamed.file(), c"/bin/zsh");
        assert_eq!(renamed.environment, environment(c"SHELL=/bin/zsh"));
        let other = shell.other_shell().unwrap();
        assert_eq!(other.file(), c"/bin/sh");
        assert_eq!(other.environment, environment(c"SHELL=/bin/bash"));

        let named = Program::new(OsStr::new("/bin/ls"), &[], Vec::new()).unwrap();
        assert_eq!(
            named.with_environment(environment(c"SHELL=/bin/zsh")).file(),
            c"/bin/ls"
        );
        assert!(named.other_shell().is_none());
    }

    #[test]
    fn the_pid_in_variables_is_of_the_environment_of_the_caller() {
        let pid = CString::new(format!("LISTEN_PID={}", nix::unistd::getpid())).unwrap();
        let shell = Program::login_shell(OsStr::new("/bin/bash"), vec![pid.clone()]).unwrap();
        assert_eq!(shell.own, [b"LISTEN_PID="]);
        assert_eq!(shell.other_shell().unwrap().own, [b"LISTEN_PID="]);
        // This environment is of another process.
        assert!(shell.with_environment(vec![pid]).own.is_empty());
    }

    #[test]
    fn only_variables_that_are_about_this_process_change() {
        let pid = CString::new(format!("LISTEN_PID={}", nix::unistd::getpid())).unwrap();
        let inode = c"LISTEN_PIDFDID=7".to_owned();
        let changed = |environment: &[&CString]| {
            let environment = environment.iter().map(|entry| (*entry).clone()).collect();
            let program = Program::new(OsStr::new("/bin/ls"), &[], environment).unwrap();
            program.about_calling_process().environment
        };
        // No variable is added.
        assert_eq!(changed(&[&pid]), std::slice::from_ref(&pid));
        let other = c"LISTEN_PID=4194304".to_owned();
        assert_eq!(changed(&[&other, &inode]), [other.clone(), inode.clone()]);
        let watchdog = CString::new(format!("WATCHDOG_PID={}", nix::unistd::getpid())).unwrap();
        assert_eq!(changed(&[&watchdog, &inode]), [inode.clone(), watchdog]);
        let own = changed(&[&pid, &inode]);
        assert!(own.contains(&pid) && !own.contains(&inode), "{own:?}");
    }

    #[test]
    fn a_nul_byte_is_refused() {
        assert!(Program::new(OsStr::new("a\0b"), &[], Vec::new()).is_err());
    }

    #[test]
    fn an_empty_part_of_the_path_is_the_working_directory() {
        let program = |path: &CStr| Program::new(OsStr::new("a"), &[], vec![path.to_owned()]).unwrap();
        assert_eq!(
            program(c"PATH=:/x:").places(),
            [c"a", c"/x/a", c"a"].map(CStr::to_owned)
        );
        assert_eq!(program(c"PATH=").places(), [c"a".to_owned()]);
    }

    #[test]
    fn a_missing_program_is_127_and_other_failures_are_126() {
        assert_eq!(status_of(Errno::ENOENT), 127);
        assert_eq!(status_of(Errno::EACCES), 126);
        let program = Program::new(OsStr::new("no-such-program"), &[], Vec::new()).unwrap();
        assert_eq!(program.execute(), Errno::ENOENT);
        let nameless = Program::new(OsStr::new(""), &[], Vec::new()).unwrap();
        assert_eq!(nameless.execute(), Errno::ENOENT);
        let directory = Program::new(OsStr::new("/tmp"), &[], Vec::new()).unwrap();
        assert_eq!(directory.execute(), Errno::EACCES);
    }
}
