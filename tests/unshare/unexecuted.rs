//! Programs that were never executed, although everything else was done: a signal came during `execve(2)`, or the process
//! outside was killed. Everything that was made is undone, or named.

use std::io::Read as _;
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::dead::Dead;
use super::faults::{ended, faulty};
use super::pins::Place;
use super::unshare;
use crate::mounts::fuse::Server;
use crate::support::case::{Skip, cases};
use crate::support::running::last_child;
use crate::support::{Outcome, Run as _, Running, needs, path_of};

cases!["unshare::unexecuted":
    a_caller_that_is_killed_in_execve_leaves_no_pin,
    a_caller_that_is_killed_just_before_execve_leaves_no_pin,
    a_caller_that_ends_before_the_agreement_leaves_nothing,
    a_pid_is_not_written_through_a_link_to_nowhere,
    an_error_of_a_disk_is_no_flaw_of_a_program,
    a_child_that_is_killed_in_execve_leaves_nothing,
    a_child_that_the_kernel_does_not_end_keeps_nobody,
    a_caller_that_the_kernel_does_not_end_keeps_its_pin_until_then,
    a_failed_launch_leaves_no_pid_in_a_file,
    an_undo_that_fails_says_how_to_do_it,
    a_killed_helper_leaves_no_pin_without_a_word,
    a_signal_does_not_remove_half_of_a_name,
    a_signal_keeps_the_names_that_are_left_to_remove,
];

fn a_caller_that_is_killed_in_execve_leaves_no_pin() -> Outcome {
    let dead = Dead::new()?;
    let program = path_of("ns-unshare").to_str().expect("it is ASCII");
    for signal in [Signal::SIGINT, Signal::SIGKILL] {
        let place = Place::new();
        let file = format!("--uts={}", place.file("uts"));
        let mut command = dead.inside(&[program, &file, "/mnt/program"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        dead.waiting();
        kill(Pid::from_raw(child.id().cast_signed()), signal).expect("it waits");
        nothing_is_left(&mut child, &place, signal);
    }
    Ok(())
}

fn a_caller_that_is_killed_just_before_execve_leaves_no_pin() -> Outcome {
    needs::root()?;
    // The first is the last call that can fail, the others restore what the program gets.
    for call in ["recvfrom", "prctl", "rt_sigprocmask"] {
        let mut killed = 0;
        loop {
            let place = Place::new();
            // strace is a child of the caller: it cannot read the end of the caller before the parent does.
            let fault = format!("-D -e inject={call}:signal=KILL:when={}", killed + 1);
            let mut command = faulty(&fault, &format!("-q --uts={}", place.file("uts")))?;
            let mut child = command
                .arg("/bin/true")
                .stdout(Stdio::piped())
                .spawn()
                .expect("it runs");
            let mut output = String::new();
            let mut stdout = child.stdout.take().expect("it is a pipe");
            stdout.read_to_string(&mut output).expect("it is text");
            let is_empty = place.is_empty();
            if child.wait().expect("it is ours").success() {
                break;
            }
            killed += 1;
            assert!(is_empty, "{call} {killed}");
        }
        assert!(killed > 0, "{call}");
    }
    Ok(())
}

/// Waits until the helper of a killed caller has undone its steps, and asserts that it has.
#[track_caller]
fn nothing_is_left(child: &mut Child, place: &Place, signal: Signal) {
    // The helper has stdout open until then. The end of the caller is read after that.
    let mut output = String::new();
    let mut stdout = child.stdout.take().expect("it is a pipe");
    stdout.read_to_string(&mut output).expect("it is text");
    assert!(place.is_empty(), "{signal}");
    child.wait().expect("it is ours");
}

fn a_child_that_is_killed_in_execve_leaves_nothing() -> Outcome {
    let dead = Dead::new()?;
    let program = path_of("ns-unshare").to_str().expect("it is ASCII");
    for (option, kept) in [("-f", "uts"), ("-p", "uts"), ("-f", "no-file"), ("-p", "no-file")] {
        let place = Place::new();
        let pid_file = format!("--pid-file={}", place.file("pid"));
        let file = match kept {
            "uts" => format!("--uts={}", place.file("uts")),
            _ => "--uts".to_owned(),
        };
        let mut messages = tempfile::tempfile().expect("there is room in /tmp");
        let stderr = messages.try_clone().expect("there are descriptors");
        let mut command = dead.inside(&[program, option, &file, &pid_file, "/mnt/program"]);
        let running = Running::start(command.stderr(stderr));
        dead.waiting();
        kill(last_child(running.pid()), Signal::SIGKILL).expect("it waits");
        running.wait_for_end();
        assert!(place.is_empty(), "{option} {kept}");
        let (status, ..) = running.end();
        let mut text = String::new();
        std::io::Seek::rewind(&mut messages).expect("it is a file");
        messages.read_to_string(&mut text).expect("it is text");
        let message = "ns-unshare: the process inside ended before it ran the program\n";
        assert_eq!((status, text.as_str()), (1, message), "{option} {kept}");
    }
    Ok(())
}

/// A server that has answered once and is stopped, and its mount.
fn stopped_server() -> Result<(Server, Dead), Skip> {
    let server = Server::new()?;
    let dead = Dead::with(server.stdin())?;
    server.serve();
    let started = dead.inside(&["stat", "/mnt"]).ran();
    assert_eq!(started.status, 0, "{started:?}");
    server.stop();
    Ok((server, dead))
}

/// Waits until the server has read a request. From then on, only its answer ends the wait of the process that asked.
fn await_request(server: &Server) {
    let mut looks = std::iter::repeat_with(std::thread::yield_now).take(10_000_000);
    assert!(looks.any(|()| server.unanswered() > 0), "the server is not asked");
}

fn a_child_that_the_kernel_does_not_end_keeps_nobody() -> Outcome {
    let (server, dead) = stopped_server()?;
    let mut messages = tempfile::tempfile().expect("there is room in /tmp");
    let stderr = messages.try_clone().expect("there are descriptors");
    let program = path_of("ns-unshare").to_str().expect("it is ASCII");
    let mut command = dead.inside(&[program, "-u", "-f", "/mnt/program"]);
    let running = Running::start(command.stderr(stderr));
    await_request(&server);
    let child = last_child(running.pid());
    running.signal(Signal::SIGTERM);
    running.wait_for_end();
    // Until then, the child has stdout open.
    dead.abort();
    let (_, died_of, _) = running.end();
    let mut text = String::new();
    std::io::Seek::rewind(&mut messages).expect("it is a file");
    messages.read_to_string(&mut text).expect("it is text");
    assert_eq!(died_of, Some(Signal::SIGTERM as i32), "{text}");
    let message = format!(
        "ns-unshare: process {child} was killed, and does not end\n  cause: it waits in the kernel (state D)"
    );
    assert!(text.starts_with(&message), "{text}");
    Ok(())
}

fn a_caller_that_the_kernel_does_not_end_keeps_its_pin_until_then() -> Outcome {
    let (server, dead) = stopped_server()?;
    let program = path_of("ns-unshare").to_str().expect("it is ASCII");
    let place = Place::new();
    let file = format!("--uts={}", place.file("uts"));
    let mut command = dead.inside(&[program, &file, "/mnt/program"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
    await_request(&server);
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL).expect("it waits");
    // It has not ended, and could still become the program.
    assert!(!place.is_empty());
    dead.abort();
    nothing_is_left(&mut child, &place, Signal::SIGKILL);
    Ok(())
}

fn a_failed_launch_leaves_no_pid_in_a_file() -> Outcome {
    needs::user_namespaces()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let file = directory.path().join("pid");
    for options in ["-r -f", "-r", "-r -p"] {
        std::fs::write(&file, "4711\n").expect("it is ours");
        let mut command = unshare();
        command
            .args(options.split(' '))
            .arg(format!("--pid-file={}", file.display()));
        command.arg("/no/such/program").ran().fails(127);
        assert_eq!(std::fs::read_to_string(&file).expect("it stays"), "", "{options}");
    }
    Ok(())
}

fn an_undo_that_fails_says_how_to_do_it() -> Outcome {
    needs::root()?;
    let place = Place::new();
    let file = place.file("uts");
    let faults = "-f -e inject=umount2:error=EBUSY -e inject=execve:error=EIO";
    let mut command = faulty(faults, &format!("-q --uts={file}"))?;
    let (status, _, messages) = ended(command.arg("/bin/true"));
    let message = format!(
        "ns-unshare: cannot unmount \"{file}\": Device or resource busy\n  help:  do it later: umount {file}\n"
    );
    assert!(
        status == 126 && messages.contains(&message),
        "{status} {messages}"
    );
    needs::tools("mount strace");
    let text = "mount -t tmpfs run /run
        strace -f -qq -o /dev/null -e inject=umount2:error=EBUSY -e inject=execve:error=EIO \
            $U -q --pin web -u true 2>&1; ls /run/utsns";
    let mut command = unshare();
    let program = command.get_program().to_owned();
    let text = super::script(command.env("U", program), "-m", text).ok();
    let message = "cannot remove \"/run/utsns/web\": Device or resource busy\n  help:  remove it later: ns-unshare --unpin uts:web\n";
    assert!(text.contains(message) && text.ends_with("web\n"), "{text}");
    Ok(())
}

fn a_killed_helper_leaves_no_pin_without_a_word() -> Outcome {
    needs::root()?;
    let mut left = 0;
    for when in 1..=8 {
        let place = Place::new();
        let fault = format!("-f -e inject=ppoll:signal=KILL:when={when}");
        let mut command = faulty(&fault, &format!("--uts={}", place.file("uts")))?;
        let (status, output, messages) = ended(command.args(["echo", "ran"]));
        if status == 0 {
            assert_eq!(output, "ran\n", "{when}: {messages}");
            continue;
        }
        if status == 137 {
            // The caller polls too.
            continue;
        }
        let help = format!(
            "\n  help:  remove what is there: umount {0}, and rm {0} if it is new\n",
            place.file("uts")
        );
        let words = "ns-unshare: the process outside has ended\n";
        assert!(
            messages.starts_with(words) && messages.contains(&help),
            "{when}: {messages}"
        );
        assert_eq!((status, output.as_str()), (1, ""), "{when}");
        left += u32::from(!place.is_empty());
    }
    assert!(left > 0, "no helper was killed after it had bound the namespace");
    Ok(())
}

fn a_signal_does_not_remove_half_of_a_name() -> Outcome {
    needs::root()?;
    needs::tools("mount strace");
    let text = "exec 2>/dev/null; mount -t tmpfs run /run; $U --pin web -u -i true; ls /run/utsns /run/ipcns
        strace -qq -o /dev/null -e inject=umount2:signal=TERM:when=1 $U --unpin web; echo $?; ls /run/utsns /run/ipcns";
    let mut command = unshare();
    let program = command.get_program().to_owned();
    let text = super::script(command.env("U", program), "-m", text).ok();
    let names = "/run/ipcns:\nweb\n\n/run/utsns:\nweb\n";
    assert_eq!(text, format!("{names}143\n/run/ipcns:\n\n/run/utsns:\n"));
    Ok(())
}

fn a_signal_keeps_the_names_that_are_left_to_remove() -> Outcome {
    needs::root()?;
    needs::tools("mount strace");
    let text = "exec 2>/dev/null; mount -t tmpfs run /run; for name in a b c; do $U --pin $name -u true; done
        strace -qq -o /dev/null -e inject=umount2:signal=TERM:when=2 $U --unpin a --unpin b --unpin c; echo $?
        ls /run/utsns";
    let mut command = unshare();
    let program = command.get_program().to_owned();
    let text = super::script(command.env("U", program), "-m", text).ok();
    assert_eq!(text, "143\nc\n");
    Ok(())
}

fn a_caller_that_ends_before_the_agreement_leaves_nothing() -> Outcome {
    needs::root()?;
    let mut ended_early = 0;
    for _ in 0..4 {
        let place = Place::new();
        // The signal ends the caller after its message. The helper of the launch finds nobody who reads its answer.
        let fault = "-f -e trace=sendmsg,recvfrom -e inject=sendmsg:signal=INT:when=2";
        let options = format!("--uts={} --pid-file={}", place.file("uts"), place.file("pid"));
        let (status, output, messages) = ended(faulty(fault, &options)?.args(["echo", "ran"]));
        assert_eq!((status, output.as_str()), (130, ""), "{messages}");
        ended_early += u32::from(place.is_empty());
    }
    assert_eq!(ended_early, 4);
    Ok(())
}

fn a_pid_is_not_written_through_a_link_to_nowhere() -> Outcome {
    needs::root()?;
    let place = Place::new();
    std::os::unix::fs::symlink(place.file("nowhere"), place.file("link")).expect("it is ours");
    for options in ["-u", "-u -f"] {
        let ran = unshare().with(&format!(
            "{options} --pid-file={} /nonexistent",
            place.file("link")
        ));
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.stderr.contains("No such file or directory"), "{ran:?}");
        assert!(
            !std::path::Path::new(&place.file("nowhere")).exists(),
            "{options}"
        );
    }
    Ok(())
}

fn an_error_of_a_disk_is_no_flaw_of_a_program() -> Outcome {
    needs::root()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let script = directory.path().join("script");
    std::fs::write(&script, "#!/bin/sh\n").expect("it is ours");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("it is ours");
    for program in [script.to_str().expect("ASCII"), "/bin/true"] {
        for errno in ["EIO", "ENOEXEC"] {
            let fault = format!("-f -e inject=execve:error={errno}:when=1+");
            let (status, _, messages) = ended(faulty(&fault, "-u")?.arg(program));
            assert_eq!(status, 126, "{program}: {messages}");
            assert!(!messages.contains("cause:"), "{program}: {messages}");
        }
    }
    Ok(())
}
