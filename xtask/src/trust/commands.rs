//! The command lines that run under faults. `probe` prints what it finds in the namespaces that it was started in.

/// A command line, and what its sandbox needs.
#[derive(Clone, Copy, Debug)]
pub struct CommandLine {
    /// The words. `TARGET` stands for the PID that the script prints.
    pub words: &'static str,
    /// The script that sets up the sandbox.
    pub set_up: &'static str,
}

impl CommandLine {
    /// The words, one by one.
    pub fn words(self) -> Vec<&'static str> {
        self.words.split(' ').collect()
    }
}

/// A process in its own namespaces of these kinds, and its PID.
macro_rules! held {
    ($kinds:literal) => {
        concat!(
            "mkfifo /mnt/ready; unshare ",
            $kinds,
            " sh -c 'echo >/mnt/ready; exec sleep 1000000' >/mnt/log & read -r _ </mnt/ready; echo $!"
        )
    };
}

const HELD: &str = held!("-m -u -i -n -C -T");
const HELD_BY_USER: &str = held!("-U -r -m -u -n");
const HELD_PID: &str = concat!(
    "mkfifo /mnt/ready; unshare -p -m -f --mount-proc ",
    "sh -c 'echo >/mnt/ready; exec sleep 1000000' >/mnt/log & read -r _ </mnt/ready; ",
    "cat /proc/$!/task/$!/children"
);
const NAMED: &str = "ip netns add blue >/mnt/log";
const NAMED_UTS: &str = "mkdir /run/utsns; mount --bind /run/utsns /run/utsns; mount --make-private /run/utsns; \
                         touch /run/utsns/web; unshare --uts=/run/utsns/web hostname web";
const IN_CGROUP: &str = concat!(
    "mkdir /sys/fs/cgroup/inner; mkfifo /mnt/ready; ",
    "sh -c 'echo $$ >/sys/fs/cgroup/inner/cgroup.procs; echo >/mnt/ready; exec sleep 1000000' >/mnt/log & ",
    "read -r _ </mnt/ready; echo $!"
);
const NAME_FILE: &str = "echo db-2 >/tmp/hostname";
const FSTAB: &str = "echo 'own /run tmpfs defaults 0 0' >/tmp/fstab";
const OTHER_ROOT: &str = "mkdir /tmp/root; mount --rbind / /tmp/root";

const fn plain(words: &'static str) -> CommandLine {
    CommandLine { words, set_up: "" }
}

const fn with(set_up: &'static str, words: &'static str) -> CommandLine {
    CommandLine { words, set_up }
}

/// All command lines.
pub const ALL: &[CommandLine] = &[
    plain("ns-unshare -a probe"),
    plain("ns-unshare -m probe"),
    plain("ns-unshare -u --hostname web --domainname lan probe"),
    plain("ns-unshare -n -i -C probe"),
    plain("ns-unshare -p --mount-proc probe"),
    plain("ns-unshare -p --init probe"),
    plain("ns-unshare -p --kill-child --pid-file=/dev/null probe"),
    plain("ns-unshare -T --boottime 100 --monotonic 10 probe"),
    plain("ns-unshare -r probe"),
    plain("ns-unshare -U -f probe"),
    plain("ns-unshare -c -p probe"),
    plain("ns-unshare --map-users=0:0:10 --map-groups=0:0:10 probe"),
    plain("ns-unshare -r --keep-caps --setgroups deny -m probe"),
    plain("ns-unshare -S 1000 -G 1000 -w /tmp probe"),
    plain("ns-unshare -m --propagation slave -w /usr probe"),
    with(
        OTHER_ROOT,
        "ns-unshare -m -R /tmp/root -w /tmp --mount-proc -p probe",
    ),
    plain("ns-unshare -f --clear-env /mnt/bin/probe"),
    plain("ns-unshare -u --pin web probe"),
    plain("ns-unshare --net --uts --pin blue"),
    with(NAMED, "ns-unshare --unpin net:blue"),
    with(NAMED_UTS, "ns-unshare --unpin uts:web"),
    with(HELD, "ns-unshare --pin web --from TARGET -u -n"),
    with("", "ns-unshare --uts=/tmp/uts probe"),
    plain("ns-unshare --veth eth0,addr=10.7.0.2/24,peer=vh1 probe"),
    plain("ns-unshare --dry-run -a probe"),
    with(HELD, "ns-enter -t TARGET probe"),
    with(HELD, "ns-enter -t TARGET -u -n -i probe"),
    with(HELD, "ns-enter -t TARGET -m -r -w probe"),
    with(HELD, "ns-enter -t TARGET -a -S 1000 -G 1000 probe"),
    with(HELD, "ns-enter -t TARGET -T -C -e probe"),
    with(HELD_BY_USER, "ns-enter -t TARGET -U -u -n probe"),
    with(HELD_BY_USER, "ns-enter -t TARGET --preserve-credentials -U probe"),
    with(HELD_PID, "ns-enter -t TARGET -p -m probe"),
    with(HELD_PID, "ns-enter -t TARGET -p --mount-proc probe"),
    with(IN_CGROUP, "ns-enter -t TARGET -c -u probe"),
    with(NAMED, "ns-enter --net=blue probe"),
    with(NAMED, "ns-enter --net=blue --etc probe"),
    with(HELD, "ns-enter -t TARGET --dry-run probe"),
    with(HELD, "ns-ls"),
    with(HELD, "ns-ls -J"),
    with(HELD, "ns-ls -t net -o NS,TYPE,NPROCS,PID,COMMAND"),
    with(HELD, "ns-ls -p TARGET"),
    with(NAMED, "ns-ls --look pins -P"),
    plain("ns-ls --caps 1"),
    plain("ns-hostname"),
    plain("ns-hostname -J"),
    plain("ns-hostname db-2"),
    plain("ns-hostname --nis lan"),
    with(NAME_FILE, "ns-hostname -F /tmp/hostname"),
    with(HELD, "ns-hostname -t TARGET"),
    with(HELD, "ns-hostname -t TARGET db-2"),
    with(HELD, "ns-hostname --list"),
    plain("ns-hostname -I"),
    plain("ns-hostname --check web"),
    plain("ns-mounts"),
    plain("ns-mounts -J"),
    plain("ns-mounts -T /usr -o TARGET,SOURCE,FSTYPE"),
    with(HELD, "ns-mounts -N TARGET"),
    with(HELD, "ns-mounts --diff /proc/self/mountinfo TARGET"),
    with(HELD, "ns-mounts --all-namespaces"),
    plain("ns-mounts --df"),
    with("mount --make-shared /run", "ns-mounts --propagation"),
    with(FSTAB, "ns-mounts -x -F /tmp/fstab"),
    with(FSTAB, "ns-mounts -F /tmp/fstab"),
];
