//! Answers that are lost: the kernel has done something, and the process that asked for it does not hear so. Whatever was
//! made is removed.

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;

use super::pins::Place;
use super::{unshare, veth};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Running, needs, preload};

cases!["unshare::lost_answers":
    a_file_is_removed,
    a_file_stays_bound_if_the_program_runs,
    a_mount_is_removed,
    an_answer_is_read_again_after_an_error,
    a_mount_whose_maker_does_not_answer_is_removed,
    a_pair_of_interfaces_is_removed,
];

fn a_file_is_removed() -> Outcome {
    needs::root()?;
    let strace = needs::installed("strace")?;
    // The child that makes the file writes an answer, and then that it is done.
    for when in [1, 2] {
        for exists in [false, true] {
            let place = Place::new();
            if exists {
                std::fs::write(place.file("uts"), "").expect("it is ours");
            }
            let mut command = crate::support::tool(&strace);
            command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
            command.arg(format!("inject=write:error=EIO:when={when}"));
            command.arg(unshare().get_program());
            let ran = command.with(&format!("--uts={} echo ran", place.file("uts")));
            assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{when}: {ran:?}");
            // A file that was there before stays.
            assert_eq!(place.is_empty(), !exists, "{when}: {ran:?}");
        }
    }
    Ok(())
}

/// Has the first write after a bind mount fail, or the second.
const DEAF: &str = r"
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
static int writes = -1;
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) {
    long result = syscall(SYS_mount, source, target, type, flags, data);
    if (result == 0 && flags & MS_BIND) writes = 0;
    return result;
}
ssize_t write(int file, const void *bytes, size_t count) {
    if (writes >= 0 && ++writes == WHEN) { errno = EIO; return -1; }
    return syscall(SYS_write, file, bytes, count);
}
";

fn a_mount_is_removed() -> Outcome {
    needs::root()?;
    for when in ["1", "2"] {
        for exists in [false, true] {
            let place = Place::new();
            let file = place.file("uts");
            if exists {
                std::fs::write(&file, "").expect("it is ours");
            }
            let mut command = unshare();
            let _library = preload(&DEAF.replace("WHEN", when), &mut command)?;
            let ran = command.with(&format!("--uts={file} echo ran"));
            assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{when}: {ran:?}");
            let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("it is there");
            assert!(!mounts.contains(&file), "{when}: {mounts}");
            assert_eq!(place.is_empty(), !exists, "{when}: {ran:?}");
        }
    }
    Ok(())
}

/// Has this read of a pipe fail, whichever process it is in.
const UNREAD: &str = r"
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
static int *reads;
__attribute__((constructor)) static void start(void) {
    reads = mmap(0, sizeof *reads, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
ssize_t read(int file, void *bytes, size_t count) {
    struct stat status;
    if (fstat(file, &status) == 0 && S_ISFIFO(status.st_mode) && __sync_add_and_fetch(reads, 1) == WHEN) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, file, bytes, count);
}
";

fn an_answer_is_read_again_after_an_error() -> Outcome {
    needs::root()?;
    for when in 1..=6 {
        let place = Place::new();
        let file = place.file("uts");
        let mut command = unshare();
        let _library = preload(&UNREAD.replace("WHEN", &when.to_string()), &mut command)?;
        command.stdin(std::process::Stdio::null());
        command.with(&format!("--uts={file} echo ran")).ok();
        nix::mount::umount(file.as_str()).unwrap_or_else(|errno| panic!("{when}: {errno}"));
    }
    Ok(())
}

/// Stops after a bind mount, as a process does that waits for a server, and opens a FIFO before.
const STOPPED: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) {
    long result = syscall(SYS_mount, source, target, type, flags, data);
    if (result == 0 && flags & MS_BIND) {
        close(open("FIFO", O_WRONLY));
        for (;;) pause();
    }
    return result;
}
"#;

fn a_mount_whose_maker_does_not_answer_is_removed() -> Outcome {
    needs::root()?;
    for exists in [false, true] {
        let place = Place::new();
        let file = place.file("uts");
        if exists {
            std::fs::write(&file, "").expect("it is ours");
        }
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let fifo = directory.path().join("fifo");
        nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).expect("it is new");
        let mut command = unshare();
        let _library = preload(
            &STOPPED.replace("FIFO", &fifo.display().to_string()),
            &mut command,
        )?;
        let running = Running::start(command.args([&format!("--uts={file}"), "echo", "ran"]));
        std::fs::read(&fifo).expect("it is opened");
        running.signal(Signal::SIGTERM);
        let (_, died_of, output) = running.end();
        assert_eq!((died_of, output.as_str()), (Some(Signal::SIGTERM as i32), ""));
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("it is there");
        assert!(!mounts.contains(&file), "{mounts}");
        assert_eq!(place.is_empty(), !exists);
    }
    Ok(())
}

/// Runs the command with each of its answers lost in turn, in both processes of the launch.
fn a_file_stays_bound_if_the_program_runs() -> Outcome {
    needs::root()?;
    let strace = needs::installed("strace")?;
    let mut ends = Vec::new();
    for when in 1..=5 {
        let place = Place::new();
        let file = place.file("uts");
        let mut command = crate::support::tool(&strace);
        command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
        command.arg(format!("inject=recvfrom:error=EIO:when={when}"));
        command.arg(unshare().get_program());
        let ran = command.with(&format!("--uts={file} echo ran"));
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("it is there");
        let is_bound = mounts.contains(&file);
        let started = if is_bound { "ran\n" } else { "" };
        assert_eq!(
            (ran.status == 0, ran.stdout.as_str()),
            (is_bound, started),
            "{when}: {ran:?}"
        );
        if is_bound {
            nix::mount::umount(file.as_str()).expect("it is a mount of this case");
        } else {
            assert!(place.is_empty(), "{when}: {ran:?}");
        }
        ends.push(ran.status);
    }
    // The third answer tells the helper that the program has started.
    assert_eq!(ends, [1, 1, 0, 0, 0]);
    Ok(())
}

fn a_pair_of_interfaces_is_removed() -> Outcome {
    needs::user_namespaces()?;
    let strace = needs::installed("strace")?;
    let errors = [
        ("ENOMEM", ": Cannot allocate memory"),
        ("EIO", ": Input/output error"),
    ];
    let places = veth::Place::both()?;
    for (place, (error, message)) in places.iter().flat_map(|place| errors.map(|error| (place, error))) {
        let mut failed = 0;
        // A set-up has fewer answers than that.
        for when in 1..=24 {
            let mut command = place.inside(place.held.pid);
            command.arg(&strace).args(["-f", "-qq", "-o", "/dev/null", "-e"]);
            command.arg(format!("inject=recvfrom:error={error}:when={when}"));
            command.arg(place.program("ns-unshare").get_program());
            let ran = command.with("--veth eth0,peer=vh0,addr=10.7.0.2/24 cat /proc/net/dev");
            if ran.status == 0 {
                assert!(ran.stdout.contains("eth0:"), "{when}: {ran:?}");
                crate::support::traffic::await_end_of(place.inside(place.held.pid), "vh0");
                continue;
            }
            failed += 1;
            assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{when}: {ran:?}");
            assert!(ran.stderr.contains(message), "{when}: {ran:?}");
            assert_eq!(place.interfaces(), [""; 0], "{when}: {ran:?}");
        }
        // At least: creating, finding both ends, bringing both up, the address, and looking at both.
        assert!(failed >= 8, "{failed}");
    }
    Ok(())
}
