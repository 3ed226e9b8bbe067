//! Random command lines, from a seed: each relative and the program under its name do the same.
//!
//! `NS_UTILS_SEED` is another seed, and `NS_UTILS_LINES` the number of lines for each relative. The dice leave out what
//! the tables of differences list.

use super::lines::{Line, compare_lines};
use crate::support::case::cases;
use crate::support::dice::{Dice, number};
use crate::support::{Outcome, needs};

cases!["compat::random":
    random_lines_of_findmnt, random_lines_of_lsns, random_lines_of_hostname, random_lines_of_unshare,
    random_lines_of_nsenter,
];

/// The number of lines that each case runs.
const LINES: u64 = 25;

/// The words of a command line with one blank between them.
fn line(words: &[&str]) -> String {
    let words = words.iter().filter(|word| !word.is_empty());
    words.copied().collect::<Vec<_>>().join(" ")
}

/// Runs random lines, and compares.
fn compare(throw: impl Fn(&mut Dice) -> String) -> Outcome {
    let seed = number("NS_UTILS_SEED", 1);
    let mut dice = Dice(seed);
    let lines = (0..number("NS_UTILS_LINES", LINES)).map(|_| Line::random(throw(&mut dice)));
    compare_lines(&lines.collect::<Vec<_>>())
}

fn random_lines_of_findmnt() -> Outcome {
    compare(findmnt)
}

fn random_lines_of_lsns() -> Outcome {
    compare(lsns)
}

fn random_lines_of_hostname() -> Outcome {
    needs::installed("domainname")?;
    compare(hostname)
}

fn random_lines_of_unshare() -> Outcome {
    compare(unshare)
}

fn random_lines_of_nsenter() -> Outcome {
    compare(nsenter)
}

#[rustfmt::skip] // one word after the other
const FINDMNT_COLUMNS: &[&str] = &[
    "TARGET", "SOURCE", "FSTYPE", "OPTIONS", "VFS-OPTIONS", "FS-OPTIONS", "PROPAGATION", "FSROOT", "MAJ:MIN",
    "FREQ", "PASSNO", "source", "OPT-FIELDS",
];

#[rustfmt::skip] // one word after the other
const FINDMNT_TABLES: &[&str] = &[
    "-s", "-F /etc/fstab", "-F /opt/etc/fstab", "-F /proc/self/mounts", "-F /proc/self/mountinfo", "-m", "-k",
    "-N $C", "-F /dev/null", "-s -F /opt/etc/fstab", "--fstab", "-F /run/etc/empty", "-F /no/such",
];

#[rustfmt::skip] // one word after the other
const FINDMNT_SEARCHES: &[&str] = &[
    "/boot", "/mnt/data", "/mnt/gone", "$data", "tmpfs", "-M /boot", "-M /mnt/gone", "-M /boot/",
    "-T /mnt/data/ro", "-T /none", "-T /boot/efi", "-S $boot", "-S tmpfs", "-S LABEL=$label",
    "-S UUID=$boot_uuid", "LABEL=$label", "$boot /boot", "$boot /mnt/data", "srv:/export", "-S //nas/share",
    "-T /usr/share", "-M /",
];

#[rustfmt::skip] // one word after the other
const FINDMNT_SHAPES: &[&str] = &[
    "-l", "-r", "-P", "-J", "-n", "-J -l", "--tree", "-n -r", "-n -l", "-n -P", "-J -n",
];

#[rustfmt::skip] // one word after the other
const FINDMNT_OPTIONS: &[&str] = &[
    "-t ext4", "-t tmpfs", "-t ext4,ext2", "-t noext4", "-t nfs", "-t swap,nfs", "-O rw", "-O ro", "-O +nosuid",
    "--real", "--pseudo", "-i", "-U", "-f", "-d backward", "-R", "-u", "-y", "-e", "-v", "-c", "-C",
    "-t ''", "--verbose", "-w 10", "-O noauto,_netdev",
];

fn findmnt(dice: &mut Dice) -> String {
    let search = dice.sometimes(50, FINDMNT_SEARCHES);
    let is_operand = !search.starts_with('-');
    let options: Vec<&str> = FINDMNT_OPTIONS
        .iter()
        .copied()
        // There, the operand of --invert is only a source.
        .filter(|option| !(is_operand && *option == "-i"))
        .collect();
    let columns = dice.some(4, FINDMNT_COLUMNS, ",");
    let columns = if columns.is_empty() {
        columns
    } else {
        format!("-o {columns}")
    };
    let table = dice.sometimes(40, FINDMNT_TABLES);
    let options = dice.some(3, &options, " ");
    let shape = dice.sometimes(50, FINDMNT_SHAPES);
    line(&["findmnt", table, search, &options, shape, &columns])
}

#[rustfmt::skip] // one word after the other
const LSNS_COLUMNS: &[&str] = &[
    "NS", "TYPE", "NPROCS", "PID", "UID", "USER", "PATH", "ns", "COMMAND",
];

#[rustfmt::skip] // one word after the other
const LSNS_KINDS: &[&str] = &[
    "-t mnt", "-t net", "-t pid", "-t user", "-t uts", "-t ipc", "-t cgroup", "-t time", "-t nosuch",
];

#[rustfmt::skip] // one word after the other
const LSNS_WHICH: &[&str] = &[
    "-p $C", "-p $D", "-p $U", "-p $blue", "-p $$", "-p 1", "$(stat -L -c %i /proc/$C/ns/net)",
    "$(stat -L -c %i /proc/$D/ns/mnt)", "1234",
];

#[rustfmt::skip] // one word after the other
const LSNS_SHAPES: &[&str] = &[
    "-l", "-n", "-r -l", "-J -l", "-n -l", "-u", "-l -u", "-n -r -l",
];

fn lsns(dice: &mut Dice) -> String {
    let which = dice.sometimes(50, LSNS_WHICH);
    let kinds = dice.some(2, LSNS_KINDS, " ");
    let shape = dice.sometimes(60, LSNS_SHAPES);
    let columns = dice.some(4, LSNS_COLUMNS, ",");
    let columns = if columns.is_empty() {
        "-o NS,TYPE,PID".to_owned()
    } else {
        format!("-o {columns}")
    };
    line(&["lsns", &kinds, which, shape, &columns])
}

#[rustfmt::skip] // one word after the other
const HOSTNAME_BEFORE: &[&str] = &[
    "hostname db-1.example.net;", "hostname nowhere-1;", "hostname web-1;", "hostname -F /etc/hostname;",
];

#[rustfmt::skip] // one word after the other
const HOSTNAME_NAMES: &[&str] = &[
    "hostname", "hostname", "hostname", "hostname", "dnsdomainname", "domainname", "nisdomainname",
    "ypdomainname",
];

#[rustfmt::skip] // one word after the other
const HOSTNAME_OPTIONS: &[&str] = &[
    "-s", "-f", "-d", "-i", "-I", "-A", "-a", "-y", "--short", "--fqdn", "--long", "--domain", "--alias",
    "--ip-address", "--all-fqdns", "-b", "-sf", "-sd", "--fq", "--nosuch",
];

#[rustfmt::skip] // one word after the other
const HOSTNAME_OPERANDS: &[&str] = &[
    "taken", "a.b.example", "bad_name", "''", "one two", "-F /etc/hostname", "-F /run/etc/names",
    "-F /run/etc/empty",
];

fn hostname(dice: &mut Dice) -> String {
    let before = dice.sometimes(40, HOSTNAME_BEFORE);
    let name = dice.one(HOSTNAME_NAMES);
    let options = dice.some(3, HOSTNAME_OPTIONS, " ");
    let mut operand = dice.sometimes(25, HOSTNAME_OPERANDS);
    // A domain in a file keeps its blanks there.
    let is_domain = !["hostname", "dnsdomainname"].contains(&name) || options.contains("-y");
    if is_domain && operand.starts_with("-F /run") {
        operand = "";
    }
    // The usage goes to stdout there.
    format!(
        "domainname nd; {before} said=$({name} {options} {operand} 2>/dev/null); status=$?; \
         [ $status = 255 ] || echo \"$said\"; hostname; domainname; exit $status"
    )
}

/// Shows the namespaces, the ids, the directory and the names.
const SHOW: &str = "sh -c 'for kind in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$kind; done; id -u; id -g; \
    pwd; cat /proc/sys/kernel/hostname; cat /proc/self/uid_map; exit 3'";

#[rustfmt::skip] // one word after the other
const UNSHARE_OPTIONS: &[&str] = &[
    "-m", "-u", "-i", "-n", "-C", "-T", "-f", "-p -f", "-pf --mount-proc", "-U", "-r", "-c", "--map-user=5",
    "--map-group=6", "--mount-proc -f -p", "--propagation slave -m", "--propagation private", "--keep-caps -U",
    "-S 0", "-G 0", "-S 7 -G 8", "-R /", "-w /boot", "--wd=/home", "-w /no/such", "--kill-child -f",
    "--kill-child=TERM -f", "--setgroups allow -U", "-T --boottime 10 -f", "--monotonic 5 -T -f", "--fork",
    "--map-group=9 -U", "--nosuch", "--mount", "--user", "--net", "--uts",
];

#[rustfmt::skip] // one word after the other
const PROGRAMS: &[&str] = &[
    SHOW, SHOW, SHOW, "true", "false", "no-such-program", "/etc/hosts", "sh -c 'kill -TERM $$'",
];

fn unshare(dice: &mut Dice) -> String {
    let options = dice.some(4, UNSHARE_OPTIONS, " ");
    let program = dice.one(PROGRAMS);
    format!("unshare {options} -- {program}")
}

#[rustfmt::skip] // one word after the other
const NSENTER_TARGETS: &[&str] = &[
    "-t $C", "-t $D", "-t $U", "-t $blue", "--target $C", "-t 999999", "-t 1",
];

#[rustfmt::skip] // one word after the other
const NSENTER_OPTIONS: &[&str] = &[
    "-m", "-u", "-i", "-n", "-p", "-C", "-T", "--mount", "--uts", "--net", "--ipc", "--pid", "-F", "--wd=/dev",
    "-w", "-S 0", "-G 0", "-S 7 -G 8", "--preserve-credentials", "--nosuch",
];

fn nsenter(dice: &mut Dice) -> String {
    let target = dice.one(NSENTER_TARGETS);
    let options = dice.some(5, NSENTER_OPTIONS, " ");
    // Without a kind, ns-enter enters every namespace.
    let kind = dice.one(&["-u", "-n", "-m", "-i"]);
    let program = dice.one(PROGRAMS);
    let mut line = format!("nsenter {target} {kind} {options} -- {program}");
    // There, -w alone wins over a directory in any place.
    if options.contains("--wd=") {
        line = line.replace(" -w ", " ");
    }
    line
}
