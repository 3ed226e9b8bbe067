//! A hostile target gets nothing of the caller's to read, to write or to run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::{Who, both, in_all};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, needs, tool};

cases!["enter::safety":
    the_executable_stays_as_it_is, nothing_of_the_target_is_touched_on_the_way, no_descriptor_is_left_open,
    signals_are_as_they_were, sixteen_descriptors_are_enough,
];

/// A copy of `ns-enter` that belongs to the user who runs it. A target of that user may write to it.
struct Copy {
    path: PathBuf,
    _directory: tempfile::TempDir,
}

impl Copy {
    fn of(who: &Who) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("ns-enter")
            .tempdir_in("/var/tmp")
            .expect("it is open to all");
        let path = directory.path().join("ns-enter");
        std::fs::copy(who.enter().get_program(), &path).expect("it can be read");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755))
            .expect("it is ours");
        if let (Some(user), true) = (who.user, nix::unistd::geteuid().is_root()) {
            std::os::unix::fs::chown(&path, Some(user.id), Some(user.id)).expect("root can give it away");
        }
        Self {
            path,
            _directory: directory,
        }
    }

    fn command(&self, who: &Who) -> Command {
        match who.user {
            Some(user) => user.tool(&self.path),
            None => tool(&self.path),
        }
    }
}

/// Waits in the container for a process that runs from `/proc/self/exe`, keeps its executable open beyond its end, and
/// then writes to it. `/mnt/program` has ns-enter run itself inside, again and again.
const HOSTILE: &str = r"
mount -t proc proc /proc; mount -t tmpfs none /mnt; mkfifo /mnt/go
printf '#!/proc/self/exe -t1\n' >/mnt/program; chmod 755 /mnt/program
hunt() {
    while :; do
        for p in /proc/[0-9]*; do
            case $(tr '\0' ' ' 2>/dev/null <$p/cmdline) in
            /proc/self/exe*) exec 8<$p/exe || continue; kill -9 ${p#/proc/}; return ;;
            esac
        done
    done
}
( hunt 2>/dev/null; echo caught; read go </mnt/go
  if sh -c 'printf hacked >/proc/self/fd/8' 2>/dev/null; then echo written; else echo refused; fi ) &
";

fn the_executable_stays_as_it_is() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    for who in both()? {
        let copy = Copy::of(&who);
        let before = std::fs::read(&copy.path).expect("it is there");
        let mut held = Held::new(who.program("ns-unshare").args(["-r", "-m", "-p"]), HOSTILE);
        let target = held.pid.to_string();
        let ran = copy
            .command(&who)
            .args(["-t", &target, "-a", "/mnt/program"])
            .ran();
        assert_eq!(held.line(), "caught", "{}: {ran:?}", who.name);
        assert_eq!(ran.signal, Some(9), "{}: {ran:?}", who.name);
        // The file is not running any more, so nothing prevents writing to it.
        std::fs::write(held.proc("root/mnt/go"), "go\n").expect("it is a FIFO with a reader");
        assert_eq!(held.line(), "refused", "{}", who.name);
        let after = std::fs::read(&copy.path).expect("it is there");
        assert!(
            before == after,
            "{}: {} is another file now",
            who.name,
            copy.path.display()
        );
    }
    Ok(())
}

/// The system calls between the first namespace and the program, and the files that they may name.
fn is_harmless(call: &str) -> bool {
    let name = call.split('(').next().unwrap_or_default();
    match name {
        // Only the caller's /proc, which was opened before, and the working directory as a path descriptor.
        "openat" => {
            call.contains("\"self/uid_map\"")
                || call.contains("\"self/gid_map\"")
                || (call.contains("AT_FDCWD, \".\"") && call.contains("O_PATH"))
        }
        "newfstatat" | "statx" => call.contains("\"\"") || call.contains("AT_FDCWD, \"/\""),
        "chdir" | "chroot" => call.contains("\"/\"") || call.contains("\".\""),
        "setns" | "fchdir" | "getcwd" | "clone" | "vfork" | "wait4" | "exit_group" | "sendmsg"
        | "recvfrom" | "prctl" | "ppoll" | "poll" | "setgroups" | "setresuid" | "setresgid"
        | "rt_sigprocmask" | "rt_sigaction" | "sigaltstack" | "fcntl" | "close" | "read" | "lseek"
        | "fstat" | "socketpair" | "brk" | "mmap" | "munmap" | "mremap" | "madvise" | "set_robust_list"
        | "getpid" | "gettid" | "getrandom" => true,
        _ => false,
    }
}

fn nothing_of_the_target_is_touched_on_the_way() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let strace = needs::installed("strace")?;
    for who in both()? {
        let held = in_all(&who);
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let file = directory.path().join("trace");
        let enter = who.enter();
        let ran = tool(&strace)
            .args(["-f", "-o"])
            .arg(&file)
            .arg(enter.get_program())
            .args(["-t", &held.pid.to_string(), "/bin/true"])
            .ran();
        assert_eq!(ran.status, 0, "{ran:?}");
        let trace = std::fs::read_to_string(&file).expect("it is text");
        // From the first namespace on, no process inside may look into ns-enter. If a call of another process comes
        // in between, its answer is on its own line.
        let hidden = trace.find("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE");
        assert!(hidden.is_some() && hidden < trace.find(" setns("), "{trace}");
        assert!(!trace.contains("PR_SET_DUMPABLE, SUID_DUMP_USER"), "{trace}");
        let calls = calls_inside(&trace);
        assert!(
            calls
                .iter()
                .any(|call| call.starts_with("setns") && call.contains("NEWNS")),
            "{calls:#?}"
        );
        for call in &calls {
            assert!(is_harmless(call), "{call}, among {calls:#?}");
        }
    }
    Ok(())
}

/// The calls of the processes that enter, from the first `setns(2)` to the `execve(2)` of the program; a call that the
/// trace splits counts where it began.
fn calls_inside(trace: &str) -> Vec<String> {
    let mut lines = trace.lines().filter_map(|line| line.split_once(' '));
    let Some((first, _)) = lines.by_ref().find(|(_, call)| call.trim().starts_with("setns(")) else {
        return Vec::new();
    };
    let mut inside = vec![first.to_owned()];
    let mut calls = Vec::new();
    for (pid, call) in lines {
        let call = call.trim();
        if call.starts_with("+++") || call.starts_with("---") || call.starts_with("<...") {
            if let (true, Some((_, child))) = (
                inside.iter().any(|one| one == pid) && call.contains("clone resumed"),
                call.rsplit_once("= "),
            ) {
                inside.push(child.trim().to_owned());
            }
            continue;
        }
        if !inside.iter().any(|one| one == pid) {
            // The child may say something before its parent's call has come back.
            if call.starts_with("prctl(PR_SET_PDEATHSIG") {
                inside.push(pid.to_owned());
            } else {
                continue;
            }
        }
        if call.starts_with("execve(") {
            return calls;
        }
        if let ("clone", Some((_, child))) =
            (call.split('(').next().unwrap_or_default(), call.rsplit_once("= "))
        {
            inside.push(child.trim().to_owned());
        }
        calls.push(call.to_owned());
    }
    calls
}

fn no_descriptor_is_left_open() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = in_all(&who);
        let pid = held.pid.to_string();
        // The test process may have inherited open descriptors. ls has the directory open as the first free one.
        let plain = who.program("ls").arg("/proc/self/fd").ran().ok();
        for options in [
            &["-a"][..],
            &[],
            &["-a", "-r", "-w", "-e"],
            &["-U", "-n"],
            &["-c", "-n"],
            &["--mount-proc", "-a"],
            &["-F", "-a"],
            &["-a", "--root=/", "--wd=/"],
        ] {
            let seen = who
                .enter()
                .args(["-t", &pid])
                .args(options)
                .args(["ls", "/proc/self/fd"])
                .ran();
            assert_eq!(seen.ok(), plain, "{} {options:?}", who.name);
        }
        // The caller's own descriptors are passed on.
        let list = |words: &str| {
            let mut shell = who.program("sh");
            shell
                .arg("-c")
                .arg(format!("{words} ls /proc/self/fd 7</dev/null"));
            shell.arg(who.enter().get_program()).arg(&pid).ran().ok()
        };
        assert_eq!(list("\"$0\" -t \"$1\" -a"), list(""), "{}", who.name);
    }
    Ok(())
}

/// Ignored and blocked signals: the program has the caller's, even after ns-enter has executed itself again.
fn signals_are_as_they_were() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = in_all(&who);
        let pid = held.pid.to_string();
        let masks = |options: &str, before: &str| {
            let enter = who.enter();
            who.program("sh")
                .arg("-c")
                .arg(format!(
                    "{before} \"$0\" -t {pid} {options} grep -E '^Sig(Blk|Ign)' /proc/self/status"
                ))
                .arg(enter.get_program())
                .ran()
                .ok()
        };
        for before in ["", "trap '' PIPE USR1;"] {
            let plain = who
                .program("sh")
                .arg("-c")
                .arg(format!("{before} exec grep -E '^Sig(Blk|Ign)' /proc/self/status"))
                .ran()
                .ok();
            for options in ["-n -U", "-a"] {
                assert_eq!(masks(options, before), plain, "{} {options} {before:?}", who.name);
            }
        }
    }
    Ok(())
}

fn sixteen_descriptors_are_enough() -> Outcome {
    needs::user_namespaces()?;
    let bash = needs::installed("bash")?;
    for who in both()? {
        let held = in_all(&who);
        let target = ["-t", &held.pid.to_string()];
        for options in [
            &["-a"][..],
            &[],
            &["-a", "-r", "-w", "-c", "-e"],
            &["--mount-proc"],
        ] {
            // The test process may have inherited open descriptors.
            let script = "for fd in {3..15}; do eval \"exec $fd>&-\"; done; ulimit -n 16; exec \"$@\"";
            let mut command = who.program(bash.to_str().expect("it is ASCII"));
            let seen = command
                .args(["-c", script, "bash"])
                .arg(who.enter().get_program())
                .args(target)
                .args(options)
                .args(["readlink", "/proc/self/ns/net"])
                .ran()
                .ok();
            let net = format!("net:[{}]\n", held.inode("net"));
            assert_eq!(seen, net, "{} {options:?}", who.name);
        }
    }
    Ok(())
}
