//! Names of namespaces: given, known to all programs and to `ip netns`, taken away, and what is left when somebody is
//! killed on the way. Each case has a `/run` of its own, in a mount namespace of its own.

mod names;
mod network;
mod remove;
mod side_by_side;
mod stale;
mod storm;

use std::process::Command;

use crate::support::case::Skip;
use crate::support::{Case, Held, Ran, Run as _, User, needs, path_of, program, tools};

/// All of them.
pub fn cases() -> Vec<Case> {
    [
        names::cases(),
        network::cases(),
        remove::cases(),
        side_by_side::cases(),
        stale::cases(),
        storm::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// One of an ordinary user's, and one of root's where the tests are root's.
fn rooms() -> Result<Vec<Room>, Skip> {
    let mut rooms = vec![Room::of_user()?];
    rooms.extend(Room::of_root().ok());
    Ok(rooms)
}

/// A mount namespace whose `/run` is empty. Nothing of it stays.
struct Room {
    held: Held,
    owner: Option<&'static User>,
}

impl Room {
    /// Of root's: skipped for others.
    fn of_root() -> Result<Self, Skip> {
        needs::whole_root()?;
        Ok(Self::new(program("ns-unshare").arg("-m"), None))
    }

    /// Of an ordinary user, who is root of a user namespace in it.
    fn of_user() -> Result<Self, Skip> {
        let user = User::ordinary()?;
        needs::user_namespaces()?;
        let mut unshare = user.program("ns-unshare");
        Ok(Self::new(unshare.args(["-r", "-m"]), Some(user)))
    }

    fn new(unshare: &mut Command, owner: Option<&'static User>) -> Self {
        needs::tools("bash mount");
        let held = Held::new(unshare, "mount -t tmpfs run /run");
        Self { held, owner }
    }

    /// A program in the network namespace of this name in it, with the rights of the tests' own: it may be one of their own.
    fn in_network(&self, name: &str) -> Command {
        let mut enter = program("ns-enter");
        enter.args(["-t", &self.held.pid.to_string(), "-m"]);
        enter.arg(path_of("ns-enter")).arg(format!("--net={name}"));
        enter
    }

    /// A shell in it that runs this, and finds our programs.
    fn command(&self, script: &str) -> Command {
        let mut enter = match self.owner {
            Some(user) => user.program("ns-enter"),
            None => program("ns-enter"),
        };
        let programs = match self.owner {
            Some(user) => user.programs(),
            None => path_of("ns-ls").parent().expect("it is in a directory"),
        };
        let path = tools::path_with(programs);
        let pid = self.held.pid.to_string();
        enter
            .args(["-t", &pid, "-m"])
            .args(self.owner.map(|_| "-U"))
            .args(["bash", "-c", script])
            .env("PATH", path);
        enter
    }

    /// What the script does in it.
    #[track_caller]
    fn sh(&self, script: &str) -> Ran {
        self.command(script).ran()
    }

    /// What the script writes, where it succeeds: that nobody outside sees the names is said on stderr, and more is not.
    #[track_caller]
    fn ok(&self, script: &str) -> String {
        let ran = self.sh(script);
        let said = |line: &str| line.contains(" in this mount namespace (mnt:[");
        assert!(
            ran.status == 0 && ran.stderr.lines().all(said),
            "{script}: {ran:#?}"
        );
        ran.stdout
    }

    /// The names, with the kind of each: `net/web uts/web`.
    #[track_caller]
    fn names(&self) -> String {
        let list = self.ok(
            "cd /run; for file in *ns/*; do [[ -e $file || -L $file ]] && echo \"${file/ns\\//\\/}\"; done; true",
        );
        list.lines().collect::<Vec<_>>().join(" ")
    }

    /// The lines of the mounts on its `/run` and below. What is under it is the machine's, which has names of its own.
    #[track_caller]
    fn table(&self) -> Vec<String> {
        let table = self.ok("cat /proc/self/mountinfo");
        let lines: Vec<_> = table.lines().collect();
        let word = |line: &str, index: usize| line.split(' ').nth(index).unwrap_or_default().to_owned();
        let own = lines.iter().rfind(|line| word(line, 4) == "/run");
        let mut inside = vec![word(own.expect("it is mounted"), 0)];
        let mut found = Vec::new();
        // Each is further down than what it is mounted on.
        for line in lines {
            if inside.contains(&word(line, 1)) {
                inside.push(word(line, 0));
                found.push(line.to_owned());
            }
        }
        found
    }

    /// How often something is mounted below the directories of names.
    #[track_caller]
    fn mounts(&self) -> usize {
        let is_name = |line: &&String| {
            let target = line.split(' ').nth(4).unwrap_or_default();
            let below = target.strip_prefix("/run/");
            below.is_some_and(|rest| rest.contains("ns/"))
        };
        self.table().iter().filter(is_name).count()
    }

    /// How often something is mounted on this file.
    #[track_caller]
    fn mounts_on(&self, file: &str) -> usize {
        let is_on = |line: &&String| line.split(' ').nth(4) == Some(file);
        self.table().iter().filter(is_on).count()
    }
}
