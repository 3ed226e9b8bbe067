//! Cgroups of a case's own, in the hierarchy of cgroup v2 or in that of systemd in v1.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::case::Skip;
use super::{PATIENCE, needs};

/// A cgroup that is removed when this is dropped, after its processes have ended.
pub struct Cgroup {
    /// The directories that were created for it, from the outermost to the innermost.
    made: Vec<PathBuf>,
}

impl Cgroup {
    /// Creates the cgroup at this path below the top, and missing ones above it. No two cases may share these.
    pub fn new(path: &str) -> Result<Self, Skip> {
        Self::below(mounted("cgroup2", "")?, path)
    }

    /// Creates the cgroup in systemd's hierarchy of cgroup v1.
    pub fn in_v1(path: &str) -> Result<Self, Skip> {
        let own = fs::read_to_string("/proc/self/cgroup").expect("it can be read");
        if own.lines().any(|line| line.starts_with("0::/") && line != "0::/") {
            return Err(Skip::Lacks("the caller is below the top of cgroup v2".into()));
        }
        Self::below(mounted("cgroup", "name=systemd")?, path)
    }

    /// Creates the cgroup in the hierarchy of the `pids` controller of cgroup v1.
    pub fn of_pids_in_v1(path: &str) -> Result<Self, Skip> {
        Self::below(mounted("cgroup", "pids")?, path)
    }

    /// Creates the cgroup in the hierarchy of the `freezer` controller of cgroup v1.
    pub fn of_freezer_in_v1(path: &str) -> Result<Self, Skip> {
        Self::below(mounted("cgroup", "freezer")?, path)
    }

    fn below(top: PathBuf, path: &str) -> Result<Self, Skip> {
        let mut cgroup = Self { made: Vec::new() };
        let mut directory = top;
        for name in path.split('/') {
            directory.push(name);
            if directory.is_dir() {
                continue;
            }
            fs::create_dir(&directory)
                .map_err(|error| Skip::Lacks(format!("no cgroup can be made: {error}")))?;
            cgroup.made.push(directory.clone());
        }
        Ok(cgroup)
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        self.made.last().expect("the path was new")
    }

    /// Gives the outermost created cgroup, and everything below it, to a user.
    pub fn give(&self, uid: u32) {
        for directory in &self.made {
            std::os::unix::fs::chown(directory, Some(uid), Some(uid)).expect("it was made by root");
        }
    }

    /// Gives the outermost cgroup that was made to a group, which cannot write to it.
    pub fn give_to_group(&self, gid: u32) {
        let outer = self.made.first().expect("the path was new");
        std::os::unix::fs::chown(outer, None, Some(gid)).expect("it was made by root");
    }

    /// Lets a group write to the outermost cgroup that was made.
    pub fn open_to_group(&self, gid: u32) {
        self.give_to_group(gid);
        let outer = self.made.first().expect("the path was new");
        fs::set_permissions(outer, std::os::unix::fs::PermissionsExt::from_mode(0o775)).expect("it is ours");
    }

    /// Lets a user move processes into the cgroup, but not make cgroups in it.
    pub fn open_to_processes_of(&self, uid: u32) {
        for name in ["cgroup.procs", "tasks", "cgroup.threads"] {
            let file = self.directory().join(name);
            if file.exists() {
                std::os::unix::fs::chown(file, Some(uid), None).expect("it was made by root");
            }
        }
    }

    /// Lets a user move processes away from the outermost cgroup that was made.
    pub fn open_for_moves_of(&self, uid: u32) {
        let outer = self.made.first().expect("the path was new");
        std::os::unix::fs::chown(outer.join("cgroup.procs"), Some(uid), None).expect("it was made by root");
    }

    /// The path for a cgroup that the case creates itself. It can be created, and does not exist yet.
    pub fn vacant(path: &str) -> Result<Self, Skip> {
        let cgroup = Self::new(path)?;
        for directory in cgroup.made.iter().rev() {
            fs::remove_dir(directory).expect("nothing is in it");
        }
        Ok(cgroup)
    }

    /// Moves a process into the cgroup.
    pub fn take_in(&self, pid: i32) {
        let inner = self.made.last().expect("the path was new");
        fs::write(inner.join("cgroup.procs"), pid.to_string()).expect("it was made by root");
    }

    /// Freezes the outermost cgroup that was made, and all below it, or thaws them.
    pub fn freeze(&self, frozen: bool) {
        let outer = self.made.first().expect("the path was new");
        let v1 = outer.join("freezer.state");
        let (file, value) = match (v1.exists(), frozen) {
            (true, true) => (v1, "FROZEN"),
            (true, false) => (v1, "THAWED"),
            (false, true) => (outer.join("cgroup.freeze"), "1"),
            (false, false) => (outer.join("cgroup.freeze"), "0"),
        };
        fs::write(file, value).expect("it was made by root");
    }

    /// Waits until all processes in it have stopped.
    pub fn await_frozen(&self) {
        let v1 = self.directory().join("freezer.state");
        let (file, line) = if v1.exists() {
            (v1, "FROZEN")
        } else {
            (self.directory().join("cgroup.events"), "frozen 1")
        };
        let end = Instant::now() + PATIENCE;
        while !fs::read_to_string(&file).is_ok_and(|text| text.lines().any(|known| known == line)) {
            assert!(Instant::now() < end, "its processes do not stop");
            std::thread::yield_now();
        }
    }

    /// The shell command that moves the shell into the cgroup.
    pub fn join(&self) -> String {
        let inner = self.made.last().expect("the path was new");
        format!("echo $$ >'{}/cgroup.procs'", inner.display())
    }
}

impl Drop for Cgroup {
    /// Ends the processes in it, and removes it afterwards, because a cgroup with processes cannot be removed.
    fn drop(&mut self) {
        if let Some(outer) = self.made.first() {
            let _ = fs::write(outer.join("cgroup.kill"), "1");
            await_empty(outer);
        }
        while let Some(directory) = self.made.pop() {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// The mount point of the file system of a hierarchy of cgroups.
fn mounted(fs_type: &str, option: &str) -> Result<PathBuf, Skip> {
    needs::root()?;
    let mounts = fs::read_to_string("/proc/self/mounts").expect("it can be read");
    mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|fields| {
            fields[2] == fs_type && (option.is_empty() || fields[3].split(',').any(|one| one == option))
        })
        .map(|fields| PathBuf::from(fields[1]))
        .ok_or_else(|| Skip::Lacks(format!("{fs_type} {option} is not mounted")))
}

/// Waits until no process is in the cgroup or below (`populated` in `cgroup.events`, cgroups(7)).
fn await_empty(cgroup: &Path) {
    let deadline = Instant::now() + PATIENCE;
    let Ok(mut events) = File::open(cgroup.join("cgroup.events")) else {
        return;
    };
    loop {
        let mut text = String::new();
        let read = events.rewind().and_then(|()| events.read_to_string(&mut text));
        let left = deadline.saturating_duration_since(Instant::now());
        if read.is_err() || text.contains("populated 0") || left.is_zero() {
            return;
        }
        let limit = Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        };
        let _ = poll(&mut [PollFd::new(&events, PollFlags::PRI)], Some(&limit));
    }
}
