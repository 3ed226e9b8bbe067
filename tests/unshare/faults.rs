//! System calls that fail between the start of `ns-unshare` and the end of its program. Whatever fails, the status is
//! right, nothing is left over, and the reason is reported. strace(1) makes the calls fail.

use std::io::Read as _;
use std::process::Command;

use super::unshare;
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Run as _, Running, needs, tool};

cases!["unshare::faults":
    a_message_that_cannot_be_sent_ends_both_sides,
    a_lost_reason_is_reported_by_the_side_that_knows_it,
    nothing_stays_pinned_when_a_message_is_lost,
    init_says_why_it_ends,
    a_program_that_cannot_be_waited_for_is_ended,
    an_interrupted_wait_goes_on,
    a_lock_that_cannot_be_released_is_reported,
    a_second_fork_that_fails_is_named,
    a_filter_that_may_refuse_a_call_is_noted,
    few_descriptors_are_named_as_the_cause,
    what_could_not_be_read_is_no_answer,
    a_host_name_that_could_not_be_read_may_be_the_one,
    a_name_is_not_stale_if_process_1_cannot_be_asked,
    a_limit_that_is_no_longer_reached_is_no_cause,
    capabilities_that_an_id_takes_away_are_no_cause,
    a_short_lack_of_memory_loses_no_pin,
];

/// `ns-unshare` with these words. strace(1) makes calls fail as `faults` says. Without `-f`, only the caller's own
/// calls fail.
pub(super) fn faulty(faults: &str, words: &str) -> Result<Command, Skip> {
    let mut command = tool(needs::installed("strace")?);
    command.args(["-qq", "-o", "/dev/null"]).args(faults.split(' '));
    command.arg(unshare().get_program()).args(words.split(' '));
    Ok(command)
}

/// Runs the command until it ends, which must happen while its stdin is open. Returns its status, and the output of it
/// and its program.
#[track_caller]
pub(super) fn ended(command: &mut Command) -> (i32, String, String) {
    let mut messages = tempfile::tempfile().expect("there is room in /tmp");
    let stderr = messages.try_clone().expect("there are descriptors");
    let running = Running::start(command.stderr(stderr));
    running.wait_for_end();
    let (status, _, output) = running.end();
    let mut text = String::new();
    std::io::Seek::rewind(&mut messages).expect("it is a file");
    messages.read_to_string(&mut text).expect("it is text");
    (status, output, text)
}

fn a_message_that_cannot_be_sent_ends_both_sides() -> Outcome {
    needs::user_namespaces()?;
    for fault in [
        "-f -e inject=sendmsg:error=ENOBUFS",
        "-f -e inject=sendmsg:error=ENOBUFS:when=1",
        "-f -e inject=sendmsg:error=ENOBUFS:when=2+",
        "-f -e inject=sendmsg:error=ENOBUFS -e inject=shutdown:error=ENOTCONN",
        "-e inject=sendmsg:error=ENOMEM",
    ] {
        for options in [
            "-r -p",
            "-r -p --mount-proc",
            "-r -p --init",
            "-f --map-users=0:0:1",
            "-r -n -p -u -i -m -C -T",
        ] {
            if options.contains("--map-users") && !nix::unistd::geteuid().is_root() {
                // Only root may map uid 0 of the machine.
                continue;
            }
            let mut command = faulty(fault, options)?;
            let (status, output, messages) = ended(command.args(["sh", "-c", "echo ran; exit 3"]));
            let refused =
                messages.contains("No buffer space available") || messages.contains("Cannot allocate memory");
            let untouched = !fault.contains("-f") && (status, output.as_str()) == (3, "ran\n");
            // If the init fails, only the program's status is lost.
            let output = output.trim_start_matches(if options.contains("--init") { "ran\n" } else { "" });
            assert!(
                untouched || status == 1 && refused && output.is_empty(),
                "{fault} {options}: {status} {output:?} {messages}"
            );
        }
    }
    Ok(())
}

fn a_lost_reason_is_reported_by_the_side_that_knows_it() -> Outcome {
    needs::user_namespaces()?;
    for options in ["-U -f", "-r", "-r --pid-file=/dev/null", "-r -p"] {
        let mut command = faulty("-f -e inject=sendmsg:error=ENOBUFS", options)?;
        let (status, output, messages) = ended(command.arg("/nonexistent/program"));
        assert!(status != 0 && output.is_empty(), "{options}: {status} {output}");
        let words = ["/nonexistent/program", "No buffer space available"];
        assert!(
            words.iter().any(|word| messages.contains(word)),
            "{options}: {messages}"
        );
    }
    Ok(())
}

fn nothing_stays_pinned_when_a_message_is_lost() -> Outcome {
    needs::root()?;
    for fault in ["", ":when=1", " -e inject=shutdown:error=ENOTCONN"] {
        for options in ["", "-f ", "-p "] {
            let place = super::pins::Place::new();
            let words = format!("{options}--uts={}", place.file("uts"));
            let mut command = faulty(&format!("-f -e inject=sendmsg:error=ENOBUFS{fault}"), &words)?;
            let (status, output, messages) = ended(command.args(["echo", "ran"]));
            assert_eq!(
                (status, output.as_str()),
                (1, ""),
                "{fault} {options}: {messages}"
            );
            assert!(!messages.is_empty(), "{fault} {options}");
            assert!(place.is_empty(), "{fault} {options}: {messages}");
        }
    }
    Ok(())
}

fn init_says_why_it_ends() -> Outcome {
    needs::user_namespaces()?;
    for (errno, reason) in [
        ("ENOMEM", "Cannot allocate memory"),
        ("ECHILD", "No child processes"),
    ] {
        let fault = format!("-f -e inject=wait4:error={errno}:when=1");
        let (status, _, messages) = ended(faulty(&fault, "-r --init")?.args(["sh", "-c", "exit 3"]));
        let wanted = format!("cannot wait for the program as its init: {reason}");
        assert!(status == 1 && messages.contains(&wanted), "{status} {messages}");
    }
    Ok(())
}

fn a_program_that_cannot_be_waited_for_is_ended() -> Outcome {
    needs::user_namespaces()?;
    // The first of these calls happen before the program runs. With a PID namespace, the first wait is for the process
    // that made the program.
    for (call, from, options) in [
        ("ppoll", 1..=4, ["-U -f", "-r -p", "-r --init"]),
        ("wait4", 2..=2, ["-r -p", "-r -p --mount-proc", "-r --init"]),
    ] {
        for (from, options) in from.flat_map(|from| options.map(|options| (from, options))) {
            // A program that is still alive writes a line when its stdin is closed.
            let text = "read -r line; echo went on";
            let mut command = faulty(&format!("-e inject={call}:error=ENOMEM:when={from}+"), options)?;
            let (status, output, messages) = ended(command.args(["sh", "-c", text]));
            assert_eq!(
                (status, output.as_str()),
                (1, ""),
                "{call} {from} {options}: {messages}"
            );
            assert!(messages.contains(": Cannot allocate memory"), "{messages}");
        }
    }
    Ok(())
}

fn an_interrupted_wait_goes_on() -> Outcome {
    needs::user_namespaces()?;
    for call in ["wait4", "ppoll", "recvfrom"] {
        for when in 1..=4 {
            for options in ["-U -f", "-r -p", "-r --init"] {
                let mut command = faulty(&format!("-f -e inject={call}:error=EINTR:when={when}"), options)?;
                let (status, _, messages) = ended(command.args(["/bin/true"]));
                assert_eq!(status, 0, "{call} {when} {options}: {messages}");
            }
        }
    }
    Ok(())
}

fn a_lock_that_cannot_be_released_is_reported() -> Outcome {
    needs::root()?;
    needs::tools("mount strace");
    let strace = "strace -f -qq -o /dev/null -e inject=flock:error=ENOLCK:when=2";
    let text = format!(
        "mount -t tmpfs run /run; for command in '--pin web -u true' '--unpin web'; do
            {strace} $U $command 2>&1; echo status=$?; ls /run/utsns; done"
    );
    let mut command = unshare();
    let program = command.get_program().to_owned();
    let text = super::script(command.env("U", program), "-m", &text).ok();
    let note = "ns-unshare: note: cannot unlock \"/run/utsns\": No locks available\n";
    assert_eq!(text.matches(note).count(), 2, "{text}");
    assert_eq!(text.matches("status=0\n").count(), 2, "{text}");
    assert_eq!(text.matches("\nweb\n").count(), 1, "{text}");
    Ok(())
}

fn a_second_fork_that_fails_is_named() -> Outcome {
    use std::os::unix::process::CommandExt as _;
    needs::user_namespaces()?;
    needs::root()?;
    let programs = crate::support::User::ordinary()?.programs();
    // The limit is two processes for a user without processes. The process outside would be the third.
    let mut command = tool("prlimit");
    command.uid(54_321).gid(54_321).current_dir("/");
    command.arg("--nproc=2").arg(programs.join("ns-unshare"));
    let (status, output, messages) = ended(command.args(["-U", "--pid-file=/dev/null", "echo", "ran"]));
    assert_eq!((status, output.as_str()), (1, ""), "{messages}");
    assert!(
        messages.starts_with(
            "ns-unshare: cannot fork: Resource temporarily unavailable\n  cause: uid 54321 has "
        ),
        "{messages}"
    );
    Ok(())
}

fn a_filter_that_may_refuse_a_call_is_noted() -> Outcome {
    needs::user_namespaces()?;
    let note = ": Operation not permitted\n  note:  a seccomp filter is active: it may be the reason\n";
    for (program, words, calls) in [
        (
            "ns-unshare",
            &["-r", "-f", "true"][..],
            &["socketpair", "signalfd4", "recvfrom"][..],
        ),
        (
            "ns-unshare",
            &["-r", "-p", "--init", "true"],
            &["socketpair", "signalfd4", "recvfrom"],
        ),
        (
            "ns-unshare",
            &["-U", "--pid-file=/dev/null", "true"],
            &["socketpair", "recvfrom"],
        ),
        ("ns-unshare", &["-a", "true"], &["capget"]),
    ] {
        for call in calls {
            let number = match *call {
                "socketpair" => nix::libc::SYS_socketpair,
                "signalfd4" => nix::libc::SYS_signalfd4,
                "recvfrom" => nix::libc::SYS_recvfrom,
                _ => nix::libc::SYS_capget,
            };
            let mut command = crate::support::program(program);
            let mut command = crate::support::refusing(number, command.args(words))?;
            let (status, _, messages) = ended(&mut command);
            assert!(
                status == 1 && messages.contains(note),
                "{program} {words:?} {call}: {status} {messages}"
            );
        }
    }
    Ok(())
}

fn few_descriptors_are_named_as_the_cause() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("bash");
    let own = std::process::id().to_string();
    for (program, words) in [
        ("ns-unshare", "-r -p --init true"),
        ("ns-unshare", "-a true"),
        ("ns-enter", &*format!("-t {own} -U -n true")),
        ("ns-enter", &*format!("-t {own} true")),
    ] {
        // If newuidmap writes the map, that program fails first, with its own causes.
        if words.starts_with("-a") && needs::root().is_err() {
            continue;
        }
        let path = crate::support::path_of(program).display();
        // With fewer descriptors, the C library is not found.
        for count in 5..=16 {
            let mut command = tool("bash");
            command.args(["-c", &format!("ulimit -n {count}; exec {path} {words}")]);
            let (status, _, messages) = ended(&mut command);
            assert!(
                status == 0 || status == 1 && messages.contains("Too many open files"),
                "{count} {program} {words}: {status} {messages}"
            );
        }
    }
    Ok(())
}

/// The command with this path failing for `openat(2)`, as if descriptors or memory ran out for a moment.
fn unopened(path: &str, name: &str) -> Result<Command, Skip> {
    let mut command = tool(needs::installed("strace")?);
    command.args(["-f", "-qq", "-o", "/dev/null", "-P", path]);
    command.args(["-e", "inject=open,openat:error=EMFILE"]);
    command.arg(crate::support::path_of(name));
    Ok(command)
}

fn what_could_not_be_read_is_no_answer() -> Outcome {
    needs::root()?;
    let cgroup = crate::support::Cgroup::new(&format!("docker-{}.scope", "0123456789abcdef".repeat(4)))?;
    let held = crate::support::Held::new(&mut tool("env"), "");
    cgroup.take_in(held.pid);
    let target = held.pid.to_string();
    for (path, name, words, message) in [
        // A launch without a terminal would leave the foreground to nobody.
        ("/dev/tty", "ns-unshare", "-u -f", "cannot look at the terminal"),
        // The working directory would become the root.
        (".", "ns-enter", "-r -n -t TARGET", "root directory"),
        // Another container could have the name.
        (
            "TARGET/cgroup",
            "ns-enter",
            "-n -t container:0123456789",
            "cannot read the cgroups of process TARGET",
        ),
    ] {
        let [path, words, message] = [path, words, message].map(|text| text.replace("TARGET", &target));
        let mut command = unopened(&path, name)?;
        let (status, output, messages) = ended(command.args(words.split(' ')).args(["echo", "ran"]));
        assert_eq!((status, output.as_str()), (1, ""), "{path}: {messages}");
        assert!(
            messages.contains(&message) && messages.contains(": Too many open files"),
            "{path}: {messages}"
        );
    }
    Ok(())
}

fn a_host_name_that_could_not_be_read_may_be_the_one() -> Outcome {
    needs::root()?;
    let mut command = tool(needs::installed("strace")?);
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=setns:error=ENOMEM"]);
    command.arg(crate::support::path_of("ns-enter"));
    // Its name is that of the caller's namespace too, which is read without entering it.
    let _held = crate::support::Held::new(tool("unshare").arg("-u"), "");
    let host = tool("uname").arg("-n").ran().ok();
    let (status, output, messages) = ended(
        command
            .args(["-u", "-t"])
            .arg(format!("host:{}", host.trim_end()))
            .args(["echo", "ran"]),
    );
    let message = "ns-enter: cannot read the host name of every UTS namespace: Cannot allocate memory\n";
    assert_eq!((status, output.as_str(), messages.as_str()), (1, "", message));
    Ok(())
}

fn a_name_is_not_stale_if_process_1_cannot_be_asked() -> Outcome {
    needs::root()?;
    needs::tools("mount strace");
    let command = unopened("/proc/1", "ns-unshare")?;
    let words: Vec<_> = command
        .get_args()
        .map(|word| word.to_str().expect("it is text"))
        .collect();
    let text = format!(
        "mount -t tmpfs run /run; mkdir /run/netns; touch /run/netns/web
         strace {} --unpin web 2>&1; echo $?; ls /run/netns",
        words.join(" ")
    );
    let text = super::script(&mut unshare(), "-m", &text).ok();
    assert!(
        text.contains("/proc/1: Too many open files\n") && text.ends_with("1\nweb\n"),
        "{text}"
    );
    Ok(())
}

fn a_limit_that_is_no_longer_reached_is_no_cause() -> Outcome {
    needs::user_namespaces()?;
    // The first unshare(2) only asks for the number of threads.
    let mut command = faulty("-e inject=unshare:error=ENOSPC:when=2", "-U -u")?;
    let (status, _, messages) = ended(command.arg("true"));
    let wanted = "ns-unshare: cannot create user and UTS namespaces: No space left on device\n";
    assert_eq!((status, messages.as_str()), (1, wanted));
    Ok(())
}

fn capabilities_that_an_id_takes_away_are_no_cause() -> Outcome {
    needs::root()?;
    // The last call before the program is about capabilities that are kept with the uid, and execve(2) drops them too.
    let mut command = faulty("-e inject=prctl:error=EPERM:when=2", "-S 1000 -G 1000")?;
    let (status, output, messages) = ended(command.args(["sh", "-c", "echo $(id -u)"]));
    assert_eq!((status, output.as_str(), messages.as_str()), (0, "1000\n", ""));
    // The access to its own files in /proc comes after the uid.
    let mut command = faulty("-f -e inject=prctl:error=EPERM:when=3", "--owner 1000:1000 -f")?;
    let (status, output, messages) = ended(command.args(["echo", "ran"]));
    assert_eq!((status, output.as_str()), (1, ""), "{messages}");
    assert!(!messages.contains("is missing"), "{messages}");
    Ok(())
}

fn a_short_lack_of_memory_loses_no_pin() -> Outcome {
    needs::root()?;
    for call in ["ppoll", "recvfrom"] {
        for when in 1..=6 {
            let place = super::pins::Place::new();
            let fault = format!("-f -e inject={call}:error=ENOMEM:when={when}");
            let mut command = faulty(&fault, &format!("--uts={}", place.file("uts")))?;
            let (status, output, messages) = ended(command.args(["echo", "ran"]));
            let is_pinned = !place.is_empty();
            assert_eq!(
                (status == 0, output == "ran\n"),
                (is_pinned, is_pinned),
                "{call} {when}: {messages}"
            );
        }
    }
    Ok(())
}
