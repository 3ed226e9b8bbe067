//! The scenery of mounts, containers and files in which command lines are run, for both sides.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::NAMES;
use super::lines::Line;
use crate::support::case::Skip;
use crate::support::{Run as _, needs, path_of, tool};

/// The version of the relatives that the tables of the page are about.
const UTIL_LINUX: &str = "2.38";

/// The tools that the scenery and the command lines run.
const TOOLS: &str = "unshare nsenter lsns findmnt hostname mount umount losetup truncate mkfs.ext4 mkfs.ext2 ip domainname \
    pivot_root setpriv awk xargs uniq mountpoint";

/// A command line with one of these may change mounts or names.
const CHANGES: [&str; 7] = [
    "mount -",
    "umount ",
    "nsenter",
    "unshare",
    "hostname",
    "domainname",
    "$scripts",
];

/// The command lines, after they were run.
pub struct Scene {
    place: TempDir,
    /// The namespaces that were there before.
    namespaces: BTreeSet<String>,
}

/// The result of a command line.
pub struct Did {
    pub status: String,
    /// Its output as data: JSON, or words.
    pub output: String,
    /// If it wrote to stderr and succeeded.
    pub complains: String,
    /// The mounts, names and files after it.
    pub effect: String,
}

impl Scene {
    pub fn run(lines: &[Line]) -> Result<Self, Skip> {
        needs::whole_root()?;
        needs::tools(TOOLS);
        needs::optional("newuidmap newgidmap");
        let version = tool("unshare").with("--version").ok();
        let version = version.trim_end().rsplit(' ').next().unwrap_or_default();
        if !version.starts_with(UTIL_LINUX) {
            return Err(Skip::Lacks(format!(
                "nothing is compared: the table was measured with util-linux {UTIL_LINUX}, and this is {version}"
            )));
        }
        let place = tempfile::Builder::new()
            .prefix("ns-utils-lines.")
            .permissions(Permissions::from_mode(0o755))
            .tempdir_in("/var/tmp")
            .expect("a directory can be made");
        write(place.path(), lines)?;
        let ran = tool("unshare")
            .args(["-mpfiun", "--mount-proc", "--propagation", "private", "sh"])
            .arg(place.path().join("scene.sh"))
            .arg(place.path())
            .env("scripts", scripts())
            .ran();
        assert_eq!(ran.status, 0, "{ran:#?}");
        let namespaces = fs::read_to_string(place.path().join("namespaces")).expect("it was written");
        let namespaces = namespaces.split_whitespace().map(str::to_owned).collect();
        Ok(Self { place, namespaces })
    }

    pub fn did(&self, number: usize, side: &str) -> Did {
        let read = |what: &str| {
            let file = self.place.path().join(format!("{number}.{side}.{what}"));
            let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.without_new_namespaces(&text.replace(&format!("/{side}/"), "/side/"))
        };
        let status = read("status");
        let complains = status.trim() == "0" && !read("err").is_empty();
        Did {
            complains: complains.to_string(),
            output: data(&read("out")),
            effect: read("effect").lines().map(|line| mount(line) + "\n").collect(),
            status,
        }
    }

    /// The text without the numbers of namespaces that a command line made.
    fn without_new_namespaces(&self, text: &str) -> String {
        let mut all = String::new();
        for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
            let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            let is_new =
                digits.len() == 10 && digits.starts_with("4026") && !self.namespaces.contains(digits);
            all += if is_new { "new" } else { digits };
            all += &part[digits.len()..];
        }
        all
    }
}

/// The directory with the unpacked packages whose scripts are run.
pub fn scripts() -> PathBuf {
    let other = std::env::var_os("NS_UTILS_SCRIPTS");
    other.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/scripts"),
        PathBuf::from,
    )
}

/// Writes the scripts, the command lines, and the directories of both sides.
fn write(place: &Path, lines: &[Line]) -> Result<(), Skip> {
    let create = |name: &str, text: &str| fs::write(place.join(name), text).expect("it is ours");
    create("scene.sh", include_str!("lines/scene.sh"));
    create("run.sh", include_str!("lines/run.sh"));
    let mut list = String::new();
    for (number, line) in lines.iter().enumerate() {
        create(&number.to_string(), &format!("{}\n", line.command));
        let alone = CHANGES.iter().any(|word| line.command.contains(word));
        let alone = if alone { "alone" } else { "-" };
        let own = if line.is_own() { "own" } else { "" };
        let _ = writeln!(list, "{number} {alone} theirs ours {own}");
    }
    create("list", &list);
    for side in ["theirs", "ours", "own"] {
        fs::create_dir(place.join(side)).expect("it is new");
    }
    // The scenery covers directories of the machine, and the checkout may be below one of them.
    fs::create_dir(place.join("programs")).expect("it is new");
    let copy_of = |program: &str| {
        let copy = place.join("programs").join(program);
        if !copy.exists() {
            fs::copy(path_of(program), &copy).expect("it is ours");
        }
        copy
    };
    for (name, program) in NAMES {
        let program = copy_of(program);
        symlink(needs::installed(name)?, place.join("theirs").join(name)).expect("it is new");
        symlink(&program, place.join("ours").join(name)).expect("it is new");
        let script = place.join("own").join(name);
        let text = format!("#!/bin/sh\nexec {} \"$@\"\n", program.display());
        fs::write(&script, text).expect("it is ours");
        fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("it is ours");
    }
    Ok(())
}

/// The output as data: JSON in one form, otherwise the words of each line.
fn data(text: &str) -> String {
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        return format!("{value:#}");
    }
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n";
    text.lines().map(words).collect()
}

/// A line of mountinfo without the numbers of mounts and devices, which are given out anew; any other line as it is.
fn mount(line: &str) -> String {
    let fields: Vec<_> = line.split(' ').collect();
    match fields[..] {
        [id, _, _, ref rest @ ..] if id.parse::<u32>().is_ok() && rest.contains(&"-") => rest.join(" "),
        _ => line.to_owned(),
    }
}
