//! The ordinary user that cases run programs as, with subordinate ids.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use nix::fcntl::{Flock, FlockArg};

use super::case::Skip;
use super::namespaces;
use super::ran::{path_of, tool};

/// An ordinary user. For root, it is the user that the tests create; otherwise the user who runs them.
pub struct User {
    /// The login name.
    pub name: String,
    /// The uid, and the gid.
    pub id: u32,
    /// The directory of the programs that this user may run.
    programs: PathBuf,
}

const NAME: &str = "ns-utils-test";
pub const ID: u32 = 48_711;
/// The first of 65536 subordinate ids.
const SUBORDINATE: u32 = 548_711_000;

const PROGRAMS: [&str; 5] = ["ns-unshare", "ns-enter", "ns-ls", "ns-hostname", "ns-mounts"];

impl User {
    /// The user, created if it does not exist yet.
    pub fn ordinary() -> Result<&'static Self, Skip> {
        static USER: OnceLock<User> = OnceLock::new();
        if let Some(user) = USER.get() {
            return Ok(user);
        }
        let user = if nix::unistd::geteuid().is_root() {
            if !namespaces::has_id(ID) {
                let reason = "needs an ordinary user, and no such id is mapped in this user namespace";
                return Err(Skip::Lacks(reason.into()));
            }
            make_user();
            Self {
                name: NAME.into(),
                id: ID,
                programs: copies_of_the_programs(),
            }
        } else {
            let own = nix::unistd::User::from_uid(nix::unistd::getuid())
                .ok()
                .flatten()
                .ok_or_else(|| Skip::Lacks("the caller has no entry in /etc/passwd".into()))?;
            let directory = path_of("ns-ls")
                .parent()
                .expect("a file is in a directory")
                .to_owned();
            Self {
                name: own.name,
                id: own.uid.as_raw(),
                programs: directory,
            }
        };
        Ok(USER.get_or_init(|| user))
    }

    /// The directory of the five programs that this user may run.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// One of the five programs, run as this user.
    pub fn program(&self, name: &str) -> Command {
        self.tool(self.programs.join(name))
    }

    /// Any program, run as this user in a directory that everyone may use.
    pub fn tool(&self, path: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = tool(path);
        command
            .current_dir("/")
            .env("HOME", "/")
            .env("USER", &self.name)
            .env("LOGNAME", &self.name);
        if nix::unistd::geteuid().is_root() {
            // Drops the supplementary groups too.
            command.uid(self.id).gid(self.id);
        }
        command
    }

    /// The first of this user's subordinate ids and their number, as `/etc/subuid` has them.
    pub fn subordinate_ids(&self) -> Result<(u32, u32), Skip> {
        let text = fs::read_to_string("/etc/subuid").unwrap_or_default();
        text.lines()
            .find_map(|line| {
                let range = line.strip_prefix(&self.name)?.strip_prefix(':')?;
                let (first, count) = range.split_once(':')?;
                Some((first.parse().ok()?, count.parse().ok()?))
            })
            .filter(|(first, _)| namespaces::has_id(*first))
            .ok_or_else(|| Skip::Lacks(format!("{} has no subordinate ids", self.name)))
    }
}

/// Adds the user to the system's files if it is missing. Test processes do this one after the other.
fn make_user() {
    let lock = File::open("/etc/passwd").expect("root can open /etc/passwd");
    let _lock = Flock::lock(lock, FlockArg::LockExclusive)
        .map_err(|(_, errno)| errno)
        .expect("it can be locked");
    let entries = [
        (
            "/etc/passwd",
            format!("{NAME}:x:{ID}:{ID}:tests of ns-utils:/:/bin/sh"),
        ),
        ("/etc/group", format!("{NAME}:x:{ID}:")),
        ("/etc/subuid", format!("{NAME}:{SUBORDINATE}:65536")),
        ("/etc/subgid", format!("{NAME}:{SUBORDINATE}:65536")),
    ];
    for (file, entry) in entries {
        let text = fs::read_to_string(file).unwrap_or_default();
        if text.lines().any(|line| line.starts_with(&format!("{NAME}:"))) {
            continue;
        }
        let newline = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .and_then(|mut file| writeln!(file, "{newline}{entry}"))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

/// Copies of the programs in a directory that everyone may use, because the checkout may be below `/root`. The copies
/// are kept, and replaced when a program is newer.
fn copies_of_the_programs() -> PathBuf {
    let target = path_of("ns-ls").parent().expect("a file is in a directory");
    // There is one directory for each checkout on this machine.
    let name: String = target
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    // Root of a user namespace may not write to the directory of root of the machine, or of another such root.
    let owner = match namespaces::outer_id(0) {
        Some(0) | None => NAME.to_owned(),
        Some(id) => format!("{NAME}-{id}"),
    };
    let directory = Path::new("/var/tmp").join(owner).join(name.trim_matches('-'));
    fs::create_dir_all(&directory).expect("root can make a directory in /var/tmp");
    let lock = File::open(&directory).expect("it has just been made");
    let _lock = Flock::lock(lock, FlockArg::LockExclusive)
        .map_err(|(_, errno)| errno)
        .expect("it can be locked");
    for program in PROGRAMS {
        let built = path_of(program);
        let copy = directory.join(program);
        let modified = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        if modified(&copy) > modified(built) {
            continue;
        }
        // A running program cannot be written to, but can be replaced.
        let fresh = directory.join(format!("{program}.new"));
        fs::copy(built, &fresh).expect("a program can be copied");
        fs::set_permissions(&fresh, Permissions::from_mode(0o755)).expect("it is ours");
        fs::rename(&fresh, &copy).expect("it is ours");
    }
    directory
}
