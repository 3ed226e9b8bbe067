//! The jobs of a guest, and the conditions under which they run.

use std::fmt::Write as _;

/// The conditions of one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// As in the table.
    pub name: &'static str,
    /// The parameters of the kernel.
    pub parameters: &'static str,
    /// Commands that the guest runs as root before the jobs.
    set_up: &'static str,
    /// The jobs that run, by the marks in [`JOBS`].
    marks: &'static str,
}

impl Conditions {
    /// Everything as the kernel comes.
    pub const USUAL: Self = Self {
        name: "usual",
        parameters: "",
        set_up: "",
        marks: "rum",
    };
    /// The initial root file system alone, with the programs and busybox.
    pub const BARE: Self = Self {
        name: "initramfs",
        parameters: "",
        set_up: "",
        marks: "b",
    };
    /// All conditions.
    pub const ALL: &[Self] = &[
        Self::USUAL,
        Self {
            name: "no namespaces",
            parameters: "",
            set_up: "for limit in /proc/sys/user/max_*_namespaces; do echo 0 >$limit; done",
            marks: "n",
        },
        Self {
            name: "hidepid",
            parameters: "",
            set_up: "mount -o remount,hidepid=2 /proc",
            marks: "ru",
        },
        Self {
            name: "cgroup v1",
            parameters: "systemd.unified_cgroup_hierarchy=0",
            set_up: "umount /sys/fs/cgroup; mount -t tmpfs cgroup /sys/fs/cgroup; for it in pids freezer; do \
                     mkdir /sys/fs/cgroup/$it; mount -t cgroup -o $it $it /sys/fs/cgroup/$it; done",
            marks: "ru",
        },
        Self::BARE,
    ];
}

/// A job: the marks of the conditions that it belongs to, its name, and a script that succeeds. `r` runs as root, `u` as
/// an ordinary user, `m` as root with modules, `n` if namespaces cannot be created, `b` in the initial root file
/// system.
const JOBS: &[(&str, &str, &str)] = &[
    ("ru", "each kind of namespace", "ns-unshare -a true"),
    ("r", "a private root directory", "ns-unshare -a -m -R / true"),
    (
        "ru",
        "the status of the program",
        "ns-unshare -a sh -c 'exit 7'; [ $? = 7 ]",
    ),
    (
        "u",
        "a range of ids",
        "[ \"$(ns-unshare -a sh -c 'wc -l </proc/self/uid_map')\" -ge 1 ]",
    ),
    ("rub", "a list of namespaces", "ns-ls | grep -q user"),
    (
        "r",
        "nothing of the list is missing",
        "ns-ls --strict -J -o NS,TYPE,ID,INITIAL,OWN >/dev/null",
    ),
    (
        "r",
        "the initial namespaces are known",
        "[ \"$(ns-ls -t net -r -n -o NS,INITIAL | grep -c yes)\" = 1 ]",
    ),
    (
        "r",
        "the list of the kernel",
        "kinds=$(ns-ls -J -o NS | grep not-looked); case $(uname -r) in 5.*|6.?.*|6.1?.*|6.1?-*) echo \"$kinds\" | \
         grep -q kernel ;; *) ! echo \"$kinds\" | grep -q kernel ;; esac",
    ),
    (
        "rub",
        "the table of mounts",
        "ns-mounts -n -o TARGET / | grep -qx /",
    ),
    (
        "r",
        "the table of mounts by their ids",
        "case $(uname -r) in 5.*|6.[0-7].*) ! ns-mounts -k=listmount ;; \
         *) [ \"$(ns-mounts -k=listmount -n -o SOURCE /proc)\" = proc ] ;; esac",
    ),
    (
        "r",
        "a process by its PID and its inode",
        "ns-unshare -u --info-fd 1 sleep 60 | { read -r info; \
         inode=$(echo \"$info\" | grep -o '\"pidfd-inode\":[0-9a-z]*' | cut -d: -f2); \
         pid=$(echo \"$info\" | grep -o '\"pid\":[0-9]*' | cut -d: -f2); case $(uname -r) in \
         5.*|6.[0-8].*) [ \"$inode\" = null ] && ! ns-enter -t $pid:3 true ;; \
         *) ns-enter -t $pid:$inode true && ! ns-enter -t $$:$inode true ;; esac; status=$?; \
         kill -9 $pid; exit $status; }",
    ),
    ("ru", "the host name", "[ \"$(ns-hostname)\" = guest ]"),
    ("r", "all host names", "ns-hostname --list | grep -q guest"),
    (
        "ru",
        "a private host name",
        "[ \"$(ns-unshare -a sh -c 'ns-hostname other; ns-hostname')\" = other ]",
    ),
    (
        "ru",
        "entering a process",
        "ns-unshare -a --hostname inner --info-fd 1 sleep 60 | { read -r info; \
         pid=$(echo \"$info\" | grep -o '\"pid\":[0-9]*' | cut -d: -f2); \
         [ \"$(ns-enter -t $pid -a ns-hostname)\" = inner ]; status=$?; kill -9 $pid; exit $status; }",
    ),
    (
        "r",
        "a pinned name",
        "ns-unshare -n -u --pin blue true && ns-enter -t blue true && ns-unshare --unpin blue",
    ),
    (
        "m",
        "a veth pair",
        "ns-unshare -n --veth eth0 sh -c 'ip -o link show eth0 | grep -q eth0'",
    ),
    (
        "r",
        "a mount namespace without processes",
        "ns-unshare --pin m -m true && ns-mounts -N m -n -o TARGET / | grep -qx /; status=$?; ns-unshare --unpin m; exit $status",
    ),
    (
        "r",
        "clocks",
        "ns-unshare -T --boottime 1000000 sh -c 'read -r up rest </proc/uptime; [ ${up%.*} -ge 1000000 ]'",
    ),
    (
        "n",
        "the limit is the cause",
        "ns-unshare -u true 2>&1 | grep -q 'user.max_uts_namespaces is 0'",
    ),
    (
        "n",
        "lists need no new namespace",
        "ns-ls >/dev/null && ns-mounts >/dev/null && ns-hostname >/dev/null",
    ),
    (
        "b",
        "a root in an initramfs",
        "mkdir -p /new/bin; cp /bin/busybox /new/bin/; ns-unshare -m -R /new /bin/busybox true",
    ),
    ("b", "everything in an initramfs", "ns-unshare -a true"),
    ("b", "the host name in an initramfs", "ns-hostname >/dev/null"),
];

/// The first process of a guest with a root file system.
pub const START: &str = "#!/bin/sh
export PATH=/ns:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /tmp; mount -t tmpfs -o mode=755 run /run
mkdir -p /dev/pts; mount -t devpts pts /dev/pts; mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t ext4 -o ro /dev/vdb /lib/modules; mount -t ext4 -o ro /dev/vdc /ns
chmod 1777 /tmp; modprobe -a veth 2>/dev/null; ip link set lo up; hostname guest
sh /ns/jobs
echo o >/proc/sysrq-trigger
sleep 60
";

/// The first process of the initial root file system.
pub fn first(load: &str, conditions: Conditions) -> String {
    let rest = if conditions == Conditions::BARE {
        "busybox mount -t sysfs sys /sys\nfor it in sh grep mkdir cp cut sleep uname tail cat; do busybox ln -s busybox /bin/$it; done\n\
         sh /jobs\necho o >/proc/sysrq-trigger\nbusybox sleep 60\n"
    } else {
        "while [ ! -e /dev/vda ]; do busybox sleep 0.1; done\nbusybox mount -t ext4 /dev/vda /new\n\
         busybox mount --move /dev /new/dev\nbusybox umount /proc\nexec busybox switch_root /new /start\n"
    };
    format!(
        "#!/bin/busybox sh\nexport PATH=/bin\nbusybox mount -t devtmpfs dev /dev\nbusybox mount -t proc proc /proc\n{load}{rest}"
    )
}

/// The jobs of these conditions. Each writes a line: `== ok root a veth pair`.
pub fn script(conditions: Conditions) -> String {
    let mut text = format!("{}\n", conditions.set_up);
    for mark in conditions.marks.chars() {
        let (who, prefix) = match mark {
            'u' => ("user", "setpriv --reuid=1000 --regid=1000 --clear-groups "),
            _ => ("root", ""),
        };
        for (_, name, script) in JOBS.iter().filter(|(marks, ..)| marks.contains(mark)) {
            let quoted = script.replace('\'', "'\\''");
            let _ = writeln!(
                text,
                "if {prefix}sh -c '{quoted}' >/tmp/output 2>&1 </dev/null; then echo '== ok {who} {name}'; \
                 else echo '== failed {who} {name}'; cat /tmp/output; fi"
            );
        }
    }
    text + "echo '== end'\n"
}
