//! Mounts, moves, peer groups and covered mounts in several mount namespaces: each value that `ns-mounts` shows, which
//! mounts are visible, and above all where `--propagation` says that a new mount appears.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::mountinfo::{self, Line};
use crate::mounts::shell::Shell;
use crate::support::case::cases;
use crate::support::dice::Dice;
use crate::support::{Outcome, Run as _, inode_of, needs, program, tool};

cases!["scenes::mounts":
    each_value_is_that_of_the_kernel,
    a_new_mount_appears_where_propagation_says,
];

/// Names that have to be escaped in mountinfo, in a shell or in JSON.
const NAMES: [&str; 8] = [
    "a",
    "b",
    "with space",
    "tab\there",
    "back\\slash",
    "new\nline",
    "#",
    "quote\"d",
];

/// Makes a copy of everything that is mounted the root directory, and goes on with the words after the directory.
const PIVOT: &str = "mount --make-rprivate / && mkdir -p \"$1/root\" 2>/dev/null && mount --rbind / \"$1/root\" && cd \"$1/root\" \
     && pivot_root . mnt && cd /; shift; exec \"$@\" 2>&1";

/// A scene stops growing here: a bind mount of a tree into itself doubles it.
const MOST_MOUNTS: usize = 300;

/// Mount namespaces with random mounts on a directory.
pub(super) struct Scene {
    pub(super) shells: Vec<Shell>,
    directory: TempDir,
    /// The paths that something was mounted on, below the directory.
    used: Vec<PathBuf>,
}

impl Scene {
    pub(super) fn new(dice: &mut Dice) -> Result<Self, crate::support::case::Skip> {
        needs::whole_root()?;
        needs::tools("mount umount mkdir pivot_root");
        let enter = needs::installed("nsenter")?;
        let directory = tempfile::tempdir().expect("a directory can be made");
        let mut first = Shell::new(tool("unshare").arg("-m"));
        let base = quoted(directory.path());
        first.run(&format!("mount -t tmpfs base {base}; mount --make-shared {base}"));
        let mut scene = Self {
            used: vec![directory.path().to_owned()],
            shells: vec![first],
            directory,
        };
        for step in 0..8 {
            let shell = dice.below(scene.shells.len());
            if step % 3 == 1 && scene.shells.len() < 3 {
                let pid = scene.shells[shell].pid.to_string();
                let propagation = dice.one(&["unchanged", "slave", "private", "shared"]);
                let mut command = tool(&enter);
                command.args(["-t", &pid, "-m", "unshare", "-m", "--propagation", propagation]);
                if dice.below(4) == 0 {
                    command
                        .args(["sh", "-c", PIVOT, "sh"])
                        .arg(scene.directory.path());
                }
                scene.shells.push(Shell::new(&mut command));
            }
            if mountinfo::of(scene.shells[shell].pid).len() < MOST_MOUNTS {
                let commands: Vec<_> = (0..4).map(|_| scene.change(dice)).collect();
                scene.shells[shell].run(&commands.join("\n"));
            }
        }
        Ok(scene)
    }

    /// A path below the directory.
    fn path(&self, dice: &mut Dice) -> PathBuf {
        let mut path = self.directory.path().to_owned();
        for _ in 0..=dice.below(3) {
            path.push(dice.one(&NAMES));
        }
        path
    }

    /// A path that something was mounted on.
    fn used(&self, dice: &mut Dice) -> PathBuf {
        self.used[dice.below(self.used.len())].clone()
    }

    /// A command that changes the mounts, or is refused.
    fn change(&mut self, dice: &mut Dice) -> String {
        let new = self.path(dice);
        let (from, to) = (quoted(&self.used(dice)), quoted(&new));
        let make = format!("mkdir -p {to} &&");
        let command = match dice.below(12) {
            0..=3 => {
                let options = dice.one(&["rw", "ro", "nosuid,nodev", "noexec,size=64k", "mode=700,noatime"]);
                format!(
                    "{make} mount -t tmpfs -o {options} 'source {}' {to}",
                    dice.below(100)
                )
            }
            4 | 5 => format!("{make} mount --bind {from} {to}"),
            6 => format!("{make} mount --rbind {from} {to}"),
            7 => format!("{make} mount --move {from} {to}"),
            8 | 9 => {
                let recursive = dice.sometimes(30, &["r"]);
                let kind = dice.one(&["shared", "slave", "private", "unbindable"]);
                format!("mount --make-{recursive}{kind} {from}")
            }
            10 => format!(
                "mount -o remount,bind,{} {from}",
                dice.one(&["ro", "rw", "nosuid"])
            ),
            _ => format!("umount {} {from}", dice.sometimes(50, &["-l"])),
        };
        self.used.push(new);
        format!("{{ {command}; }} 2>/dev/null || :")
    }
}

/// The path as a word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.to_str().expect("it is text");
    assert!(!text.contains('\''), "no name has one");
    format!("'{text}'")
}

/// The answer of `ns-mounts` about the mounts of this process.
pub(super) fn asked(pid: i32, words: &[&str]) -> Value {
    let pid = pid.to_string();
    super::listed(&[&["-J", "-N", &pid], words].concat()).json()
}

fn each_value_is_that_of_the_kernel() -> Outcome {
    super::each(0, |dice| {
        let scene = Scene::new(dice)?;
        for shell in &scene.shells {
            let columns =
                "ID,PARENT,MAJ:MIN,FSROOT,TARGET,VFS-OPTIONS,OPT-FIELDS,FSTYPE,SOURCE,FS-OPTIONS,VISIBLE";
            let shown = asked(shell.pid, &["-l", "-v", "-o", columns]);
            let mut shown: Vec<_> = shown["filesystems"].as_array().expect("a list").clone();
            let mut lines = mountinfo::of(shell.pid);
            lines.sort_by_key(|line| line.id);
            shown.sort_by_key(|row| row["id"].as_u64());
            assert_eq!(shown.len(), lines.len());
            for (row, line) in shown.iter().zip(&lines) {
                assert_eq!(*row, row_of(shell.pid, line), "{line:?}");
            }
        }
        // TARGETs: the mount that a path is on.
        let shell = &scene.shells[dice.below(scene.shells.len())];
        for _ in 0..4 {
            let path = scene.used(dice);
            let id = mountinfo::mount_at(shell.pid, &path);
            let mut command = program("ns-mounts");
            command.args(["-J", "-o", "ID", "-N", &shell.pid.to_string(), "-T"]);
            let ran = command.arg(&path).ran();
            match id {
                Some(id) => assert_eq!(
                    ran.json()["filesystems"][0]["id"].as_u64(),
                    Some(id),
                    "{}",
                    path.display()
                ),
                None => assert_eq!(ran.status, 1, "{}: {ran:?}", path.display()),
            }
        }
        Ok(())
    })
}

/// The row that is right for this line.
fn row_of(pid: i32, line: &Line) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    let path = |path: &Path| Value::from(path.to_str().expect("it is text"));
    serde_json::json!({
        "id": line.id,
        "parent": line.parent,
        "maj:min": line.device,
        "fsroot": path(&line.root),
        "target": path(&line.target),
        "vfs-options": line.options,
        "opt-fields": text(&line.fields.join(" ")),
        "fstype": line.fs_type,
        "source": line.source,
        "fs-options": line.fs_options,
        "visible": mountinfo::mount_at(pid, &line.target) == Some(line.id),
    })
}

/// The id of a mount, with the inode of its mount namespace.
type Place = (u64, u64);

fn a_new_mount_appears_where_propagation_says() -> Outcome {
    super::each(1_000_000, |dice| {
        let mut scene = Scene::new(dice)?;
        for number in 0..4 {
            let shell = dice.below(scene.shells.len());
            let pid = scene.shells[shell].pid;
            let above = scene.used(dice);
            let before = all(&scene);
            let here = inode_of(&format!("/proc/{pid}/ns/mnt"));
            let Some(id) = mountinfo::mount_at(pid, &above) else {
                continue;
            };
            let mounts = before.iter().find(|(place, _)| *place == (here, id));
            let Some((_, parent)) = mounts.cloned() else {
                continue;
            };
            let mut said = BTreeSet::from([(here, id)]);
            if let Some(group) = parent.field("shared") {
                let path = above.to_str().expect("it is text");
                let shown = asked(pid, &["--propagation", "-T", path]);
                let found = group_in(&shown["propagation"], group).expect("the group is shown");
                add_members(found, &mut said);
            }
            let new = above.join(format!("new {number}"));
            let word = quoted(&new);
            let made = scene.shells[shell].run(&format!(
                "{{ mkdir {word} && mount -t tmpfs new {word} && echo made; }} 2>/dev/null || :"
            ));
            if made != "made\n" {
                continue;
            }
            // Only the part of the file system that a mount shows can have it.
            let within = parent
                .root
                .join(above.strip_prefix(&parent.target).expect("it is below"));
            let can = |place: &&Place| {
                let there = before.iter().find(|(known, _)| known == *place);
                there.is_some_and(|(_, line)| within.join("new").starts_with(&line.root))
            };
            let said: BTreeSet<Place> = said.iter().filter(can).copied().collect();
            let known: HashSet<Place> = before.iter().map(|(place, _)| *place).collect();
            let after = all(&scene);
            let new = after.iter().filter(|(place, _)| !known.contains(place));
            let appeared: Vec<Place> = new.map(|((ns, _), line)| (*ns, line.parent)).collect();
            let places: BTreeSet<Place> = appeared.iter().copied().collect();
            assert_eq!(places, said, "below {}, mount {parent:?}", above.display());
            assert_eq!(appeared.len(), places.len());
        }
        Ok(())
    })
}

/// Every mount of the scene.
fn all(scene: &Scene) -> Vec<(Place, Line)> {
    let each = scene.shells.iter().flat_map(|shell| {
        let inode = inode_of(&format!("/proc/{}/ns/mnt", shell.pid));
        let lines = mountinfo::of(shell.pid).into_iter();
        lines.map(move |line| ((inode, line.id), line))
    });
    each.collect()
}

/// The object of a group in a tree of groups.
fn group_in(tree: &Value, group: u64) -> Option<&Value> {
    tree.as_array()?.iter().find_map(|row| {
        let is_it = row["role"].is_null() && row["group"].as_u64() == Some(group);
        is_it.then_some(row).or_else(|| group_in(&row["children"], group))
    })
}

/// The mounts of a group, and of all groups that get mounts from it.
fn add_members(group: &Value, found: &mut BTreeSet<Place>) {
    for row in group["children"].as_array().into_iter().flatten() {
        if let (Some(ns), Some(id)) = (row["ns"].as_u64(), row["id"].as_u64()) {
            found.insert((ns, id));
        }
        add_members(row, found);
    }
}
