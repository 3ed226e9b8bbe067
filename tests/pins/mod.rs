//! Names of namespaces: creating, using in all programs and in `ip netns`, removing, and the remains if a program is
//! killed meanwhile. Each case has its own `/run` in its own mount namespace.

mod ip;
mod meant;
mod names;
mod network;
mod remove;
mod side_by_side;
mod stale;
mod storm;

use std::process::Command;

use crate::support::case::Skip;
use crate::support::{Case, Held, Ran, Run as _, User, needs, path_of, program, tools};

/// All cases.
pub fn cases() -> Vec<Case> {
    [
        ip::cases(),
        meant::cases(),
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

/// A room of an ordinary user, and one of root if the tests run as root.
fn rooms() -> Result<Vec<Room>, Skip> {
    let mut rooms = vec![Room::of_user()?];
    rooms.extend(Room::of_root().ok());
    Ok(rooms)
}

/// A mount namespace with an empty `/run`. Nothing of it remains.
struct Room {
    held: Held,
    owner: Option<&'static User>,
}

impl Room {
    /// A room of root, which other users skip.
    fn of_root() -> Result<Self, Skip> {
        needs::whole_root()?;
        Ok(Self::new(program("ns-unshare").arg("-m"), None))
    }

    /// A room of an ordinary user, who is root in its user namespace.
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

    /// A program in the network namespace with this name, with the rights of the test process. It can be the test
    /// program itself.
    fn in_network(&self, name: &str) -> Command {
        let mut enter = program("ns-enter");
        enter.args(["-t", &self.held.pid.to_string(), "-m"]);
        enter.arg(path_of("ns-enter")).arg(format!("--net={name}"));
        enter
    }

    /// A shell in the room that runs this command, and finds our programs.
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

    /// The result of the script in the room.
    #[track_caller]
    fn sh(&self, script: &str) -> Ran {
        self.command(script).ran()
    }

    /// The output of the script, which must succeed. Its only message on stderr is the note that nobody outside sees
    /// the names.
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

    /// The lines of the mounts on its `/run` and below. The mounts under it belong to the machine, which has its own
    /// names.
    #[track_caller]
    fn table(&self) -> Vec<String> {
        let table = self.ok("cat /proc/self/mountinfo");
        let lines: Vec<_> = table.lines().collect();
        let word = |line: &str, index: usize| line.split(' ').nth(index).unwrap_or_default().to_owned();
        let own = lines.iter().rfind(|line| word(line, 4) == "/run");
        let mut inside = vec![word(own.expect("it is mounted"), 0)];
        let mut found = Vec::new();
        // Each mount is further down than the mount below it.
        for line in lines {
            if inside.contains(&word(line, 1)) {
                inside.push(word(line, 0));
                found.push(line.to_owned());
            }
        }
        found
    }

    /// The number of mounts below the directories of names.
    #[track_caller]
    fn mounts(&self) -> usize {
        let is_name = |line: &&String| {
            let target = line.split(' ').nth(4).unwrap_or_default();
            let below = target.strip_prefix("/run/");
            below.is_some_and(|rest| rest.contains("ns/"))
        };
        self.table().iter().filter(is_name).count()
    }

    /// The number of mounts on this file.
    #[track_caller]
    fn mounts_on(&self, file: &str) -> usize {
        let is_on = |line: &&String| line.split(' ').nth(4) == Some(file);
        self.table().iter().filter(is_on).count()
    }
}
