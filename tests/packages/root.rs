//! A root directory to install into. It disappears after the case, and leaves the machine unchanged.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::case::Skip;
use crate::support::{Run as _, needs, path_of, program};

/// Mounts the files of the root `$lower` below a layer in memory, runs `$set_up` there, and then the command.
const SCRIPT: &str = r#"
set -e
unshare=$1 base=$2 lower=$3 files=$4 set_up=$5
shift 5
mount -t tmpfs -o mode=755 packages "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$base/upper,workdir=$base/work" packages "$base/root"
cd "$base/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmp tmp
cp "$files"/* tmp
# Where the machine leaves out manual pages, as containers do, this root has them all the same.
rm -f etc/dpkg/dpkg.cfg.d/*
# With pivot_root(2): in a chroot the kernel makes no user namespaces.
inside() {
    "$unshare" --mount --root=. /usr/bin/env -i HOME=/root TERM=xterm LC_ALL=C.UTF-8 PS1='> ' \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
inside sh -euc "$set_up" >tmp/log 2>&1 </dev/null || { cat tmp/log; exit 1; }
inside "$@"
"#;

/// The root directory below: the machine's, or that of a Debian that debootstrap(8) has made for this.
const LOWER: &str = "NS_UTILS_TEST_ROOT";

/// A root with installed files.
pub struct Root {
    lower: PathBuf,
    base: tempfile::TempDir,
    files: tempfile::TempDir,
    set_up: &'static str,
}

impl Root {
    /// Makes a root in which the script `set_up` finds the files in `/tmp`.
    pub fn new(installed: &[&Path], set_up: &'static str) -> Result<Self, Skip> {
        needs::root()?;
        needs::tools("mount");
        needs::file_system("overlay")?;
        let files = tempfile::tempdir().expect("a directory can be made");
        for file in installed {
            let name = file.file_name().expect("it is a file");
            std::fs::copy(file, files.path().join(name)).expect("it can be copied");
        }
        Ok(Self {
            lower: std::env::var_os(LOWER).map_or_else(|| "/".into(), PathBuf::from),
            base: tempfile::tempdir().expect("a directory can be made"),
            files,
            set_up,
        })
    }

    /// Skips the case if the root below has no such file.
    pub fn has(&self, file: &str) -> Result<(), Skip> {
        if self.lower.join(file).exists() {
            Ok(())
        } else {
            Err(Skip::Lacks(format!("there is no /{file}")))
        }
    }

    /// Runs a command in the root. Each run starts with a new root.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = program("ns-unshare");
        command
            .args(["-m", "-p", "-f", "--kill-child", "sh", "-c", SCRIPT, "sh"])
            .args([
                path_of("ns-unshare"),
                self.base.path(),
                &self.lower,
                self.files.path(),
            ])
            .arg(self.set_up)
            .args(words);
        command
    }

    /// The output of a script in the root. The script must succeed without messages.
    #[track_caller]
    pub fn says(&self, script: &str) -> String {
        self.command(&["sh", "-euc", script]).ran().ok()
    }
}
