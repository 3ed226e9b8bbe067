//! `--busy`: everything that keeps a mount in use is listed, and with nothing listed, umount(2) succeeds.

pub mod devices;

use serde_json::Value;

use super::Room;
use super::dead::Dead;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Running, User, needs, path_of, program, tool};

cases!["mounts::busy":
    each_use_by_a_process_is_listed_while_it_keeps_the_mount_busy,
    mounts_below_are_listed_with_their_users_and_their_commands_end_them,
    other_namespaces_with_the_file_system_are_listed_with_their_holders,
    a_use_of_a_copy_that_goes_with_the_mount_is_listed,
    a_copy_that_stays_keeps_only_the_file_system,
    a_server_that_does_not_answer_is_not_waited_for,
    an_ordinary_user_is_told_what_could_not_be_read,
    wrong_questions_are_refused,
    columns_of_holders_can_be_chosen,
];

/// Plants a use of the directory `m`, says so, and waits for the end of stdin.
const PLANT: &str = "
import ctypes, mmap, os, socket, sys, threading
m, libc = sys.argv[1], ctypes.CDLL(None, use_errno=True)
def ready():
    print(threading.get_native_id(), flush=True)
    sys.stdin.readline()
";

/// In a thread that does not share its directories or its descriptors any more.
const IN_THREAD: &str = "
def work():
    assert libc.unshare(FLAGS) == 0
    WORK
    ready()
thread = threading.Thread(target=work)
thread.start()
thread.join()
";

/// A process in the namespace of the room that uses `$d/m`, and the id of the thread that does.
fn plant(room: &Room, work: &str) -> (Running, i64) {
    let script = if work.contains("thread") {
        format!("{PLANT}{work}")
    } else {
        format!("{PLANT}{work}\nready()")
    };
    let mut command = tool("nsenter");
    command.args(["-t", &room.shell.pid.to_string(), "-m", "python3", "-c", &script]);
    let mut process = Running::start(command.arg(room.text("m")));
    let tid = process.line().parse().expect("it is ready");
    (process, tid)
}

fn in_thread(flags: &str, work: &str) -> String {
    IN_THREAD.replace("FLAGS", flags).replace("WORK", work)
}

/// The rows for a question. Other processes of the machine may be unreadable.
#[track_caller]
fn holders(room: &Room, operand: &str) -> Vec<Value> {
    let answer = room.asked(&format!("-q --busy -J {operand}")).json();
    answer["holders"].as_array().expect("an array").clone()
}

/// The values of a field of all rows.
fn values<'a>(rows: &'a [Value], field: &str) -> Vec<&'a str> {
    rows.iter()
        .map(|row| row[field].as_str().unwrap_or_default())
        .collect()
}

/// The error of umount(8) for `$d/m`; empty if it succeeds.
#[track_caller]
fn unmount(room: &mut Room) -> String {
    let error = room.run("umount $d/m 2>&1 || true");
    assert!(error.is_empty() || error.contains("busy"), "{error}");
    error
}

/// Asserts that nothing of the room uses the file system with this number. Another case may have it by now.
#[track_caller]
fn assert_free(room: &Room, device: &str) {
    let ran = room.asked(&format!("-q --busy -J {device}"));
    assert!(!ran.stdout.contains(&room.text("")), "{}", ran.stdout);
    assert!(
        ran.status == 0 || ran.stderr.contains("no file system has the number"),
        "{ran:?}"
    );
}

/// Runs the commands that end the uses.
#[track_caller]
fn run_ends(rows: &[Value]) {
    let ours = path_of("ns-enter")
        .parent()
        .expect("a directory")
        .display()
        .to_string();
    let path = format!("{ours}:{}", std::env::var("PATH").unwrap_or_default());
    for end in values(rows, "end") {
        assert!(end.contains(" umount "), "{end}");
        tool("sh").env("PATH", &path).args(["-c", end]).ran().ok();
    }
}

fn each_use_by_a_process_is_listed_while_it_keeps_the_mount_busy() -> Outcome {
    needs::tools("umount nsenter python3");
    let mut room =
        Room::new("mkdir $d/m; mount -t tmpfs busy $d/m; echo text >$d/m/f; cp $(command -v cat) $d/m/cat")?;
    let namespace = crate::support::inode_of(&format!("/proc/{}/ns/mnt", room.shell.pid));
    let (own_directories, own_descriptors) = (
        in_thread("0x200", "os.chdir(m)"),
        in_thread("0x400", "f = open(m + '/f')"),
    );
    for (how, path, work) in [
        ("cwd", "m", "os.chdir(m)"),
        ("root", "m", "os.chroot(m)"),
        ("fd", "m/f", "f = open(m + '/f')"),
        ("fd", "m/f", "f = os.open(m + '/f', os.O_PATH)"),
        (
            "fd",
            "m/gone (deleted)",
            "f = open(m + '/gone', 'w'); os.unlink(m + '/gone')",
        ),
        (
            "map",
            "m/f",
            "f = os.open(m + '/f', os.O_RDONLY); assert libc.mmap(None, 4096, 1, 2, f, 0) != -1; os.close(f)",
        ),
        (
            "socket",
            "m/s",
            "s = socket.socket(socket.AF_UNIX); s.bind(m + '/s')",
        ),
        (
            "socket",
            "m/t",
            "s = socket.socket(socket.AF_UNIX); s.bind(m + '/t'); os.unlink(m + '/t')",
        ),
        ("cwd", "m", &own_directories),
        ("fd", "m/f", &own_descriptors),
    ] {
        let (process, tid) = plant(&room, work);
        let pid = i64::from(process.pid().as_raw());
        let rows = holders(&room, "$d/m");
        let [row] = &rows[..] else {
            panic!("{work}: {rows:?}")
        };
        let told = (row["keeps"].as_str(), row["use"].as_str(), row["pid"].as_i64());
        assert_eq!(told, (Some("mount"), Some(how), Some(pid)), "{work}");
        assert_eq!(row["thread"].as_i64(), (tid != pid).then_some(tid), "{work}");
        assert_eq!(row["fd"].is_number(), ["fd", "socket"].contains(&how), "{work}");
        assert_eq!(row["ns"], namespace);
        assert_eq!(row["path"], room.text(path), "{work}");
        assert!(
            row["command"]
                .as_str()
                .is_some_and(|line| line.contains("python"))
        );
        let end = row["end"].as_str().unwrap_or_default();
        assert!(
            end == format!("kill {pid}") || end.starts_with("systemctl stop "),
            "{end}"
        );
        assert!(!unmount(&mut room).is_empty(), "{work}: umount succeeds");
        process.end();
    }
    let nsenter = ["-t", &room.shell.pid.to_string(), "-m", &room.text("m/cat")];
    let mut program = Running::start(tool("nsenter").args(nsenter));
    program.say("ready\n");
    program.line();
    assert_eq!(values(&holders(&room, "$d/m"), "use"), ["exe"]);
    assert!(!unmount(&mut room).is_empty(), "umount succeeds");
    program.end();
    assert!(holders(&room, "$d/m").is_empty());
    assert_eq!(unmount(&mut room), "");
    Ok(())
}

fn mounts_below_are_listed_with_their_users_and_their_commands_end_them() -> Outcome {
    needs::tools("umount nsenter python3");
    let mut room = Room::new(
        "mkdir $d/m; mount -t tmpfs busy $d/m; mkdir $d/m/a; touch $d/m/pin; mount --bind /proc/self/ns/uts $d/m/pin
         mount -t tmpfs inner $d/m/a; mkdir $d/m/a/b; mount -t tmpfs deep $d/m/a/b",
    )?;
    let (user, _) = plant(&room, "os.chdir(m + '/a/b')");
    let rows = holders(&room, "$d/m");
    assert_eq!(values(&rows, "use"), ["cwd", "submount", "submount", "pin"]);
    let paths = ["m/a/b", "m/a/b", "m/a", "m/pin"].map(|path| room.text(path));
    assert_eq!(values(&rows, "path"), paths);
    assert_eq!(values(&rows, "keeps"), ["mount"; 4]);
    assert_eq!(values(&holders(&room, "$d/m/a"), "use"), ["cwd", "submount"]);
    user.end();
    for _ in 0..3 {
        assert!(!unmount(&mut room).is_empty(), "umount succeeds");
        run_ends(&holders(&room, "$d/m")[..1]);
    }
    assert!(holders(&room, "$d/m").is_empty());
    assert_eq!(unmount(&mut room), "");
    Ok(())
}

fn other_namespaces_with_the_file_system_are_listed_with_their_holders() -> Outcome {
    needs::tools("umount nsenter unshare");
    let mut room = Room::new(
        "mkdir $d/m $d/part; mount -t tmpfs busy $d/m; mkdir $d/m/a; mount --bind $d/m/a $d/part; mount -t tmpfs tmpfs $d/m/a",
    )?;
    room.run("umount $d/m/a");
    let device = room.lines("$d/m", "MAJ:MIN").concat();
    let mut other = tool("nsenter");
    other.args(["-t", &room.shell.pid.to_string(), "-m", "unshare", "-m"]);
    let other = Held::new(&mut other, "");
    let rows = holders(&room, "$d/m");
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["ns"].as_u64() == Some(other.inode("mnt")),
                row["use"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    let mut sorted = shown.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [(false, "part"), (true, "mount"), (true, "part")]);
    assert_eq!(values(&rows, "keeps"), ["device"; 3]);
    for row in rows
        .iter()
        .filter(|row| row["ns"].as_u64() == Some(other.inode("mnt")))
    {
        assert_eq!(row["held-by"][0], format!("process {}", other.pid));
    }
    // They keep the file system, and not the mount.
    assert_eq!(unmount(&mut room), "");
    let rows = holders(&room, &device);
    assert_eq!(rows.len(), 3);
    run_ends(&rows);
    assert_free(&room, &device);
    Ok(())
}

fn a_use_of_a_copy_that_goes_with_the_mount_is_listed() -> Outcome {
    needs::tools("umount nsenter unshare");
    let mut room = Room::new(
        "mount --make-rshared $d; mkdir $d/m; mount -t tmpfs busy $d/m; mkdir $d/m/a; mount -t tmpfs inner $d/m/a",
    )?;
    let place = room.text("m");
    let mut other = tool("nsenter");
    other.args(["-t", &room.shell.pid.to_string(), "-m"]);
    other.args(["unshare", "-m", "--propagation", "unchanged"]);
    let other = Held::new(&mut other, &format!("cd {place}"));
    let rows = holders(&room, "$d/m");
    assert_eq!(values(&rows, "use"), ["cwd", "submount"]);
    room.run("umount $d/m/a");
    let rows = holders(&room, "$d/m");
    assert_eq!(values(&rows, "use"), ["cwd"]);
    assert_eq!(rows[0]["ns"].as_u64(), Some(other.inode("mnt")));
    assert_eq!(rows[0]["pid"], other.pid);
    assert!(!unmount(&mut room).is_empty(), "umount succeeds");
    drop(other);
    assert!(holders(&room, "$d/m").is_empty());
    assert_eq!(unmount(&mut room), "");
    Ok(())
}

fn a_copy_that_stays_keeps_only_the_file_system() -> Outcome {
    needs::tools("umount nsenter unshare mount");
    let mut room = Room::new("mount --make-rshared $d; mkdir $d/m; mount -t tmpfs busy $d/m; mkdir $d/m/a")?;
    let place = room.text("m");
    let mut other = tool("nsenter");
    other.args(["-t", &room.shell.pid.to_string(), "-m"]);
    other.args(["unshare", "-m", "--propagation", "unchanged"]);
    // A mount on the copy that the original has not: the copy outlives the original, with its users.
    let set_up = format!("cd {place} && mount --make-private {place} && mount -t tmpfs own {place}/a");
    let other = Held::new(&mut other, &set_up);
    let rows = holders(&room, "$d/m");
    assert_eq!(values(&rows, "use"), ["mount"]);
    assert_eq!(values(&rows, "keeps"), ["device"]);
    assert_eq!(rows[0]["ns"].as_u64(), Some(other.inode("mnt")));
    assert_eq!(unmount(&mut room), "");
    Ok(())
}

fn a_server_that_does_not_answer_is_not_waited_for() -> Outcome {
    needs::tools("nsenter python3");
    let mut dead = Dead::new()?;
    assert_eq!(dead.inside("-q --busy -n $d/f"), "");
    let place = dead.room.text("f");
    let (process, _) = plant(&dead.room, &format!("f = os.open('{place}', os.O_PATH)"));
    assert_eq!(dead.inside("-q --busy -n -o USE $d/f"), "fd\n");
    assert_eq!(
        dead.inside("-q --busy -n -r -o USE,PATH $d"),
        format!("fd {place}\nsubmount {place}\n")
    );
    process.end();
    Ok(())
}

fn an_ordinary_user_is_told_what_could_not_be_read() -> Outcome {
    let user = User::ordinary()?;
    let ran = user.program("ns-mounts").with("--busy -n -o PID /");
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr.contains("processes could not be read"),
        "{}",
        ran.stderr
    );
    let ran = user.program("ns-mounts").with("--strict --busy -J /");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let answer: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert!(answer["incomplete"]["processes"].as_u64() > Some(0), "{answer}");
    assert!(answer["not-looked"].is_array(), "{answer}");
    Ok(())
}

fn wrong_questions_are_refused() -> Outcome {
    for (words, reason) in [
        ("--busy", "--busy needs a mount point or a device"),
        ("--busy -N 1 -N 2 /", "give --task once"),
        ("--busy -t tmpfs /", "cannot be used with"),
        ("--busy --bytes /", "cannot be used with"),
        ("--busy --nofsroot /", "cannot be used with"),
        ("--busy --all-namespaces /", "cannot be used with"),
        ("--busy -o target /", "--busy has other columns"),
        ("-o keeps /", "need --busy"),
    ] {
        let error = program("ns-mounts").with(words).fails(2);
        assert!(error.contains(reason), "{words}: {error}");
    }
    let place = tempfile::tempdir().expect("a directory can be made");
    let path = place.path().to_str().expect("it is text");
    let error = program("ns-mounts").args(["--busy", path]).ran().fails(1);
    assert!(
        error.contains("is neither a mount point nor a block device"),
        "{error}"
    );
    assert!(error.contains("help:  it is on the mount at /"), "{error}");
    let error = program("ns-mounts")
        .args(["--busy", &format!("{path}/none")])
        .ran()
        .fails(1);
    assert!(error.contains("does not exist"), "{error}");
    for (operand, reason) in [
        ("0:999999", "no file system has the number 0:999999"),
        ("4095:7", "there is no block device 4095:7"),
        ("LABEL=no such label", "no device has \"LABEL=no such label\""),
    ] {
        let error = program("ns-mounts").args(["--busy", operand]).ran().fails(1);
        assert!(error.contains(reason), "{error}");
    }
    Ok(())
}

fn columns_of_holders_can_be_chosen() -> Outcome {
    needs::tools("nsenter python3");
    let room = Room::new("mkdir $d/m; mount -t tmpfs busy $d/m")?;
    let (process, _) = plant(&room, "os.chdir(m)");
    let pid = process.pid();
    assert_eq!(
        room.lines("-q --busy $d/m", "use,pid,path"),
        [format!("cwd {pid} {}", room.text("m"))]
    );
    let table = room.asked("-q --busy $d/m").ok();
    let head: Vec<_> = table
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(
        head,
        [
            "KEEPS", "USE", "PID", "FD", "COMMAND", "UNIT", "NS", "PATH", "HELD-BY", "END"
        ]
    );
    let pairs = room.asked("-q --busy -P -y -o HELD-BY,use $d/m").ok();
    assert_eq!(pairs, "HELD_BY=\"\" USE=\"cwd\"\n");
    let listed = program("ns-mounts").with("--busy -H -n -r").ok();
    assert!(
        listed.lines().any(|line| line.starts_with("END string ")),
        "{listed}"
    );
    process.end();
    Ok(())
}
