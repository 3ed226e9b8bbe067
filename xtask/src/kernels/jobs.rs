//! The jobs of a guest, and the conditions under which they run.

use std::fmt::Write as _;

/// One start of a guest: the parameters of the kernel, and conditions one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The name of the file of its console.
    pub name: &'static str,
    /// The parameters of the kernel.
    pub parameters: &'static str,
    /// The conditions that the guest sets up, one after the other.
    conditions: &'static [Conditions],
    /// True if the initial root file system is all that the guest has.
    pub bare: bool,
    /// True if the guest has the checkout, and runs its tests.
    pub tests: bool,
    /// How long the guest may run, in seconds. A processor is emulated.
    pub limit: &'static str,
}

/// Conditions that a running guest can set up.
#[derive(Clone, Copy, Debug)]
struct Conditions {
    /// As in the table.
    name: &'static str,
    /// Commands that the guest runs as root before the jobs.
    set_up: &'static str,
    /// Commands that end these conditions.
    tear_down: &'static str,
    /// The jobs that run, by the marks in [`JOBS`].
    marks: &'static str,
}

const USUAL: Conditions = Conditions {
    name: "usual",
    set_up: "",
    tear_down: "",
    marks: "rum",
};

/// The features that are switched off, or changed, in turn.
const FEATURES: &[Conditions] = &[
    USUAL,
    Conditions {
        name: "no namespaces",
        set_up: "for limit in /proc/sys/user/max_*_namespaces; do echo 0 >$limit; done",
        tear_down: "for limit in /proc/sys/user/max_*_namespaces; do echo 5000 >$limit; done",
        marks: "n",
    },
    Conditions {
        name: "no unprivileged user namespaces",
        set_up: "echo 0 >/proc/sys/kernel/unprivileged_userns_clone",
        tear_down: "echo 1 >/proc/sys/kernel/unprivileged_userns_clone",
        marks: "d",
    },
    Conditions {
        name: "AppArmor",
        set_up: "echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        tear_down: "echo 0 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        marks: "a",
    },
    Conditions {
        name: "Yama",
        set_up: "echo 1 >/proc/sys/kernel/yama/ptrace_scope",
        tear_down: "echo 0 >/proc/sys/kernel/yama/ptrace_scope",
        marks: "y",
    },
    Conditions {
        name: "hidepid",
        set_up: "mount -o remount,hidepid=2 /proc",
        tear_down: "mount -o remount,hidepid=0 /proc",
        marks: "kh",
    },
    Conditions {
        name: "no cgroup",
        set_up: "umount /sys/fs/cgroup",
        tear_down: "mount -t cgroup2 cgroup /sys/fs/cgroup",
        marks: "k",
    },
    Conditions {
        name: "cgroup v1",
        set_up: "umount /sys/fs/cgroup; mount -t tmpfs cgroup /sys/fs/cgroup; for it in pids freezer; do \
                 mkdir /sys/fs/cgroup/$it; mount -t cgroup -o $it $it /sys/fs/cgroup/$it; done",
        tear_down: "umount /sys/fs/cgroup/*; umount /sys/fs/cgroup; mount -t cgroup2 cgroup /sys/fs/cgroup",
        marks: "k",
    },
    Conditions {
        name: "no /proc",
        set_up: "umount -l /proc",
        tear_down: "mount -t proc proc /proc",
        marks: "o",
    },
];

impl Start {
    /// Everything as the kernel comes.
    pub const USUAL: Self = Self {
        name: "usual",
        parameters: "",
        conditions: &[USUAL],
        bare: false,
        tests: false,
        limit: "3600",
    };

    /// The tests of the checkout.
    pub const TESTS: Self = Self {
        name: "tests",
        conditions: &[],
        tests: true,
        limit: "14400",
        ..Self::USUAL
    };

    /// All starts.
    pub const ALL: &[Self] = &[
        Self {
            name: "features",
            conditions: FEATURES,
            ..Self::USUAL
        },
        Self {
            name: "selinux",
            parameters: "security=selinux selinux=1",
            conditions: &[Conditions {
                name: "SELinux without a policy",
                marks: "sk",
                ..USUAL
            }],
            ..Self::USUAL
        },
        Self {
            name: "initramfs",
            conditions: &[Conditions {
                name: "initramfs",
                marks: "b",
                ..USUAL
            }],
            bare: true,
            ..Self::USUAL
        },
        Self::TESTS,
    ];
}

/// The status of a job that this kernel has nothing for.
const SKIPPED: u8 = 77;

/// A job: the marks of the conditions that it belongs to, its name, and a script that succeeds, or ends with the status
/// [`SKIPPED`] after a line with the reason. `r` runs as root, `u` as an ordinary user, `m` as root with modules, `n` if
/// namespaces cannot be created, `b` in the initial root file system, `k` as root where a feature that all jobs could use
/// is missing, and the others where one setting is changed.
const JOBS: &[(&str, &str, &str)] = &[
    ("ruk", "each kind of namespace", "ns-unshare -a true"),
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
    ("rubk", "a list of namespaces", "ns-ls | grep -q user"),
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
        "rubk",
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
    (
        "r",
        "an interface that is missing is named with its version",
        "last=:18446744073709551615; case $(uname -r) in \
         5.*|6.[0-7].*) ns-mounts -k=listmount 2>&1 | grep -q 'needs Linux 6.8' && \
         ns-mounts --uniq-id 5 2>&1 | grep -q 'needs Linux 6.8' && ns-ls $last 2>&1 | grep -q 'needs Linux 6.18' ;; \
         6.1[0-7].*) ns-ls $last 2>&1 | grep -q 'since Linux 6.18' ;; \
         *) ns-ls $last 2>&1 | grep -q 'no namespace has the id' ;; esac",
    ),
    (
        "r",
        "the mounts of all namespaces, with nothing missing",
        "ns-mounts --all-namespaces --strict -n -o TARGET | grep -q /proc",
    ),
    (
        "u",
        "processes that cannot be read are counted",
        "ns-ls -t net 2>&1 >/dev/null | grep -q ' of [0-9]* processes could not be read'",
    ),
    (
        "r",
        "a PID namespace before its first process",
        "unshare -p sleep 60 & pid=$!; until readlink /proc/$pid/exe | grep -q sleep; do :; done; \
         said=$(ns-enter -t $pid --for-children -p sh -c 'echo $$' 2>&1); kill $pid; case $(uname -r) in \
         5.*|6.[0-9].*|6.10.*) echo \"$said\" | grep -q 'Linux 6.11' ;; *) [ \"$said\" = 1 ] ;; esac",
    ),
    ("ru", "the host name", "[ \"$(ns-hostname)\" = guest ]"),
    ("r", "all host names", "ns-hostname --list | grep -q guest"),
    (
        "ru",
        "a private host name",
        "[ \"$(ns-unshare -a sh -c 'ns-hostname other; ns-hostname')\" = other ]",
    ),
    (
        "ruk",
        "entering a process",
        "ns-unshare -a --hostname inner --info-fd 1 sleep 60 | { read -r info; \
         pid=$(echo \"$info\" | grep -o '\"pid\":[0-9]*' | cut -d: -f2); \
         [ \"$(ns-enter -t $pid -a ns-hostname)\" = inner ]; status=$?; kill -9 $pid; exit $status; }",
    ),
    (
        "rk",
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
        "changes of the mounts of every namespace",
        "ns-mounts --watch --all-namespaces -f -r -n -o SOURCE -S marked -w 60000 >/tmp/events 2>&1 & \
         timeout 60 sh -c 'until grep -q \"each mount\" /tmp/events; do sleep 0.1; done'; mkdir -p /tmp/marked; \
         timeout 60 ns-unshare -m sh -c 'mount -t tmpfs marked /tmp/marked; \
         until grep -qx marked /tmp/events; do sleep 0.1; done' || exit 1; \
         wait; case $(uname -r) in 5.*|6.?.*|6.1[0-4]*) grep -q 'quick succession' /tmp/events ;; \
         *) grep -q 'the kernel reports' /tmp/events ;; esac",
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
        "d",
        "the setting of Debian is the cause",
        "[ -e /proc/sys/kernel/unprivileged_userns_clone ] || { echo no such setting; exit 77; }; \
         ns-unshare -a true 2>&1 | grep -q 'unprivileged_userns_clone is 0'",
    ),
    (
        "a",
        "the restriction of AppArmor is the cause",
        "[ -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ] || { echo no such setting; exit 77; }; \
         ns-unshare -a true 2>&1 | grep -q 'apparmor_restrict_unprivileged_userns is 1'",
    ),
    (
        "y",
        "ptrace_scope is the cause",
        "[ -e /proc/sys/kernel/yama/ptrace_scope ] || { echo no Yama; exit 77; }; \
         perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0); $|=1; print fileno(S), \"\\n\"; sleep 60' | { read -r fd; \
         pid=$(pgrep -n perl); ns-enter -t $pid -N $fd true >/tmp/yama.$$ 2>&1; kill $pid; \
         grep -q 'ptrace_scope is 1' /tmp/yama.$$; }",
    ),
    (
        "h",
        "hidepid is named",
        "ns-ls 2>&1 >/dev/null | grep -q hidepid && ns-mounts --all-namespaces 2>&1 >/dev/null | grep -q hidepid",
    ),
    ("o", "the host name", "[ \"$(ns-hostname)\" = guest ]"),
    (
        "o",
        "the missing /proc is named",
        "for it in ns-ls ns-mounts; do $it 2>&1 | grep -q /proc || exit 1; done",
    ),
    (
        "o",
        "a list without /proc",
        "case $(uname -r) in 5.*|6.?.*|6.1?.*|6.1?-*) ! ns-ls ;; \
         *) [ \"$(ns-ls -q -r -n -o TYPE,NPROCS,OWN | grep -c ' ? yes')\" = 8 ] ;; esac",
    ),
    ("o", "new namespaces without /proc", "ns-unshare -u -i -n true"),
    (
        "s",
        "SELinux is there",
        "grep -qw selinux /sys/kernel/security/lsm || { echo no SELinux; exit 77; }",
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
mount -t securityfs securityfs /sys/kernel/security
mount -t ext4 -o ro /dev/vdb /lib/modules; mount -t ext4 -o ro /dev/vdc /ns
chmod 1777 /tmp; modprobe -a veth 2>/dev/null; ip link set lo up; hostname guest
sh /ns/jobs
echo o >/proc/sysrq-trigger
sleep 60
";

/// The first process of the initial root file system.
pub fn first(load: &str, start: Start) -> String {
    let rest = if start.bare {
        "busybox mount -t sysfs sys /sys\nfor it in sh grep mkdir cp cut sleep uname tail cat true; do busybox ln -s busybox /bin/$it; done\n\
         sh /jobs\necho o >/proc/sysrq-trigger\nbusybox sleep 60\n"
    } else {
        "while [ ! -e /dev/vda ]; do busybox sleep 0.1; done\nbusybox mount -t ext4 /dev/vda /new\n\
         busybox mount --move /dev /new/dev\nbusybox umount /proc\n\
         busybox cp /start /new/start\nexec busybox switch_root /new /start\n"
    };
    format!(
        "#!/bin/busybox sh\nexport PATH=/bin\nbusybox mount -t devtmpfs dev /dev\nbusybox mount -t proc proc /proc\n{load}{rest}"
    )
}

/// The jobs of a start. Each writes a line: `== ok root a veth pair`. A line like `== conditions usual` is before the
/// jobs that it belongs to.
pub fn script(start: Start) -> String {
    let mut text = String::new();
    for conditions in start.conditions {
        let _ = writeln!(
            text,
            "echo '== conditions {}'\n{}",
            conditions.name, conditions.set_up
        );
        for mark in conditions.marks.chars() {
            let (who, prefix) = match mark {
                'u' | 'd' | 'a' | 'y' | 'h' => ("user", "setpriv --reuid=1000 --regid=1000 --clear-groups "),
                _ => ("root", ""),
            };
            for (_, name, script) in JOBS.iter().filter(|(marks, ..)| marks.contains(mark)) {
                let quoted = script.replace('\'', "'\\''");
                let _ = writeln!(
                    text,
                    "{prefix}sh -c '{quoted}' >/tmp/output 2>&1 </dev/null\ncase $? in 0) echo '== ok {who} {name}';; \
                     {SKIPPED}) echo '== skipped {who} {name}'; cat /tmp/output;; \
                     *) echo '== failed {who} {name}'; cat /tmp/output;; esac"
                );
            }
        }
        let _ = writeln!(text, "{}", conditions.tear_down);
    }
    text + "echo '== end'\n"
}
